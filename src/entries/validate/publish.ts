// The publish tier: what the official registry asks of a record before it accepts it, as far as no network is needed.
// Only for records that are meant for the official registry: a private one must accept its own hosts (its issues #812, #816).
import type { Finding } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, own } from '../../lib/json.ts'
import { hostProblem } from './publish/hosts.ts'
import { PACKAGE_RULES, type PackageRules } from './publish/package-rules.ts'
import { listAt, objectIn, textAt } from './semantic/fields.ts'
import { errorOf, type Place } from './semantic/report.ts'
import { shown } from './shown.ts'

export interface PublishOptions {
  /**
   * The one base URL that the official registry accepts for a registryType such as npm, pypi or cargo. Default: none, and a
   * registryBaseUrl of that type is reported as not checked. NuGet's is known.
   */
  readonly officialBaseUrls?: Readonly<Record<string, string>>
}

const PUBLISHER_PROVIDED = 'io.modelcontextprotocol.registry/publisher-provided'
const MOST_PUBLISHER_BYTES = 4096

/**
 * The offline half of the publish rules (official registry v1.7.0, internal/validators/registries; cargo from its later rules):
 *
 * - `package-registry-type-unsupported`, `package-identifier-required`
 * - `package-version-required`, `package-version-forbidden`
 * - `package-file-sha256-required`, `package-file-sha256-forbidden`
 * - `package-registry-base-url-mismatch`, `package-registry-base-url-forbidden`,
 *   `package-registry-base-url-unchecked` (info)
 * - `oci-reference-invalid`, `oci-host-unsupported`
 * - `mcpb-url-invalid`, `mcpb-url-without-mcp`, `mcpb-host-unsupported`, `mcpb-path-not-release`
 * - `publisher-provided-too-large`
 */
export function publishFindings(document: JsonObject, options: PublishOptions = {}): Finding[] {
  const findings = listAt(document, 'packages').flatMap((item, index) => {
    const pkg = objectIn(item)
    return pkg ? packageFindings(pkg, ['packages', index], options) : []
  })
  return [...findings, ...publisherProvidedFindings(document)]
}

function packageFindings(pkg: JsonObject, place: Place, options: PublishOptions): Finding[] {
  const type = textAt(pkg, 'registryType')
  if (type === undefined) return []
  const rules = PACKAGE_RULES.get(type)
  if (rules === undefined) {
    const message = `the official registry does not take packages of registryType ${shown(type)}`
    const hint = `use one of ${[...PACKAGE_RULES.keys()].join(', ')}`
    return [publishError('package-registry-type-unsupported', [...place, 'registryType'], message, hint)]
  }
  return [
    ...identifierFindings(pkg, type, place),
    ...presenceFindings(pkg, { key: 'version', name: 'version', rule: rules.version, type }, place),
    ...presenceFindings(pkg, { key: 'fileSha256', name: 'file-sha256', rule: rules.fileSha256, type }, place),
    ...baseUrlFindings(pkg, { type, rules, options }, place),
  ]
}

function identifierFindings(pkg: JsonObject, type: string, place: Place): Finding[] {
  const identifier = textAt(pkg, 'identifier')
  const at = [...place, 'identifier']
  if (identifier === undefined) return []
  if (identifier === '') {
    const hint = 'name the package as its registry does'
    return [publishError('package-identifier-required', at, `the ${type} package has no identifier`, hint)]
  }
  const problem = hostProblem(type, identifier)
  return problem ? [publishError(problem.code, at, problem.message, problem.hint)] : []
}

interface Presence {
  readonly key: 'version' | 'fileSha256'
  /** The key inside a code. */
  readonly name: string
  readonly rule: PackageRules['version']
  readonly type: string
}

function presenceFindings(pkg: JsonObject, presence: Presence, place: Place): Finding[] {
  const { key, name, rule, type } = presence
  const value = textAt(pkg, key)
  const at = [...place, key]
  if (rule === 'required' && value === '') {
    return [publishError(`package-${name}-required`, at, `the ${type} package has no ${key}`, `add ${key}`)]
  }
  if (rule === 'forbidden' && value !== undefined && value !== '') {
    const message = `the ${type} package has the ${key} ${shown(value)}, which this type must not have`
    const hint = type === 'oci' ? `remove ${key}: tag and digest belong in the identifier` : `remove ${key}`
    return [publishError(`package-${name}-forbidden`, at, message, hint)]
  }
  return []
}

interface BaseUrlCheck {
  readonly type: string
  readonly rules: PackageRules
  readonly options: PublishOptions
}

function baseUrlFindings(pkg: JsonObject, check: BaseUrlCheck, place: Place): Finding[] {
  const { type, rules, options } = check
  const url = textAt(pkg, 'registryBaseUrl') ?? ''
  const at = [...place, 'registryBaseUrl']
  if (url === '') return []
  if (rules.registryBaseUrl === 'forbidden') {
    const message = `the ${type} package has the registryBaseUrl ${shown(url)}, which this type must not have`
    const hint = 'remove it: the identifier names the host'
    return [publishError('package-registry-base-url-forbidden', at, message, hint)]
  }
  const configured = options.officialBaseUrls
  const official = configured && Object.hasOwn(configured, type) ? configured[type] : rules.registryBaseUrl
  if (official === undefined) {
    const message = `the registryBaseUrl ${shown(url)} was not checked`
    const hint = `set officialBaseUrls for ${type} to have it compared`
    const finding = publishError('package-registry-base-url-unchecked', at, message, hint)
    return [{ ...finding, severity: 'info' }]
  }
  if (url === official) return []
  const message = `the registryBaseUrl ${shown(url)} is not the one of ${type}`
  return [publishError('package-registry-base-url-mismatch', at, message, `leave it out or use ${official}`)]
}

function publisherProvidedFindings(document: JsonObject): Finding[] {
  const meta = own(document, '_meta')
  const provided = isJsonObject(meta) ? own(meta, PUBLISHER_PROVIDED) : undefined
  if (!isJsonObject(provided)) return []
  const bytes = goJsonBytes(provided)
  if (bytes <= MOST_PUBLISHER_BYTES) return []
  const message = `the publisher-provided metadata takes ${bytes} bytes as JSON`
  const hint = `keep it within ${MOST_PUBLISHER_BYTES} bytes`
  return [publishError('publisher-provided-too-large', ['_meta', PUBLISHER_PROVIDED], message, hint)]
}

/** The length that Go's json.Marshal gives, which is what upstream limits: it escapes these five characters as \uXXXX. */
function goJsonBytes(value: JsonObject): number {
  const json = JSON.stringify(value)
  const escapes = json.match(/[<>&\u2028\u2029]/g) ?? []
  const added = escapes.reduce((sum, character) => sum + 6 - Buffer.byteLength(character), 0)
  return Buffer.byteLength(json) + added
}

function publishError(code: string, at: Place, message: string, hint: string): Finding {
  return errorOf('publish', { code, at, message, hint })
}

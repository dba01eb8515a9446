// The schema tier for server.json: a document is judged by the version of the format that its own `$schema` names.
import type { Finding } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { official } from '../schemas/compiled.js'
import { CURRENT_VERSION, officialSchemaUrl, officialVersions } from '../schemas/official.ts'
import { schemaFinding, violationsOf } from './schema-violations.ts'
import { shown } from './shown.ts'

export interface SchemaVerdict {
  /** The version that `$schema` names, released or not. */
  readonly version: string | undefined
  readonly findings: readonly Finding[]
}

/** How upstream reads the version; host and fragment do not matter (official-registry 2.1). */
const VERSION_IN_URL = /\/schemas\/([A-Za-z0-9_~.-]+)\/server\.schema\.json/

const validVerdicts = new Map(officialVersions.map(version => [version, Object.freeze({ version, findings: [] })]))
const versionsByUrl = new Map(officialVersions.map(version => [officialSchemaUrl(version), version]))

/** Judges one server.json. Codes: the JSON Schema keyword, or upstream's names for problems of `$schema` itself. */
export function schemaFindings(document: JsonValue): SchemaVerdict {
  if (!isJsonObject(document)) {
    const message = `the entry is ${shown(document)}, expected an object`
    return { version: undefined, findings: [schemaFinding('type', '', { message })] }
  }
  const named = schemaVersionOf(document)
  if (named.findings.length > 0) return { ...named, findings: [...named.findings, ...currentFindings(document)] }
  const validator = official.get(named.version ?? '')
  const findings = validator === undefined ? [] : violationsOf(validator, document)
  return (findings.length === 0 && validVerdicts.get(named.version ?? '')) || { version: named.version, findings }
}

/** What else is wrong with a document of no known version: as if it named the current one, so that all is told at once. */
function currentFindings(document: JsonObject): readonly Finding[] {
  const validator = official.get(CURRENT_VERSION)
  return validator ? violationsOf(validator, document).filter(({ pointer }) => pointer !== '/$schema') : []
}

/**
 * The version that `$schema` names, and what is wrong with that alone: all that the official publish endpoint asks of the
 * schema tier (official-registry 2.0).
 */
export function schemaVersionOf(document: JsonObject): SchemaVerdict {
  const url = own(document, '$schema')
  if (url === undefined || url === '') return { version: undefined, findings: [missingSchema(url)] }
  if (typeof url !== 'string') {
    const message = `"$schema" is ${shown(url)}, expected a string`
    return { version: undefined, findings: [schemaFinding('type', '/$schema', { message }), missingSchema(url)] }
  }
  const version = versionsByUrl.get(url) ?? VERSION_IN_URL.exec(url)?.[1]
  if (version === undefined) return { version, findings: [unreadableVersion(url)] }
  return (official.has(version) && validVerdicts.get(version)) || { version, findings: [unknownVersion(version)] }
}

/** The warning for a released version that is not the current one; undefined for the current and for unknown ones. */
export function deprecatedSchemaFinding(version: string): Finding | undefined {
  if (version === CURRENT_VERSION || !official.has(version)) return undefined
  const finding = findingOfSchemaField('schema-version-deprecated', {
    message: `"$schema" names version ${version}, the current one is ${CURRENT_VERSION}`,
    hint: `bring the document up to date and write ${officialSchemaUrl(CURRENT_VERSION)}`,
  })
  return { ...finding, severity: 'warning' }
}

function missingSchema(value: JsonValue | undefined): Finding {
  return findingOfSchemaField('schema-field-required', {
    message: value === undefined ? '"$schema" is missing' : `"$schema" is ${shown(value)} and names no version`,
    hint: `add "$schema": "${officialSchemaUrl(CURRENT_VERSION)}"`,
  })
}

function unreadableVersion(url: string): Finding {
  return findingOfSchemaField('schema-version-extraction-error', {
    message: `"$schema" is ${shown(url)}, which names no version of server.json`,
    hint: `write ${officialSchemaUrl(CURRENT_VERSION)}`,
  })
}

function unknownVersion(version: string): Finding {
  return findingOfSchemaField('schema-version-not-available', {
    message: `"$schema" names version ${shown(version)}, which is not a released one`,
    hint: `released are ${officialVersions.join(', ')}`,
  })
}

/** Upstream reports these under the path `schema`, without the dollar sign. */
function findingOfSchemaField(code: string, sentence: { message: string; hint: string }): Finding {
  return { ...schemaFinding(code, '/$schema', sentence), path: 'schema' }
}

// What an upstream document says of a ToolHive entry: the plain rules, field by field, without what has to be kept.
// A change of these rules changes what stored edits mean (kept-upstream.ts): raise RULES_VERSION of resources/request.ts, and
// keep the old rules for old edits where these would no longer apply.
import type { Finding } from '../../lib/issue.ts'
import { type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { notConvertible } from './findings.ts'
import { MAX_DESCRIPTION } from './long-description.ts'
import { type NamedPackage, packageOfImage } from './package-image.ts'
import { shortened } from './short-text.ts'
import {
  carriedFields,
  objectsOf,
  PROTOCOL_IMAGE,
  PUBLISHER_PROVIDED,
  STACKLOK,
  type ToolhiveEntry,
  textOf,
} from './toolhive-fields.ts'

/** The official schema that converted documents follow. */
export const CURRENT_SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'

/** ToolHive entries have no version, and the image's tag says nothing reliable (toolhive-core writes the same). */
const VERSION = '1.0.0'

export type DerivedUpstream =
  | { readonly ok: true; readonly document: JsonObject; readonly extension: JsonObject }
  | { readonly ok: false; readonly findings: readonly Finding[] }

/**
 * The document by the rules of toolhive-core's converter, its description shortened to the limit. `extension` is
 * ToolHive's extension inside the document.
 */
export function deriveUpstream(entry: ToolhiveEntry, namespace: string): DerivedUpstream {
  const { section, key, value } = entry
  const findings = problemsOf(entry)
  const name = nameOf(key, own(value, 'name'), namespace)
  const target = textOf(own(value, section === 'servers' ? 'image' : 'url'))
  const description = own(value, 'description')
  if (name === undefined || target === undefined || typeof description !== 'string' || findings.length > 0) {
    return { ok: false, findings }
  }

  const named = section === 'servers' ? packageOfImage(target) : undefined
  const title = textOf(own(value, 'title'))
  const repository = repositoryOf(own(value, 'repository_url'))
  const extension: JsonObject = {
    status: textOf(own(value, 'status')) ?? 'active',
    ...tierOf(value),
    ...carriedFields(value, section),
  }
  const document: JsonObject = {
    $schema: CURRENT_SCHEMA,
    name,
    description: shortened(description, MAX_DESCRIPTION),
    ...(title === undefined ? {} : { title }),
    version: VERSION,
    ...(repository === undefined ? {} : { repository }),
    ...(section === 'servers'
      ? { packages: [packageOf(value, named ?? { registryType: 'oci', identifier: target })] }
      : { remotes: [remoteOf(value, target)] }),
    _meta: { [PUBLISHER_PROVIDED]: { [STACKLOK]: keyed(named?.identifier ?? target, extension) } },
  }
  return { ok: true, document, extension }
}

function problemsOf({ section, key, value }: ToolhiveEntry): Finding[] {
  const findings: Finding[] = []
  const field = section === 'servers' ? 'image' : 'url'
  const target = textOf(own(value, field))
  if (key === '' && textOf(own(value, 'name')) === undefined) {
    findings.push(notConvertible('', 'the entry has an empty key and no name', 'give the entry a key'))
  }
  if (typeof own(value, 'description') !== 'string') {
    findings.push(notConvertible('/description', 'the entry has no description', 'describe the server in a sentence'))
  }
  if (target === undefined) {
    findings.push(notConvertible(`/${field}`, `the entry has no ${field}`, `set ${field} to a text`))
  } else if (section === 'servers' && PROTOCOL_IMAGE.test(target) && packageOfImage(target) === undefined) {
    const message = `the image ${target.slice(0, 100)} names no container image and no npm or PyPI package`
    findings.push(notConvertible('/image', message, 'name an image, npx://id@version or uvx://id@version'))
  }
  return findings
}

/** A simple name gets the namespace. Unlike toolhive-core also a set `name`: without a slash no document is valid. */
function nameOf(key: string, name: JsonValue | undefined, namespace: string): string | undefined {
  const chosen = textOf(name) ?? textOf(key)
  if (chosen === undefined || chosen.includes('/')) return chosen
  return `${namespace}/${chosen}`
}

function tierOf(value: JsonObject): JsonObject {
  const tier = textOf(own(value, 'tier'))
  return tier === undefined ? {} : { tier }
}

/** ToolHive's converter says `github` of every host; ours names the host that it isn't. */
function repositoryOf(value: JsonValue | undefined): JsonObject | undefined {
  const url = textOf(value)
  if (url === undefined) return undefined
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#:]+)/i
    .exec(url)?.[1]
    ?.toLowerCase()
    .replace(/^www\./, '')
  if (host === 'github.com') return { url, source: 'github' }
  if (host === 'gitlab.com') return { url, source: 'gitlab' }
  return { url, source: host ?? 'unknown' }
}

function packageOf(value: JsonObject, named: NamedPackage | { registryType: 'oci'; identifier: string }): JsonObject {
  const environmentVariables = objectsOf(own(value, 'env_vars')).map(inputOf)
  return {
    ...named,
    transport: packageTransportOf(own(value, 'transport'), own(value, 'target_port')),
    ...(environmentVariables.length === 0 ? {} : { environmentVariables }),
  }
}

function packageTransportOf(transport: JsonValue | undefined, port: JsonValue | undefined): JsonObject {
  const type = textOf(transport) ?? 'stdio'
  if (type === 'stdio') return { type }
  return { type, url: typeof port === 'number' && port !== 0 ? `http://localhost:${port}` : 'http://localhost' }
}

function remoteOf(value: JsonObject, url: string): JsonObject {
  const headers = objectsOf(own(value, 'headers')).map(header => {
    const choices = own(header, 'choices')
    return { ...inputOf(header), ...(Array.isArray(choices) && choices.length > 0 ? { choices } : {}) }
  })
  // `sse` is the legacy schema's default for remote servers.
  const type = textOf(own(value, 'transport')) ?? 'sse'
  return { type, url, ...(headers.length === 0 ? {} : { headers }) }
}

/** An environment variable or header. False and empty values are the other format's defaults, and left out. */
function inputOf(variable: JsonObject): JsonObject {
  const input: JsonObject = {}
  for (const field of ['name', 'description']) {
    const text = textOf(own(variable, field))
    if (text !== undefined) input[field] = text
  }
  if (own(variable, 'required') === true) input['isRequired'] = true
  if (own(variable, 'secret') === true) input['isSecret'] = true
  const fallback = textOf(own(variable, 'default'))
  if (fallback !== undefined) input['default'] = fallback
  return input
}

function keyed(key: string, value: JsonValue): JsonObject {
  // A computed key defines an own property even for `__proto__`.
  return { [key]: value }
}

// What both directions know about ToolHive's fields: where its extension stands in an upstream document,
// which of its fields travel through that extension unchanged, and in which order an entry is written.
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'

/** The two maps of a ToolHive registry.json that hold entries. */
export type Section = 'servers' | 'remote_servers'

/** One entry of a ToolHive registry.json: the map that it stands in, its key and its value. */
export interface ToolhiveEntry {
  readonly section: Section
  readonly key: string
  readonly value: JsonObject
}

/** Where publishers put their own data in a server.json (official schema 2025-12-11, `_meta`). */
export const PUBLISHER_PROVIDED = 'io.modelcontextprotocol.registry/publisher-provided'

/** What the official registry says about an entry: status and dates. */
export const OFFICIAL = 'io.modelcontextprotocol.registry/official'

/** ToolHive's name among the publishers; always this one, whatever the policy's namespace is. */
export const STACKLOK = 'io.github.stacklok'

/** Inside ToolHive's extension: what an upstream document can't say of the ToolHive entry (docs/conversion.md). */
export const KEPT_TOOLHIVE = 'rollbook/toolhive'

/** Inside `custom_metadata`: what a ToolHive entry can't say of its upstream document (docs/conversion.md). */
export const KEPT_UPSTREAM = 'rollbook/upstream'

/** Keys of a registry.json by ToolHive's legacy schema: three characters or more, no dots, no slashes. */
export const LEGAL_KEY = /^[a-z0-9][a-z0-9-]+[a-z0-9]$/

/** Images that aren't images: ToolHive builds a container from an npm, PyPI or Go package. */
export const PROTOCOL_IMAGE = /^(npx|uvx|go):\/\//

type Kind = 'text' | 'list' | 'object' | 'number' | 'boolean'
type Fields = readonly (readonly [field: string, kind: Kind])[]

const SHARED: Fields = [
  ['tools', 'list'],
  ['tags', 'list'],
  ['overview', 'text'],
  ['tool_definitions', 'list'],
  ['metadata', 'object'],
  ['custom_metadata', 'object'],
]

/** The extension's fields by section, `status` and `tier` apart (publisher-provided.schema.json of toolhive-core). */
const EXTENSION_FIELDS: Record<Section, Fields> = {
  servers: [
    ...SHARED,
    ['permissions', 'object'],
    ['args', 'list'],
    ['provenance', 'object'],
    ['docker_tags', 'list'],
    ['proxy_port', 'number'],
    ['stateless', 'boolean'],
  ],
  remote_servers: [
    ...SHARED,
    ['oauth_config', 'object'],
    ['env_vars', 'list'],
    ['proxy_port', 'number'],
    ['stateless', 'boolean'],
  ],
}

/**
 * The fields of `from` that mean the same in a ToolHive entry and in its extension: those of the right type and not
 * empty (ToolHive leaves out zero values). Everything else about them is kept by edits.
 */
export function carriedFields(from: JsonObject, section: Section): JsonObject {
  const carried: JsonObject = {}
  for (const [field, kind] of EXTENSION_FIELDS[section]) {
    const value = own(from, field)
    if (value !== undefined && hasKind(value, kind) && !isZero(value, field)) carried[field] = value
  }
  return carried
}

/** A text that says something, or undefined. */
export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The objects of a list; nothing when it isn't one. */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function hasKind(value: JsonValue, kind: Kind): boolean {
  if (kind === 'text') return typeof value === 'string'
  if (kind === 'list') return Array.isArray(value)
  if (kind === 'object') return isJsonObject(value)
  return typeof value === kind
}

function isZero(value: JsonValue, field: string): boolean {
  if (Array.isArray(value)) return value.length === 0
  // An empty map is a zero value in ToolHive's Go types, an empty struct such as `permissions: {}` isn't.
  if (field === 'custom_metadata' && isJsonObject(value)) return Object.keys(value).length === 0
  return value === '' || value === 0 || value === false
}

// The schema tier for everything that is not a server.json: entries, groups and top level of ToolHive's registry.json,
// the envelope of a catalog in upstream form, its skills and plugins, and ToolHive's extension of a server.
import type { Finding } from '../../lib/issue.ts'
import type { JsonValue } from '../../lib/json.ts'
import { type SchemaError, toolhive } from '../schemas/compiled.js'
import { entryKeyPattern } from '../schemas/toolhive.ts'
import { sentenceOf } from './schema-sentences.ts'
import { schemaFinding, violationsOf } from './schema-violations.ts'

export type ToolhiveSection = 'servers' | 'remote_servers'

export interface ToolhiveOptions {
  /** Allow what converted entries need: full names as keys, any image reference, no tools. Default false. */
  readonly relaxed?: boolean
}

const keyPatterns = { strict: entryKeyPattern({ relaxed: false }), relaxed: entryKeyPattern({ relaxed: true }) }
const keyRules = { strict: new RegExp(keyPatterns.strict, 'u'), relaxed: new RegExp(keyPatterns.relaxed, 'u') }

/** Judges one entry of registry.json with its key. A bad key is a finding at the entry itself. */
export function toolhiveEntryFindings(
  section: ToolhiveSection,
  key: string,
  value: JsonValue,
  options: ToolhiveOptions = {},
): readonly Finding[] {
  const strictness = options.relaxed ? 'relaxed' : 'strict'
  const kind = section === 'servers' ? 'server' : 'remoteServer'
  const findings = violationsOf(toolhive[options.relaxed ? (`${kind}Relaxed` as const) : kind], value)
  if (keyRules[strictness].test(key)) return findings
  return [badKey(key, keyPatterns[strictness]), ...findings]
}

/** Judges one item of `groups`, with the entries inside it. */
export function toolhiveGroupFindings(value: JsonValue, options: ToolhiveOptions = {}): readonly Finding[] {
  return violationsOf(options.relaxed ? toolhive.groupRelaxed : toolhive.group, value)
}

/** Judges the top level of registry.json: everything but its entries and groups. */
export function toolhiveRegistryFindings(value: JsonValue): readonly Finding[] {
  return violationsOf(toolhive.registry, value)
}

/** Judges the value of `_meta["io.modelcontextprotocol.registry/publisher-provided"]`. */
export function extensionFindings(value: JsonValue): readonly Finding[] {
  return violationsOf(toolhive.extension, value)
}

/** Judges one item of `data.skills`. */
export function skillFindings(value: JsonValue): readonly Finding[] {
  return violationsOf(toolhive.skill, value)
}

/** Judges one item of `data.plugins`. */
export function pluginFindings(value: JsonValue): readonly Finding[] {
  return violationsOf(toolhive.plugin, value)
}

/** Judges the top level of a catalog in upstream form: everything but its servers, skills and plugins. */
export function envelopeFindings(value: JsonValue): readonly Finding[] {
  return violationsOf(toolhive.envelope, value)
}

/** The same sentence as for a bad key inside a group. */
function badKey(key: string, pattern: string): Finding {
  const at = { instancePath: '', schemaPath: '' }
  const error: SchemaError = { ...at, keyword: 'propertyNames', params: { propertyName: key } }
  const rule: SchemaError = { ...at, keyword: 'pattern', params: { pattern } }
  return schemaFinding('propertyNames', '', sentenceOf({ error, branches: [rule] }, '', undefined))
}

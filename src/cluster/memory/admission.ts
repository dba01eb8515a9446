// What happens to an object before it is stored: unknown fields go, defaults come, and what is wrong is refused.
import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { checkRules } from '../../resources/cel.ts'
import { applyDefaults } from '../../resources/defaults.ts'
import type { Schema } from '../../resources/schema.ts'
import { checkValue } from '../../resources/schema-check.ts'
import type { ObjectName } from '../cluster.ts'
import { coreProblems, keptCoreObject } from './core-objects.ts'
import type { KindRules } from './kinds.ts'
import { metadataProblems } from './metadata.ts'
import { pruned } from './prune.ts'
import { invalid, sentencesOf } from './refusals.ts'

/** The object without unknown fields and with its defaults, as the cluster keeps it. */
export function keptForm(rules: KindRules, object: JsonObject): JsonObject {
  if (rules.ours === undefined) return keptCoreObject(object)
  const { metadata } = object
  const known = pruned(anyMetadata(rules.schema), object, () => undefined)
  return { ...(applyDefaults(rules.schema, known) as JsonObject), metadata }
}

/** Throws Invalid, with everything that is wrong, for an object that was not there or whose spec or metadata changes. */
export function checkObject(rules: KindRules, object: JsonObject, before: JsonObject | undefined): void {
  const found = [...metadataProblems(object), ...bodyProblems(rules, object, before)]
  if (found.length > 0) throw invalid(rules.type, nameIn(object), found)
}

/** Throws Invalid for a status that is not as the CRD says. */
export function checkStatus(rules: KindRules, object: JsonObject): void {
  if (rules.ours === undefined) return
  const schema: Schema = { type: 'object', properties: { status: rules.schema.properties?.['status'] ?? {} } }
  const found = problemsBySchema(schema, { status: object['status'] })
  if (found.length > 0) throw invalid(rules.type, nameIn(object), found)
}

/** Throws Invalid for an applied object with fields that the CRD does not know: unlike other writes, apply refuses them. */
export function checkKnownFields(rules: KindRules, object: JsonObject): void {
  const unknown: string[] = []
  if (rules.ours !== undefined) pruned(anyMetadata(rules.schema), object, field => unknown.push(field.slice(1)))
  if (unknown.length === 0) return
  throw invalid(
    rules.type,
    nameIn(object),
    unknown.map(field => `${field}: unknown field`),
  )
}

function bodyProblems(rules: KindRules, object: JsonObject, before: JsonObject | undefined): string[] {
  if (rules.ours === undefined) return coreProblems(object, before)
  const schema = anyMetadata(rules.schema)
  return problemsBySchema({ ...schema, properties: { ...schema.properties, status: {} } }, object)
}

function problemsBySchema(schema: Schema, value: JsonValue): string[] {
  const problems = checkValue(schema, value)
  return sentencesOf([...problems, ...checkRules(schema, value, problems)])
}

/** Metadata has rules of its own. */
function anyMetadata(schema: Schema): Schema {
  return { ...schema, properties: { ...schema.properties, metadata: {} } }
}

/** The name for messages, also when it is not a name at all. */
function nameIn(object: JsonObject): ObjectName {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {}
  return { namespace: String(metadata['namespace'] ?? ''), name: String(metadata['name'] ?? '') }
}

// Fills in what a resource leaves out, in the same way as the API server does.
import { isJsonObject, type JsonObject, type JsonValue, own, setOwn } from '../lib/json.ts'
import { definitionOf } from './kinds.ts'
import type { KindName, Schema } from './schema.ts'

/**
 * A copy of the value with every default of the schema. As in the API server (structural defaulting), a field that is
 * null counts as absent, and defaults of a block apply only where the block is given or has a default itself.
 */
export function applyDefaults(schema: Schema, value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? value.map(item => applyDefaults(items, item)) : structuredClone(value)
  }
  return isJsonObject(value) ? withFields(schema, value) : value
}

function withFields(schema: Schema, value: JsonObject): JsonObject {
  const result: JsonObject = {}
  for (const key of Object.keys(value)) {
    const field = fieldSchema(schema, key)
    const given = own(value, key)
    if (given === undefined || (given === null && field)) continue
    setOwn(result, key, field ? applyDefaults(field, given) : structuredClone(given))
  }
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    if (field.default !== undefined && !Object.hasOwn(result, key)) {
      setOwn(result, key, applyDefaults(field, field.default))
    }
  }
  return result
}

/** Schema of one key of an object, undefined when the key is unknown. */
export function fieldSchema(schema: Schema, key: string): Schema | undefined {
  const { properties } = schema
  if (properties && Object.hasOwn(properties, key)) return properties[key]
  return schema.additionalProperties
}

/**
 * What a block is when it is left out: all its fields at their defaults, `defaultBlock('MCPRegistryImportJob', 'spec', 'policy')`.
 * Blocks such as policy and merge have no default themselves, so an absent one stays absent in the resource.
 */
export function defaultBlock(kind: KindName, ...path: readonly string[]): JsonValue {
  let schema: Schema | undefined = definitionOf(kind).schema
  for (const key of path) schema = schema && fieldSchema(schema, key)
  if (!schema) throw new Error(`${kind} has no field ${path.join('.')}`)
  return applyDefaults(schema, {})
}

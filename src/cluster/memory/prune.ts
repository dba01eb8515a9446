// Takes out what a schema does not know, as the API server does before it stores an object.
import { isJsonObject, type JsonObject, type JsonValue, setOwn } from '../../lib/json.ts'
import { fieldSchema } from '../../resources/defaults.ts'
import type { Schema } from '../../resources/schema.ts'

/** A copy without unknown fields; each one left out is told as `.spec.foo`. */
export function pruned(schema: Schema, value: JsonValue, onUnknown: (field: string) => void, path = ''): JsonValue {
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? value.map((item, index) => pruned(items, item, onUnknown, `${path}[${index}]`)) : value
  }
  if (!isJsonObject(value) || !(schema.properties ?? schema.additionalProperties)) return value
  const result: JsonObject = {}
  for (const key of Object.keys(value)) {
    const field = fieldSchema(schema, key)
    const item = value[key]
    if (field && item !== undefined) setOwn(result, key, pruned(field, item, onUnknown, `${path}.${key}`))
    else if (item !== undefined) onUnknown(`${path}.${key}`)
  }
  return result
}

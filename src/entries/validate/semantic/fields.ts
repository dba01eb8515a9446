// Reading fields the way Go's decoder fills a struct. Absent and null give the zero value; a value of the wrong type
// gives undefined, and the rule that asked for it stays silent, because the schema tier reports the type.
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../../lib/json.ts'

const NO_ITEMS: readonly JsonValue[] = []
const NO_FIELDS: JsonObject = Object.freeze({})

/** The string at the key: `''` when it is absent or null, undefined when it is no string. */
export function textAt(object: JsonObject, key: string): string | undefined {
  const value = own(object, key)
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : undefined
}

/** The list at the key: empty when it is absent or no list. */
export function listAt(object: JsonObject, key: string): readonly JsonValue[] {
  const value = own(object, key)
  return Array.isArray(value) ? value : NO_ITEMS
}

/** The object in the value: without fields when it is absent or null, undefined when it is no object. */
export function objectIn(value: JsonValue | undefined): JsonObject | undefined {
  if (isJsonObject(value)) return value
  return value === undefined || value === null ? NO_FIELDS : undefined
}

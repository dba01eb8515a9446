// Makes a value fit a schema of ours by leaving out and cutting: what a status would be refused for, after everything that
// went into it came from servers, documents and workers. Pure.
import { isJsonObject, type JsonObject, type JsonValue, own, setOwn } from '../lib/json.ts'
import { fieldSchema } from './defaults.ts'
import type { Schema } from './schema.ts'

const ELLIPSIS = '…'

/** The text, or its beginning and `…`, in at most so many characters, as `maxLength` counts them. */
export function cutToLength(text: string, most: number): string {
  if (text.length <= most) return text
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}${ELLIPSIS}`
}

/** What of the value fits: texts cut, lists shortened, everything else that does not fit left out. */
export function fitted(schema: Schema, value: JsonValue | undefined): JsonValue | undefined {
  if (value === undefined || value === null) return undefined
  switch (schema.type) {
    case 'object':
      return isJsonObject(value) ? fittedObject(schema, value) : undefined
    case 'array':
      return Array.isArray(value) ? fittedList(schema, value) : undefined
    case 'string':
      return typeof value === 'string' ? fittedText(schema, value) : undefined
    case 'integer':
      return typeof value === 'number' && isInRange(schema, value) ? value : undefined
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    default:
      return value
  }
}

function fittedObject(schema: Schema, value: JsonObject): JsonObject | undefined {
  const result: JsonObject = {}
  for (const key of Object.keys(value)) {
    const field = fieldSchema(schema, key)
    const fit = field && fitted(field, own(value, key))
    if (fit !== undefined) setOwn(result, key, fit)
  }
  return (schema.required ?? []).every(key => Object.hasOwn(result, key)) ? result : undefined
}

function fittedList({ items = {}, maxItems = Number.POSITIVE_INFINITY }: Schema, value: JsonValue[]): JsonValue[] {
  return value
    .map(item => fitted(items, item))
    .filter(item => item !== undefined)
    .slice(0, maxItems)
}

function fittedText(schema: Schema, value: string): string | undefined {
  if (schema.enum && !schema.enum.includes(value)) return undefined
  if (schema.format === 'date-time' && !isTime(value)) return undefined
  return schema.maxLength === undefined ? value : cutToLength(value, schema.maxLength)
}

function isTime(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value))
}

function isInRange({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: Schema, value: number) {
  return Number.isInteger(value) && value >= minimum && value <= maximum
}

// The columns that a CRD prints, read from a resource. Pure.
import { isJsonObject, type JsonValue, own } from '../lib/json.ts'
import type { PrinterColumn } from '../resources/schema.ts'
import type { ShowTime } from './when.ts'

/** The text of one cell; '' where the resource has none. */
export function cellOf(column: PrinterColumn, resource: object, showTime: ShowTime): string {
  const value = valueAt(resource, column.jsonPath)
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return column.type === 'date' ? showTime(text) : oneLine(text)
}

/**
 * A value by the JSON paths that CRDs use: `.a.b`, and `[?(@.key=="value")]` for the element of a list. Undefined when
 * nothing stands there.
 */
export function valueAt(resource: object, jsonPath: string): JsonValue | undefined {
  let value: JsonValue | undefined = resource as JsonValue
  for (const [, key, listKey, wanted] of jsonPath.matchAll(/\.([A-Za-z]\w*)|\[\?\(@\.(\w+)=="([^"]*)"\)\]/g)) {
    if (key !== undefined) value = isJsonObject(value) ? own(value, key) : undefined
    else value = elementOf(value, listKey ?? '', wanted ?? '')
  }
  return value
}

function elementOf(list: JsonValue | undefined, key: string, wanted: string): JsonValue | undefined {
  if (!Array.isArray(list)) return undefined
  return list.find(item => isJsonObject(item) && own(item, key) === wanted)
}

const LONGEST_CELL = 100

/** Messages may be long, and hold line breaks. */
function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > LONGEST_CELL ? `${line.slice(0, LONGEST_CELL - 1)}…` : line
}

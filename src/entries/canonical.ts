// How JSON is written: keys in a known order where we know the object's shape, every other key by UTF-8 bytes,
// escapes as JSON.stringify. One writer for catalogs, fingerprints and digests (git-contract.md, "Bytes").
import type { JsonObject, JsonValue } from '../lib/json.ts'
import { compareUtf8 } from '../lib/utf8.ts'

/** Order of an object's known keys, and the shapes of what stands below them. An array has the shape of its items. */
export interface Shape {
  readonly keys: readonly string[]
  readonly below?: Readonly<Record<string, Shape>>
  /** Shape of every value of a free map. */
  readonly values?: Shape
}

/** Compact JSON text of a value in canonical key order. Same content, same text. */
export function canonicalJson(value: JsonValue, shape?: Shape): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) {
    let text = '['
    for (let i = 0; i < value.length; i++) {
      if (i > 0) text += ','
      text += canonicalJson(value[i] ?? null, shape)
    }
    return `${text}]`
  }
  return `{${canonicalMembers(value, shape)}}`
}

/** The members of an object as canonicalJson writes them, without the braces. */
export function canonicalMembers(object: JsonObject, shape?: Shape): string {
  let text = ''
  for (const key of orderedKeys(object, shape)) {
    const value = object[key]
    if (value === undefined) continue
    if (text !== '') text += ','
    text += `${quote(key)}:${canonicalJson(value, shapeBelow(shape, key))}`
  }
  return text
}

/** The same with line breaks and two spaces a level, as JSON.stringify(value, null, 2) lays it out. */
export function prettyJson(value: JsonValue, shape?: Shape, indent = ''): string {
  if (typeof value !== 'object' || value === null) return canonicalJson(value)
  const inner = `${indent}  `
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}\n${inner}${prettyJson(item, shape, inner)}`
    return text === '' ? '[]' : `[${text}\n${indent}]`
  }
  for (const key of orderedKeys(value, shape)) {
    const below = value[key]
    if (below === undefined) continue
    text += `${text === '' ? '' : ','}\n${inner}${quote(key)}: ${prettyJson(below, shapeBelow(shape, key), inner)}`
  }
  return text === '' ? '{}' : `{${text}\n${indent}}`
}

/** Own keys in the order they are written. */
export function orderedKeys(object: JsonObject, shape?: Shape): string[] {
  const keys = Object.keys(object)
  if (!shape || shape.keys.length === 0) return keys.length < 2 ? keys : keys.sort(compareUtf8)
  const known: string[] = []
  for (const key of shape.keys) if (Object.hasOwn(object, key)) known.push(key)
  if (known.length === keys.length) return known
  const listed = new Set(shape.keys)
  return known.concat(keys.filter(key => !listed.has(key)).sort(compareUtf8))
}

/** The shape of the value below a key. */
export function shapeBelow(shape: Shape | undefined, key: string): Shape | undefined {
  if (!shape) return undefined
  if (shape.values) return shape.values
  return shape.below && Object.hasOwn(shape.below, key) ? shape.below[key] : undefined
}

const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/

function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`
}

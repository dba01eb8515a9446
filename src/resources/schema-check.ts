// Checks a value against a structural schema, all problems in one pass, in words that say what to write.
// The same keywords as the API server's check, and like it strict about unknown fields (`kubectl --validate=strict`).
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { fieldSchema } from './defaults.ts'
import { wordsFor } from './pattern-words.ts'
import type { FieldPath, Problem } from './problem.ts'
import type { Schema } from './schema.ts'
import { suggest } from './suggest.ts'

const INT_RANGE = { int32: 2 ** 31 - 1, int64: Number.MAX_SAFE_INTEGER } as const

/** Every problem of the value, in document order of the schema's walk. Expects defaults to be applied. */
export function checkValue(schema: Schema, value: JsonValue, path: FieldPath = []): Problem[] {
  if (schema['x-kubernetes-int-or-string'] === true) return checkIntOrString(schema, value, path)
  const wrongType = checkType(schema, value, path)
  if (wrongType) return [wrongType]
  if (typeof value === 'string') return checkString(schema, value, path)
  if (typeof value === 'number') return checkNumber(schema, value, path)
  if (Array.isArray(value)) return checkList(schema, value, path)
  if (isJsonObject(value)) return checkObject(schema, value, path)
  return []
}

function problem(code: string, path: FieldPath, message: string, hint?: string): Problem {
  return { code, tier: 'schema', severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) }
}

const TYPE_WORDS = {
  object: 'a block of fields',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  boolean: 'true or false',
} as const

function typeName(value: JsonValue): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a number with a fraction'
  return (
    { object: 'a block of fields', string: 'a text', boolean: 'true or false' }[typeof value as 'object'] ?? 'a value'
  )
}

function checkType(schema: Schema, value: JsonValue, path: FieldPath): Problem | undefined {
  const { type } = schema
  if (type === undefined || hasType(type, value)) return undefined
  return problem('type', path, `must be ${TYPE_WORDS[type]}, not ${typeName(value)}`, typeHint(schema, value, path))
}

function hasType(type: NonNullable<Schema['type']>, value: JsonValue): boolean {
  if (type === 'object') return isJsonObject(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

function typeHint(schema: Schema, value: JsonValue, path: FieldPath): string | undefined {
  if (schema.type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    const faults = checkString(schema, String(value), path)
    return faults.length === 0 ? `put it in quotes: "${value}"` : textHint(faults)
  }
  if (schema.type === 'boolean' && typeof value === 'string') {
    return /^(yes|on|true|y)$/i.test(value) ? 'write true without quotes' : 'write true or false without quotes'
  }
  if (schema.type === 'integer' && typeof value === 'string') return 'write the number without quotes'
  if (schema.type === 'array' && schema.items?.type === hintType(value)) return 'write it as a list of one item: [...]'
  if (schema.type === 'object' && typeof value === 'string' && schema.properties?.['name']) {
    return `write ${String(path.at(-1) ?? '')}: {name: ...}`
  }
  return undefined
}

/** What to write in place of a value that would be wrong in quotes, too. */
function textHint([fault]: readonly Problem[]): string | undefined {
  return fault && (fault.hint ?? `it ${fault.message}`)
}

function hintType(value: JsonValue): Schema['type'] {
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value as 'string' | 'boolean'
  return isJsonObject(value) ? 'object' : undefined
}

function checkIntOrString(schema: Schema, value: JsonValue, path: FieldPath): Problem[] {
  if (Number.isInteger(value)) return checkPattern(schema, String(value), path)
  if (typeof value === 'string') return checkString(schema, value, path)
  return [problem('type', path, `must be a whole number or a text, not ${typeName(value)}`)]
}

function checkString(schema: Schema, value: string, path: FieldPath): Problem[] {
  const allowed = schema.enum
  if (allowed && !allowed.includes(value)) {
    const meant = suggest(value, allowed)
    const hint = meant === undefined ? undefined : `did you mean ${meant}?`
    return [problem('enum', path, `must be one of ${allowed.join(', ')}`, hint)]
  }
  const length = lengthOf(value)
  if (schema.minLength !== undefined && length < schema.minLength) {
    const message =
      value === '' ? 'must not be empty' : `must have at least ${schema.minLength} characters, not ${length}`
    return [problem('minLength', path, message)]
  }
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    return [problem('maxLength', path, `must have at most ${schema.maxLength} characters, not ${length}`)]
  }
  if (schema.format === 'date-time' && !isDateTime(value)) {
    return [problem('format', path, 'must be a time such as 2026-01-31T12:00:00Z')]
  }
  return checkPattern(schema, value, path)
}

/** In characters, like the API server, not in UTF-16 units. */
function lengthOf(value: string): number {
  let length = 0
  for (const _ of value) length++
  return length
}

function isDateTime(value: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(value) && !Number.isNaN(Date.parse(value))
  )
}

/** The value is never repeated in the message: an address may carry a password. */
function checkPattern(schema: Schema, value: string, path: FieldPath): Problem[] {
  const { pattern } = schema
  if (pattern === undefined || new RegExp(pattern, 'u').test(value)) return []
  const words = wordsFor(pattern)
  return [problem('pattern', path, words?.explain?.(value) ?? words?.message ?? `must match ${pattern}`, words?.hint)]
}

function checkNumber(schema: Schema, value: number, path: FieldPath): Problem[] {
  const bound = schema.format === 'int32' || schema.format === 'int64' ? INT_RANGE[schema.format] : undefined
  const maximum = schema.maximum ?? bound
  if (schema.minimum !== undefined && value < schema.minimum) {
    return [problem('minimum', path, `must be at least ${schema.minimum}, not ${value}`)]
  }
  if (maximum !== undefined && value > maximum) {
    return [problem('maximum', path, `must be at most ${maximum}, not ${value}`)]
  }
  return []
}

function checkList(schema: Schema, value: readonly JsonValue[], path: FieldPath): Problem[] {
  const found: Problem[] = []
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    found.push(problem('minItems', path, `must have at least ${schema.minItems} item`, 'leave the field out instead'))
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    return [problem('maxItems', path, `must have at most ${schema.maxItems} items, not ${value.length}`)]
  }
  const { items } = schema
  if (items) for (const [index, item] of value.entries()) found.push(...checkValue(items, item, [...path, index]))
  found.push(...checkDuplicates(schema, value, path))
  return found
}

/** Items of a set, and keys of a list map, must be unique. */
function checkDuplicates(schema: Schema, value: readonly JsonValue[], path: FieldPath): Problem[] {
  const listType = schema['x-kubernetes-list-type']
  if (listType !== 'set' && listType !== 'map') return []
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const first = new Map<string, number>()
  return value.flatMap((item, index) => {
    const identity = JSON.stringify(listType === 'map' && isJsonObject(item) ? keys.map(key => item[key]) : item)
    const before = first.get(identity)
    if (before === undefined) {
      first.set(identity, index)
      return []
    }
    return [problem('duplicate', [...path, index], `must not repeat item ${before + 1} of the list`)]
  })
}

function checkObject(schema: Schema, value: JsonObject, path: FieldPath): Problem[] {
  const found: Problem[] = []
  const keys = Object.keys(value)
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key))
      found.push(problem('required', [...path, key], 'must be given', requiredHint(schema, key)))
  }
  if (schema.maxProperties !== undefined && keys.length > schema.maxProperties) {
    return [problem('maxProperties', path, `must have at most ${schema.maxProperties} entries, not ${keys.length}`)]
  }
  for (const key of keys) {
    const field = fieldSchema(schema, key)
    const item = value[key]
    if (field && item !== undefined) found.push(...checkValue(field, item, [...path, key]))
    else if (!field && (schema.properties ?? schema.additionalProperties)) found.push(unknownField(schema, key, path))
  }
  return found
}

function requiredHint(schema: Schema, key: string): string | undefined {
  const allowed = schema.properties?.[key]?.enum
  return allowed && `one of ${allowed.join(', ')}`
}

function unknownField(schema: Schema, key: string, path: FieldPath): Problem {
  const known = Object.keys(schema.properties ?? {})
  const meant = suggest(key, known)
  const shown = key.length > 64 ? `${key.slice(0, 64)}…` : key
  const hint = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean "${meant}"?`
  return { ...problem('unknownField', [...path, key], `unknown field "${shown}"`, hint), atKey: true }
}

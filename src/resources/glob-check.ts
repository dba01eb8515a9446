// Checks the globs of a resource's filters, which no pattern of a CRD can: a bracket that is never closed.
import { globFault } from '../lib/glob-fault.ts'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../lib/json.ts'
import type { FieldPath, Problem } from './problem.ts'

/** Fields that hold lists of globs on names. */
const GLOBS: readonly (readonly string[])[] = [
  ['spec', 'filter', 'include', 'names'],
  ['spec', 'filter', 'exclude', 'names'],
  ['spec', 'validationPolicy', 'blockedPatterns'],
]

/** One problem for each glob that can't be meant as it is written. */
export function checkGlobs(resource: JsonObject): Problem[] {
  return GLOBS.flatMap(path => {
    const globs = valueAt(resource, path)
    return Array.isArray(globs) ? globs.flatMap((glob, index) => checkGlob(glob, [...path, index])) : []
  })
}

function checkGlob(glob: JsonValue, path: FieldPath): Problem[] {
  const message = typeof glob === 'string' ? globFault(glob) : undefined
  if (message === undefined) return []
  const hint = 'close it, or write ? for any one character'
  return [{ code: 'glob', tier: 'schema', severity: 'error', path, message, hint }]
}

function valueAt(resource: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = resource
  for (const key of path) value = isJsonObject(value) ? own(value, key) : undefined
  return value
}

// Whether a CRD that a cluster has is the one that this program was made with: another edition refuses fields that the program
// knows, or cuts them off without a word. Pure.
import { isJsonObject, type JsonObject, type JsonValue, own, stableJson } from '../lib/json.ts'
import { API_VERSION, definitionOf } from '../resources/kinds.ts'
import type { KindName } from '../resources/schema.ts'

/** The first field whose rules differ, such as `spec.source.git`; undefined when all are the same. */
export function differenceTo(kind: KindName, installed: object): string | undefined {
  const version = API_VERSION.split('/')[1] ?? ''
  const theirs = schemaIn(installed as unknown as JsonObject, version)
  if (theirs === undefined) return `the version ${version}`
  const ours = definitionOf(kind).schema as unknown as JsonValue
  const path = firstDifference(ours, theirs, { path: [], isFields: false })
  return path && (path.join('.') || 'the whole schema')
}

function schemaIn(crd: JsonObject, version: string): JsonValue | undefined {
  const versions = field(own(crd, 'spec'), 'versions')
  if (!Array.isArray(versions)) return undefined
  const found = versions.find(each => field(each, 'name') === version)
  return field(field(found, 'schema'), 'openAPIV3Schema')
}

function field(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return isJsonObject(value) ? own(value, key) : undefined
}

interface Place {
  /** Fields of the resource on the way here. */
  readonly path: readonly string[]
  /** True where the keys are names of fields, and no keywords. */
  readonly isFields: boolean
}

function firstDifference(
  ours: JsonValue | undefined,
  theirs: JsonValue | undefined,
  { path, isFields }: Place,
): readonly string[] | undefined {
  if (!isJsonObject(ours) || !isJsonObject(theirs)) return stableOf(ours) === stableOf(theirs) ? undefined : path
  const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort()
  for (const key of keys) {
    // Texts for people: the program has none.
    if (!isFields && (key === 'description' || key === 'title')) continue
    const place = { path: isFields ? [...path, key] : path, isFields: !isFields && key === 'properties' }
    const found = firstDifference(own(ours, key), own(theirs, key), place)
    if (found) return found
  }
  return undefined
}

function stableOf(value: JsonValue | undefined): string {
  return value === undefined ? '' : stableJson(value)
}

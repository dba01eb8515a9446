// Server-side apply: the applied fields go into the live object, those that the manager gave before and not now go out.
import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject, type JsonValue, setOwn } from '../../lib/json.ts'
import { fieldSchema } from '../../resources/defaults.ts'
import type { Schema } from '../../resources/schema.ts'
import { isKeyed, itemPart, leavesOf, type Managers, removeAt, shownPath, withParents } from './fields.ts'
import { copyOf } from './objects.ts'

export interface ApplyInput {
  readonly schema: Schema
  readonly live: JsonObject
  /** Only the fields that the manager wants to own. */
  readonly applied: JsonObject
  readonly managers: Managers
  /** `Apply/rollbook`. */
  readonly manager: string
}

export interface Applied {
  readonly object: JsonObject
  readonly managers: Managers
  /** Fields that others own with another value; they are taken over in `object` and `managers`. */
  readonly conflicts: readonly FieldConflict[]
}

export interface FieldConflict {
  readonly manager: string
  /** `.data.a`. */
  readonly field: string
}

/** There is always a name in it, which nobody owns. */
const METADATA = '/f:metadata'

/** The object and its owners after the apply, were it forced. */
export function applyFields({ schema, live, applied, managers, manager }: ApplyInput): Applied {
  const fields = leavesOf(schema, applied)
  const there = leavesOf(schema, sameBlocks(live, applied))
  const changed = new Set(
    [...fields.keys()].filter(path => there.has(path) && !isDeepStrictEqual(fields.get(path), there.get(path))),
  )
  const conflicts: FieldConflict[] = []
  const owners: Record<string, readonly string[]> = {}
  for (const [name, paths] of Object.entries(managers)) {
    if (name === manager) continue
    const lost = paths.filter(path => changed.has(path))
    conflicts.push(...lost.map(path => ({ manager: name.slice(name.indexOf('/') + 1), field: shownPath(path) })))
    if (lost.length < paths.length) owners[name] = lost.length === 0 ? paths : paths.filter(path => !changed.has(path))
  }
  if (fields.size > 0) owners[manager] = [...fields.keys()].sort()
  const object = copyOf(merged(schema, live, applied)) as JsonObject
  for (const path of droppedFields(fields, { given: managers[manager] ?? [], owners })) removeAt(schema, object, path)
  return { object, managers: owners, conflicts }
}

/** Fields that the manager gave before and nobody owns any more, and the blocks that they leave behind; outer ones first. */
function droppedFields(
  fields: ReadonlyMap<string, JsonValue>,
  { given, owners }: { readonly given: readonly string[]; readonly owners: Managers },
): string[] {
  if (given.every(path => fields.has(path))) return []
  // As in the API server: a block that is emptied is gone, also when it is applied as an empty one.
  const emptied = new Set([...fields.keys()].filter(path => isJsonObject(fields.get(path)) && !given.includes(path)))
  const owned = Object.values(owners).flat()
  const kept = withParents([METADATA, ...owned.filter(path => !emptied.has(path))])
  return [...withParents(given)].filter(path => !kept.has(path)).sort()
}

/** The top-level blocks of the live object that the applied one speaks about. */
function sameBlocks(live: JsonObject, applied: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(live).filter(([key]) => Object.hasOwn(applied, key)))
}

/** The applied value laid over the live one; shares parts of both. */
function merged(schema: Schema, live: JsonValue | undefined, applied: JsonValue): JsonValue {
  if (isJsonObject(live) && isJsonObject(applied)) {
    const result: JsonObject = { ...live }
    for (const key of Object.keys(applied)) {
      setOwn(result, key, merged(fieldSchema(schema, key) ?? {}, live[key], applied[key] ?? null))
    }
    return result
  }
  if (Array.isArray(live) && Array.isArray(applied) && isKeyed(schema)) return mergedList(schema, live, applied)
  return applied
}

function mergedList(schema: Schema, live: readonly JsonValue[], applied: readonly JsonValue[]): JsonValue {
  const items = new Map(live.map(item => [itemPart(schema, item), item]))
  for (const item of applied) {
    const part = itemPart(schema, item)
    items.set(part, merged(schema.items ?? {}, items.get(part), item))
  }
  return [...items.values()]
}

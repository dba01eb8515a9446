// Fields of objects as paths, and who owns them: what server-side apply needs. Paths are those of the API's managedFields:
// `/f:data/f:registry.json`, `/f:status/f:conditions/k:{"type":"Ready"}/f:status`.
import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { fieldSchema } from '../../resources/defaults.ts'
import type { Schema } from '../../resources/schema.ts'

/** The leaf fields that each manager owns, by `Apply/rollbook` or `Update/rollbook`. */
export type Managers = Readonly<Record<string, readonly string[]>>

/** Every leaf of the value: scalars, atomic lists, empty blocks. Items of list maps and sets are places of their own. */
export function leavesOf(schema: Schema, value: JsonObject): Map<string, JsonValue> {
  const leaves = new Map<string, JsonValue>()
  gather(schema, value, '', leaves)
  return leaves
}

function gather(schema: Schema, value: JsonValue, path: string, leaves: Map<string, JsonValue>): void {
  if (isJsonObject(value)) {
    const keys = Object.keys(value)
    if (keys.length === 0 && path !== '') leaves.set(path, value)
    for (const key of keys)
      gather(fieldSchema(schema, key) ?? {}, value[key] ?? null, `${path}/${fieldPart(key)}`, leaves)
  } else if (Array.isArray(value) && isKeyed(schema) && value.length > 0) {
    for (const item of value) gather(schema.items ?? {}, item, `${path}/${itemPart(schema, item)}`, leaves)
  } else leaves.set(path, value)
}

/** True for lists whose items are merged one by one. */
export function isKeyed(schema: Schema): boolean {
  return schema['x-kubernetes-list-type'] === 'map' || schema['x-kubernetes-list-type'] === 'set'
}

/** What tells an item of a keyed list from the others. */
export function itemPart(schema: Schema, item: JsonValue): string {
  if (!isJsonObject(item)) return `v:${escaped(JSON.stringify(item))}`
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  return `k:${escaped(JSON.stringify(Object.fromEntries(keys.map(key => [key, item[key] ?? null]))))}`
}

function fieldPart(key: string): string {
  return `f:${escaped(key)}`
}

function escaped(text: string): string {
  return text.includes('~') || text.includes('/') ? text.replaceAll('~', '~0').replaceAll('/', '~1') : text
}

function unescaped(text: string): string {
  return text.includes('~') ? text.replaceAll('~1', '/').replaceAll('~0', '~') : text
}

/** The paths and those of every block around them. */
export function withParents(paths: Iterable<string>): Set<string> {
  const all = new Set<string>()
  for (let path of paths) {
    while (path !== '' && !all.has(path)) {
      all.add(path)
      path = path.slice(0, path.lastIndexOf('/'))
    }
  }
  return all
}

/** Removes the value at a path from a tree that may be changed. */
export function removeAt(schema: Schema, value: JsonValue, path: string): void {
  const place = placeOf(schema, value, path)
  if (!place) return
  if (Array.isArray(place.parent)) place.parent.splice(Number(place.key), 1)
  else delete place.parent[place.key]
}

interface Place {
  readonly parent: JsonObject | JsonValue[]
  readonly key: string
  readonly value: JsonValue
}

function placeOf(schema: Schema, root: JsonValue, path: string): Place | undefined {
  let place: Place | undefined
  let at = schema
  let value = root
  for (const part of path.split('/').slice(1)) {
    place = part.startsWith('f:') ? fieldPlace(value, unescaped(part.slice(2))) : itemPlace(at, value, part)
    if (!place) return undefined
    at = (Array.isArray(value) ? at.items : fieldSchema(at, place.key)) ?? {}
    value = place.value
  }
  return place
}

function fieldPlace(value: JsonValue, key: string): Place | undefined {
  const found = isJsonObject(value) ? own(value, key) : undefined
  return isJsonObject(value) && found !== undefined ? { parent: value, key, value: found } : undefined
}

function itemPlace(schema: Schema, value: JsonValue, part: string): Place | undefined {
  if (!Array.isArray(value)) return undefined
  const index = value.findIndex(item => itemPart(schema, item) === part)
  const found = value[index]
  return found === undefined ? undefined : { parent: value, key: String(index), value: found }
}

/** `.data.registry.json`: a path as messages show it. */
export function shownPath(path: string): string {
  return path
    .split('/')
    .slice(1)
    .map(part => (part.startsWith('f:') ? `.${unescaped(part.slice(2))}` : `[${unescaped(part.slice(2))}]`))
    .join('')
}

/** Who owns what after a plain write by `manager`: it owns what it changed, and nobody owns what it removed. */
export function ownedAfterUpdate(options: {
  readonly schema: Schema
  readonly managers: Managers
  readonly manager: string
  readonly before: JsonObject
  readonly after: JsonObject
}): Managers {
  const { schema, managers, manager, before, after } = options
  const [old, leaves] = [leavesOf(schema, before), leavesOf(schema, after)]
  const changed = new Set([...leaves.keys()].filter(path => !isDeepStrictEqual(old.get(path), leaves.get(path))))
  const removed = withParents([...old.keys()].filter(path => !leaves.has(path)))
  const parents = withParents(leaves.keys())
  const result: Record<string, readonly string[]> = {}
  for (const [name, paths] of Object.entries(managers)) {
    const left = paths.filter(path => !changed.has(path) && (parents.has(path) || !removed.has(path)))
    if (left.length > 0) result[name] = left
  }
  if (changed.size > 0) result[manager] = [...new Set([...(result[manager] ?? []), ...changed])]
  return result
}

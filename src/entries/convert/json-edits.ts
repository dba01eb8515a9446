// Differences between two JSON values as a list of edits: how a converted entry keeps what the other format can't say.
// Values are never changed in place, so the results may share parts with their inputs.
import { pointerOf, pointerParts } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, type JsonValue, own, setOwn } from '../../lib/json.ts'
import { compareUtf8 } from '../../lib/utf8.ts'

/** One difference. `value` absent: nothing shall stand at `path`; `was` absent: nothing stood there. */
export interface Edit {
  /** JSON pointer (RFC 6901). The index after the last one appends to a list. */
  readonly path: string
  readonly was?: JsonValue
  readonly value?: JsonValue
}

/** How lists are compared: one by one, or as one value (then no edit depends on a position). */
export type ListMode = 'items' | 'whole'

/** True when both are the same JSON, whatever the order of keys; undefined equals only itself. */
export function jsonEqual(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => jsonEqual(item, b[index]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && jsonEqual(a[key], b[key]))
}

/** The edits that turn `from` into `to`, in the order in which they must be applied. */
export function difference(from: JsonValue, to: JsonValue, lists: ListMode): Edit[] {
  const edits: Edit[] = []
  collect(from, to, { trail: [], lists, edits })
  return edits
}

/**
 * The value after the edits, each only where its path leads. With `guarded`, an edit is left out
 * when something else than its `was` stands there now: somebody changed that field since.
 */
export function applyEdits(value: JsonValue, edits: readonly Edit[], { guarded }: { guarded: boolean }): JsonValue {
  let result: JsonValue = value
  for (const edit of edits) {
    const parts = partsOf(edit.path)
    if (parts === undefined) continue
    if (guarded && !jsonEqual(valueAt(result, parts), edit.was)) continue
    result = replaced(result, parts, edit.value) ?? result
  }
  return result
}

/** The edits of a stored list, without anything that isn't one: the list may come from a file that people edit. */
export function editsOf(stored: JsonValue | undefined): Edit[] {
  if (!Array.isArray(stored)) return []
  const edits: Edit[] = []
  for (const item of stored) {
    if (!isJsonObject(item)) continue
    const path = own(item, 'path')
    const was = own(item, 'was')
    const value = own(item, 'value')
    if (typeof path !== 'string') continue
    edits.push({ path, ...(was === undefined ? {} : { was }), ...(value === undefined ? {} : { value }) })
  }
  return edits
}

/** The edits as JSON. Without `was` when nothing will check it. */
export function storedEdits(edits: readonly Edit[], { guarded }: { guarded: boolean }): JsonValue[] {
  return edits.map(({ path, was, value }) => ({
    path,
    ...(guarded && was !== undefined ? { was } : {}),
    ...(value === undefined ? {} : { value }),
  }))
}

interface Collecting {
  /** The parts of the path so far; pushed and popped, since most places don't differ and need no pointer. */
  readonly trail: (string | number)[]
  readonly lists: ListMode
  readonly edits: Edit[]
}

function collect(from: JsonValue | undefined, to: JsonValue | undefined, at: Collecting): void {
  if (from === to) return
  if (isJsonObject(from) && isJsonObject(to)) {
    collectMembers(from, to, at)
  } else if (at.lists === 'items' && Array.isArray(from) && Array.isArray(to)) {
    const common = Math.min(from.length, to.length)
    for (let key = 0; key < common; key++) collectBelow(from[key], to[key], { key, at })
    // From the end, so that each removal takes the last item.
    for (let key = from.length - 1; key >= common; key--) collectBelow(from[key], undefined, { key, at })
    for (let key = common; key < to.length; key++) collectBelow(undefined, to[key], { key, at })
  } else if (!jsonEqual(from, to)) {
    at.edits.push({
      path: pointerOf(...at.trail),
      ...(from === undefined ? {} : { was: from }),
      ...(to === undefined ? {} : { value: to }),
    })
  }
}

/** The same content gives the same edits, whatever its order of keys: the few keys that have edits are sorted, not all of them. */
function collectMembers(from: JsonObject, to: JsonObject, at: Collecting): void {
  const first = at.edits.length
  let common = 0
  let parts: Part[] | undefined
  for (const key of Object.keys(from)) {
    const before = from[key]
    const after = own(to, key)
    if (after !== undefined) common++
    if (before !== after) parts = withPart(parts, key, collectBelow(before, after, { key, at }))
  }
  const keys = Object.keys(to)
  if (keys.length > common) {
    for (const key of keys) {
      if (!Object.hasOwn(from, key)) parts = withPart(parts, key, collectBelow(undefined, to[key], { key, at }))
    }
  }
  if (parts === undefined || parts.length < 2) return
  const sorted = parts.sort((a, b) => compareUtf8(a.key, b.key))
  const edits = sorted.flatMap(({ start, end }) => at.edits.slice(start, end))
  at.edits.splice(first, edits.length, ...edits)
}

/** The edits below one key. */
interface Part {
  readonly key: string
  readonly start: number
  readonly end: number
}

function withPart(parts: Part[] | undefined, key: string, { start, end }: Omit<Part, 'key'>): Part[] | undefined {
  if (end === start) return parts
  const list = parts ?? []
  list.push({ key, start, end })
  return list
}

/** Where the edits of this place stand in the list. */
function collectBelow(
  from: JsonValue | undefined,
  to: JsonValue | undefined,
  { key, at }: { key: string | number; at: Collecting },
): Omit<Part, 'key'> {
  const start = at.edits.length
  at.trail.push(key)
  collect(from, to, at)
  at.trail.pop()
  return { start, end: at.edits.length }
}

function partsOf(pointer: string): string[] | undefined {
  return pointer === '' || pointer.startsWith('/') ? pointerParts(pointer) : undefined
}

function valueAt(value: JsonValue, parts: readonly string[]): JsonValue | undefined {
  let here: JsonValue | undefined = value
  for (const part of parts) {
    if (Array.isArray(here)) here = /^(0|[1-9]\d*)$/.test(part) ? here[Number(part)] : undefined
    else here = isJsonObject(here) ? own(here, part) : undefined
  }
  return here
}

/** A copy with `value` at the place, or undefined when the path doesn't lead there. */
function replaced(here: JsonValue, parts: readonly string[], value: JsonValue | undefined): JsonValue | undefined {
  const [part, ...rest] = parts
  if (part === undefined) return value
  if (Array.isArray(here)) return replacedItem(here, { part, rest, value })
  if (!isJsonObject(here)) return undefined
  const copy: JsonObject = { ...here }
  if (rest.length === 0 && value === undefined) {
    delete copy[part]
    return copy
  }
  const old = own(here, part)
  const inner = rest.length === 0 ? value : old === undefined ? undefined : replaced(old, rest, value)
  if (inner === undefined) return undefined
  setOwn(copy, part, inner)
  return copy
}

interface Replacement {
  readonly part: string
  readonly rest: readonly string[]
  readonly value: JsonValue | undefined
}

function replacedItem(list: readonly JsonValue[], { part, rest, value }: Replacement): JsonValue | undefined {
  const index = /^(0|[1-9]\d*)$/.test(part) ? Number(part) : -1
  const old = list[index]
  if (rest.length > 0) {
    const inner = old === undefined ? undefined : replaced(old, rest, value)
    return inner === undefined ? undefined : list.with(index, inner)
  }
  if (value === undefined) return index >= 0 && index === list.length - 1 ? list.slice(0, -1) : undefined
  if (index === list.length) return [...list, value]
  return old === undefined ? undefined : list.with(index, value)
}

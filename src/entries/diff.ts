// The difference of two catalogs: by entry, then by field (cli.md, `rollbook diff`). Pure; equal is what git-contract.md calls equal.
import { pointerOf } from '../lib/issue.ts'
import { isJsonObject, type JsonValue, own } from '../lib/json.ts'
import { compareUtf8 } from '../lib/utf8.ts'
import { canonicalJson } from './canonical.ts'

export interface EntryName {
  readonly name: string
  readonly version: string
}

/** One field, or one item of a list. `from` is absent where the field is new, `to` where it is gone. */
export interface FieldChange {
  /** JSON pointer inside the entry. */
  readonly pointer: string
  readonly from?: JsonValue
  readonly to?: JsonValue
}

export interface UpdatedEntry extends EntryName {
  readonly changes: readonly FieldChange[]
}

export interface Diff {
  readonly kind: 'Diff'
  readonly counts: {
    readonly added: number
    readonly removed: number
    readonly updated: number
    readonly unchanged: number
  }
  readonly added: readonly EntryName[]
  readonly removed: readonly EntryName[]
  readonly updated: readonly UpdatedEntry[]
  /** Entries that are counted and not listed, because the list was full. */
  readonly omitted?: number
}

/** What became of one entry; its changes are asked for only while there is room to list them. */
export interface Difference extends EntryName {
  readonly outcome: 'added' | 'removed' | 'updated' | 'unchanged'
  changes?(): readonly FieldChange[]
}

/** Sorted by UTF-8 bytes of name, then version; lists `most` bytes of JSON at the most. */
export function diffOf(differences: readonly Difference[], most = Number.POSITIVE_INFINITY): Diff {
  const counts = { added: 0, removed: 0, updated: 0, unchanged: 0 }
  const listed = { added: [] as EntryName[], removed: [] as EntryName[], updated: [] as UpdatedEntry[] }
  let room = most
  let omitted = 0
  for (const difference of differences.toSorted(byName)) {
    const { outcome, name, version } = difference
    counts[outcome]++
    if (outcome === 'unchanged') continue
    const changes = room > 0 ? (difference.changes?.() ?? []) : []
    const entry = outcome === 'updated' ? { name, version, changes } : { name, version }
    room -= room > 0 ? Buffer.byteLength(JSON.stringify(entry)) : 0
    if (room <= 0) omitted++
    else if (outcome === 'updated') listed.updated.push({ name, version, changes })
    else listed[outcome].push({ name, version })
  }
  return { kind: 'Diff', counts, ...listed, ...(omitted === 0 ? {} : { omitted }) }
}

function byName(a: EntryName, b: EntryName): number {
  return compareUtf8(a.name, b.name) || compareUtf8(a.version, b.version)
}

/** What differs between two values, in the order of their keys. Lists are compared item by item. */
export function fieldChanges(from: JsonValue, to: JsonValue): FieldChange[] {
  const changes: FieldChange[] = []
  collect({ from, to, pointer: '' }, changes)
  return changes
}

interface Pair {
  readonly from: JsonValue | undefined
  readonly to: JsonValue | undefined
  readonly pointer: string
}

function collect({ from, to, pointer }: Pair, changes: FieldChange[]): void {
  if (isJsonObject(from) && isJsonObject(to)) {
    for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
      collect({ from: own(from, key), to: own(to, key), pointer: `${pointer}${pointerOf(key)}` }, changes)
    }
  } else if (Array.isArray(from) && Array.isArray(to)) {
    for (let index = 0; index < Math.max(from.length, to.length); index++) {
      collect({ from: from[index], to: to[index], pointer: `${pointer}/${index}` }, changes)
    }
  } else if (from === undefined || to === undefined || canonicalJson(from) !== canonicalJson(to)) {
    changes.push({ pointer, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) })
  }
}

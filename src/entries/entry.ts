// An upstream document in the form that is merged and written: every `_meta` key inside, the official one without `isLatest`,
// and the fingerprint by which two of them are equal (git-contract.md, "Equal entries").
import { sha256Raw } from '../lib/hash.ts'
import { isJsonObject, type JsonObject, own, setOwn, withOwn } from '../lib/json.ts'
import { canonicalJson, canonicalMembers } from './canonical.ts'
import { OFFICIAL_META, SERVER } from './formats/upstream.ts'

/** What the registry says of an entry. Compared only where the source says it; the target's value stays otherwise. */
export interface Marks {
  readonly status?: string
  readonly publishedAt?: string
  readonly updatedAt?: string
  readonly statusChangedAt?: string
}

const SERVER_KEYS = new Set(SERVER.keys)

const MARK_KEYS = ['status', 'publishedAt', 'updatedAt', 'statusChangedAt'] as const

/**
 * The document with the API's sibling `_meta` inside, and `isLatest`, which is computed and never stored, left out. The
 * document itself when it has that form already.
 */
export function withMeta(document: JsonObject, sibling: JsonObject | undefined): JsonObject {
  const inner = own(document, '_meta')
  if (inner !== undefined && !isJsonObject(inner)) return document
  const meta = sibling && inner ? merged(sibling, inner) : (sibling ?? inner)
  if (!meta) return document
  const official = own(meta, OFFICIAL_META)
  const saysLatest = isJsonObject(official) && Object.hasOwn(official, 'isLatest')
  if (saysLatest) return withOwn(document, '_meta', withOwn(meta, OFFICIAL_META, without(official, ['isLatest'])))
  return meta === inner ? document : withOwn(document, '_meta', meta)
}

/** Both, the first one's keys first; where both have a key, the second one's value. */
function merged(first: JsonObject, second: JsonObject): JsonObject {
  return { ...first, ...second }
}

/** Keys that stand in both with different values: the inner one wins, and that is an issue. */
export function metaConflicts(document: JsonObject, sibling: JsonObject | undefined): string[] {
  const inner = own(document, '_meta')
  if (!sibling || !isJsonObject(inner)) return []
  const same = (key: string) => canonicalJson(own(sibling, key) ?? null) === canonicalJson(own(inner, key) ?? null)
  return Object.keys(sibling).filter(key => Object.hasOwn(inner, key) && !same(key))
}

export function marksOf(document: JsonObject): Marks {
  const official = officialOf(document)
  const marks: { -readonly [K in keyof Marks]: Marks[K] } = {}
  if (!official) return marks
  for (const key of MARK_KEYS) {
    const value = own(official, key)
    if (typeof value === 'string') marks[key] = value
  }
  return marks
}

/** The same document with these marks; marks of other types than text stay as they are. */
export function withMarks(document: JsonObject, marks: Marks): JsonObject {
  const meta = own(document, '_meta')
  const official: JsonObject = { ...(officialOf(document) ?? {}) }
  for (const key of MARK_KEYS) {
    const value = marks[key]
    if (value !== undefined) official[key] = value
  }
  if (Object.keys(official).length === 0) return document
  return { ...document, _meta: { ...(isJsonObject(meta) ? meta : {}), [OFFICIAL_META]: official } }
}

/** One compact line, as layout File writes an entry. */
export function writeEntry(document: JsonObject): string {
  return canonicalJson(document, SERVER)
}

export interface WrittenEntry {
  readonly text: string
  /** Of the entry without its marks: equal entries have equal ones, and marks equal where the source has them. */
  readonly fingerprint: string
}

/** An entry as layout File writes it, with its fingerprint. Made together: `_meta` apart, both say the same. */
export function writtenEntry(document: JsonObject): WrittenEntry {
  const meta = own(document, '_meta')
  if (!isJsonObject(meta)) {
    const text = writeEntry(document)
    return { text, fingerprint: sha256Raw(text) }
  }
  const members = canonicalMembers(without(document, ['_meta']), SERVER)
  // Known keys end with `_meta`; unknown ones would follow it.
  const isLast = Object.keys(document).every(key => SERVER_KEYS.has(key))
  const text = isLast ? `{${members},"_meta":${canonicalJson(meta)}}` : writeEntry(document)
  const rest = metaWithoutMarks(meta)
  const isEmpty = Object.keys(rest).length === 0
  return { text, fingerprint: sha256Raw(isEmpty ? `{${members}}` : `{${members},"_meta":${canonicalJson(rest)}}`) }
}

function metaWithoutMarks(meta: JsonObject): JsonObject {
  const rest: JsonObject = {}
  for (const key of Object.keys(meta)) {
    const value = own(meta, key)
    const kept = key === OFFICIAL_META && isJsonObject(value) ? withoutMarks(value) : value
    if (kept !== undefined) setOwn(rest, key, kept)
  }
  return rest
}

/** True when a source's marks say nothing that differs from the target's. */
export function sameMarks(source: Marks, target: Marks): boolean {
  return MARK_KEYS.every(key => source[key] === undefined || source[key] === target[key])
}

/** What the official `_meta` says beside the marks; undefined when that is nothing. */
function withoutMarks(official: JsonObject): JsonObject | undefined {
  const rest: JsonObject = {}
  for (const key of Object.keys(official)) {
    const value = own(official, key) ?? null
    const isMark = key === 'isLatest' || (typeof value === 'string' && MARK_KEYS.some(mark => mark === key))
    if (!isMark) setOwn(rest, key, value)
  }
  return Object.keys(rest).length === 0 ? undefined : rest
}

function officialOf(document: JsonObject): JsonObject | undefined {
  const meta = own(document, '_meta')
  const official = isJsonObject(meta) ? own(meta, OFFICIAL_META) : undefined
  return isJsonObject(official) ? official : undefined
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  const rest: JsonObject = {}
  for (const key of Object.keys(object)) if (!keys.includes(key)) setOwn(rest, key, own(object, key) ?? null)
  return rest
}

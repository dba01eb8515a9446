// What stands around the entries of a catalog: merged by key, skills and plugins by identity
// (git-contract.md, "Bytes": top-level values are the target's, else the source's, else version 1.0.0).
import { Failure } from '../lib/failure.ts'
import { isJsonObject, type JsonObject, type JsonValue, own, setOwn } from '../lib/json.ts'
import type { MergeRequest } from '../resources/request.ts'
import { canonicalJson } from './canonical.ts'
import { laterDate } from './dates.ts'
import { type Envelope, type Format, NO_ENVELOPE } from './document.ts'

export interface EnvelopeMerge extends Pick<MergeRequest, 'onConflict' | 'prune'> {
  readonly format: Format
}

/** Keys at the top that every catalog of the format has; the target's value stands, whatever the merge policy says. */
const KNOWN_KEYS = {
  upstream: ['$schema', 'version', 'meta'],
  toolhive: ['$schema', 'version', 'last_updated'],
} as const satisfies Record<Format, readonly string[]>

const EPOCH = '1970-01-01T00:00:00Z'

/** The envelope that the target gets. A missing side counts as one without keys. Throws MergeConflict under onConflict Fail. */
export function mergeEnvelopes(
  target: Envelope | undefined,
  source: Envelope | undefined,
  options: EnvelopeMerge,
): Envelope {
  const from = source ?? NO_ENVELOPE
  if (!target) return from
  const top: JsonObject = {}
  for (const key of KNOWN_KEYS[options.format]) {
    const value = own(target.top, key) ?? own(from.top, key)
    if (value !== undefined) setOwn(top, key, value)
  }
  const date = lastUpdatedOf(target, options.format) ?? lastUpdatedOf(from, options.format)
  if (options.format === 'upstream' && date !== undefined) {
    const meta = own(top, 'meta')
    setOwn(top, 'meta', { ...(isJsonObject(meta) ? meta : {}), last_updated: date })
  }
  const unknownTop = mergeMaps(unknownPart(target.top, options.format), unknownPart(from.top, options.format), options)
  return { top: { ...top, ...unknownTop }, data: mergeMaps(target.data, from.data, options) }
}

/** True when both say the same but for the date of the last change, which never makes a change by itself. */
export function sameEnvelope(a: Envelope, b: Envelope, format: Format): boolean {
  return (
    canonicalJson(withoutDate(a.top, format)) === canonicalJson(withoutDate(b.top, format)) &&
    canonicalJson(a.data) === canonicalJson(b.data)
  )
}

/** The date that a catalog says it was changed last: the newest of its entries, else the envelope's. */
export function lastUpdated(envelope: Envelope, format: Format, dates: Iterable<string | undefined>): JsonValue {
  let newest: string | undefined
  for (const date of dates) newest = laterDate(newest, date)
  return newest ?? lastUpdatedOf(envelope, format) ?? EPOCH
}

/** Members at the top that the format does not know. */
export function unknownPart(top: JsonObject, format: Format): JsonObject {
  return pick(top, unknownKeys(top, format))
}

/** What the envelope itself says. */
export function lastUpdatedOf({ top }: Envelope, format: Format): JsonValue | undefined {
  if (format === 'toolhive') return own(top, 'last_updated')
  const meta = own(top, 'meta')
  return isJsonObject(meta) ? own(meta, 'last_updated') : undefined
}

function mergeMaps(target: JsonObject, source: JsonObject, options: EnvelopeMerge): JsonObject {
  const merged: JsonObject = {}
  for (const key of new Set([...Object.keys(target), ...Object.keys(source)])) {
    const value = mergeValues(own(target, key), own(source, key), { ...options, key })
    if (value !== undefined) setOwn(merged, key, value)
  }
  return merged
}

interface ValueMerge extends EnvelopeMerge {
  /** Whose value it is, for messages. */
  readonly key: string
}

function mergeValues(
  target: JsonValue | undefined,
  source: JsonValue | undefined,
  options: ValueMerge,
): JsonValue | undefined {
  if (Array.isArray(target) && (source === undefined || Array.isArray(source)) && target.every(hasIdentity)) {
    return mergeLists(target, source ?? [], options)
  }
  if (target === undefined) return source
  if (source === undefined) return options.prune === 'Missing' ? undefined : target
  if (options.onConflict === 'Fail' && canonicalJson(target) !== canonicalJson(source)) throw conflict(options.key)
  return options.onConflict === 'Replace' ? source : target
}

/** Skills and plugins: by (namespace, name, version), in the order target first. */
function mergeLists(target: readonly JsonValue[], source: readonly JsonValue[], options: ValueMerge): JsonValue[] {
  const incoming = new Map(source.map(item => [identityOf(item), item]))
  const merged: JsonValue[] = []
  const kept = new Set<string>()
  for (const item of target) {
    const identity = identityOf(item)
    const value = mergeValues(item, incoming.get(identity), { ...options, key: `${options.key} ${identity}` })
    if (value !== undefined) merged.push(value)
    kept.add(identity)
  }
  return merged.concat(source.filter(item => !kept.has(identityOf(item))))
}

function conflict(key: string): Failure {
  return new Failure(
    'MergeConflict',
    'definite',
    `${key.slice(0, 120)} beside the entries differs from the target's, and merge.onConflict is Fail`,
  )
}

function hasIdentity(item: JsonValue): boolean {
  return isJsonObject(item) && typeof own(item, 'name') === 'string'
}

function identityOf(item: JsonValue): string {
  if (!isJsonObject(item)) return canonicalJson(item)
  return canonicalJson([own(item, 'namespace') ?? null, own(item, 'name') ?? null, own(item, 'version') ?? null])
}

function unknownKeys(top: JsonObject, format: Format): string[] {
  return Object.keys(top).filter(key => !KNOWN_KEYS[format].some(known => known === key))
}

/** A `meta` that holds nothing but the date goes with it: the target may have none yet. */
function withoutDate(top: JsonObject, format: Format): JsonObject {
  const rest = pick(
    top,
    Object.keys(top).filter(key => key !== (format === 'upstream' ? 'meta' : 'last_updated')),
  )
  const meta = own(top, 'meta')
  if (format === 'toolhive' || !isJsonObject(meta)) return rest
  const keys = Object.keys(meta).filter(key => key !== 'last_updated')
  return keys.length === 0 ? rest : { ...rest, meta: pick(meta, keys) }
}

/** The object with only these of its keys. */
export function pick(object: JsonObject, keys: readonly string[]): JsonObject {
  const picked: JsonObject = {}
  for (const key of keys) {
    const value = own(object, key)
    if (value !== undefined) setOwn(picked, key, value)
  }
  return picked
}

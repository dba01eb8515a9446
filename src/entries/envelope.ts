// What stands around the entries of an upstream catalog: merged by key, skills and plugins by identity
// (git-contract.md, "Bytes": top-level values are the target's, else the source's, else version 1.0.0).
import { isJsonObject, type JsonObject, type JsonValue, own, setOwn } from '../lib/json.ts'
import type { MergeRequest } from '../resources/request.ts'
import { canonicalJson, canonicalMembers, type Shape } from './canonical.ts'
import { laterDate } from './dates.ts'
import { type Envelope, NO_ENVELOPE } from './document.ts'

const TOP_KEYS = ['$schema', 'version', 'meta'] as const
const TOP: Shape = { keys: TOP_KEYS, below: { meta: { keys: ['last_updated'] } } }
const DATA: Shape = { keys: ['skills', 'plugins'] }
const EPOCH = '1970-01-01T00:00:00Z'

type MergeOptions = Pick<MergeRequest, 'onConflict' | 'prune'>

/** The envelope that the target gets. A missing side counts as one without keys. */
export function mergeEnvelopes(
  target: Envelope | undefined,
  source: Envelope | undefined,
  options: MergeOptions,
): Envelope {
  const from = source ?? NO_ENVELOPE
  if (!target) return from
  const top: JsonObject = {}
  for (const key of TOP_KEYS) {
    const value = own(target.top, key) ?? own(from.top, key)
    if (value !== undefined) setOwn(top, key, value)
  }
  const unknownTop = mergeMaps(restOf(target.top), restOf(from.top), options)
  return { top: { ...top, ...unknownTop }, data: mergeMaps(target.data, from.data, options) }
}

/** True when both say the same outside `meta.last_updated`, which never makes a change by itself. */
export function sameEnvelope(a: Envelope, b: Envelope): boolean {
  return (
    canonicalJson(withoutDate(a.top)) === canonicalJson(withoutDate(b.top)) &&
    canonicalJson(a.data) === canonicalJson(b.data)
  )
}

/** The text before the first entry and after the last one. `newest`: newest date inside the entries. */
export function envelopeText(
  envelope: Envelope,
  newest: string | undefined,
): { readonly head: string; readonly tail: string } {
  const meta = own(envelope.top, 'meta')
  const known = isJsonObject(meta) ? meta : {}
  const last_updated = newest ?? own(known, 'last_updated') ?? EPOCH
  const first: JsonObject = {
    version: '1.0.0',
    ...pick(envelope.top, ['$schema', 'version']),
    meta: { ...known, last_updated },
  }
  const unknown = canonicalMembers(restOf(envelope.top))
  const data = canonicalMembers(envelope.data, DATA)
  return {
    head: `{${canonicalMembers(first, TOP)},"data":{"servers":[`,
    tail: `]${data === '' ? '' : `,${data}`}}${unknown === '' ? '' : `,${unknown}`}}\n`,
  }
}

/** The newest date of some entries; undefined when none has one. */
export function newestOf(dates: Iterable<string | undefined>): string | undefined {
  let newest: string | undefined
  for (const date of dates) newest = laterDate(newest, date)
  return newest
}

function mergeMaps(target: JsonObject, source: JsonObject, options: MergeOptions): JsonObject {
  const merged: JsonObject = {}
  for (const key of new Set([...Object.keys(target), ...Object.keys(source)])) {
    const value = mergeValues(own(target, key), own(source, key), options)
    if (value !== undefined) setOwn(merged, key, value)
  }
  return merged
}

function mergeValues(
  target: JsonValue | undefined,
  source: JsonValue | undefined,
  options: MergeOptions,
): JsonValue | undefined {
  if (Array.isArray(target) && (source === undefined || Array.isArray(source)) && target.every(hasIdentity)) {
    return mergeLists(target, source ?? [], options)
  }
  if (target === undefined) return source
  if (source === undefined) return options.prune === 'Missing' ? undefined : target
  return options.onConflict === 'Replace' ? source : target
}

/** Skills and plugins: by (namespace, name, version), in the order target first. */
function mergeLists(target: readonly JsonValue[], source: readonly JsonValue[], options: MergeOptions): JsonValue[] {
  const incoming = new Map(source.map(item => [identityOf(item), item]))
  const merged: JsonValue[] = []
  const kept = new Set<string>()
  for (const item of target) {
    const key = identityOf(item)
    const value = mergeValues(item, incoming.get(key), options)
    if (value !== undefined) merged.push(value)
    kept.add(key)
  }
  return merged.concat(source.filter(item => !kept.has(identityOf(item))))
}

function hasIdentity(item: JsonValue): boolean {
  return isJsonObject(item) && typeof own(item, 'name') === 'string'
}

function identityOf(item: JsonValue): string {
  if (!isJsonObject(item)) return canonicalJson(item)
  return canonicalJson([own(item, 'namespace') ?? null, own(item, 'name') ?? null, own(item, 'version') ?? null])
}

function restOf(top: JsonObject): JsonObject {
  return pick(
    top,
    Object.keys(top).filter(key => !TOP_KEYS.some(known => known === key)),
  )
}

function withoutDate(top: JsonObject): JsonObject {
  const meta = own(top, 'meta')
  if (!isJsonObject(meta)) return top
  const rest = pick(
    meta,
    Object.keys(meta).filter(key => key !== 'last_updated'),
  )
  return { ...top, meta: rest }
}

function pick(object: JsonObject, keys: readonly string[]): JsonObject {
  const picked: JsonObject = {}
  for (const key of keys) {
    const value = own(object, key)
    if (value !== undefined) setOwn(picked, key, value)
  }
  return picked
}

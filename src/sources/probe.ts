// Whether a source on the web changed since it was last read, with one request: what the controller asks before it starts
// a pod (design section 4, "Probe before pod"). git has its own probe; ConfigMaps are watched.
import { createHash } from 'node:crypto'
import { DEFAULT_LIMITS } from '../entries/limits.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { RegistrySourceRequest, UrlSourceRequest } from '../resources/request.ts'
import { type Body, wholeBody } from './http/body.ts'
import { type HttpAccess, type HttpAnswer, parseUrl, withHttp } from './http/client.ts'
import { listUrl } from './registry/list-url.ts'
import { listPage } from './registry/page.ts'
import { digestRevision } from './source.ts'
import { readLocalFile } from './url.ts'

/** What a probe reads at most: as much as a run. */
export const PROBE_LIMITS: HttpAccess['limits'] = DEFAULT_LIMITS

/** What status remembers of the source. The validators belong to the revision. */
export interface SeenSource {
  readonly revision?: string
  readonly etag?: string
  readonly lastModified?: string
  /** When a run last read all of it, RFC 3339. */
  readonly fullReadTime?: string
}

export interface ProbedSource {
  /** Compared with the revision that was seen. */
  readonly state: 'unchanged' | 'changed'
  /** What is there now, with its validators, to remember; undefined where the probe does not read that much. */
  readonly revision?: string
  readonly etag?: string
  readonly lastModified?: string
}

/** A conditional GET. A server without ETag and Last-Modified is asked for the whole, and its digest compared. */
export async function probeUrl(source: UrlSourceRequest, seen: SeenSource, access: HttpAccess): Promise<ProbedSource> {
  const url = parseUrl(source.url)
  if (url.protocol === 'file:') return compared(sha256Hex(await readLocalFile(url, access)), seen, {})
  const conditions = conditionsOf(seen)
  const answer = await withHttp(source, access, http => http.get(url, { read: digestOf, conditions }))
  // A 304 may repeat the validators, and then with better ones.
  const validators = validatorsOf(answer)
  if (answer.content === undefined) return { state: 'unchanged', ...withoutReadTime(seen), ...validators }
  return compared(answer.content, seen, validators)
}

export interface RegistryProbe {
  /** Milliseconds for which "nothing was updated" is believed (`source.registry.fullInterval`). */
  readonly fullInterval: number
}

/**
 * Asks what was updated since the last full read. Records of the official registry have changed without a new date, so
 * that an empty answer counts as unchanged for `fullInterval` only (official-registry.md, 3.3).
 */
export async function probeRegistry(
  source: RegistrySourceRequest,
  seen: SeenSource,
  access: HttpAccess & RegistryProbe,
): Promise<ProbedSource> {
  const readAt = Date.parse(seen.fullReadTime ?? '')
  const age = access.clock.now().getTime() - readAt
  if (Number.isNaN(age) || age < 0 || age >= access.fullInterval) return { state: 'changed' }
  const updatedSince = new Date(readAt - CLOCK_SKEW).toISOString()
  const url = listUrl(source.url, { includeDeleted: true, updatedSince })
  const { content } = await withHttp(source, access, http =>
    http.get(url, { read: async body => listPage(await wholeBody(body)), expect: [400, 404, 422] }),
  )
  const isEmpty = content?.records.length === 0 && content.nextCursor === undefined
  return { state: isEmpty ? 'unchanged' : 'changed' }
}

/** The registry's clock may be behind ours; an update this close before the read counts as changed once more. */
const CLOCK_SKEW = 60_000

async function digestOf(body: Body): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of body) hash.update(piece)
  return hash.digest('hex')
}

type Validators = Pick<ProbedSource, 'etag' | 'lastModified'>

/** Only of a revision that was seen: 304 must mean that revision. */
function conditionsOf({ revision, etag, lastModified }: SeenSource): Readonly<Record<string, string>> {
  if (revision === undefined) return {}
  if (etag !== undefined) return { 'if-none-match': etag }
  return lastModified === undefined ? {} : { 'if-modified-since': lastModified }
}

function validatorsOf({ etag, lastModified }: HttpAnswer<unknown>): Validators {
  return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) }
}

function withoutReadTime({ fullReadTime: _unused, ...seen }: SeenSource): Omit<SeenSource, 'fullReadTime'> {
  return seen
}

function compared(digest: string, seen: SeenSource, validators: Validators): ProbedSource {
  const revision = digestRevision(digest)
  return { state: revision === seen.revision ? 'unchanged' : 'changed', revision, ...validators }
}

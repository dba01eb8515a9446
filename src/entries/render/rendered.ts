// What rendering takes and gives, whatever the format and layout.
import { createHash } from 'node:crypto'
import { Failure } from '../../lib/failure.ts'
import { sha256Hex } from '../../lib/hash.ts'
import { compareUtf8 } from '../../lib/utf8.ts'
import type { MergeRequest } from '../../resources/request.ts'
import type { Catalog, CatalogEntry } from '../catalog.ts'
import type { Limits } from '../limits.ts'
import type { Decision } from '../merge.ts'
import type { Accepted, AcceptedEntry } from '../prepare.ts'

export type EntryDecision = Decision<AcceptedEntry, CatalogEntry>

/** A file as it shall be; without content it is deleted. The content may be read more than once. */
export interface RenderedFile {
  readonly path: string
  readonly content: Iterable<Uint8Array> | undefined
}

/** What a run writes, and the digest of everything that it manages afterwards (git-contract.md, "Digest"). */
export interface Rendered {
  /** 64 hex digits. */
  readonly digest: string
  readonly writes: readonly RenderedFile[]
}

/** How large a written file may be. */
export interface Room {
  readonly bytes: number
  /** Who allows no more, to be read after `that`: `git hosts take`. */
  readonly limitedBy: string
  /** What to do about a file that is too large. */
  readonly hint: string
}

export interface RenderInput {
  readonly path: string
  readonly catalog: Catalog
  readonly accepted: Accepted
  readonly decisions: readonly EntryDecision[]
  readonly merge: MergeRequest
  /** Date of entries that are added or changed and bring none; undefined adds no dates (conversion). */
  readonly startTime: string | undefined
  /** Render also when nothing changes. */
  readonly always?: boolean
  readonly room: Room
}

/** Of a file in git: its hosts reject blobs over 100 MB. */
export function roomInGit({ renderedBytes }: Pick<Limits, 'renderedBytes'>): Room {
  return { bytes: renderedBytes, limitedBy: 'git hosts take', hint: 'use layout: Namespace' }
}

/** SHA-256 of a file's content, hex. Throws TargetTooLarge for one that the target would not take. */
export function measured(path: string, content: Iterable<Uint8Array>, room: Room): string {
  const hash = createHash('sha256')
  let bytes = 0
  for (const piece of content) {
    hash.update(piece)
    bytes += piece.length
  }
  if (bytes <= room.bytes) return hash.digest('hex')
  const message = `${path} would have ${bytes} bytes, more than the ${room.bytes} that ${room.limitedBy}`
  throw new Failure('TargetTooLarge', 'definite', message, { hint: room.hint })
}

/** Digest of several managed files by their paths below the target's path. */
export function digestOfFiles(digests: ReadonlyMap<string, string>): string {
  const lines = [...digests].map(([path, digest]) => `${digest}  ${path}\n`)
  return sha256Hex(lines.sort(compareUtf8).join(''))
}

/** True when a run adds, changes or removes an entry. */
export function changesEntries(decisions: readonly EntryDecision[]): boolean {
  return decisions.some(({ outcome }) => outcome === 'added' || outcome === 'updated' || outcome === 'removed')
}

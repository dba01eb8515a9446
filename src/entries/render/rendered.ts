// What rendering takes and gives, whatever the format and layout.
import { createHash } from 'node:crypto'
import { Failure } from '../../lib/failure.ts'
import type { MergeRequest } from '../../resources/request.ts'
import type { Catalog, CatalogEntry } from '../catalog.ts'
import type { Limits } from '../limits.ts'
import type { Decision } from '../merge.ts'
import type { Accepted, AcceptedEntry } from '../prepare.ts'

export type EntryDecision = Decision<AcceptedEntry, CatalogEntry>

/** A file as it shall be: its digest, and its bytes in pieces that may be read more than once. */
export interface RenderedFile {
  readonly path: string
  readonly digest: string
  readonly content: Iterable<Uint8Array>
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
  readonly limits: Limits
}

/** A file measured: its digest, and the refusal of one that git hosts would not take. Throws TargetTooLarge. */
export function renderedFile(
  content: Iterable<Uint8Array>,
  { path, limits }: Pick<RenderInput, 'path' | 'limits'>,
): RenderedFile {
  const hash = createHash('sha256')
  let bytes = 0
  for (const piece of content) {
    hash.update(piece)
    bytes += piece.length
  }
  if (bytes > limits.renderedBytes) {
    throw new Failure(
      'TargetTooLarge',
      'definite',
      `${path} would have ${bytes} bytes, more than the ${limits.renderedBytes} that git hosts take`,
      { hint: 'use layout: Namespace' },
    )
  }
  return { path, digest: hash.digest('hex'), content }
}

/** True when a run adds, changes or removes an entry. */
export function changesEntries(decisions: readonly EntryDecision[]): boolean {
  return decisions.some(({ outcome }) => outcome === 'added' || outcome === 'updated' || outcome === 'removed')
}

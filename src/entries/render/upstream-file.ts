// Layout File in upstream format: the whole catalog in one file, one compact line an entry (git-contract.md, "Bytes").
import { type Catalog, EMPTY_CATALOG, indexFile, upstreamEntry } from '../catalog.ts'
import type { SourceFile } from '../document.ts'
import { mergeEnvelopes, sameEnvelope } from '../envelope.ts'
import type { Limits } from '../limits.ts'
import { sourceEnvelope } from '../source-envelope.ts'
import { catalogContent, linesOf } from './lines.ts'
import { changesEntries, measured, type Rendered, type RenderInput } from './rendered.ts'

/** Throws TargetInvalid: what we can't read we never write over. */
export function indexUpstreamFile(files: readonly SourceFile[], limits: Limits): Catalog {
  const [file] = files
  return file ? indexFile(file, { limits, format: 'upstream', entryOf: upstreamEntry }) : EMPTY_CATALOG
}

/** Undefined when the target already says the same. Throws TargetTooLarge. */
export function renderUpstreamFile(input: RenderInput): Rendered | undefined {
  const { catalog, accepted, decisions, merge, path } = input
  const source = sourceEnvelope(accepted.envelopes, 'upstream')
  const envelope = mergeEnvelopes(catalog.envelope, source, { ...merge, format: 'upstream' })
  const nothingThere = catalog.files.size === 0 && decisions.length === 0
  const sameAround = nothingThere || sameEnvelope(envelope, catalog.envelope ?? envelope, 'upstream')
  if (!input.always && !changesEntries(decisions) && sameAround) return undefined

  const content = catalogContent(envelope, linesOf(input))
  return { digest: measured(path, content, input.room), writes: [{ path, content }] }
}

// The pure half of a run, from texts to the text of the target's file: parse, judge, filter, merge, render.
import { EMPTY_CATALOG } from '../../src/entries/catalog.ts'
import type { SourceDocument } from '../../src/entries/document.ts'
import { DEFAULT_LIMITS } from '../../src/entries/limits.ts'
import { merge } from '../../src/entries/merge.ts'
import { readDocuments } from '../../src/entries/parse/documents.ts'
import { prepare } from '../../src/entries/prepare.ts'
import { pruneNotes } from '../../src/entries/prune-note.ts'
import { roomInGit } from '../../src/entries/render/rendered.ts'
import { targetForm } from '../../src/entries/target-form.ts'
import type { Issue } from '../../src/lib/issue.ts'
import type { FormatName, LayoutName, MergeRequest, PolicyRequest } from '../../src/resources/request.ts'
import type { Counts, EntryOutcome } from '../../src/resources/result.ts'
import { Report } from '../../src/run/report.ts'

export interface Pipeline {
  /** Texts of the source's documents. */
  readonly source: readonly (string | object)[]
  /** Text of the target's file; absent: there is none. */
  readonly target?: string
  readonly format?: FormatName
  /** Default File; the others have no target here. */
  readonly layout?: LayoutName
  readonly merge?: Partial<MergeRequest>
  readonly policy?: Partial<PolicyRequest>
  /** Default 2026-03-01T12:00:00.000Z. */
  readonly startTime?: string
}

export interface Piped {
  /** Undefined when nothing changes. */
  readonly text: string | undefined
  readonly digest: string | undefined
  /** Every file that is written, by its path. */
  readonly files: readonly (readonly [path: string, text: string])[]
  readonly counts: Counts
  readonly outcomes: readonly EntryOutcome[]
  readonly issues: readonly Issue[]
}

const POLICY: PolicyRequest = {
  onInvalid: 'Skip',
  checks: ['schema', 'semantic'],
  profile: 'generic',
  namespace: 'io.example',
  longDescription: 'Fail',
  strictToolHive: false,
}
const LIMITS = DEFAULT_LIMITS

/** What a run would write, without git. */
export async function pipe(given: Pipeline): Promise<Piped> {
  const form = targetForm({ format: given.format ?? 'upstream', layout: given.layout ?? 'File' })
  const policy = { ...POLICY, ...given.policy }
  const report = new Report()
  const prepared = await prepare(documentsOf(given.source), { judge: policy, filter: { versions: 'all' } }, report)
  const accepted = form.project(prepared, policy, report)
  const catalog =
    given.target === undefined
      ? EMPTY_CATALOG
      : form.index([{ path: 'target.json', bytes: Buffer.from(given.target) }], LIMITS, 'target.json')
  const merging: MergeRequest = { onConflict: 'Replace', prune: 'Never', allowEmpty: true, ...given.merge }
  const decisions = merge(accepted.entries, catalog.entries, { ...merging, keep: accepted.invalidIdentities })
  report.decided(decisions, pruneNotes(decisions, accepted, merging))
  const startTime = given.startTime ?? '2026-03-01T12:00:00.000Z'
  const rendered = form.render({
    path: 'target.json',
    catalog,
    accepted,
    decisions,
    merge: merging,
    startTime,
    room: roomInGit(LIMITS),
  })
  const textOf = (content: Iterable<Uint8Array> | undefined) => Buffer.concat([...(content ?? [])]).toString('utf8')
  const files = (rendered?.writes ?? []).map(({ path, content }) => [path, textOf(content)] as const)
  return {
    text: files[0]?.[1],
    files,
    digest: rendered?.digest,
    counts: report.counts(),
    outcomes: [...report.outcomes()],
    issues: report.issues(10),
  }
}

async function* documentsOf(source: Pipeline['source']): AsyncIterable<SourceDocument> {
  for (const [index, document] of source.entries()) {
    const text = typeof document === 'string' ? document : JSON.stringify(document)
    yield* readDocuments(
      { path: `source-${index}.json`, bytes: Buffer.from(text) },
      { limits: LIMITS, format: undefined },
    )
  }
}

// How a run ends: report and target to outcome, reason and one sentence (kinds.md, "Outcome of an entry and of a run").
import { entriesDigest } from '../entries/entries-digest.ts'
import type { Accepted } from '../entries/prepare.ts'
import { Failure } from '../lib/failure.ts'
import type { Issue } from '../lib/issue.ts'
import type { RunRequest, TargetRequest } from '../resources/request.ts'
import { type Counts, NO_COUNTS, type ResultTarget, type RunResult } from '../resources/result.ts'
import { configMapAddress } from '../resources/source-address.ts'
import { cutToBytes } from './cut.ts'
import type { Report } from './report.ts'
import type { FoundRun } from './target.ts'

/** Issues that a result carries; all of them are in the report. */
const MOST_ISSUES = 10
/** Bytes (design 4.9): the result has to fit a pod's termination message. */
const LONGEST_MESSAGE = 256

/** What all results of a run share. */
export interface RunFrame {
  readonly request: RunRequest
  /** Null when the run failed before it saw the source. */
  readonly sourceRevision: string | null
  readonly report: Report
  readonly completionTime: Date
  readonly engine: RunResult['engine']
}

interface Ending {
  readonly outcome: RunResult['outcome']
  readonly reason: RunResult['reason']
  readonly message: string
  readonly revision: string | null
  readonly digest: string | null
  readonly counts?: Counts
}

export function committed(frame: RunFrame, revision: string | null, digest: string): RunResult {
  const counts = frame.report.counts()
  return counts.invalid > 0
    ? resultOf(frame, {
        outcome: 'PartiallyCompleted',
        reason: 'SkippedEntries',
        message: sentence(counts),
        revision,
        digest,
      })
    : resultOf(frame, { outcome: 'Completed', reason: 'EntriesWritten', message: sentence(counts), revision, digest })
}

export function unchanged(frame: RunFrame, revision: string | null, digest: string | null): RunResult {
  const counts = frame.report.counts()
  const reason = counts.invalid > 0 ? 'SkippedEntries' : 'NoChanges'
  return resultOf(frame, {
    outcome: 'Unchanged',
    reason,
    message: `nothing to write: ${sentence(counts)}`,
    revision,
    digest,
  })
}

/** A registry without storage: what is valid counts as unchanged, because its source is all that keeps it. */
export function validated(frame: RunFrame, prepared: Accepted): RunResult {
  const { entries, rejectedAllBy } = prepared
  if (rejectedAllBy !== undefined) return nothingMatched(frame, { rejectedAllBy })
  frame.report.decided(entries.map(entry => ({ outcome: 'unchanged', source: entry, target: entry })))
  const counts = frame.report.counts()
  const reason = counts.invalid > 0 ? 'SkippedEntries' : 'NoChanges'
  const message = `the registry has no storage: its entries stay in the source; ${validSentence(counts)}`
  return resultOf(frame, { outcome: 'Unchanged', reason, message, revision: null, digest: entriesDigest(prepared) })
}

/** One criterion let nothing pass: the target stays as it is. */
export function nothingMatched(
  frame: RunFrame,
  {
    revision = null,
    digest = null,
    rejectedAllBy,
  }: Partial<Pick<Ending, 'revision' | 'digest'>> & { readonly rejectedAllBy: string },
): RunResult {
  const message = `spec.${rejectedAllBy} rejected every entry of the source; the target stays as it is`
  return resultOf(frame, { outcome: 'PartiallyCompleted', reason: 'FilterMatchesNothing', message, revision, digest })
}

export function planned(frame: RunFrame, revision: string | null, digest: string): RunResult {
  const counts = frame.report.counts()
  return resultOf(frame, {
    outcome: 'Planned',
    reason: 'Planned',
    message: `would write: ${sentence(counts)}`,
    revision,
    digest,
  })
}

/** An earlier attempt made the commit: its trailers say how it ended, and of which source and request. */
export function alreadyCommitted(frame: RunFrame, { revision, trailers }: FoundRun): RunResult {
  const outcome = trailers.outcome === 'PartiallyCompleted' ? 'PartiallyCompleted' : 'Completed'
  const { counts, digest } = trailers
  const message = `an earlier attempt of this run made the commit: ${sentence(counts)}`
  const found = resultOf(frame, { outcome, reason: 'AlreadyCommitted', message, revision, digest, counts })
  // What this attempt saw of the source may be newer, and is still to be written by a later run.
  const source = { revision: trailers.source.split(' ').at(-1) ?? null }
  return { ...found, source, requestHash: trailers.request }
}

export function failed(frame: RunFrame, failure: Failure): RunResult {
  const outcome = failure.class === 'cancelled' ? 'Cancelled' : 'Failed'
  const message = failure.hint === undefined ? failure.message : `${failure.message}; ${failure.hint}`
  return resultOf(frame, {
    outcome,
    reason: failure.reason,
    message,
    revision: null,
    digest: null,
    counts: countsOf(frame.report),
  })
}

/** Throws EntriesInvalid, SourceInvalid where the policy does not let a run go on. */
export function refuseInvalid(
  report: Report,
  accepted: number,
  { policy, merge }: Pick<RunRequest, 'policy' | 'merge'>,
): void {
  const total = report.counts().total + accepted
  const invalid = report.openInvalid
  const [first] = report.errors(1)
  const example = first ? `; the first: ${placeOf(first)} ${first.message}` : ''
  if (report.unreadableDocuments > 0 && (report.unreadableDocuments === total || merge.prune === 'Missing')) {
    const why = merge.prune === 'Missing' ? ', and prune: Missing needs the whole source' : ''
    throw new Failure(
      'SourceInvalid',
      'definite',
      `${report.unreadableDocuments} of the source's documents can't be read${why}${example}`,
    )
  }
  if (invalid > 0 && policy.onInvalid === 'Fail') {
    throw new Failure(
      'EntriesInvalid',
      'definite',
      `${invalid} of ${total} entries are invalid, and policy.onInvalid is Fail${example}`,
    )
  }
  if (policy.maxInvalid !== undefined && invalid > policy.maxInvalid) {
    throw new Failure(
      'EntriesInvalid',
      'definite',
      `${invalid} of ${total} entries are invalid, policy.maxInvalid is ${policy.maxInvalid}${example}`,
    )
  }
}

function resultOf({ request, sourceRevision, report, completionTime, engine }: RunFrame, ending: Ending): RunResult {
  const { kind, namespace, name } = request.resource
  const moreIssues = report.moreIssues(MOST_ISSUES)
  return {
    kind: 'RunResult',
    id: request.runId,
    resource: { kind, namespace, name },
    outcome: ending.outcome,
    reason: ending.reason,
    message: cutToBytes(ending.message, LONGEST_MESSAGE),
    startTime: request.startTime,
    completionTime: completionTime.toISOString(),
    source: { revision: sourceRevision },
    target: resultTarget(request.target, ending.revision),
    digest: ending.digest === null ? null : `sha256:${ending.digest}`,
    engine,
    counts: ending.counts ?? report.counts(),
    issues: report.issues(MOST_ISSUES),
    ...(moreIssues === undefined ? {} : { moreIssues }),
  }
}

function resultTarget(target: TargetRequest, revision: string | null): ResultTarget {
  switch (target.type) {
    case 'git':
      return { repository: target.repository, branch: target.pushBranch ?? target.branch, revision }
    case 'configmap':
      return { repository: null, branch: null, revision, configMap: configMapAddress(target) }
    case 'none':
      return { repository: null, branch: null, revision }
    default:
      return target satisfies never
  }
}

function countsOf(report: Report): Counts {
  return report.counts().total === 0 ? NO_COUNTS : report.counts()
}

function sentence(counts: Counts): string {
  const parts = [`${counts.added} added`, `${counts.updated} updated`]
  if (counts.removed > 0) parts.push(`${counts.removed} removed`)
  if (counts.unchanged > 0) parts.push(`${counts.unchanged} unchanged`)
  if (counts.conflicts > 0)
    parts.push(`${counts.conflicts} kept as the target has ${counts.conflicts === 1 ? 'it' : 'them'}`)
  if (counts.stale > 0) parts.push(`${counts.stale} stale`)
  if (counts.filtered > 0) parts.push(`${counts.filtered} filtered out`)
  if (counts.invalid > 0) parts.push(`${counts.invalid} invalid and skipped`)
  return parts.join(', ')
}

function validSentence({ unchanged, filtered, invalid }: Counts): string {
  const parts = [`${unchanged} valid`]
  if (filtered > 0) parts.push(`${filtered} filtered out`)
  if (invalid > 0) parts.push(`${invalid} invalid and left out`)
  return parts.join(', ')
}

/** `registry.json:12:5: io.example/one 1.0.0:`. */
function placeOf(issue: Issue): string {
  const place = issue.line === undefined ? issue.document : `${issue.document}:${issue.line}:${issue.column ?? 1}`
  const entry = [issue.name, issue.version].filter(Boolean).join(' ')
  return entry === '' ? `${place}:` : `${place}: ${entry}:`
}

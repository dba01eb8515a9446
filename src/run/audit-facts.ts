// What an audit is told and what it says: runs on record, commits of a branch, findings.
import type { HistoryCommit } from '../git/engine.ts'
import type { Counts, RunOutcome } from '../resources/result.ts'
import type { RunTrailers } from './trailers.ts'

/** A run as its RunResult, or a resource's history, records it. */
export interface RunFact {
  readonly id: string
  /** `<kind>/<namespace>/<name>` */
  readonly resource: string
  readonly outcome: RunOutcome
  /** `unknown` for a run that failed: it may have pushed and died before it could say so. */
  readonly made: 'commit' | 'nothing' | 'unknown'
  readonly startTime: Date
  /** Commit on record. */
  readonly commit: string | undefined
  /** The head of the branch that it met, where it made no commit. */
  readonly met?: string
  /** When the last of several runs ended that are on record as one: the others have no id there. */
  readonly until?: Date
  readonly sourceRevision: string | null
  /** 64 hex digits. */
  readonly digest: string | null
  readonly counts: Counts
  /** 64 hex digits; RunResults have none. */
  readonly requestHash?: string
}

/** A commit of the target's branch. */
export interface CommitFact extends Pick<HistoryCommit, 'commit' | 'parents' | 'date' | 'changesPath'> {
  /** Undefined for a commit that does not carry them. */
  readonly trailers: RunTrailers | undefined
  /** Trailers higher up in the message: what a squash leaves of the commits it joined. */
  readonly squashed: readonly RunTrailers[]
  /** Digest of what stands at the path of the trailers; undefined when nothing readable stands there, or nobody asked. */
  readonly digest: string | undefined
}

export type FindingType =
  | 'CommitWithoutRun'
  | 'RunWithoutCommit'
  | 'DigestMismatch'
  | 'HandEdit'
  | 'ForgedTrailer'
  | 'Rewritten'
  | 'HistoryTruncated'

export interface Finding {
  readonly type: FindingType
  readonly severity: 'error' | 'info'
  readonly commit: string | null
  readonly run: string | null
  readonly path: string
  readonly message: string
}

// The result of a run and the outcome of each entry: what the worker answers and status keeps (kinds.md, "Outcome").
import type { Reason } from '../lib/failure.ts'
import type { Issue } from '../lib/issue.ts'
import type { ResourceIdentity } from './request.ts'

export const OUTCOMES = ['Completed', 'PartiallyCompleted', 'Unchanged', 'Planned', 'Cancelled', 'Failed'] as const

export type RunOutcome = (typeof OUTCOMES)[number]

export type EntryOutcomeName =
  | 'invalid'
  | 'filtered'
  | 'conflict'
  | 'added'
  | 'updated'
  | 'unchanged'
  | 'removed'
  | 'stale'

/** What became of one entry, and why. */
export interface EntryOutcome {
  readonly name: string | undefined
  readonly version: string | undefined
  readonly outcome: EntryOutcomeName
  /** CamelCase; absent where the outcome says it all. */
  readonly reason?: string
  readonly issues: readonly Issue[]
}

/** total = invalid + filtered + conflicts + added + updated + unchanged; removed and stale count the target's other entries. */
export interface Counts {
  readonly total: number
  readonly invalid: number
  readonly filtered: number
  readonly conflicts: number
  readonly added: number
  readonly updated: number
  readonly unchanged: number
  readonly removed: number
  readonly stale: number
}

export const COUNT_KEYS = [
  'total',
  'invalid',
  'filtered',
  'conflicts',
  'added',
  'updated',
  'unchanged',
  'removed',
  'stale',
] as const satisfies readonly (keyof Counts)[]

export const NO_COUNTS: Counts = {
  total: 0,
  invalid: 0,
  filtered: 0,
  conflicts: 0,
  added: 0,
  updated: 0,
  unchanged: 0,
  removed: 0,
  stale: 0,
}

/** Reason of a run that ended well; a failed run carries a failure's Reason. */
export const SUCCESS_REASONS = [
  'EntriesWritten',
  'NoChanges',
  'SkippedEntries',
  'FilterMatchesNothing',
  'AlreadyCommitted',
  'Planned',
] as const

export type SuccessReason = (typeof SUCCESS_REASONS)[number]

/** Where a run wrote. */
export interface ResultTarget {
  /** Null for a target that is not git. */
  readonly repository: string | null
  readonly branch: string | null
  readonly revision: string | null
  /** `<namespace>/<name>/<key>`; absent for other targets. */
  readonly configMap?: string
}

export interface RunResult {
  readonly kind: 'RunResult'
  readonly id: string
  readonly resource: Pick<ResourceIdentity, 'kind' | 'namespace' | 'name'>
  readonly outcome: RunOutcome
  readonly reason: SuccessReason | Reason
  readonly message: string
  readonly startTime: string
  readonly completionTime: string
  readonly source: { readonly revision: string | null }
  readonly target: ResultTarget
  readonly digest: string | null
  /** The git engine that did it: `native` is the git program, `isomorphic` the embedded one. */
  readonly engine: 'native' | 'isomorphic'
  readonly counts: Counts
  /** At most ten. */
  readonly issues: readonly Issue[]
  /** Absent when there are no more than ten. */
  readonly moreIssues?: MoreIssues
  /** Of a commit that an earlier attempt made, 64 hex digits; else the request of this run. */
  readonly requestHash?: string
}

/** Problems beyond the first ten: how many, and in how many entries. */
export interface MoreIssues {
  readonly issues: number
  readonly entries: number
}

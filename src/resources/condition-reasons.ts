// The closed list of reasons: every word that a condition, an event or a run in status can carry. docs/reasons.md explains
// each of them, the CRDs name them, and what a worker says counts only when it is among them.
import { REASONS, type Reason } from '../lib/failure.ts'
import { SUCCESS_REASONS, type SuccessReason } from './result.ts'

/** How an attempt ended when the worker itself could not say, or when what it said is not the last word. */
export const ATTEMPT_REASONS = [
  'Evicted',
  'ExportRefused',
  'ImageNotPullable',
  'JobDeleted',
  'NodeLost',
  'OOMKilled',
  'PodLost',
  'PodNotStarted',
  'Replaced',
  'Unschedulable',
  'WorkerFailed',
  'WorkerTerminated',
] as const

/** Why a resource is in the state that its conditions tell. */
export const STATE_REASONS = [
  'DependencyForbidden',
  'JobNotOurs',
  'JobRefused',
  'NotStalled',
  'Pending',
  'Progressing',
  'RetriesExhausted',
  'Settled',
  'TargetShared',
  'WaitingForBranch',
  'WaitingForTurn',
] as const

/** What happened, where no condition says it. */
export const EVENT_REASONS = [
  'AttemptFailed',
  'CancelRequested',
  'NothingToCancel',
  'PodUnconfirmed',
  'ReportLost',
  'RequestIgnored',
  'Resumed',
  'RunStarted',
  'TickMissed',
  'TickSkipped',
] as const

export type AttemptReason = (typeof ATTEMPT_REASONS)[number]
export type StateReason = (typeof STATE_REASONS)[number]

/** Of a run in status, and of the conditions that speak about it. */
export type RunReason = Reason | SuccessReason | AttemptReason
export type ConditionReason = RunReason | StateReason

/** In the order of the alphabet, each once. */
export const CONDITION_REASONS: readonly string[] = sorted(REASONS, SUCCESS_REASONS, ATTEMPT_REASONS, STATE_REASONS)

/** Words that a run in status can have. */
const RUN_REASONS: ReadonlySet<string> = new Set([...REASONS, ...SUCCESS_REASONS, ...ATTEMPT_REASONS])

export function isRunReason(word: unknown): word is RunReason {
  return typeof word === 'string' && RUN_REASONS.has(word)
}

function sorted(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort()
}

// Whether an attempt that ended badly is followed by another one: the failure decides, not Kubernetes (design 4.6).
import type { ActiveRun, LastFailure } from '../resources/generated/types.ts'
import type { Ending } from './attempt.ts'
import type { RetryRules } from './subject.ts'

export type Verdict =
  | { readonly again: true; readonly at: Date; readonly failures: number; readonly lastFailure: LastFailure }
  | { readonly again: false; readonly class: 'definite' | 'transient' | 'conflict' }

/** In a row; a cluster that ends every pod is no disruption any more. */
const MOST_DISRUPTIONS = 5
/** The pause doubles up to this, so that twenty retries end within a day. */
const LONGEST_PAUSE = 60 * 60_000

const DISRUPTIONS = ['Evicted', 'NodeLost', 'PodLost', 'WorkerTerminated']
/** Twice in a row they will happen a third time, too. */
const DEFINITE_WHEN_REPEATED = ['OOMKilled', 'DeadlineExceeded']

export type FailedEnding = Ending & { readonly class: Exclude<Ending['class'], 'done' | 'cancelled'> }

export function verdictOn(ending: FailedEnding, run: ActiveRun, rules: RetryRules): Verdict {
  const { failures = 0, lastFailure } = run
  if (ending.class === 'definite') return { again: false, class: 'definite' }
  const repeats = isRepeat(ending, lastFailure) ? (lastFailure?.repeats ?? 1) + 1 : 1
  const noted = { reason: ending.reason, repeats }
  // Whoever stopped local mode and starts it again wants the run to go on; one that dies again and again is no such person.
  if (ending.program === 'stopped') return goOn(ending, { failures, lastFailure: { ...noted, repeats: 1 } })
  if (ending.program === 'killed' && repeats <= MOST_DISRUPTIONS) return goOn(ending, { failures, lastFailure: noted })
  if (ending.class === 'disruption') {
    if (repeats > MOST_DISRUPTIONS) return { again: false, class: 'transient' }
    return { again: true, at: pauseAfter(ending, rules.backoff), failures, lastFailure: noted }
  }
  if (repeats > 1 && DEFINITE_WHEN_REPEATED.includes(ending.reason)) return { again: false, class: 'definite' }
  if (failures >= rules.maxRetries) return { again: false, class: ending.class }
  const pause = Math.min(rules.backoff * 2 ** failures, Math.max(LONGEST_PAUSE, rules.backoff))
  return { again: true, at: pauseAfter(ending, pause), failures: failures + 1, lastFailure: noted }
}

function goOn(ending: Ending, noted: { readonly failures: number; readonly lastFailure: LastFailure }): Verdict {
  return { again: true, at: new Date(ending.endTime), ...noted }
}

/** Disruptions of every kind are one row; other failures repeat by their reason. */
function isRepeat({ class: endingClass, reason }: Ending, before: LastFailure | undefined): boolean {
  if (!before) return false
  return endingClass === 'disruption' ? DISRUPTIONS.includes(before.reason) : before.reason === reason
}

function pauseAfter({ endTime }: Ending, pause: number): Date {
  return new Date(Date.parse(endTime) + pause)
}

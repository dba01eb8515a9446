// An attempt has ended: its log is read where it is needed, then the run ends or the next attempt gets its time.
import type { ActiveRun } from '../resources/generated/types.ts'
import type { RunRecord } from '../resources/run-record.ts'
import { actions } from './actions.ts'
import type { Ending } from './attempt.ts'
import { openRequest } from './cause.ts'
import type { Control } from './control.ts'
import { exportFault, finishRun, hasExport } from './finish-run.ts'
import type { Plan, Step } from './plan.ts'
import { type FailedEnding, verdictOn } from './retry.ts'
import { retryRules, type Subject } from './subject.ts'
import { resultInLog } from './worker-result.ts'

export interface EndedAttempt {
  readonly run: ActiveRun
  readonly ending: Ending
  readonly record: RunRecord | undefined
  readonly control: Control
  readonly after: readonly Step[]
}

export function endAttempt(subject: Subject, ended: EndedAttempt): Plan {
  const { answers } = subject.seen
  const { pod, class: endingClass } = ended.ending
  const lines = answers.log && answers.log.pod === pod ? answers.log.lines : undefined
  const isAnswered = answers.log !== undefined && answers.log.pod === pod
  const isUnsaid = ended.ending.result === undefined && endingClass !== 'cancelled' && endingClass !== 'disruption'
  if (pod !== undefined && !isAnswered && (isUnsaid || endingClass === 'done')) return { ask: { type: 'log', pod } }
  const ending = judged(subject, withResult(ended, lines), { record: ended.record, log: lines })
  if (isFailed(ending)) return failed(subject, { ...ended, ending }, lines)
  return finishRun(subject, finishedParts(ended, ending, lines))
}

/** A failed attempt is the end of the run, or is followed by another one. */
function failed(
  subject: Subject,
  ended: EndedAttempt & { readonly ending: FailedEnding },
  lines: readonly string[] | undefined,
): Plan {
  const { run, ending, control } = ended
  const verdict = verdictOn(ending, run, retryRules(subject.resource))
  const unwanted = verdict.again ? noFurther(subject, run) : undefined
  if (!verdict.again || unwanted !== undefined) {
    const { pod, result } = ending
    const { log } = subject.seen.answers
    if (pod !== undefined && result && log?.pod !== pod) return { ask: { type: 'log', pod } }
    const parts = finishedParts(ended, unwanted === undefined ? ending : leftAt(ending, unwanted), lines)
    // A class says that no retry is left, which is not so of a run that something newer ends.
    return finishRun(subject, verdict.again ? parts : { ...parts, class: verdict.class })
  }
  const { at, failures, lastFailure } = verdict
  const { jobName: _ended, ...rest } = run
  const activeRun: ActiveRun = { ...rest, failures, lastFailure, retryTime: at.toISOString() }
  const isStopped = ending.program === 'stopped'
  const message = `attempt ${run.attempt} ${isStopped ? 'was ended' : 'failed'}: ${ending.message}`
  const outlook = `${message} (${ending.reason}); the next attempt starts at ${activeRun.retryTime}`
  return actions(subject, {
    changes: { ...control.changes, activeRun },
    situation: { type: 'retrying', told: { reason: ending.reason, message } },
    events: [
      ...control.events,
      isStopped
        ? { severity: 'Normal', reason: ending.reason, message, run: run.id }
        : { severity: 'Warning', reason: 'AttemptFailed', message: outlook, run: run.id },
    ],
    after: [...ended.after, { type: 'releaseSlot' }],
    wake: [at],
  })
}

/**
 * Why there is no further attempt although the failure would allow one, or undefined. An attempt runs the spec that the run
 * started with; when there is another one, or somebody asks for a run, that comes first.
 */
export function noFurther(subject: Subject, run: ActiveRun): string | undefined {
  const { kind, metadata, spec } = subject.resource
  const who = `${kind} ${metadata.name}`
  if (spec.suspend === true) return `${who} is suspended`
  if (run.generation !== subject.generation) return `${who} has a newer spec, which comes first`
  return openRequest(subject) === undefined ? undefined : `another run of ${who} was asked for, which comes first`
}

/** The end of a run that would have been tried again. */
export function leftAt<E extends Pick<Ending, 'message'>>(ending: E, why: string): E {
  return { ...ending, message: `${ending.message}; not tried again because ${why}` }
}

function finishedParts(
  { run, record, after, control }: EndedAttempt,
  ending: Ending,
  log: readonly string[] | undefined,
) {
  return { run, ending, record, after, changes: control.changes, ...(log ? { log } : {}) }
}

/** The log has the result, too, for when the message was lost on its way. */
function withResult({ run, ending }: EndedAttempt, lines: readonly string[] | undefined): Ending {
  if (ending.result || !lines) return ending
  const result = resultInLog(lines, run.id)
  if (!result) return ending
  const isSaid = ending.class === 'done' || result.outcome === 'Failed'
  return { ...ending, result, ...(isSaid ? { reason: result.reason, message: result.message } : {}) }
}

/** A worker that ended well did so only when its result is known, and what it exported is written. */
function judged(
  subject: Subject,
  ending: Ending,
  parts: { record: RunRecord | undefined; log: readonly string[] | undefined },
): Ending {
  if (ending.class !== 'done') return ending
  const outcome = ending.result?.outcome
  if (outcome === undefined || outcome === 'Failed' || outcome === 'Cancelled') {
    const { result: _contradiction, ...rest } = ending
    return {
      ...rest,
      class: 'transient',
      reason: 'ResultLost',
      message: 'the worker ended well, but its result is lost',
    }
  }
  const { record, log } = parts
  if (!hasExport({ ending, record })) return ending
  const fault = exportFault({ ending, ...(log ? { log } : {}) })
  if (fault) return { ...ending, class: 'transient', reason: fault.reason, message: fault.message }
  return refusedExport(subject, ending)
}

function refusedExport({ seen }: Subject, ending: Ending): Ending {
  const { refused } = seen.answers
  if (refused?.step !== 'writeExport') return ending
  if (refused.reason === 'AlreadyExists') {
    return {
      ...ending,
      class: 'definite',
      reason: 'TargetNotOurs',
      message: 'the ConfigMap exists and is not ours; choose another name',
    }
  }
  const mayPass = ['TooManyRequests', 'Unavailable', 'Conflict'].includes(refused.reason)
  const message = `the cluster refused the ConfigMap (${refused.reason}): ${refused.message}`
  return { ...ending, class: mayPass ? 'transient' : 'definite', reason: 'ExportRefused', message }
}

function isFailed(ending: Ending): ending is FailedEnding {
  return ending.class !== 'done' && ending.class !== 'cancelled'
}

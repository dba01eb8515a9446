// Between two attempts of a run: the next one starts at its time, unless the run is not wanted any more.
import type { ActiveRun } from '../resources/generated/types.ts'
import { runRecordOf } from '../resources/run-record.ts'
import { actions } from './actions.ts'
import { activeSituation } from './active-situation.ts'
import type { Ending } from './attempt.ts'
import { blockerOf, draftRequest, isBlocker } from './blockers.ts'
import { type Control, skippedTick } from './control.ts'
import { seenDependencies } from './dependencies.ts'
import { leftAt, noFurther } from './end-attempt.ts'
import { finishRun } from './finish-run.ts'
import { jobName } from './job.ts'
import type { Actions, Plan } from './plan.ts'
import { recheckTime } from './recheck.ts'
import { jobStep, readyToStart, recordOf, slotTime, tickTime } from './start-run.ts'
import type { Subject } from './subject.ts'
import type { Told } from './told.ts'

export function awaitRetry(subject: Subject, run: ActiveRun, control: Control): Plan {
  const { now } = subject
  if (control.endBecause) return ended(subject, { run, control, ending: { class: 'cancelled', ...control.endBecause } })
  const unwanted = noFurther(subject, run)
  if (unwanted !== undefined) return gaveUp(subject, { run, control, why: unwanted })
  const retryTime = new Date(run.retryTime ?? now)
  if (now < retryTime) return waiting(subject, { run, control, wake: retryTime })
  return nextAttempt(subject, run, control)
}

function nextAttempt(subject: Subject, run: ActiveRun, control: Control): Plan {
  const { seen, now } = subject
  const request = draftRequest(subject)
  if (isBlocker(request)) return blocked(subject, { run, control, told: request.told })
  const blocker = blockerOf(subject, request)
  if (blocker) return blocked(subject, { run, control, told: blocker.told })
  const readiness = readyToStart(subject, request)
  if ('ask' in readiness) return readiness
  if ('waiting' in readiness) return waiting(subject, { run, control, wake: slotTime(subject) })
  if ('held' in readiness) {
    const { told, isStalled } = readiness.held
    if (isStalled) return blocked(subject, { run, control, told })
    return waiting(subject, { run, control, wake: recheckTime(run.retryTime, now), told })
  }
  const { retryTime: _due, ...rest } = run
  const attempt = run.attempt + 1
  const next: ActiveRun = { ...rest, attempt, jobName: jobName({ id: run.id, attempt }) }
  const dependencies = seenDependencies(readiness.needed, seen.answers.dependencies ?? [])
  const record = { ...recordOf(subject, next, { request, cause: firstCause(subject, run) }), dependencies }
  return actions(subject, {
    before: [jobStep(subject, { draft: request, record, needed: readiness.needed })],
    changes: { ...control.changes, activeRun: next, observed: { ...subject.status.observed, dependencies } },
    situation: activeSituation(subject, next),
    events: control.events,
    wake: [tickTime(subject)],
  })
}

/** Why the run started, as the Job of an attempt before still says. */
function firstCause({ seen }: Subject, { id, trigger }: ActiveRun) {
  const record = seen.jobs.map(({ job }) => runRecordOf(job)).find(record => record?.id === id)
  return {
    trigger,
    ...(record?.probe ? { probe: record.probe } : {}),
    ...(record?.onlyTargetMoved ? { onlyTargetMoved: true } : {}),
  }
}

interface Waiting {
  readonly run: ActiveRun
  readonly control: Control
  readonly wake: Date
  readonly told?: Told
}

function waiting(subject: Subject, { run, control, wake, told }: Waiting): Actions {
  const skipped = skippedTick(subject)
  return actions(subject, {
    changes: { ...control.changes, ...skipped.changes, activeRun: run },
    situation: told ? { type: 'retrying', told } : activeSituation(subject, run),
    events: [...control.events, ...skipped.events],
    after: subject.seen.answers.refused ? [{ type: 'releaseSlot' }] : [],
    wake: [wake, tickTime(subject)],
  })
}

interface Blocked {
  readonly run: ActiveRun
  readonly control: Control
  readonly told: Told
}

/** What the next attempt needs is not there any more: the run ends with that as its reason. */
function blocked(subject: Subject, { run, control, told }: Blocked): Actions {
  const reason = told.reason as Ending['reason']
  return ended(subject, { run, control, ending: { class: 'definite', reason, message: told.message } })
}

interface GaveUp {
  readonly run: ActiveRun
  readonly control: Control
  readonly why: string
}

/** Failed as its last attempt did. */
function gaveUp(subject: Subject, { run, control, why }: GaveUp): Actions {
  const reason = (run.lastFailure?.reason ?? 'WorkerFailed') as Ending['reason']
  const ready = subject.status.conditions?.find(({ type }) => type === 'Ready')
  const said = ready?.reason === reason ? ready.message : `attempt ${run.attempt} failed`
  return ended(subject, {
    run,
    control,
    isLeft: true,
    ending: leftAt({ class: 'transient', reason, message: said }, why),
  })
}

interface EndedWaiting {
  readonly run: ActiveRun
  readonly control: Control
  readonly ending: Omit<Ending, 'endTime'>
  /** Retries were left: something newer comes first. */
  readonly isLeft?: boolean
}

function ended(subject: Subject, { run, control, ending, isLeft = false }: EndedWaiting): Actions {
  const record = subject.seen.jobs
    .map(({ job }) => runRecordOf(job))
    .findLast(record => record?.id === run.id && record.attempt === run.attempt)
  const { retryTime: _none, ...last } = run
  const endTime = subject.now.toISOString()
  return finishRun(subject, {
    run: last,
    ending: { ...ending, endTime },
    record,
    changes: control.changes,
    ...(ending.class === 'definite' || (ending.class === 'transient' && !isLeft) ? { class: ending.class } : {}),
  })
}

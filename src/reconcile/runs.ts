// How every kind with runs of its own is planned: deletion, the run under way, what keeps a run from starting, what starts one.
import type { RunRequest } from '../resources/request.ts'
import { actions } from './actions.ts'
import { takeUp, unnotedRun } from './adopt.ts'
import { blockerOf, draftRequest, isBlocker } from './blockers.ts'
import { type Cause, openRequest } from './cause.ts'
import { answeredCancel } from './control.ts'
import { isDeleted, planDeletion } from './deletion.ts'
import { askFor, changedDependency, neededObjects } from './dependencies.ts'
import { followRun } from './follow-run.ts'
import type { Plan, PlannedEvent } from './plan.ts'
import { recheckTime } from './recheck.ts'
import { holdBack, startRun, tickTime } from './start-run.ts'
import type { StatusChanges } from './status.ts'
import type { Subject } from './subject.ts'
import { decideTick, type Tick } from './tick.ts'

/** What is due, and when to look again. */
export interface Due {
  /** A reason to run that needs no look at the source. */
  readonly cause: Cause | undefined
  readonly tick: Tick | undefined
  /** Noted with whatever comes of it: ticks that are left out. */
  readonly changes?: StatusChanges
  readonly events?: readonly PlannedEvent[]
  readonly wake?: Date | undefined
}

export type Ask = Extract<Plan, { ask: unknown }>

/** `dueOf` is what the kinds differ in; it is asked when nothing else has to be done first. */
export function planRuns(subject: Subject, dueOf: (subject: Subject) => Due | Ask): Plan {
  if (isDeleted(subject.resource)) return planDeletion(subject)
  const { activeRun } = subject.status
  if (activeRun) return followRun(subject, activeRun)
  const unnoted = unnotedRun(subject)
  if (unnoted) return followRun(takeUp(subject, unnoted), unnoted.run)
  if (subject.resource.spec.suspend === true) return rest(subject, suspended(subject))
  const due = dueOf(subject)
  if ('ask' in due) return due
  if (!due.cause && !due.tick) return rest(subject, afterFailure(subject, due))

  const request = draftRequest(subject)
  if (isBlocker(request)) return holdBack(subject, request)
  const blocked = blockerOf(subject, request)
  if (blocked) return holdBack(subject, blocked)
  if (due.cause) return startRun(subject, request, due.cause)
  return due.tick ? runAtTick(subject, request, { ...due, tick: due.tick }) : rest(subject, due)
}

function runAtTick(subject: Subject, request: RunRequest, due: Due & { readonly tick: Tick }): Plan {
  const changed = changeAfterFailure(subject, request)
  if (changed && 'ask' in changed) return changed
  if (changed) return startRun(subject, request, changed)
  const decision = decideTick(subject, request, due.tick)
  if ('ask' in decision) return decision
  if ('run' in decision) return startRun(subject, request, decision.run)
  const next = 'schedule' in subject.resource.spec ? { nextRunTime: tickTime(subject)?.toISOString() } : {}
  return rest(subject, { ...due, changes: { ...next, ...decision.changes } })
}

/** Nothing runs and nothing is due. */
function rest(subject: Subject, due: Plan | Pick<Due, 'changes' | 'events' | 'wake'>): Plan {
  if ('ask' in due || 'steps' in due) return due
  const cancel = answeredCancel(subject)
  const isSuspended = subject.resource.spec.suspend === true
  return actions(subject, {
    changes: { ...cancel.changes, ...due.changes },
    situation: isSuspended ? { type: 'suspended', isActive: false } : { type: 'idle' },
    events: [...cancel.events, ...(due.events ?? [])],
    wake: [due.wake, tickTime(subject)],
  })
}

/** A request while suspended is answered and not run later (D10). */
function suspended(subject: Subject): Pick<Due, 'changes' | 'events'> {
  const token = openRequest(subject)
  if (token === undefined) return {}
  const message = 'a run was asked for while spec.suspend is true: it is not run, and not made up for later'
  return {
    changes: { lastHandledRunRequest: token },
    events: [{ severity: 'Warning', reason: 'RequestIgnored', message }],
  }
}

/**
 * After a failure that nobody is going to try again by itself, the objects that the resource names are looked at: a Secret
 * that was changed is a reason to try once more (design 4.6).
 */
function afterFailure(subject: Subject, due: Due): Plan | Due {
  if (subject.status.lastRun?.outcome !== 'Failed') return due
  const request = draftRequest(subject)
  if (isBlocker(request)) return due
  const changed = changeAfterFailure(subject, request)
  if (!changed) return { ...due, wake: sooner(due.wake, recheckAfterFailure(subject, request)) }
  if ('ask' in changed) return changed
  const blocked = blockerOf(subject, request)
  return blocked ? holdBack(subject, blocked) : startRun(subject, request, changed)
}

function changeAfterFailure({ seen, status }: Subject, request: RunRequest): Cause | Ask | undefined {
  if (status.lastRun?.outcome !== 'Failed') return undefined
  const needed = neededObjects(request)
  const question = askFor(needed, seen.answers.dependencies)
  if (question) return { ask: question }
  const found = seen.answers.dependencies ?? []
  const changed = changedDependency(status.observed?.dependencies ?? [], found)
  return changed === undefined ? undefined : { trigger: { type: 'Spec', token: changed } }
}

function recheckAfterFailure({ status, now }: Subject, request: RunRequest): Date | undefined {
  return neededObjects(request).length === 0 ? undefined : recheckTime(status.lastRun?.completionTime, now)
}

function sooner(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (!one || !other) return one ?? other
  return one < other ? one : other
}

// What people and ticks ask of a run that is under way.

import { cutToLength } from '../resources/fit.ts'
import type { ActiveRun } from '../resources/generated/types.ts'
import { RUN_CANCEL_REQUESTED } from '../resources/names.ts'
import type { Ending } from './attempt.ts'
import type { PlannedEvent } from './plan.ts'
import { dueTime, tickAfter } from './schedule.ts'
import type { StatusChanges } from './status.ts'
import type { Subject } from './subject.ts'
import type { Told } from './told.ts'

/** What was asked of the run, and what became of it. */
export interface Control {
  /** Why the run shall end before it is done. */
  readonly endBecause?: Told & { readonly reason: Ending['reason'] }
  readonly changes: StatusChanges
  readonly events: readonly PlannedEvent[]
}

/** As long as status can echo it. */
const LONGEST_REQUEST = 512

const CANCELLED = { reason: 'Cancelled', message: 'cancelled on request' } as const
const REPLACED = { reason: 'Replaced', message: 'the next tick of the schedule took its place' } as const

/** Cancelled by request, or replaced by the next tick (concurrencyPolicy Replace). */
export function controlOf(subject: Subject, { id }: ActiveRun): Control {
  const asked = cancelRequest(subject)
  const isCancelled = asked === id || subject.status.lastHandledCancelRequest === id
  if (isCancelled) {
    const message = `run ${id} is being cancelled on request`
    const event: PlannedEvent = { severity: 'Normal', reason: 'CancelRequested', message, run: id }
    const isNew = subject.status.lastHandledCancelRequest !== id
    return { endBecause: CANCELLED, changes: { lastHandledCancelRequest: id }, events: isNew ? [event] : [] }
  }
  return { ...(isReplaced(subject) ? { endBecause: REPLACED } : {}), ...answeredCancel(subject) }
}

/** A request to cancel a run that is not under way is answered, too: whoever waits for the echo gets it. */
export function answeredCancel(subject: Subject): Pick<Control, 'changes' | 'events'> {
  const asked = cancelRequest(subject)
  if (asked === undefined || asked === subject.status.lastHandledCancelRequest) return { changes: {}, events: [] }
  const message = `run ${asked} is not under way: there is nothing to cancel`
  return {
    changes: { lastHandledCancelRequest: asked },
    events: [{ severity: 'Normal', reason: 'NothingToCancel', message }],
  }
}

function cancelRequest({ resource }: Subject): string | undefined {
  const asked = resource.metadata.annotations?.[RUN_CANCEL_REQUESTED]
  return asked === undefined || asked === '' ? undefined : cutToLength(asked, LONGEST_REQUEST)
}

function isReplaced({ resource, status, now }: Subject): boolean {
  if (!('schedule' in resource.spec)) return false
  const { concurrencyPolicy, suspend } = resource.spec
  const due = dueTime(resource.spec, status.nextRunTime, now)
  return concurrencyPolicy === 'Replace' && suspend !== true && due !== undefined && due <= now
}

/** concurrencyPolicy Forbid: the tick is left out and noted (D16). */
export function skippedTick({ resource, status, now }: Subject): Pick<Control, 'changes' | 'events'> {
  if (!('schedule' in resource.spec) || resource.spec.suspend === true) return { changes: {}, events: [] }
  const due = dueTime(resource.spec, status.nextRunTime, now)
  if (due === undefined || due > now) return { changes: {}, events: [] }
  const message = `the tick of ${due.toISOString()} is left out: a run is under way`
  return {
    changes: { nextRunTime: tickAfter(resource.spec, now)?.toISOString() },
    events: [{ severity: 'Normal', reason: 'TickSkipped', message }],
  }
}

// From what a planner decided to steps in order: what must be there before the status says so, the status when it changed, what
// is told of it, and what is tidied up after.
import type { Condition } from '../resources/generated/types.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import { earliest } from './attempt.ts'
import { droppedReports } from './history.ts'
import { leftovers } from './leftovers.ts'
import type { Actions, PlannedEvent, Step } from './plan.ts'
import { isSameStatus, nextStatus, type StatusOptions } from './status.ts'
import type { Status, Subject } from './subject.ts'

export interface Decided extends StatusOptions {
  readonly before?: readonly Step[]
  /** Told only when the status changes: what is planned twice is told once. */
  readonly events?: readonly PlannedEvent[]
  readonly after?: readonly Step[]
  readonly wake?: readonly (Date | undefined)[]
}

/** Of a resource with runs of its own. */
export function actions(subject: Subject, decided: Decided): Actions {
  const next = nextStatus(subject, decided)
  const tidied = leftovers(subject, next)
  const before = [...(decided.before ?? []), ...unnamedReports(subject.status, next)]
  const after = [...(decided.after ?? []), ...tidied.steps]
  return withStatus(subject, next, { ...decided, before, after, wake: [...(decided.wake ?? []), tidied.wake] })
}

/** Gone before the status that no longer names them: what is left over by a crash in between is found again. */
function unnamedReports(before: Status, next: Status): Step[] {
  const names = droppedReports(runsOf(before), runsOf(next))
  return names.map(name => ({ type: 'deleteReport', name }))
}

function runsOf({ history = [], lastRun, lastSuccessfulRun }: Status) {
  return [...history, lastRun, lastSuccessfulRun].filter(run => run !== undefined)
}

/** Of any resource. */
export function withStatus(
  subject: Subject<RollbookResource>,
  next: Status,
  decided: Omit<Decided, 'situation'>,
): Actions {
  const isSame = isSameStatus(subject.status, next)
  const told = isSame ? [] : [...transitions(subject.status, next), ...(decided.events ?? [])]
  const wake = earliest(decided.wake ?? [])
  return {
    steps: [
      ...(decided.before ?? []),
      ...(isSame ? [] : [{ type: 'writeStatus', status: next } as const]),
      ...told.map(event => ({ type: 'event', event }) as const),
      ...(decided.after ?? []),
    ],
    ...(wake ? { wake } : {}),
  }
}

/** Suspending, resuming, and what newly keeps a run from starting. */
function transitions(before: Status, next: Status): PlannedEvent[] {
  const old = readyOf(before)
  const ready = readyOf(next)
  if (!ready || ready.reason === old?.reason) return []
  if (ready.reason === 'Suspended') return [{ severity: 'Normal', reason: 'Suspended', message: ready.message }]
  const resumed: PlannedEvent[] =
    old?.reason === 'Suspended'
      ? [{ severity: 'Normal', reason: 'Resumed', message: 'spec.suspend is no longer true' }]
      : []
  const isHeld = ready.status === 'False' && next.activeRun === undefined && next.lastRun?.reason !== ready.reason
  if (!isHeld) return resumed
  // Whoever waits for a registry that has just been made is well.
  const severity = ready.reason === 'DependencyNotReady' ? 'Normal' : 'Warning'
  return [...resumed, { severity, reason: ready.reason, message: ready.message }]
}

function readyOf({ conditions = [] }: Status): Condition | undefined {
  return conditions.find(({ type }) => type === 'Ready')
}

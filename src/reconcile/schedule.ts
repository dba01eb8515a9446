// Ticks of a schedule: five fields of cron in a time zone. Which one is due, and which is next, whatever the clock does (D15).
import type { MCPRegistryExportJobSpec } from '../resources/generated/types.ts'
import { scheduleProblem, ticksOf } from '../resources/schedule.ts'

export type ScheduleSpec = Pick<MCPRegistryExportJobSpec, 'schedule' | 'timeZone' | 'startingDeadlineSeconds'>

/** What is wrong with the schedule and what to do, as a sentence, or undefined. */
export function scheduleFault(spec: ScheduleSpec): string | undefined {
  const problem = scheduleProblem(spec)
  return problem && `${problem.path.join('.')} ${problem.message}; ${problem.hint}`
}

/** The first tick after a time; undefined when there is none, or no schedule that can be read. */
export function tickAfter(spec: ScheduleSpec, time: Date): Date | undefined {
  return ticksOf(spec)?.nextRun(time) ?? undefined
}

/** The last tick that is not after a time. */
export function tickUntil(spec: ScheduleSpec, time: Date): Date | undefined {
  // A tick at the very time is not among those before it.
  const [tick] = ticksOf(spec)?.previousRuns(1, new Date(time.getTime() + 1)) ?? []
  return tick
}

/**
 * When the next run is due: what was stored, so that ticks missed meanwhile are still due. A stored time beyond the next two
 * ticks was written by a clock that has been put back since, or for another schedule, and counts for nothing.
 */
export function dueTime(spec: ScheduleSpec, stored: string | undefined, now: Date): Date | undefined {
  const kept = stored === undefined ? Number.NaN : Date.parse(stored)
  const ticks = ticksOf(spec)
  if (kept <= now.getTime()) return ticks && new Date(kept)
  const [next, latest = next] = ticks?.nextRuns(2, now) ?? []
  return latest === undefined || Number.isNaN(kept) || kept > latest.getTime() ? next : new Date(kept)
}

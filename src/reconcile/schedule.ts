// Ticks of a schedule: five fields of cron in a time zone. Which one is due, and which is next, whatever the clock does (D15).
import { Cron } from 'croner'
import type { MCPRegistryExportJobSpec } from '../resources/generated/types.ts'

export type ScheduleSpec = Pick<MCPRegistryExportJobSpec, 'schedule' | 'timeZone' | 'startingDeadlineSeconds'>

/** What is wrong with the schedule, as a sentence, or undefined. */
export function scheduleFault({ schedule, timeZone }: ScheduleSpec): string | undefined {
  if (schedule === undefined) return undefined
  try {
    ticksOf(schedule, 'UTC').nextRun(new Date(0))
  } catch {
    return `spec.schedule ${JSON.stringify(schedule)} is no cron line of five fields`
  }
  try {
    ticksOf(schedule, timeZone).nextRun(new Date(0))
  } catch {
    return `spec.timeZone ${JSON.stringify(timeZone)} is no time zone that is known here`
  }
  return undefined
}

/** The first tick after a time; undefined when there is none, or no schedule that can be read. */
export function tickAfter({ schedule, timeZone }: ScheduleSpec, time: Date): Date | undefined {
  if (schedule === undefined || scheduleFault({ schedule, ...(timeZone === undefined ? {} : { timeZone }) }))
    return undefined
  return ticksOf(schedule, timeZone).nextRun(time) ?? undefined
}

/** The last tick that is not after a time. */
export function tickUntil({ schedule, timeZone }: ScheduleSpec, time: Date): Date | undefined {
  if (schedule === undefined) return undefined
  // A tick at the very time is not among those before it.
  const [tick] = ticksOf(schedule, timeZone).previousRuns(1, new Date(time.getTime() + 1))
  return tick
}

/**
 * When the next run is due: what was stored, so that ticks missed meanwhile are still due. A stored time beyond the next two
 * ticks was written by a clock that has been put back since, or for another schedule, and counts for nothing.
 */
export function dueTime(spec: ScheduleSpec, stored: string | undefined, now: Date): Date | undefined {
  const next = tickAfter(spec, now)
  if (next === undefined) return undefined
  const kept = stored === undefined ? Number.NaN : Date.parse(stored)
  const latest = tickAfter(spec, next) ?? next
  return Number.isNaN(kept) || kept > latest.getTime() ? next : new Date(kept)
}

function ticksOf(schedule: string, timeZone = 'UTC'): Cron {
  return new Cron(schedule, { timezone: timeZone, paused: true, mode: '5-part' })
}

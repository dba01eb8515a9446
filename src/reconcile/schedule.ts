// Ticks of a schedule: five fields of cron in a time zone. Which one is due, and which is next, whatever the clock does (D15).
import { Cron } from 'croner'
import type { MCPRegistryExportJobSpec } from '../resources/generated/types.ts'

export type ScheduleSpec = Pick<MCPRegistryExportJobSpec, 'schedule' | 'timeZone' | 'startingDeadlineSeconds'>

/** What is wrong with the schedule, as a sentence, or undefined. */
export function scheduleFault({ schedule, timeZone }: ScheduleSpec): string | undefined {
  if (schedule === undefined) return undefined
  if (!ticksOf({ schedule })) return `spec.schedule ${JSON.stringify(schedule)} is no cron line of five fields`
  if (timeZone === undefined || ticksOf({ schedule, timeZone })) return undefined
  return `spec.timeZone ${JSON.stringify(timeZone)} is no time zone that is known here`
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

/** Undefined for a schedule or a zone that can't be read: draftRequest tells of it. */
function ticksOf({ schedule, timeZone = 'UTC' }: Pick<ScheduleSpec, 'schedule' | 'timeZone'>): Cron | undefined {
  if (schedule === undefined) return undefined
  // Without a zone there is nothing to look up, which is slow.
  const zone = timeZone === 'UTC' ? { utcOffset: 0 } : { timezone: timeZone }
  try {
    const ticks = new Cron(schedule, { ...zone, paused: true, mode: '5-part' })
    // An unknown zone is found only when a time is asked for.
    if (timeZone !== 'UTC') ticks.nextRun(new Date(0))
    return ticks
  } catch {
    return undefined
  }
}

// The schedule of a job, read: five fields of cron in a time zone, and what is wrong with them that no schema can see.
import { Cron } from 'croner'
import type { MCPRegistryExportJobSpec } from './generated/types.ts'
import type { Problem } from './problem.ts'

export type Schedule = Pick<MCPRegistryExportJobSpec, 'schedule' | 'timeZone'>

/** Undefined without a schedule, and for a schedule or a zone that can't be read: `scheduleProblem` tells of it. */
export function ticksOf({ schedule, timeZone = 'UTC' }: Schedule): Cron | undefined {
  if (schedule === undefined) return undefined
  // Without a zone there is nothing to look up, which is slow.
  const zone = timeZone === 'UTC' ? { utcOffset: 0 } : { timezone: timeZone }
  try {
    const ticks = new Cron(schedule, { ...zone, paused: true, mode: '5-part' })
    // An unknown zone is found only when a time is asked for.
    if (timeZone !== 'UTC') ticks.nextRun(ANY_TIME)
    return ticks
  } catch {
    return undefined
  }
}

/** Days come again: a schedule that has no tick after this time has none at all. */
const ANY_TIME = new Date(0)

/** Why no run would ever start by the schedule. Zones are those that this machine knows. */
export function scheduleProblem({ schedule, timeZone }: Schedule): Problem | undefined {
  if (schedule === undefined) return undefined
  const ticks = ticksOf({ schedule })
  if (!ticks) {
    return problem('schedule', `${JSON.stringify(schedule)} is no cron line of five fields`, {
      hint: 'they are minute, hour, day of the month, month and day of the week: `0 3 * * MON-FRI`',
    })
  }
  if (!ticks.nextRun(ANY_TIME)) {
    return problem('schedule', `${JSON.stringify(schedule)} names a day that never comes`, {
      hint: 'name one that its months have, or leave schedule out to run on request only',
    })
  }
  if (timeZone === undefined || ticksOf({ schedule, timeZone })) return undefined
  return problem('timeZone', `${JSON.stringify(timeZone)} is no time zone that is known here`, {
    hint: 'take a name of the IANA list such as Europe/Berlin, or leave it out for UTC',
  })
}

function problem(field: keyof Schedule, message: string, { hint }: { readonly hint: string }): Problem {
  return { code: field, tier: 'schema', severity: 'error', path: ['spec', field], message, hint }
}

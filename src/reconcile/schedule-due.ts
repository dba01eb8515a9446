// The tick of a scheduled job that is due. Ticks that were missed are made up for by one run at most (D15).
import type { MCPRegistryExportJob, MCPRegistryImportJob } from '../resources/generated/types.ts'
import { requestCause, specCause } from './cause.ts'
import type { Due } from './runs.ts'
import { dueTime, tickAfter, tickUntil } from './schedule.ts'
import type { Subject } from './subject.ts'

type Scheduled = MCPRegistryImportJob | MCPRegistryExportJob

/** What is due of a job: a request, a new generation, a tick. */
export function jobDue(subject: Subject<Scheduled>): Due {
  return { ...scheduleDue(subject), cause: requestCause(subject) ?? specCause(subject) }
}

function scheduleDue({
  resource: { spec },
  status,
  now,
}: Subject<Scheduled>): Pick<Due, 'tick' | 'changes' | 'events'> {
  const due = dueTime(spec, status.nextRunTime, now)
  if (due === undefined || due > now) return { tick: undefined }
  const time = tickUntil(spec, now) ?? due
  const late = now.getTime() - time.getTime()
  const { startingDeadlineSeconds } = spec
  if (startingDeadlineSeconds === undefined || late <= startingDeadlineSeconds * 1000)
    return { tick: { type: 'Schedule', time } }
  const message = `the tick of ${time.toISOString()} is left out: it is later than startingDeadlineSeconds (${startingDeadlineSeconds})`
  return {
    tick: undefined,
    changes: { nextRunTime: tickAfter(spec, now)?.toISOString() },
    events: [{ severity: 'Warning', reason: 'TickMissed', message }],
  }
}

// What an import job wants done now. Pure: the same observation and time give the same plan.
import type { MCPRegistryImportJob } from '../resources/generated/types.ts'
import type { Observed } from './observed.ts'
import type { Plan } from './plan.ts'
import { planRuns } from './runs.ts'
import { jobDue } from './schedule-due.ts'
import { subjectOf } from './subject.ts'

/** Once a generation, at each tick of its schedule, and on request. */
export function planImportJob(seen: Observed<MCPRegistryImportJob>, now: Date): Plan {
  const subject = subjectOf(seen, now)
  return planRuns(subject, () => jobDue(subject))
}

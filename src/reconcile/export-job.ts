// What an export job wants done now: as an import job, but that the registry it reads must have been synced, and that a
// ConfigMap as target is written by the controller.
import type { MCPRegistryExportJob } from '../resources/generated/types.ts'
import type { Observed } from './observed.ts'
import type { Plan } from './plan.ts'
import { planRuns } from './runs.ts'
import { jobDue } from './schedule-due.ts'
import { subjectOf } from './subject.ts'

/** Once a generation, at each tick of its schedule, and on request. */
export function planExportJob(seen: Observed<MCPRegistryExportJob>, now: Date): Plan {
  const subject = subjectOf(seen, now)
  return planRuns(subject, () => jobDue(subject))
}

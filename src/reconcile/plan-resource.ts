// Any resource to its plan: one planner a kind.
import { planExportJob } from './export-job.ts'
import { planImportJob } from './import-job.ts'
import type { Observed } from './observed.ts'
import type { Plan } from './plan.ts'
import { planRegistry } from './registry.ts'
import { planSyncJob } from './sync-job.ts'

/** What the resource wants done now. The same observation and time give the same plan. */
export function planResource(seen: Observed, now: Date): Plan {
  const { resource } = seen
  switch (resource.kind) {
    case 'MCPRegistry':
      return planRegistry({ ...seen, resource }, now)
    case 'MCPRegistryImportJob':
      return planImportJob({ ...seen, resource }, now)
    case 'MCPRegistryExportJob':
      return planExportJob({ ...seen, resource }, now)
    case 'MCPRegistrySyncJob':
      return planSyncJob({ ...seen, resource }, now)
    default:
      return resource satisfies never
  }
}

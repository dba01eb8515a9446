// Any resource to the request of one run of it. Pure: `rollbook run` and the controller build the same one.
import { exportRequest } from './export-request.ts'
import { importRequest } from './import-request.ts'
import type { RollbookResource } from './kinds.ts'
import type { RunRequest } from './request.ts'
import type { RequestContext, RunIdentity } from './request-parts.ts'
import { registryToSync, syncRequest } from './sync-request.ts'

/** Throws what the request of its kind throws. */
export function runRequest(resource: RollbookResource, run: RunIdentity, context: RequestContext): RunRequest {
  switch (resource.kind) {
    case 'MCPRegistryImportJob':
      return importRequest(resource, run, context)
    case 'MCPRegistryExportJob':
      return exportRequest(resource, run, context)
    case 'MCPRegistry':
      return syncRequest(resource, run, context)
    case 'MCPRegistrySyncJob':
      return syncRequest(registryToSync(resource, run, context), run, context)
    default:
      return resource satisfies never
  }
}

// A registry to the request of its sync: from its source, by its filter and policy, into its storage. Pure.
import { Failure } from '../lib/failure.ts'
import type { MCPRegistry, MCPRegistrySyncJob } from './generated/types.ts'
import { mergeOf } from './registry-policy.ts'
import type { RunRequest } from './request.ts'
import {
  entryRules,
  finished,
  type RequestContext,
  type RunIdentity,
  registriesFor,
  sourceParts,
  targetRequest,
} from './request-parts.ts'
import { findRegistry, refuseCircle } from './source-request.ts'

/**
 * A registry without storage is validated and counted only. `syncPolicy` says when the controller syncs, and how the sync
 * merges. Throws ReferenceNotFound, DependencyNotReady, PolicyNotEnforced, ManifestInvalid for a circle and for a source that holds the storage.
 */
export function syncRequest(registry: MCPRegistry, run: RunIdentity, context: RequestContext = {}): RunRequest {
  const { spec } = registry
  const { allowEmpty = false } = spec
  const registries = registriesFor(registry, run, context)
  refuseCircle(registry, registries)
  return finished(registry, run, {
    ...sourceParts(spec, registries, context),
    ...entryRules(registry, context),
    mode: run.mode ?? 'Apply',
    merge: mergeOf(spec.syncPolicy.onUpdate, { allowEmpty }),
    target: spec.storage ? targetRequest(spec.storage, { source: spec.source, registries }) : { type: 'none' },
    activeDeadlineSeconds: spec.activeDeadlineSeconds,
  })
}

/** The registry that a sync job syncs; the run is the registry's own. Throws ReferenceNotFound, Suspended. */
export function registryToSync(job: MCPRegistrySyncJob, run: RunIdentity, context: RequestContext = {}): MCPRegistry {
  const registry = findRegistry(job.spec.registryRef.name, registriesFor(job, run, context))
  if (registry.spec.suspend !== true) return registry
  throw new Failure('Suspended', 'definite', `MCPRegistry ${registry.metadata.name} is suspended`, {
    hint: 'resume it first: set spec.suspend to false',
  })
}

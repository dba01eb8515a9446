// An import job to a request. Pure: `rollbook run` and the controller build the same one.
import { Failure } from '../lib/failure.ts'
import type { GitTarget, ImportTarget, MCPRegistryImportJob } from './generated/types.ts'
import { registryTarget } from './registry-target.ts'
import type { MergeRequest, RunRequest } from './request.ts'
import {
  finished,
  policyRequest,
  type RequestContext,
  type RunIdentity,
  registriesFor,
  sourceParts,
  targetRequest,
} from './request-parts.ts'
import { findRegistry, type Registries } from './source-request.ts'

/** Throws ReferenceNotFound, DependencyNotReady, PolicyNotEnforced, TargetNotWritable, ManifestInvalid. */
export function importRequest(job: MCPRegistryImportJob, run: RunIdentity, context: RequestContext = {}): RunRequest {
  const { spec } = job
  const registries = registriesFor(job, run, context)
  return finished(job, run, {
    ...sourceParts(spec, registries, context),
    mode: run.mode ?? spec.mode,
    filter: spec.filter ?? { versions: 'all' },
    policy: policyRequest(spec.policy, context),
    merge: mergeRequest(spec.merge),
    target: targetRequest(targetOf(spec.target, registries), { source: spec.source, registries }),
    activeDeadlineSeconds: spec.activeDeadlineSeconds,
  })
}

function mergeRequest(merge: Partial<MergeRequest> | undefined): MergeRequest {
  return {
    onConflict: merge?.onConflict ?? 'Replace',
    prune: merge?.prune ?? 'Never',
    allowEmpty: merge?.allowEmpty ?? false,
  }
}

function targetOf({ git, registryRef }: ImportTarget, registries: Registries): GitTarget {
  if (registryRef) return registryTarget(registryRef, findRegistry(registryRef.name, registries))
  if (!git) throw new Failure('ManifestInvalid', 'definite', 'spec.target needs git or registryRef')
  return git
}

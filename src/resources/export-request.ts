// An export job to a request: what a registry holds, filtered, to git or to a ConfigMap. Pure.
import { Failure } from '../lib/failure.ts'
import type { ExportTarget, MCPRegistry, MCPRegistryExportJob } from './generated/types.ts'
import type { Origin } from './read-again.ts'
import type { MergeRequest, PolicyRequest, RunRequest, TargetRequest } from './request.ts'
import {
  finished,
  namespaceOf,
  policyRequest,
  type RequestContext,
  type RunIdentity,
  registriesFor,
  sourceParts,
  targetRequest,
} from './request-parts.ts'
import { findRegistry } from './source-request.ts'

/**
 * How an export merges. Any number of exports may write one path of git, so none removes what others wrote; a key of a
 * ConfigMap has one writer, and holds what the registry holds (kinds.md, "Who may write where").
 */
const MERGES = {
  git: { onConflict: 'Replace', prune: 'Never', allowEmpty: false },
  configmap: { onConflict: 'Replace', prune: 'Missing', allowEmpty: false },
} as const satisfies Record<string, MergeRequest>

/** Throws ReferenceNotFound, DependencyNotReady, PolicyNotEnforced, ManifestInvalid. */
export function exportRequest(job: MCPRegistryExportJob, run: RunIdentity, context: RequestContext = {}): RunRequest {
  const { metadata, spec } = job
  const source = { type: 'registry', registry: { registryRef: spec.registryRef, fullInterval: '24h' } } as const
  const registries = registriesFor(job, run, context)
  const parts = sourceParts({ source }, registries, context)
  const target = exportTarget(spec.target, namespaceOf(metadata), { source, registries })
  return finished(job, run, {
    ...parts,
    mode: run.mode ?? spec.mode,
    filter: spec.filter ?? { versions: 'all' },
    policy: exportPolicy(findRegistry(spec.registryRef.name, registries), context),
    merge: MERGES[target.type],
    target,
    activeDeadlineSeconds: spec.activeDeadlineSeconds,
  })
}

/**
 * The registry's policy decided about its entries already; it stays in force so that none of them is judged by another one.
 * It neither rewrites a second time, nor lets one entry that the target's form can't hold stop the others.
 */
function exportPolicy({ spec }: MCPRegistry, context: RequestContext): PolicyRequest {
  const { rewrite: _rewrite, maxInvalid: _maxInvalid, ...policy } = policyRequest(spec.policy, context)
  return { ...policy, onInvalid: 'Skip' }
}

function exportTarget({ git, configMap }: ExportTarget, namespace: string, origin: Origin) {
  if (git) return targetRequest(git, origin)
  if (!configMap) throw new Failure('ManifestInvalid', 'definite', 'spec.target needs git or configMap')
  const { name, key, format = 'upstream' } = configMap
  return { type: 'configmap', namespace, name, key, format } as const satisfies TargetRequest
}

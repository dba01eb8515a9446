// An import job to a request. Pure: `rollbook run` and the controller build the same one.
import { Failure } from '../lib/failure.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { HostPolicy } from '../lib/hosts.ts'
import { stableJson } from '../lib/json.ts'
import type { GitTarget, ImportTarget, MCPRegistry, MCPRegistryImportJob, Policy } from './generated/types.ts'
import { policyNotEnforced, validationRequest } from './registry-policy.ts'
import { registryTarget } from './registry-target.ts'
import {
  type GitTargetRequest,
  hashedPart,
  type MergeRequest,
  type PolicyRequest,
  type ResourceIdentity,
  type RunRequest,
  type StageRequest,
} from './request.ts'
import { findRegistry, type Registries, resolveSource } from './source-request.ts'

/** What a run adds to its resource. */
export interface RunIdentity {
  readonly runId: string
  readonly attempt: number
  /** RFC 3339. */
  readonly startTime: string
  readonly searchWholeHistory: boolean
  /** Overrides the resource's mode. */
  readonly mode?: 'Apply' | 'Plan'
  /** Without a cluster: `local` and 0. */
  readonly uid: string
  readonly generation: number
  /** From the install settings. */
  readonly hosts?: HostPolicy
}

const DEFAULT_POLICY: PolicyRequest = {
  onInvalid: 'Skip',
  checks: ['schema', 'semantic'],
  profile: 'generic',
  namespace: 'io.github.stacklok',
  longDescription: 'Fail',
  strictToolHive: false,
}

/** What a request needs beside the job: settings of the install that decide about entries, and the resources referred to. */
export interface RequestContext {
  readonly officialBaseUrls?: Readonly<Record<string, string>>
  /** Those that the job may refer to; only its own namespace counts. */
  readonly registries?: readonly MCPRegistry[]
}

/** Throws ReferenceNotFound, TargetNotWritable. */
export function importRequest(job: MCPRegistryImportJob, run: RunIdentity, context: RequestContext = {}): RunRequest {
  const { spec } = job
  const resource = identityOf(job, run)
  const known = registriesOf(resource.namespace, context.registries ?? [])
  const { source, format, through } = resolveSource(spec, known)
  const request: Omit<RunRequest, 'requestHash'> = {
    runId: run.runId,
    attempt: run.attempt,
    resource,
    mode: run.mode ?? spec.mode,
    startTime: run.startTime,
    searchWholeHistory: run.searchWholeHistory,
    source,
    ...(format === undefined ? {} : { format }),
    ...(through.length === 0
      ? {}
      : { stages: through.map(registry => stageOf(registry, resource.namespace, context)) }),
    filter: spec.filter ?? { versions: 'all' },
    policy: policyRequest(spec.policy, context),
    merge: mergeRequest(spec.merge),
    target: targetRequest(targetOf(spec.target, known)),
    ...(run.hosts ? { hosts: run.hosts } : {}),
    activeDeadlineSeconds: spec.activeDeadlineSeconds,
  }
  return { ...request, requestHash: sha256Hex(stableJson(hashedPart(request))) }
}

function identityOf(job: MCPRegistryImportJob, run: RunIdentity): ResourceIdentity {
  const { name, namespace } = job.metadata
  return { kind: job.kind, namespace: namespace ?? 'default', name, uid: run.uid, generation: run.generation }
}

function registriesOf(namespace: string, registries: readonly MCPRegistry[]): Registries {
  return {
    namespace,
    find: name =>
      registries.find(({ metadata }) => metadata.name === name && (metadata.namespace ?? 'default') === namespace),
  }
}

/** What a registry lets pass when it is read through. Throws PolicyNotEnforced where it wants more than a run can check. */
function stageOf({ metadata, spec }: MCPRegistry, namespace: string, context: RequestContext): StageRequest {
  const registry = `${namespace}/${metadata.name}`
  const [field] = policyNotEnforced(spec)
  if (field !== undefined) {
    const sentence = `MCPRegistry ${registry}: ${field} is not enforced yet, so nothing is read through this registry`
    throw new Failure('PolicyNotEnforced', 'definite', sentence, {
      hint: 'remove the field, or read its source directly',
    })
  }
  const validation = validationRequest(spec)
  return {
    registry,
    filter: spec.filter ?? { versions: 'all' },
    policy: policyRequest(spec.policy, context),
    ...(validation ? { validation } : {}),
  }
}

/** A resource's policy with what the install adds, fields at their defaults left out: they shall not change the hash. */
export function policyRequest(
  policy: Policy | undefined,
  { officialBaseUrls = {} }: RequestContext = {},
): PolicyRequest {
  const { rewrite = [], requireDigest, ...known } = policy ?? DEFAULT_POLICY
  const isOfficial = known.profile === 'official' && !known.checks.includes('publish')
  return {
    ...known,
    ...(isOfficial ? { checks: [...known.checks, 'publish'] } : {}),
    ...(rewrite.length === 0 ? {} : { rewrite }),
    ...(requireDigest === true ? { requireDigest } : {}),
    ...(Object.keys(officialBaseUrls).length === 0 ? {} : { officialBaseUrls }),
  }
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

function targetRequest(git: GitTarget): GitTargetRequest {
  return {
    type: 'git',
    repository: git.repository,
    branch: git.branch,
    // Its own name is the default, and must not change the hash.
    ...(git.pushBranch === undefined || git.pushBranch === git.branch ? {} : { pushBranch: git.pushBranch }),
    path: git.path,
    layout: git.layout,
    format: git.format ?? 'upstream',
    ...(git.authSecret ? { authSecret: git.authSecret } : {}),
    commit: git.commit ?? {},
  }
}

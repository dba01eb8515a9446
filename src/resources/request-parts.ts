// What the requests of all kinds share: who runs, where entries are read, by which policy, where in git they go, and the
// hash of it all. Pure.
import { Failure } from '../lib/failure.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { HostPolicy } from '../lib/hosts.ts'
import { stableJson } from '../lib/json.ts'
import type { GitTarget, MCPRegistry, Policy, Source } from './generated/types.ts'
import type { RollbookResource } from './kinds.ts'
import { type Origin, refuseReadAgain } from './read-again.ts'
import { policyNotEnforced, validationRequest } from './registry-policy.ts'
import {
  type FormatName,
  type GitTargetRequest,
  hashedPart,
  type PolicyRequest,
  type ResourceIdentity,
  type RunRequest,
  type StageRequest,
} from './request.ts'
import { type Registries, resolveSource } from './source-request.ts'

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

/** What a request needs beside the resource: settings of the install that decide about entries, and the resources referred to. */
export interface RequestContext {
  readonly officialBaseUrls?: Readonly<Record<string, string>>
  /** Those that the resource may refer to; only its own namespace counts. */
  readonly registries?: readonly MCPRegistry[]
}

type Named = Pick<RollbookResource, 'kind' | 'metadata'>
type OwnParts = Pick<
  RunRequest,
  | 'mode'
  | 'source'
  | 'format'
  | 'stages'
  | 'filter'
  | 'policy'
  | 'validation'
  | 'merge'
  | 'target'
  | 'activeDeadlineSeconds'
>

/** The request of a run, from what its kind says and what every run has. */
export function finished(resource: Named, run: RunIdentity, own: OwnParts): RunRequest {
  const request: Omit<RunRequest, 'requestHash'> = {
    runId: run.runId,
    attempt: run.attempt,
    resource: identityOf(resource, run),
    startTime: run.startTime,
    searchWholeHistory: run.searchWholeHistory,
    ...own,
    ...(run.hosts ? { hosts: run.hosts } : {}),
  }
  return { ...request, requestHash: sha256Hex(stableJson(hashedPart(request))) }
}

function identityOf({ kind, metadata }: Named, { uid, generation }: RunIdentity): ResourceIdentity {
  return { kind, namespace: namespaceOf(metadata), name: metadata.name, uid, generation }
}

/** `default` where a resource has none. */
export function namespaceOf({ namespace }: { readonly namespace?: string }): string {
  return namespace ?? 'default'
}

/** What a resource may refer to. */
export function registriesFor({ metadata }: Named, { uid }: RunIdentity, context: RequestContext): Registries {
  const namespace = namespaceOf(metadata)
  const { registries = [] } = context
  return {
    namespace,
    find: name => registries.find(({ metadata }) => metadata.name === name && namespaceOf(metadata) === namespace),
    // Without a cluster nobody keeps a status.
    haveStatus: uid !== 'local',
  }
}

/** Where entries are read, and the registries that they pass. Throws ReferenceNotFound, DependencyNotReady, PolicyNotEnforced. */
export function sourceParts(
  spec: { readonly source: Source; readonly format?: FormatName },
  registries: Registries,
  context: RequestContext,
): Pick<RunRequest, 'source' | 'format' | 'stages'> {
  const { source, format, through } = resolveSource(spec, registries)
  const stages = through.map(registry => stageOf(registry, context))
  return { source, ...(format === undefined ? {} : { format }), ...(stages.length === 0 ? {} : { stages }) }
}

/** What a registry lets pass when it is read through. Throws PolicyNotEnforced where it wants more than a run can check. */
function stageOf(registry: MCPRegistry, context: RequestContext): StageRequest {
  const { metadata } = registry
  return { registry: `${namespaceOf(metadata)}/${metadata.name}`, ...entryRules(registry, context) }
}

/** What a registry lets in, when it is synced and when it is read through. Throws PolicyNotEnforced. */
export function entryRules(
  { metadata, spec }: MCPRegistry,
  context: RequestContext,
): Pick<StageRequest, 'filter' | 'policy' | 'validation'> {
  const fields = policyNotEnforced(spec)
  if (fields.length > 0) {
    const registry = `${namespaceOf(metadata)}/${metadata.name}`
    const are = `${fields.join(', ')} ${fields.length === 1 ? 'is' : 'are'}`
    const sentence = `MCPRegistry ${registry}: ${are} not enforced yet, so nothing is read through this registry`
    throw new Failure('PolicyNotEnforced', 'definite', sentence, {
      hint: `remove ${fields.length === 1 ? 'the field' : 'the fields'}, or read its source directly`,
    })
  }
  const validation = validationRequest(spec)
  return {
    filter: spec.filter ?? { versions: 'all' },
    policy: policyRequest(spec.policy, context),
    ...(validation ? { validation } : {}),
  }
}

const DEFAULT_POLICY: PolicyRequest = {
  onInvalid: 'Skip',
  checks: ['schema', 'semantic'],
  profile: 'generic',
  namespace: 'io.github.stacklok',
  longDescription: 'Fail',
  strictToolHive: false,
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

/** A target in git, fields at their defaults left out: they shall not change the hash. Throws ManifestInvalid if its source holds it. */
export function targetRequest(git: GitTarget, origin: Origin): GitTargetRequest {
  refuseReadAgain(git, origin)
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

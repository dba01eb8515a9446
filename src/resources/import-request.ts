// An import job to a request. Pure: `rollbook run` and the controller build the same one.
import { Failure } from '../lib/failure.ts'
import { sha256Hex } from '../lib/hash.ts'
import { stableJson } from '../lib/json.ts'
import type { GitSource, GitTarget, MCPRegistryImportJob, Policy, Source } from './generated/types.ts'
import {
  type GitSourceRequest,
  type GitTargetRequest,
  hashedPart,
  type MergeRequest,
  type PolicyRequest,
  type ResourceIdentity,
  type RunRequest,
} from './request.ts'

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
}

const DEFAULT_POLICY: PolicyRequest = {
  onInvalid: 'Skip',
  checks: ['schema', 'semantic'],
  profile: 'generic',
  namespace: 'io.github.stacklok',
  longDescription: 'Fail',
  strictToolHive: false,
}

/** Settings of the install (flags, environment, config file) that decide about entries. */
export interface InstallSettings {
  readonly officialBaseUrls?: Readonly<Record<string, string>>
}

/** Throws NotImplemented for what this version can't do: a field is never read and ignored. */
export function importRequest(job: MCPRegistryImportJob, run: RunIdentity, settings: InstallSettings = {}): RunRequest {
  const { spec } = job
  const request: Omit<RunRequest, 'requestHash'> = {
    runId: run.runId,
    attempt: run.attempt,
    resource: identityOf(job, run),
    mode: run.mode ?? spec.mode,
    startTime: run.startTime,
    searchWholeHistory: run.searchWholeHistory,
    source: sourceRequest(spec.source),
    ...(spec.format === undefined ? {} : { format: spec.format }),
    filter: spec.filter ?? { versions: 'all' },
    policy: policyRequest(spec.policy, settings),
    merge: mergeRequest(spec.merge),
    target: targetRequest(spec.target.git),
    activeDeadlineSeconds: spec.activeDeadlineSeconds,
  }
  return { ...request, requestHash: sha256Hex(stableJson(hashedPart(request))) }
}

function identityOf(job: MCPRegistryImportJob, run: RunIdentity): ResourceIdentity {
  const { name, namespace } = job.metadata
  return { kind: job.kind, namespace: namespace ?? 'default', name, uid: run.uid, generation: run.generation }
}

function sourceRequest(source: Source): GitSourceRequest {
  if (!source.git) throw notImplemented(`spec.source.type ${source.type}`)
  const { git } = source
  if (git.verify) throw notImplemented('spec.source.git.verify')
  return {
    type: 'git',
    repository: git.repository,
    ref: refOf(git),
    path: git.path,
    ...(git.authSecret ? { authSecret: git.authSecret } : {}),
  }
}

function refOf(git: GitSource): GitSourceRequest['ref'] {
  if (git.commit !== undefined) return { commit: git.commit }
  return git.tag === undefined ? { branch: git.branch ?? 'main' } : { tag: git.tag }
}

/** A resource's policy with what the install adds, fields at their defaults left out: they shall not change the hash. */
export function policyRequest(
  policy: Policy | undefined,
  { officialBaseUrls = {} }: InstallSettings = {},
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

function targetRequest(git: GitTarget | undefined): GitTargetRequest {
  if (!git) throw notImplemented('spec.target.registryRef')
  if (git.pushBranch !== undefined) throw notImplemented('spec.target.git.pushBranch')
  const { signingSecret, ...commit } = git.commit ?? {}
  if (signingSecret) throw notImplemented('spec.target.git.commit.signingSecret')
  return {
    type: 'git',
    repository: git.repository,
    branch: git.branch,
    path: git.path,
    layout: git.layout,
    format: git.format ?? 'upstream',
    ...(git.authSecret ? { authSecret: git.authSecret } : {}),
    commit,
  }
}

function notImplemented(what: string): Failure {
  return new Failure('NotImplemented', 'definite', `${what} is not supported by this version of rollbook`)
}

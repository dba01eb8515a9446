// The request: everything a run needs, resolved, in plain JSON. It is all that the control half tells the data half.
import type { HostPolicy } from '../lib/hosts.ts'
import type { JsonValue } from '../lib/json.ts'

export type FormatName = 'upstream' | 'toolhive'
export type LayoutName = 'File' | 'Directory' | 'Namespace'
export type CheckName = 'schema' | 'semantic' | 'publish'

/** Names of a Secret and, where the resource names them, of keys inside it. Never a value. */
export interface SecretRef {
  readonly name: string
  readonly usernameKey?: string
  readonly passwordKey?: string
  readonly tokenKey?: string
}

export interface GitSourceRequest {
  readonly type: 'git'
  readonly repository: string
  readonly ref: { readonly branch: string } | { readonly tag: string } | { readonly commit: string }
  /** File, directory or glob. */
  readonly path: string
  readonly authSecret?: SecretRef
  /** Absent: signatures are not looked at. */
  readonly verify?: VerifyRequest
}

export interface VerifyRequest {
  /** What must be signed: the commit, the tag that `ref` names, or both. */
  readonly mode: 'HEAD' | 'Tag' | 'TagAndHEAD'
  /** Public keys that are trusted. */
  readonly keysSecret: SecretRef
}

export interface UrlSourceRequest {
  readonly type: 'url'
  /** https, http or file URL of one document. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly authSecret?: SecretRef
}

export interface ConfigMapSourceRequest {
  readonly type: 'configmap'
  readonly namespace: string
  readonly name: string
  readonly key: string
}

/** The API of a registry; an MCPRegistry that is referred to has become its own source and a stage. */
export interface RegistrySourceRequest {
  readonly type: 'registry'
  /** Base of the API, with or without `/v0.1`, or the address of the list itself. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly authSecret?: SecretRef
}

export type SourceRequest = GitSourceRequest | UrlSourceRequest | ConfigMapSourceRequest | RegistrySourceRequest

export interface CriteriaRequest {
  readonly names?: readonly string[]
  readonly tags?: readonly string[]
  readonly tiers?: readonly string[]
  readonly transports?: readonly string[]
  readonly categories?: readonly string[]
  readonly registryTypes?: readonly string[]
  readonly statuses?: readonly string[]
}

export interface FilterRequest {
  readonly include?: CriteriaRequest
  readonly exclude?: CriteriaRequest
  readonly versions: 'all' | 'latest'
}

/** One replacement of a prefix: image hosts with leading path segments, or base URLs of package registries. */
export interface RewriteRequest {
  readonly field: 'image' | 'registryBaseUrl'
  readonly from: string
  readonly to: string
}

export interface PolicyRequest {
  readonly onInvalid: 'Skip' | 'Fail'
  readonly maxInvalid?: number
  /** With profile official the publish tier is among them. */
  readonly checks: readonly CheckName[]
  readonly profile: 'generic' | 'official'
  /** Prefix for simple names. */
  readonly namespace: string
  readonly longDescription: 'Fail' | 'Skip' | 'Truncate'
  readonly strictToolHive: boolean
  /** Absent: none. */
  readonly rewrite?: readonly RewriteRequest[]
  /** Absent: false. */
  readonly requireDigest?: boolean
  /** An install setting: the base URL that the official registry accepts, by registryType. Absent: not checked. */
  readonly officialBaseUrls?: Readonly<Record<string, string>>
}

/** What a registry lets in, beside its filter. */
export interface ValidationRequest {
  readonly allowedTiers?: readonly string[]
  /** Globs on names. */
  readonly blockedPatterns?: readonly string[]
}

/** The filter and policy of an MCPRegistry that the entries pass on their way (kinds.md, `source.registry.registryRef`). */
export interface StageRequest {
  /** `<namespace>/<name>` of the registry. */
  readonly registry: string
  readonly filter: FilterRequest
  readonly policy: PolicyRequest
  readonly validation?: ValidationRequest
}

export interface MergeRequest {
  readonly onConflict: 'Replace' | 'Keep' | 'Fail'
  readonly prune: 'Never' | 'Missing'
  readonly allowEmpty: boolean
}

export interface GitTargetRequest {
  readonly type: 'git'
  readonly repository: string
  /** What a run starts from, and writes to unless there is a pushBranch. */
  readonly branch: string
  /** Absent: `branch` itself. */
  readonly pushBranch?: string
  readonly path: string
  readonly layout: LayoutName
  readonly format: FormatName
  readonly authSecret?: SecretRef
  readonly commit: {
    readonly author?: { readonly name?: string; readonly email?: string }
    readonly messageTemplate?: string
    /** Absent: commits are not signed. */
    readonly signingSecret?: SecretRef
  }
}

/** One key of a ConfigMap of the resource's namespace; layout File. */
export interface ConfigMapTargetRequest {
  readonly type: 'configmap'
  readonly namespace: string
  readonly name: string
  readonly key: string
  readonly format: FormatName
}

/** A sync of a registry without storage: its entries are validated and counted, and stay where they are. */
export interface NoTargetRequest {
  readonly type: 'none'
}

export type TargetRequest = GitTargetRequest | ConfigMapTargetRequest | NoTargetRequest

/** Whose run this is, as the commit's trailer names it. */
export interface ResourceIdentity {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** `local` without a cluster. */
  readonly uid: string
  /** 0 without a cluster. */
  readonly generation: number
}

export interface RunRequest {
  readonly runId: string
  /** 1 for the first attempt of a run. */
  readonly attempt: number
  readonly resource: ResourceIdentity
  readonly mode: 'Apply' | 'Plan'
  /** RFC 3339; fixed by the first attempt. */
  readonly startTime: string
  /** The run id may be older than startTime: its commit is looked for in the whole history. */
  readonly searchWholeHistory: boolean
  readonly source: SourceRequest
  /** Absent: recognised per document. */
  readonly format?: FormatName
  /** Registries between the source and this run's own filter and policy, the source's nearest first. Absent: none. */
  readonly stages?: readonly StageRequest[]
  readonly filter: FilterRequest
  readonly policy: PolicyRequest
  /** Of a registry; absent: everything is let in. */
  readonly validation?: ValidationRequest
  readonly merge: MergeRequest
  readonly target: TargetRequest
  /** Which hosts may be spoken to, from the install settings. Absent: the worker's own settings. */
  readonly hosts?: HostPolicy
  readonly activeDeadlineSeconds: number
  /** SHA-256 of everything above that can change the output. */
  readonly requestHash: string
}

/** Raised when conversion or validation changes, so that unchanged sources are read again after an upgrade (design 4.2). */
export const RULES_VERSION = 2

/** What the request hash covers: only what can change the output, absent fields left out. */
export function hashedPart(request: Omit<RunRequest, 'requestHash'>): JsonValue {
  const { source, target } = request
  return plain({
    rulesVersion: RULES_VERSION,
    source: selectionOf(source),
    format: request.format,
    stages: request.stages,
    filter: request.filter,
    policy: request.policy,
    validation: request.validation,
    merge: request.merge,
    target: placeOf(target),
  })
}

/** Where and in which form a run writes; not by which credentials and in whose name. */
function placeOf(target: TargetRequest): object {
  if (target.type !== 'git') return target
  const { repository, branch, pushBranch, path, layout, format } = target
  return { repository, branch, pushBranch, path, layout, format }
}

/** A source without its credentials: a new password reads the same. */
function selectionOf(source: SourceRequest): object {
  return { ...source, authSecret: undefined }
}

/** The same data without absent fields. */
function plain(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue
}

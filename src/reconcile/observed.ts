// What a reconciler sees: the world as plain data, gathered by the controller. Nothing here acts.
import type { HostPolicy } from '../lib/hosts.ts'
import type { MCPRegistry, MCPRegistrySyncJob, RunnerResources } from '../resources/generated/types.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import type { Job, Pod } from '../resources/workload.ts'
import type { KnownClaims } from './claims.ts'

export interface Observed<R extends RollbookResource = RollbookResource> {
  /** As stored, with the defaults of the CRD. */
  readonly resource: R
  /** Jobs that the resource owns (by uid), oldest first, each with its Pods. */
  readonly jobs: readonly ObservedJob[]
  /** All of the namespace. */
  readonly registries: readonly MCPRegistry[]
  /** Those of the namespace that name this registry, or the job itself; oldest first. */
  readonly syncJobs: readonly MCPRegistrySyncJob[]
  /** Others of the watched namespaces: at least those that write to the same branch or ConfigMap, for who may write where. */
  readonly others: readonly RollbookResource[]
  /** What this resource and the others claim, where the controller has worked it out. */
  readonly claims?: KnownClaims
  readonly install: InstallSettings
  readonly memory: Memory
  /** What the controller found out because a plan asked for it. */
  readonly answers: Answers
}

export interface ObservedJob {
  readonly job: Job
  readonly pods: readonly Pod[]
}

/** What the controller's process remembers of a resource, and forgets when it ends. */
export interface Memory {
  /** Since when this process leads: what was missed before it is spread over the first minutes (H1). */
  readonly startedAt: Date
  /**
   * The last answer to a question `probe` of this resource: it answers the plan that asked, and is kept for later ones, so
   * that a run which has to wait for its turn is not forgotten.
   */
  readonly lastProbe?: { readonly at: Date; readonly answer: ProbeAnswer }
}

/** Settings of the install that decide about runs. */
export interface InstallSettings {
  /** Image of the worker. */
  readonly image: string
  readonly hosts: HostPolicy
  readonly officialBaseUrls?: Readonly<Record<string, string>>
  /** What a worker gets when its resource says nothing. */
  readonly resources?: RunnerResources
  /** Milliseconds are spread by this share of an interval, 0 to 1 (H1). */
  readonly jitter: number
  /** Where the registry API of this install answers, for `status.url`; absent when there is none. */
  readonly apiUrl?: string
}

/** Absent: not asked yet in this pass. */
export interface Answers {
  readonly dependencies?: readonly ObservedDependency[]
  /** Plans read it from `Memory`, where it stays. */
  readonly probe?: ProbeAnswer
  readonly slot?: SlotAnswer
  readonly log?: LogAnswer
  readonly job?: JobAnswer
  /** A step that the cluster refused; the plan is made again with it. */
  readonly refused?: Refusal
}

/** A Secret or ConfigMap that the resource names, as one `get` found it. */
export interface ObservedDependency {
  readonly kind: 'Secret' | 'ConfigMap'
  readonly name: string
  /** Undefined: it does not exist. */
  readonly resourceVersion: string | undefined
  /** Names of its keys, never a value. */
  readonly keys: readonly string[]
  /** It exists and may not be read. */
  readonly forbidden?: boolean
  /** Label `app.kubernetes.io/managed-by: rollbook` (ConfigMaps). */
  readonly ours?: boolean
}

/** For a ConfigMap as source the state is `unchanged`: a reconciler sees its resourceVersion among the dependencies. */
export type ProbeAnswer =
  | {
      readonly state: 'unchanged' | 'changed'
      /** What is there now, where the probe reads that much. */
      readonly revision?: string
      readonly etag?: string
      readonly lastModified?: string
      /** Commit of the branch that the target's commits are pushed to; undefined for an empty one or no git target. */
      readonly targetHead?: string
    }
  | { readonly state: 'failed'; readonly reason: string; readonly class: string; readonly message: string }

/** Whether a run may start: one writer a branch, and no more runs at a time than the install allows. */
export type SlotAnswer =
  | { readonly granted: true }
  /** `behind` names the resource that writes the branch; absent when it is the limit on runs. */
  | { readonly granted: false; readonly behind?: string }

/** One Job as the cluster has it now, read past every cache. */
export interface JobAnswer {
  readonly name: string
  /** Undefined: it does not exist, or the resource does not own it. */
  readonly found: ObservedJob | undefined
}

/** The log of an ended worker. */
export interface LogAnswer {
  /** Name of the pod. */
  readonly pod: string
  /** Lines; undefined when the log is gone. */
  readonly lines: readonly string[] | undefined
}

export interface Refusal {
  /** Type of the step. */
  readonly step: string
  /** Reason of the cluster: Forbidden, Invalid, AlreadyExists, TooManyRequests, Unavailable. */
  readonly reason: string
  readonly message: string
}

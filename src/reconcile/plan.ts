// What a reconciler wants done: a question that must be answered before it can decide, or steps to take in order.
import type { ConfigMap } from '../resources/kinds.ts'
import type { RunRequest, SourceRequest, TargetRequest } from '../resources/request.ts'
import type { Job } from '../resources/workload.ts'
import type { ObservedDependency } from './observed.ts'

export type Plan = { readonly ask: Question } | Actions

export interface Actions {
  /** Taken one after the other; a refused one ends the pass, and the plan is made again with the refusal. */
  readonly steps: readonly Step[]
  /** Look again at this time even if nothing changes. */
  readonly wake?: Date
}

/** Asked by a plan, answered by the controller in `Observed.answers` under the same name (`probe`: in `Observed.memory`); then the plan is made again. */
export type Question =
  /** The Secrets and ConfigMaps that the resource names. */
  | { readonly type: 'dependencies'; readonly names: readonly Pick<ObservedDependency, 'kind' | 'name'>[] }
  /** Whether source or target moved since the last run; nothing is fetched. */
  | { readonly type: 'probe'; readonly question: ProbeQuestion }
  /** Leave to start a run; granted until `releaseSlot`. */
  | { readonly type: 'slot'; readonly branch: string | undefined }
  /** Whether a Job that should be there is really gone; a run ends because of the answer. */
  | { readonly type: 'job'; readonly name: string }
  /** The log of an ended pod. */
  | { readonly type: 'log'; readonly pod: string }

export interface ProbeQuestion {
  readonly source: SourceRequest
  readonly target: TargetRequest
  readonly hosts: NonNullable<RunRequest['hosts']>
  /** What status remembers. */
  readonly seen: {
    readonly revision?: string
    readonly etag?: string
    readonly lastModified?: string
    readonly fullReadTime?: string
    readonly targetHead?: string
  }
  /** Milliseconds (`source.registry.fullInterval`). */
  readonly fullInterval: number
}

/** Every step is safe to take twice. */
export type Step =
  | { readonly type: 'addFinalizer' }
  | { readonly type: 'removeFinalizer' }
  /**
   * With the ConfigMap of a request that is too large for the environment, made first and owned by the resource. One of this
   * name that the resource owns counts as made; any other is refused with AlreadyExists.
   */
  | { readonly type: 'createJob'; readonly job: Job; readonly request?: ConfigMap }
  | {
      readonly type: 'deleteJob'
      readonly name: string
      readonly uid: string | undefined
      readonly propagation: 'Foreground' | 'Background'
    }
  /** A ConfigMap that the resource owns: the report of a run. */
  | { readonly type: 'writeReport'; readonly configMap: ConfigMap }
  /** A ConfigMap that the resource owns: a report, or a request that was too large for the environment. */
  | { readonly type: 'deleteReport'; readonly name: string }
  /** Takes the key `LONG_REPORT` out of a report's ConfigMap: older reports keep the short form. */
  | { readonly type: 'shortenReport'; readonly name: string }
  /** The target of an export: server-side apply of one key. */
  | { readonly type: 'writeExport'; readonly configMap: ConfigMap }
  /**
   * The whole status. Left out by the planner when it equals the stored one. Written onto the resourceVersion that was
   * observed; when that is no longer the newest, everything is observed and planned again.
   */
  | { readonly type: 'writeStatus'; readonly status: object }
  /** As well as it goes: an event that the cluster refuses stops nothing (D8). */
  | { readonly type: 'event'; readonly event: PlannedEvent }
  | { readonly type: 'releaseSlot' }

export interface PlannedEvent {
  readonly severity: 'Normal' | 'Warning'
  /** One word of docs/reasons.md. */
  readonly reason: string
  readonly message: string
  /** Run that it speaks about. */
  readonly run?: string
}

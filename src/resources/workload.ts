// Jobs and Pods as the Kubernetes API has them: the fields that Rollbook writes or reads, no others.
import type { ObjectMeta } from './object-meta.ts'

export interface Job {
  readonly apiVersion: 'batch/v1'
  readonly kind: 'Job'
  readonly metadata: ObjectMeta
  readonly spec: JobSpec
  readonly status?: JobState
}

export interface JobSpec {
  readonly backoffLimit: number
  readonly activeDeadlineSeconds: number
  readonly template: PodTemplate
}

export interface PodTemplate {
  readonly metadata: Pick<ObjectMeta, 'labels' | 'annotations'>
  readonly spec: PodSpec
}

export interface PodSpec {
  readonly restartPolicy: 'Never'
  readonly automountServiceAccountToken: false
  readonly enableServiceLinks?: false
  readonly activeDeadlineSeconds: number
  readonly terminationGracePeriodSeconds: number
  readonly serviceAccountName?: string
  readonly securityContext: object
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly tolerations?: readonly object[]
  readonly imagePullSecrets?: readonly { readonly name: string }[]
  readonly containers: readonly Container[]
  readonly volumes: readonly Volume[]
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly resources?: object
  readonly securityContext: object
  readonly terminationMessagePath?: string
  readonly terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError'
  readonly volumeMounts: readonly VolumeMount[]
}

export interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly readOnly?: boolean
}

/** Exactly one of the three sources is given. */
export interface Volume {
  readonly name: string
  readonly secret?: { readonly secretName: string; readonly defaultMode?: number; readonly optional?: boolean }
  readonly configMap?: { readonly name: string; readonly defaultMode?: number; readonly optional?: boolean }
  readonly emptyDir?: { readonly sizeLimit?: string; readonly medium?: string }
}

export interface JobState {
  readonly conditions?: readonly ObjectCondition[]
  readonly active?: number
  readonly succeeded?: number
  readonly failed?: number
  /** RFC 3339. */
  readonly startTime?: string
  /** RFC 3339; only after success. */
  readonly completionTime?: string
}

/** A condition of a Job or Pod. */
export interface ObjectCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  /** RFC 3339. */
  readonly lastTransitionTime?: string
}

export interface Pod {
  readonly apiVersion: 'v1'
  readonly kind: 'Pod'
  readonly metadata: ObjectMeta
  readonly spec: PodSpec & { readonly nodeName?: string }
  readonly status?: PodStatus
}

export interface PodStatus {
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  /** Such as Evicted, NodeLost, DeadlineExceeded. */
  readonly reason?: string
  readonly message?: string
  readonly conditions?: readonly ObjectCondition[]
  readonly containerStatuses?: readonly ContainerStatus[]
}

export interface ContainerStatus {
  readonly name: string
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string }
    readonly running?: { readonly startedAt?: string }
    readonly terminated?: Terminated
  }
}

export interface Terminated {
  readonly exitCode: number
  readonly signal?: number
  /** Such as Completed, Error, OOMKilled. */
  readonly reason?: string
  /** The termination message of the worker: a RunResult as JSON. */
  readonly message?: string
  /** RFC 3339. */
  readonly startedAt?: string
  /** RFC 3339. */
  readonly finishedAt?: string
}

// Stands in for the Job controller of Kubernetes: a Pod for each Job, and the Job's conditions from how its Pod ended, for
// Jobs with backoffLimit 0. Deciding is pure; `JobController` acts.
import type { Cluster } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { JOBS, PODS } from '../cluster/types.ts'
import type { Clock } from '../lib/clock.ts'
import type { Job, JobState, ObjectCondition, Pod } from '../resources/workload.ts'

export type JobStep =
  | { readonly type: 'createPod'; readonly pod: Pod }
  | { readonly type: 'deletePod'; readonly pod: Pod }
  | { readonly type: 'writeStatus'; readonly status: JobState }

export interface JobPlan {
  readonly steps: readonly JobStep[]
  /** Look again then, even if nothing changes. */
  readonly wake?: Date
}

const MANAGER = 'rollbook-job-controller'

/** What a Job needs now. `pods` are those that it owns. */
export function planJob(job: Job, pods: readonly Pod[], now: Date): JobPlan {
  if (job.metadata.deletionTimestamp !== undefined || isFinished(job)) return { steps: [] }
  const { startTime, active } = job.status ?? {}
  if (startTime === undefined) {
    const status = { startTime: now.toISOString(), active: 1 }
    // The Pod first: a Job that has started and has no Pod has lost it.
    return { steps: [...(pods.length > 0 ? [] : [newPod(job)]), { type: 'writeStatus', status }] }
  }
  const deadline = new Date(new Date(startTime).getTime() + job.spec.activeDeadlineSeconds * 1000)
  const [pod] = pods
  if (pod?.status?.phase === 'Succeeded') return finish(job, { type: 'Complete', now, succeeded: true })
  if (pod?.status?.phase === 'Failed' || (!pod && active === 1)) {
    const why = { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
    return finish(job, { type: 'Failed', now, ...why })
  }
  if (now < deadline) return { steps: [], wake: deadline }
  const why = { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  const { steps } = finish(job, { type: 'Failed', now, ...why })
  return { steps: [...pods.map(each => ({ type: 'deletePod', pod: each }) as const), ...steps] }
}

interface End {
  readonly type: 'Complete' | 'Failed'
  readonly now: Date
  readonly succeeded?: boolean
  readonly reason?: string
  readonly message?: string
}

function finish(job: Job, { type, now, succeeded = false, reason, message }: End): JobPlan {
  const time = now.toISOString()
  const condition: ObjectCondition = {
    type,
    status: 'True',
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    lastTransitionTime: time,
  }
  const status: JobState = {
    ...(job.status?.startTime === undefined ? {} : { startTime: job.status.startTime }),
    ...(succeeded ? { succeeded: 1, completionTime: time } : { failed: 1 }),
    conditions: [condition],
  }
  return { steps: [{ type: 'writeStatus', status }] }
}

function isFinished({ status }: Job): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True',
  )
}

/** The Job has one Pod, so its name can be known before: a second process can't make another one. */
function newPod(job: Job): JobStep {
  const { name, namespace, uid = '' } = job.metadata
  const { metadata, spec } = job.spec.template
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: `${name}-0`,
      namespace,
      labels: { ...metadata.labels, 'batch.kubernetes.io/job-name': name, 'job-name': name },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: { ...spec, nodeName: 'local' },
  }
  return { type: 'createPod', pod }
}

/** Takes the steps of plans. */
export class JobController {
  private readonly cluster: Cluster
  private readonly clock: Clock

  constructor(cluster: Cluster, clock: Clock) {
    this.cluster = cluster
    this.clock = clock
  }

  /** Looks at a Job as it is now. When to look again, if nothing changes before. */
  async sync(job: Job, pods: readonly Pod[]): Promise<Date | undefined> {
    const { steps, wake } = planJob(job, pods, this.clock.now())
    for (const step of steps) await this.take(job, step)
    return wake
  }

  private async take({ metadata: { namespace, name } }: Job, step: JobStep): Promise<void> {
    switch (step.type) {
      case 'createPod':
        try {
          await this.cluster.create(PODS, step.pod)
        } catch (error) {
          // Made by a process that ended before it wrote the status.
          if (!(error instanceof ClusterError) || error.reason !== 'AlreadyExists') throw error
        }
        return
      case 'deletePod':
        await this.cluster.delete(PODS, step.pod.metadata)
        return
      case 'writeStatus':
        await this.cluster.applyStatus(
          JOBS,
          { metadata: { namespace, name }, status: step.status },
          { manager: MANAGER },
        )
        return
      default:
        return step satisfies never
    }
  }
}

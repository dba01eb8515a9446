// Plays what runs Jobs: on the memory cluster the Job controller and the kubelet, on a real one the kubelet alone. What a
// worker answers is what the test says; nothing is started.
import type { Cluster } from '../../src/cluster/cluster.ts'
import { ClusterError } from '../../src/cluster/cluster-error.ts'
import { JOBS, PODS } from '../../src/cluster/types.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { MANAGED_BY } from '../../src/resources/names.ts'
import type { Job, JobState, Pod, PodStatus } from '../../src/resources/workload.ts'

export interface PlayedEnd {
  readonly exitCode: number
  /** The termination message. */
  readonly message?: string
  /** Of the container, such as OOMKilled. */
  readonly reason?: string
  /** Of the Pod, such as Evicted. */
  readonly podReason?: string
  readonly log?: string
}

export interface PlayedKubeletOptions {
  readonly cluster: Cluster
  /** Default: every namespace. */
  readonly namespace?: string
  readonly clock: Clock
  /** Makes Pods of Jobs and ends Jobs with their Pods: where no Job controller runs. */
  readonly playsJobs: boolean
  /** How the worker of the Job ends; undefined while it runs. */
  end(job: Job, pod: Pod): PlayedEnd | undefined
  /** How a worker that is told to end does so; default: its Pod goes at once. */
  stop?(pod: Pod): PlayedEnd | 'going' | 'gone'
  /** Writes the log of a pod, where logs can be played. */
  log?(pod: Pod, text: string): Promise<void>
}

const LABELS = Object.entries(MANAGED_BY)
  .map(([key, value]) => `${key}=${value}`)
  .join(',')

export class PlayedKubelet {
  /** Names of all Jobs ever seen, in the order of their coming. */
  readonly jobs: string[] = []
  /** The most Jobs that ran at one time. */
  most = 0
  private readonly options: PlayedKubeletOptions

  constructor(options: PlayedKubeletOptions) {
    this.options = options
  }

  /** One round over all Jobs and Pods: whatever can go on goes on. True when something did. */
  async play(): Promise<boolean> {
    const { cluster, namespace } = this.options
    const selection = { labelSelector: LABELS, ...(namespace === undefined ? {} : { namespace }) }
    const [{ items: jobs }, { items: pods }] = await Promise.all([
      cluster.list(JOBS, selection),
      cluster.list(PODS, selection),
    ])
    this.most = Math.max(this.most, jobs.filter(job => !isFinished(job)).length)
    let moved = false
    for (const job of jobs) {
      if (!this.jobs.includes(job.metadata.name)) this.jobs.push(job.metadata.name)
      const own = pods.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === job.metadata.uid))
      try {
        if (await this.playJob(job, own)) moved = true
      } catch (error) {
        // Deleted while it was looked at.
        if (!(error instanceof ClusterError) || !['NotFound', 'Conflict'].includes(error.reason)) throw error
      }
    }
    for (const pod of pods) {
      if (pod.metadata.deletionTimestamp !== undefined && (await this.playStop(pod))) moved = true
    }
    return moved
  }

  private async playStop(pod: Pod): Promise<boolean> {
    const stopped = this.options.stop?.(pod) ?? 'gone'
    if (stopped === 'going') return false
    if (stopped === 'gone' || hasEnded(pod)) {
      await this.options.cluster.delete(PODS, pod.metadata, { gracePeriodSeconds: 0 })
      return true
    }
    await this.tellEnd(pod, stopped)
    return true
  }

  private async playJob(job: Job, pods: readonly Pod[]): Promise<boolean> {
    if (job.metadata.deletionTimestamp !== undefined || isFinished(job)) return false
    const [pod] = pods
    if (!pod) return this.options.playsJobs && this.start(job)
    if (hasEnded(pod)) return this.finish(job, pod)
    const end = this.options.end(job, pod)
    if (!end) return false
    await this.tellEnd(pod, end)
    return true
  }

  private async start(job: Job): Promise<boolean> {
    const { name, namespace, uid = '' } = job.metadata
    const { metadata, spec } = job.spec.template
    await this.options.cluster.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        name: `${name}-0`,
        namespace,
        ownerReferences: [
          { apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: { ...spec, nodeName: 'played' },
    })
    return true
  }

  private async finish(job: Job, pod: Pod): Promise<boolean> {
    if (!this.options.playsJobs) return false
    const hasSucceeded = pod.status?.phase === 'Succeeded'
    const types = hasSucceeded ? ['SuccessCriteriaMet', 'Complete'] : ['FailureTarget', 'Failed']
    const time = this.options.clock
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z')
    const status: JobState & { readonly completionTime?: string } = {
      startTime: time,
      ...(hasSucceeded ? { completionTime: time } : {}),
      // A real server takes no Job as ended without all of this.
      conditions: types.map(type => ({ type, status: 'True' as const })),
    }
    await this.options.cluster.applyStatus(JOBS, { metadata: job.metadata, status }, { manager: 'played-kubelet' })
    return true
  }

  private async tellEnd(pod: Pod, end: PlayedEnd): Promise<void> {
    await this.options.log?.(pod, end.log ?? '')
    await this.write(pod, endedStatus(end, this.options.clock.now().toISOString()))
  }

  private async write(pod: Pod, status: PodStatus): Promise<void> {
    const { namespace, name } = pod.metadata
    const { cluster } = this.options
    await cluster.applyStatus(PODS, { metadata: { namespace, name }, status }, { manager: 'played-kubelet' })
  }
}

function endedStatus({ exitCode, message, reason, podReason }: PlayedEnd, time: string): PodStatus {
  const terminated = {
    exitCode,
    reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
    ...(message === undefined ? {} : { message }),
    startedAt: time,
    finishedAt: time,
  }
  return {
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    ...(podReason === undefined ? {} : { reason: podReason }),
    containerStatuses: [{ name: 'worker', state: { terminated } }],
  }
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

function isFinished({ status }: Job): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: state }) => /^(Complete|Failed)$/.test(type) && state === 'True',
  )
}

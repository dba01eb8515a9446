// The machine under a cluster without one: Jobs become Pods, Pods become child processes, until stopped.
import type { ObjectName } from '../cluster/cluster.ts'
import { follow } from '../cluster/follow.ts'
import { JOBS, PODS } from '../cluster/types.ts'
import type { Pod } from '../resources/workload.ts'
import { JobController } from './job-controller.ts'
import { Kubelet, type KubeletOptions } from './kubelet.ts'

/** setTimeout takes no more, milliseconds. */
const LONGEST_WAIT = 2 ** 31 - 1

export class LocalNode {
  private readonly options: KubeletOptions
  private readonly kubelet: Kubelet
  private readonly jobs: JobController
  private readonly ending = new AbortController()
  private readonly wakes = new Map<string, NodeJS.Timeout>()
  /** One look at a time at each Job or Pod, in order. */
  private readonly looks = new Map<string, Promise<void>>()
  private loops: Promise<void> = Promise.resolve()
  private fail: (error: unknown) => void = () => {}

  constructor(options: KubeletOptions) {
    this.options = options
    this.kubelet = new Kubelet(options, error => this.fail(error))
    this.jobs = new JobController(options.cluster, options.clock)
  }

  /** Ends what a former process left running, then works until `stop`. `failed` rejects when it can't go on. */
  async start(): Promise<{ readonly failed: Promise<never> }> {
    await this.kubelet.start()
    const failed = new Promise<never>((_, reject) => {
      this.fail = reject
    })
    failed.catch(() => {})
    this.loops = Promise.all([this.followPods(), this.followJobs()]).then(() => {}, this.fail)
    return { failed }
  }

  /** True while a run is under way or waits for its turn. */
  get isBusy(): boolean {
    return this.kubelet.isBusy || this.looks.size > 0
  }

  /** Lets what runs end by itself; begins nothing else. `stop` afterwards. */
  async drain(): Promise<void> {
    await this.kubelet.drain()
  }

  /** Ends every child as a kubelet would, and returns when their Pods and Jobs say so. */
  async stop(): Promise<void> {
    await this.kubelet.stop()
    // What the last statuses of Pods mean for their Jobs, whether or not the watch has told yet.
    const { items } = await this.options.cluster.list(JOBS)
    for (const { metadata } of items) this.lookAtJob(metadata)
    while (this.looks.size > 0) await Promise.all(this.looks.values())
    this.ending.abort()
    for (const wake of this.wakes.values()) clearTimeout(wake)
    await this.loops
  }

  private async followPods(): Promise<void> {
    for await (const { object, isGone } of follow(this.options.cluster, PODS, { signal: this.ending.signal })) {
      const { namespace, name } = object.metadata
      if (!isGone) this.look(`pod/${namespace}/${name}`, () => this.seePod({ namespace, name }))
      const job = jobOf(object)
      if (job !== undefined) this.lookAtJob({ namespace, name: job })
    }
  }

  private async followJobs(): Promise<void> {
    for await (const { object, isGone } of follow(this.options.cluster, JOBS, { signal: this.ending.signal })) {
      if (!isGone) this.lookAtJob(object.metadata)
    }
  }

  private lookAtJob({ namespace, name }: ObjectName): void {
    this.look(`job/${namespace}/${name}`, () => this.seeJob({ namespace, name }))
  }

  /** Looks at it as it is then, after the looks that were asked for before. */
  private look(key: string, see: () => Promise<void>): void {
    const done = (this.looks.get(key) ?? Promise.resolve())
      .then(see)
      .catch(error => this.fail(error))
      .finally(() => {
        if (this.looks.get(key) === done) this.looks.delete(key)
      })
    this.looks.set(key, done)
  }

  private async seePod({ namespace, name }: ObjectName): Promise<void> {
    const pod = await this.options.cluster.get(PODS, { namespace, name })
    if (pod) await this.kubelet.sync(pod)
  }

  private async seeJob({ namespace, name }: ObjectName): Promise<void> {
    const { cluster, clock } = this.options
    const key = `${namespace}/${name}`
    clearTimeout(this.wakes.get(key))
    this.wakes.delete(key)
    // The Job before its Pods: they are made before its status tells of them.
    const job = await cluster.get(JOBS, { namespace, name })
    if (!job || this.ending.signal.aborted) return
    const { items } = await cluster.list(PODS, { namespace, labelSelector: `job-name=${name}` })
    const { uid } = job.metadata
    const pods = items.filter(({ metadata }) => metadata.ownerReferences?.some(owner => owner.uid === uid))
    const wake = await this.jobs.sync(job, pods)
    if (wake === undefined) return
    const wait = Math.min(Math.max(0, wake.getTime() - clock.now().getTime()), LONGEST_WAIT)
    this.wakes.set(
      key,
      setTimeout(() => this.lookAtJob({ namespace, name }), wait),
    )
  }
}

function jobOf({ metadata }: Pod): string | undefined {
  return metadata.ownerReferences?.find(({ kind }) => kind === 'Job')?.name
}

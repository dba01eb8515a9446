// Stands in for the kubelet: runs the Pods of the cluster as child processes of this one, and reports how they end. It sees
// Pods only; job-controller.ts makes them.
import PQueue from 'p-queue'
import type { Cluster } from '../cluster/cluster.ts'
import type { PodLogWriter } from '../cluster/memory/pod-logs.ts'
import { PODS } from '../cluster/types.ts'
import type { Clock } from '../lib/clock.ts'
import type { Pod, PodStatus } from '../resources/workload.ts'
import { type Child, type ChildExit, startChild } from './child.ts'
import { ContainerLog } from './container-log.ts'
import { rememberProcess, removeOrphans } from './orphans.ts'
import { endedStatus, lostStatus, runningStatus, type StopReason, waitingStatus } from './pod-status.ts'
import { makeRunFolder, type RunFolder, terminationMessageIn, VolumeMissing } from './run-folder.ts'
import { type WorkerSettings, workerCommand } from './worker-command.ts'

export interface KubeletOptions extends WorkerSettings {
  readonly cluster: Cluster
  readonly logs: PodLogWriter
  readonly clock: Clock
  /** Holds a private folder for each run while it runs. */
  readonly directory: string
  /** Runs at a time. */
  readonly concurrency: number
}

/** A Pod that this process has taken on. */
interface Taken {
  pod: Pod
  child?: Child
  stopped?: StopReason
}

/** As the kubelet does (design 4.9). */
const MESSAGE_BYTES = 4096
const FALLBACK_BYTES = 2048
/** What a container runtime says of a program that it can't start. */
const NOT_STARTED = 128
const MANAGER = 'rollbook-kubelet'
/** How long until it looks again for a Secret or ConfigMap that is missing, milliseconds. */
const MOUNT_AGAIN = 2_000

export class Kubelet {
  private readonly options: KubeletOptions
  private readonly queue: PQueue
  private readonly taken = new Map<string, Taken>()
  private readonly ending = new AbortController()
  private readonly fail: (error: unknown) => void

  /** `fail` is told what keeps the kubelet from its work: a cluster that takes no status, a disk that is full. */
  constructor(options: KubeletOptions, fail: (error: unknown) => void) {
    this.options = options
    this.fail = fail
    this.queue = new PQueue({ concurrency: options.concurrency })
  }

  /** Clears what a former process left. Before the first `sync`. */
  async start(): Promise<void> {
    await removeOrphans(this.options.directory)
  }

  /** Looks at a Pod as it is now. Long work goes on behind. */
  async sync(pod: Pod): Promise<void> {
    const { uid = '', deletionTimestamp } = pod.metadata
    const taken = this.taken.get(uid)
    if (taken) {
      taken.pod = pod
      if (deletionTimestamp !== undefined) this.stopOne(taken, 'Deleted')
      return
    }
    if (deletionTimestamp !== undefined) return await this.remove(pod)
    const phase = pod.status?.phase ?? 'Pending'
    if (phase === 'Running') return await this.report(pod, lostStatus())
    if (phase === 'Pending' && !this.ending.signal.aborted) this.take(pod)
  }

  /** True while a Pod runs or waits for its turn. */
  get isBusy(): boolean {
    return this.taken.size > 0
  }

  /** Takes on no further Pod, and waits until those that run have ended by themselves. */
  async drain(): Promise<void> {
    this.ending.abort()
    this.queue.clear()
    for (const taken of this.taken.values()) if (!taken.child) taken.stopped ??= 'Shutdown'
    await this.queue.onIdle()
    // Those that waited are for the next process.
    this.taken.clear()
  }

  /** Asks every child to end and waits until all have; their Pods tell so. */
  async stop(): Promise<void> {
    this.ending.abort()
    for (const taken of this.taken.values()) this.stopOne(taken, 'Shutdown')
    await this.queue.onIdle()
  }

  private take(pod: Pod): void {
    const taken: Taken = { pod }
    const uid = pod.metadata.uid ?? ''
    this.taken.set(uid, taken)
    const work = async () => {
      await this.run(taken).finally(() => this.taken.delete(uid))
      // Deleted meanwhile, perhaps before it began.
      if (taken.pod.metadata.deletionTimestamp !== undefined) await this.remove(taken.pod)
    }
    this.queue.add(work).catch(this.fail)
  }

  private async run(taken: Taken): Promise<void> {
    const folder = await this.mounted(taken)
    if (folder === undefined) return
    // Before the Pod tells of its end: whoever waits for that finds no Secret on the disk any more.
    const status = await this.runIn(folder, taken).finally(() => folder.remove())
    await this.report(taken.pod, status)
  }

  /** Undefined when the Pod was stopped before its volumes were there. */
  private async mounted(taken: Taken): Promise<RunFolder | undefined> {
    const { directory, cluster, clock } = this.options
    let told = ''
    while (taken.stopped === undefined) {
      try {
        return await makeRunFolder(directory, taken.pod, cluster)
      } catch (error) {
        if (!(error instanceof VolumeMissing)) throw error
        if (error.message !== told)
          await this.report(taken.pod, waitingStatus(taken.pod, 'ContainerCreating', error.message))
        told = error.message
      }
      await clock.sleep(MOUNT_AGAIN, this.ending.signal).catch(() => {})
    }
    return undefined
  }

  private async runIn(folder: RunFolder, taken: Taken): Promise<PodStatus> {
    const { clock, logs } = this.options
    const { pod } = taken
    const log = new ContainerLog(logs, pod.metadata)
    const startedAt = clock.now().toISOString()
    // Before there is a process: a Pod that is Running and has none is lost, whoever looks.
    await this.report(pod, runningStatus(pod, startedAt))
    const exit = await this.childRun(folder, taken, log)
    await log.end()
    const message = exit.error ?? (await this.messageOf(pod, { folder, log, exitCode: exit.exitCode }))
    const { stopped } = taken
    const ended = { ...exit, message, startedAt, finishedAt: clock.now().toISOString() }
    return endedStatus(pod, stopped === undefined ? ended : { ...ended, stopped })
  }

  /** Until the child has ended; `error` when it could not even start. */
  private async childRun(
    folder: RunFolder,
    taken: Taken,
    log: ContainerLog,
  ): Promise<ChildExit & { readonly error?: string }> {
    const { activeDeadlineSeconds, terminationGracePeriodSeconds } = taken.pod.spec
    let child: Child
    try {
      child = await startChild({
        ...workerCommand(taken.pod, folder, this.options),
        cwd: folder.temporary,
        folder: folder.path,
        output: piece => log.write(piece),
      })
    } catch (error) {
      const message = `the worker could not be started: ${(error as Error).message}`
      return { exitCode: NOT_STARTED, isOutOfMemory: false, error: message }
    }
    taken.child = child
    await rememberProcess(folder.path, child.pid)
    if (taken.stopped !== undefined) child.stop(terminationGracePeriodSeconds)
    const done = new AbortController()
    void this.stopAfter(taken, activeDeadlineSeconds, done.signal)
    return await child.ended.finally(() => done.abort())
  }

  /** The Pod's deadline, unless it is done before. */
  private async stopAfter(taken: Taken, seconds: number, done: AbortSignal): Promise<void> {
    try {
      await this.options.clock.sleep(seconds * 1000, done)
    } catch (error) {
      if (done.aborted) return
      throw error
    }
    this.stopOne(taken, 'DeadlineExceeded')
  }

  private async messageOf(
    pod: Pod,
    { folder, log, exitCode }: { readonly folder: RunFolder; readonly log: ContainerLog; readonly exitCode: number },
  ): Promise<string> {
    const [container] = pod.spec.containers
    const path = container?.terminationMessagePath ?? '/dev/termination-log'
    const message = await terminationMessageIn(folder.root, path, MESSAGE_BYTES)
    const isFromLog = container?.terminationMessagePolicy === 'FallbackToLogsOnError' && exitCode !== 0
    return message === '' && isFromLog ? log.tail(FALLBACK_BYTES) : message
  }

  private stopOne(taken: Taken, reason: StopReason): void {
    taken.stopped ??= reason
    taken.child?.stop(taken.pod.spec.terminationGracePeriodSeconds)
  }

  /** A Pod that is gone needs no status. */
  private async report({ metadata }: Pod, status: PodStatus): Promise<void> {
    const { cluster } = this.options
    const { namespace, name, uid } = metadata
    const current = await cluster.get(PODS, { namespace, name })
    if (current?.metadata.uid !== uid) return
    await cluster.applyStatus(PODS, { metadata: { namespace, name }, status }, { manager: MANAGER })
  }

  private async remove({ metadata: { namespace, name, uid } }: Pod): Promise<void> {
    const { cluster } = this.options
    await cluster.delete(PODS, { namespace, name }, { ...(uid === undefined ? {} : { uid }), gracePeriodSeconds: 0 })
  }
}

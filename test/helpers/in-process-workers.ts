// The real worker in the test's own process: a Pod's files, its request, its run against real repositories. A worker can be
// held at its begin, before its push, or when all is done, until the test lets it go on or kills it there.

import type { Cluster } from '../../src/cluster/cluster.ts'
import { PODS } from '../../src/cluster/types.ts'
import { configMapDirectory } from '../../src/commands/config-map-stores.ts'
import { Ended } from '../../src/commands/ended.ts'
import { exitCodeOf } from '../../src/commands/exit-code.ts'
import { secretDirectory } from '../../src/commands/secret-stores.ts'
import { workerLog } from '../../src/commands/worker-log.ts'
import type { GitEngine, GitStore } from '../../src/git/engine.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { runningStatus, waitingStatus } from '../../src/local/pod-status.ts'
import { hostPath, makeRunFolder, type RunFolder, VolumeMissing } from '../../src/local/run-folder.ts'
import { branchLock } from '../../src/reconcile/branch-lock.ts'
import type { RunRequest } from '../../src/resources/request.ts'
import { checkRequest } from '../../src/resources/request-check.ts'
import type { Job, Pod, PodStatus } from '../../src/resources/workload.ts'
import { execute } from '../../src/run/execute.ts'
import { terminationMessage } from '../../src/run/termination-message.ts'
import type { PlayedEnd } from './played-kubelet.ts'
import { requestOf } from './played-worker.ts'
import { runEnvironment } from './run-environment.ts'

export type HoldPoint = 'begin' | 'push' | 'end'

/** What is to become of a worker. */
export interface Fate {
  /** Where it is held; undefined for one that runs to its end. */
  readonly hold: HoldPoint | undefined
  /** Its node has gone when it is told to end: nobody confirms that. */
  readonly isDeaf: boolean
}

export interface InProcessWorkersOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  /** For the folders of runs and their scratch folders. */
  readonly directory: string
  fate(job: Job): Fate
}

/** One worker, from the start of its container. */
interface Attempt {
  readonly name: string
  readonly request: RunRequest
  readonly fate: Fate
  readonly startedAt: number
  readonly ending: AbortController
  held?: { readonly at: HoldPoint; readonly go: () => void; readonly fail: (error: unknown) => void }
  over?: PlayedEnd
}

/** The process is gone: nothing that it would have done happens. */
class Killed extends Error {
  readonly end: PlayedEnd

  constructor(end: PlayedEnd) {
    super('killed')
    this.end = end
  }
}

const SECRETS = '/etc/rollbook/secrets'
const CONFIG_MAPS = '/etc/rollbook/configmaps'
/** As long as an API server waits for a node that does not answer, before somebody removes the Pod by force. */
const DEAF_MS = 400_000
const KILLED: PlayedEnd = { exitCode: 137 }

export class InProcessWorkers {
  /** Rules that were broken: two writers of one branch, two workers of one resource. */
  readonly broken: string[] = []
  /** Run ids of all workers ever started. */
  readonly runs = new Set<string>()
  private readonly options: InProcessWorkersOptions
  private readonly attempts = new Map<string, Attempt>()
  private readonly mounting = new Set<string>()
  /** Pods whose volumes were not there when they were last looked for. */
  private readonly unmounted = new Set<string>()
  private computing = 0
  private waiting: (() => void)[] = []

  constructor(options: InProcessWorkersOptions) {
    this.options = options
  }

  /** For a played kubelet: starts the worker when it is first asked. */
  end(job: Job, pod: Pod): PlayedEnd | undefined {
    const attempt = this.attempts.get(uidOf(pod))
    if (!attempt) {
      const isTried = this.mounting.has(uidOf(pod)) || this.unmounted.has(uidOf(pod))
      if (!isTried) this.compute(this.start(job, pod))
      return undefined
    }
    const limit = attempt.startedAt + pod.spec.activeDeadlineSeconds * 1000
    if (attempt.held && this.options.clock.elapsed() >= limit)
      this.finish(attempt, { exitCode: 137, podReason: 'DeadlineExceeded' })
    return attempt.over
  }

  /** For a played kubelet: the Pod was deleted. */
  stop(pod: Pod): PlayedEnd | 'going' | 'gone' {
    const attempt = this.attempts.get(uidOf(pod))
    if (!attempt) return this.mounting.has(uidOf(pod)) ? 'going' : 'gone'
    if (attempt.over) return attempt.over
    if (attempt.fate.isDeaf) {
      if (attempt.held) this.finish(attempt, KILLED)
      const told = Date.parse(pod.metadata.deletionTimestamp ?? '')
      return this.options.clock.now().getTime() - told > DEAF_MS ? 'gone' : 'going'
    }
    attempt.ending.abort(new Ended('SIGTERM'))
    // What is done before the signal comes is told as it ended.
    if (attempt.held?.at === 'end') attempt.held.go()
    return 'going'
  }

  /** Names of the Jobs whose workers are held. */
  held(): string[] {
    return [...this.attempts.values()].filter(({ held }) => held).map(({ name, held }) => `${name} ${held?.at}`)
  }

  /** Lets the first of them go on. */
  release(held: string): void {
    this.find(held)?.held?.go()
  }

  /** Ends one of them where it is. */
  kill(held: string, end: PlayedEnd): void {
    const attempt = this.find(held)
    if (attempt) this.finish(attempt, end)
  }

  /** Pods that wait for their volumes look for them once more. */
  remount(): void {
    this.unmounted.clear()
  }

  /** False when every worker is held or over. */
  get isComputing(): boolean {
    return this.computing > 0
  }

  /** Resolves when every worker is held or over. */
  async quiet(): Promise<void> {
    while (this.computing > 0) await new Promise<void>(resolve => this.waiting.push(resolve))
  }

  private find(held: string): Attempt | undefined {
    return [...this.attempts.values()].find(({ name, held: at }) => at && `${name} ${at.at}` === held)
  }

  private finish(attempt: Attempt, end: PlayedEnd): void {
    attempt.held?.fail(new Killed(end))
    attempt.over = end
  }

  private compute(work: Promise<void>): void {
    this.begin()
    void work.finally(() => this.rest())
  }

  private begin(): void {
    this.computing++
  }

  private rest(): void {
    if (--this.computing > 0) return
    for (const resolve of this.waiting.splice(0)) resolve()
  }

  private async start(job: Job, pod: Pod): Promise<void> {
    const { cluster, directory, clock, fate } = this.options
    const uid = uidOf(pod)
    this.mounting.add(uid)
    try {
      const folder = await makeRunFolder(directory, pod, cluster)
      const request = checkRequest(requestOf(job))
      const attempt: Attempt = {
        name: job.metadata.name,
        request,
        fate: fate(job),
        startedAt: clock.elapsed(),
        ending: new AbortController(),
      }
      this.checkAlone(attempt)
      this.attempts.set(uid, attempt)
      this.runs.add(request.runId)
      await this.report(pod, runningStatus(pod, clock.now().toISOString()))
      this.compute(this.run(attempt, folder))
    } catch (error) {
      if (!(error instanceof VolumeMissing)) throw error
      this.unmounted.add(uid)
      await this.report(pod, waitingStatus(pod, 'ContainerCreating', error.message))
    } finally {
      this.mounting.delete(uid)
    }
  }

  private async run(attempt: Attempt, folder: RunFolder): Promise<void> {
    try {
      const end = await this.worker(attempt, folder)
      attempt.over ??= end
    } catch (error) {
      if (error instanceof Killed) attempt.over ??= error.end
      else if (error instanceof Ended) attempt.over ??= { exitCode: 143 }
      else {
        this.broken.push(`the worker of ${attempt.name} failed: ${error instanceof Error ? error.stack : error}`)
        attempt.over ??= { exitCode: 1 }
      }
    } finally {
      await folder.remove()
    }
  }

  private async worker(attempt: Attempt, { root, temporary }: RunFolder): Promise<PlayedEnd> {
    await this.pause(attempt, 'begin')
    const { clock } = this.options
    const environment = runEnvironment(temporary, withoutWaiting(clock))
    const executed = await execute(attempt.request, {
      ...environment,
      git: pausedBeforePush(environment.git, () => this.pause(attempt, 'push')),
      secrets: secretDirectory(hostPath(root, SECRETS)),
      configMaps: configMapDirectory(hostPath(root, CONFIG_MAPS)),
      signal: attempt.ending.signal,
    })
    await this.pause(attempt, 'end')
    const message = terminationMessage(executed.result)
    return { exitCode: exitCodeOf(executed, false), message, log: [...workerLog(executed)].join('') }
  }

  private async pause(attempt: Attempt, at: HoldPoint): Promise<void> {
    const { signal } = attempt.ending
    if (at !== 'end') signal.throwIfAborted()
    if (attempt.fate.hold !== at) return
    await new Promise<void>((resolve, reject) => {
      const leave = (done: () => void) => {
        if (attempt.held !== held) return
        delete attempt.held
        this.begin()
        done()
      }
      const held = { at, go: () => leave(resolve), fail: (error: unknown) => leave(() => reject(error)) }
      attempt.held = held
      if (at !== 'end') signal.addEventListener('abort', () => held.fail(signal.reason), { once: true })
      this.rest()
    })
  }

  private checkAlone(attempt: Attempt): void {
    const { request, name } = attempt
    const branch = branchLock(request)
    for (const other of this.attempts.values()) {
      if (other.over) continue
      if (other.request.resource.uid === request.resource.uid)
        this.broken.push(`${name} and ${other.name} are workers of one resource at a time`)
      if (branch !== undefined && branchLock(other.request) === branch)
        this.broken.push(`${name} and ${other.name} write ${branch} at a time`)
    }
  }

  /** A Pod that is gone needs no status. */
  private async report({ metadata: { namespace, name, uid } }: Pod, status: PodStatus): Promise<void> {
    const { cluster } = this.options
    const current = await cluster.get(PODS, { namespace, name })
    if (current?.metadata.uid !== uid) return
    if (JSON.stringify(current?.status) === JSON.stringify(status)) return
    await cluster.applyStatus(PODS, { metadata: { namespace, name }, status }, { manager: 'in-process-workers' })
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? ''
}

/** The pauses of a worker take no time of the clock, which stands while it computes. */
function withoutWaiting(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    elapsed: () => clock.elapsed(),
    random: () => clock.random(),
    sleep: async (_, signal) => signal.throwIfAborted(),
  }
}

function pausedBeforePush(engine: GitEngine, pause: () => Promise<void>): GitEngine {
  return {
    name: engine.name,
    probe: (...question) => engine.probe(...question),
    open: async (...place) => {
      const store = await engine.open(...place)
      return new Proxy(store, {
        get(target, key) {
          if (key === 'push') return (...push: Parameters<GitStore['push']>) => pause().then(() => target.push(...push))
          const member: unknown = Reflect.get(target, key)
          return typeof member === 'function' ? member.bind(target) : member
        },
      })
    },
  }
}

// The whole product in the test's process: a cluster in a state directory, the controllers, the real worker, repositories on
// disk, and a clock that the test moves. Controllers and workers can die at any step.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Cluster, ObjectType } from '../../src/cluster/cluster.ts'
import type { MemoryCluster } from '../../src/cluster/memory/cluster.ts'
import { openMemoryCluster } from '../../src/cluster/memory/open.ts'
import { systemHostGuard } from '../../src/commands/host-settings.ts'
import { Controllers } from '../../src/controller/controllers.ts'
import { gitProbe } from '../../src/controller/git-probe.ts'
import { NO_MEASURES } from '../../src/controller/measures.ts'
import { sha256Hex } from '../../src/lib/hash.ts'
import { planResource } from '../../src/reconcile/plan-resource.ts'
import type { Status } from '../../src/reconcile/subject.ts'
import type { RollbookResource } from '../../src/resources/kinds.ts'
import { INSTALL, type LogLine, linesInto, withCalls } from './controllers.ts'
import { type DoomedCluster, doomedCluster, type Kill } from './doomed-cluster.ts'
import { temporaryDirectory } from './git-repository.ts'
import { type Fate, InProcessWorkers } from './in-process-workers.ts'
import { checkStatusLaws } from './laws.ts'
import { PlayedClock } from './played-clock.ts'
import { PlayedKubelet } from './played-kubelet.ts'
import { randomFrom } from './random.ts'

/** Runs at a time: fewer than there are resources, so that some wait. */
const RUNS = 3
const STEP_MS = 60_000
/** Turns of the event loop for controllers to read their caches; more than they need. */
const MOST_TURNS = 100_000

export class WholeSite {
  readonly clock: PlayedClock
  readonly log: LogLine[] = []
  /** Laws and rules that were broken. */
  readonly broken: string[] = []
  readonly directory: string
  readonly memory: MemoryCluster
  readonly workers: InProcessWorkers
  /** False: from now on every worker runs to its end. */
  holds = true
  private readonly kubelet: PlayedKubelet
  private readonly lawful: Cluster
  private readonly statuses = new Map<string, Status>()
  private controllers: Controllers
  private doomed: DoomedCluster

  private constructor(directory: string, memory: MemoryCluster, { clock, seed }: { clock: PlayedClock; seed: number }) {
    this.directory = directory
    this.memory = memory
    this.clock = clock
    this.workers = new InProcessWorkers({
      cluster: memory,
      clock,
      directory: join(directory, 'runs'),
      // By the Job, so that it does not matter which of two workers starts first.
      fate: job =>
        this.holds ? fateOf(randomFrom(seed ^ Number.parseInt(sha256Hex(job.metadata.name).slice(0, 8), 16))) : FREE,
    })
    this.kubelet = new PlayedKubelet({
      cluster: memory,
      clock,
      playsJobs: true,
      end: (job, pod) => this.workers.end(job, pod),
      stop: pod => this.workers.stop(pod),
      log: async (pod, text) => {
        await memory.podLogs.append(pod.metadata, Buffer.from(text))
        await memory.podLogs.end(pod.metadata)
      },
    })
    this.lawful = withCalls(memory, async (name, call) => {
      const answer = await call()
      if (name === 'applyStatus') this.checkStatus(answer as RollbookResource)
      return answer
    })
    this.doomed = doomedCluster(this.lawful, undefined)
    this.controllers = this.launched()
  }

  /** Empty, with controllers that have begun. */
  static async open(t: Test, seed: number): Promise<WholeSite> {
    const directory = await temporaryDirectory(t)
    await mkdir(join(directory, 'runs'))
    const clock = new PlayedClock()
    let uids = 0
    const uid = () => `00000000-0000-4000-8000-${String(++uids).padStart(12, '0')}`
    const { cluster, close } = await openMemoryCluster({ directory: join(directory, 'state'), clock, uid })
    const site = new WholeSite(directory, cluster, { clock, seed })
    t.teardown(async () => {
      for (const held of site.workers.held()) site.workers.kill(held, { exitCode: 137 })
      await site.controllers.stop()
      await site.workers.quiet()
      await close()
    })
    await site.settle()
    return site
  }

  /** Another controller process, in place of the one that was; it dies at a call when it is told so. */
  async restart(kill: Kill | undefined): Promise<void> {
    await this.controllers.stop()
    this.doomed = doomedCluster(this.lawful, kill)
    this.controllers = this.launched()
  }

  /** Until nothing moves any more, while time stands. A controller that dies is followed by another one. */
  async settle(): Promise<void> {
    this.workers.remount()
    for (;;) {
      do await this.quiesce()
      while ((await this.kubelet.play()) || this.workers.isComputing)
      if (!this.doomed.isDead()) return
      await this.restart(undefined)
    }
  }

  /** Lets time pass, and settles, a minute at a time. */
  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= STEP_MS) {
      await this.clock.advance(Math.min(left, STEP_MS))
      await this.settle()
    }
  }

  /** All resources of ours of one kind. */
  async all<T extends RollbookResource>(type: ObjectType<T>): Promise<readonly T[]> {
    return (await this.memory.list(type)).items
  }

  private launched(): Controllers {
    const controllers = new Controllers({
      cluster: this.doomed.cluster,
      clock: this.clock,
      plan: planResource,
      install: INSTALL,
      concurrency: 4,
      maxConcurrentRuns: RUNS,
      maxConcurrentProbes: 4,
      guard: systemHostGuard,
      git: gitProbe({ allowFile: true, allowHttp: false, ambient: { PATH: process.env['PATH'] } }),
      log: linesInto(this.log),
      measures: NO_MEASURES,
    })
    // Stopped before it had read everything.
    void controllers.start().catch(() => undefined)
    return controllers
  }

  private async quiesce(): Promise<void> {
    for (let turn = 0; !this.controllers.ready && !this.doomed.isDead(); turn++) {
      if (turn > MOST_TURNS) throw new Error('the controllers never begin')
      await new Promise<void>(resolve => setImmediate(resolve))
    }
    do {
      await this.clock.advance(0)
      await this.controllers.idle()
      await this.workers.quiet()
      await this.clock.advance(0)
    } while (!this.doomed.isDead() && this.controllers.figures().queue.depth > 0)
  }

  private checkStatus(resource: RollbookResource): void {
    const uid = resource.metadata.uid ?? ''
    this.broken.push(...checkStatusLaws(resource, this.statuses.get(uid)))
    this.statuses.set(uid, (resource.status ?? {}) as Status)
  }
}

const FREE: Fate = { hold: undefined, isDeaf: false }

function fateOf(random: () => number): Fate {
  const chance = random()
  const hold = chance < 0.1 ? 'begin' : chance < 0.25 ? 'push' : chance < 0.4 ? 'end' : undefined
  return { hold, isDeaf: random() < 0.15 }
}

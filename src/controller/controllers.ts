// The controllers of all kinds at work: caches feed the queue, the queue feeds passes. One resource that fails, hangs or can't
// be understood never holds up the others.
import { setMaxListeners } from 'node:events'
import type { Cluster, ObjectName } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { HostGuard, HostPolicy } from '../lib/hosts.ts'
import type { InstallSettings } from '../reconcile/observed.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import { runRecordOf } from '../resources/run-record.ts'
import { type Caches, openCaches } from './caches.ts'
import type { ControllerLog } from './controller-log.ts'
import { Dependencies } from './dependencies.ts'
import { Events } from './events.ts'
import type { GitProbe } from './git-probe.ts'
import { Intake } from './intake.ts'
import type { Measures } from './measures.ts'
import { isUnfinished } from './observe.ts'
import { PodLogReader } from './pod-log.ts'
import { Probes } from './probes.ts'
import { type Planner, Reconciler } from './reconciler.ts'
import { keyOf, parseKey } from './resource-key.ts'
import { logNews, runNews } from './run-news.ts'
import { Slots } from './slots.ts'
import { WorkQueue, type WorkQueueFigures } from './work-queue.ts'
import { World } from './world.ts'

export interface ControllersOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  /** What each resource wants done (reconcile/). */
  readonly plan: Planner
  readonly install: InstallSettings
  /** Absent: every namespace. */
  readonly namespaces?: readonly string[]
  /** Passes at a time; they wait for the cluster, not for anything else. */
  readonly concurrency: number
  /** Runs at a time, of all resources together. */
  readonly maxConcurrentRuns: number
  /** Probes at a time. */
  readonly maxConcurrentProbes: number
  /** The guard of a policy, with the machine's resolver. */
  readonly guard: (policy: HostPolicy) => HostGuard
  readonly git: GitProbe
  readonly log: ControllerLog
  readonly measures: Measures
}

export interface ControllerFigures {
  readonly queue: WorkQueueFigures
  readonly runs: { readonly running: number; readonly queued: number }
}

/** Milliseconds that a probe may take. */
const PROBE_PATIENCE = 60_000
const SHORTEST_PAUSE = 1_000

export class Controllers {
  private readonly options: ControllersOptions
  private readonly world = new World()
  private readonly queue: WorkQueue
  private readonly slots: Slots
  private readonly probes: Probes
  private readonly dependencies: Dependencies
  private readonly events: Events
  private readonly reconciler: Reconciler
  private readonly intake: Intake
  private readonly ending = new AbortController()
  private caches: Caches | undefined
  private started = false

  constructor(options: ControllersOptions) {
    this.options = options
    const { cluster, clock, guard, git, log, measures, plan, install } = options
    // Every watch listens for the end.
    setMaxListeners(0, this.ending.signal)
    this.queue = new WorkQueue({
      clock,
      concurrency: options.concurrency,
      process: key => this.process(key),
      failed: (key, error, retryAfter) => this.tellFailure(key, error, retryAfter),
    })
    const wake = (key: string) => this.wake(key)
    this.slots = new Slots({ limit: options.maxConcurrentRuns, granted: wake })
    this.dependencies = new Dependencies(cluster, clock)
    this.probes = new Probes({
      access: { cluster, clock, guard, git },
      concurrency: options.maxConcurrentProbes,
      patience: PROBE_PATIENCE,
      answered: wake,
      measured: measures.probeEnded,
    })
    this.events = new Events({
      cluster,
      clock,
      failed: (about, event, error) =>
        log.debug('an event could not be written', {
          resource: keyOf(about),
          event: event.reason,
          error: error.message,
        }),
    })
    this.intake = new Intake({
      cluster,
      clock,
      log,
      world: this.world,
      wake,
      gone: (key, uid) => this.forget(key, uid),
      outdated: configMap => this.dependencies.forget({ kind: 'ConfigMap', ...configMap }),
    })
    this.reconciler = new Reconciler({
      plan,
      cluster,
      clock,
      install,
      world: this.world,
      dependencies: this.dependencies,
      probes: this.probes,
      slots: this.slots,
      events: this.events,
      logs: new PodLogReader(cluster, clock),
      startedAt: clock.now(),
      written: (before, after) => this.written(before, after),
    })
  }

  /** Reads everything, then begins. Resolves when the first passes are on their way; rejects when `stop` comes first. */
  async start(): Promise<void> {
    const { cluster, clock, namespaces, log } = this.options
    this.caches = openCaches({
      cluster,
      clock,
      ...(namespaces ? { namespaces } : {}),
      signal: this.ending.signal,
      log,
      ...this.intake.listeners(),
    })
    await this.caches.ready
    this.holdSlots()
    this.started = true
    for (const key of this.world.keys()) this.queue.add(key)
    log.info('the controllers have begun', { resources: [...this.world.keys()].length })
  }

  /** True when everything was read and passes are made. */
  get ready(): boolean {
    return this.started && !this.ending.signal.aborted
  }

  /** Resolves when nothing waits for a pass or a probe; what is due later does not count. */
  async idle(): Promise<void> {
    do {
      await this.queue.idle()
      await this.probes.idle()
      await this.events.idle()
    } while (this.queue.figures().depth > 0)
  }

  /** Passes under way are ended, no other begins. */
  async stop(): Promise<void> {
    this.ending.abort()
    await Promise.all([this.probes.stop(), this.intake.stop(), this.queue.stop()])
    await this.events.idle()
    await this.caches?.closed
  }

  /** For who is told of Secrets, which the controllers themselves never watch: what waits for this one is looked at now. */
  secretChanged(secret: ObjectName): void {
    this.dependencies.forget({ kind: 'Secret', ...secret })
    for (const key of this.world.keys()) if (parseKey(key).namespace === secret.namespace) this.wake(key)
  }

  figures(): ControllerFigures {
    return { queue: this.queue.figures(), runs: { running: this.slots.running, queued: this.slots.queued } }
  }

  /** Every resource that is known, also those that can't be used. */
  *resources(): Iterable<RollbookResource> {
    for (const key of this.world.keys()) {
      const known = this.world.resource(key)
      if (known) yield known.resource
    }
  }

  private async process(key: string): Promise<'done' | 'again'> {
    const { clock, measures } = this.options
    const begin = clock.elapsed()
    let result: 'done' | 'refused' | 'failed' = 'failed'
    try {
      const { refused, wake, again } = await this.reconciler.pass(key)
      // A plan that is never content with the time must not keep the process busy.
      if (wake) this.queue.addAt(key, new Date(Math.max(wake.getTime(), clock.now().getTime() + SHORTEST_PAUSE)))
      if (again !== undefined) this.queue.addAfter(key, again)
      result = refused ? 'refused' : 'done'
      return refused ? 'again' : 'done'
    } finally {
      measures.passEnded(parseKey(key).kind, (clock.elapsed() - begin) / 1000, result)
    }
  }

  /** Before everything is read there is nothing to plan with. */
  private wake(key: string): void {
    if (this.started) this.queue.add(key)
  }

  private forget(key: string, uid: string | undefined): void {
    this.queue.forget(key)
    this.probes.forget(key)
    this.slots.release(key)
    if (uid !== undefined) this.events.forget(uid)
  }

  private written(before: RollbookResource, after: RollbookResource): void {
    const { log, measures } = this.options
    this.intake.written(before, after)
    const resource = keyOf(after)
    for (const news of runNews(before, after)) {
      if (news.type === 'ended') measures.runEnded(after.kind, news.run)
      // Of a resource that is not valid the intake has told.
      if (news.type !== 'stalled' || this.world.usable(resource)) logNews(log, resource, news)
    }
  }

  /** Jobs of a former controller hold their slots before anything is started. */
  private holdSlots(): void {
    for (const key of this.world.keys()) {
      const uid = this.world.resource(key)?.resource.metadata.uid ?? ''
      const running = this.world.jobsOf(uid).find(isUnfinished)
      if (running) this.slots.hold(key, runRecordOf(running)?.branch)
    }
  }

  private tellFailure(key: string, error: unknown, retryAfter: number): void {
    const { log } = this.options
    const isExpected = error instanceof ClusterError
    const message = error instanceof Error ? error.message : String(error)
    const fields = { resource: key, error: message, retryAfterSeconds: Math.round(retryAfter / 1000) }
    if (isExpected) log.warn('a pass failed, and is made again', fields)
    else log.error('a defect: a pass failed, and is made again', fields)
    if (error instanceof Error) log.debug('where it failed', { resource: key, stack: error.stack })
  }
}

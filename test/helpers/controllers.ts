// Controllers on a memory cluster, with a clock that the test moves and a kubelet that the test plays.
import type { Test } from 'tap'
import type { Cluster, ClusterObject, ObjectType } from '../../src/cluster/cluster.ts'
import { type MemoryCluster, memoryCluster } from '../../src/cluster/memory/cluster.ts'
import { EVENTS, typeOf } from '../../src/cluster/types.ts'
import type { ControllerLog, LogFields } from '../../src/controller/controller-log.ts'
import { Controllers, type ControllersOptions } from '../../src/controller/controllers.ts'
import type { GitProbe } from '../../src/controller/git-probe.ts'
import { NO_MEASURES } from '../../src/controller/measures.ts'
import type { Planner } from '../../src/controller/reconciler.ts'
import { hostGuard, LOCAL_HOSTS } from '../../src/lib/hosts.ts'
import type { InstallSettings } from '../../src/reconcile/observed.ts'
import type { MCPRegistryImportJob } from '../../src/resources/generated/types.ts'
import { PlayedClock } from './played-clock.ts'
import { type PlayedEnd, PlayedKubelet } from './played-kubelet.ts'
import { until } from './until.ts'

export interface LogLine extends LogFields {
  readonly level: string
  readonly text: string
}

export interface ControllerSite {
  readonly memory: MemoryCluster
  readonly clock: PlayedClock
  readonly kubelet: PlayedKubelet
  readonly log: LogLine[]
  /** A new process, that begins; those before it should be stopped. */
  launch(options?: Partial<ControllersOptions>): Controllers
  /** The same, when it has begun. */
  start(options?: Partial<ControllersOptions>): Promise<Controllers>
  /** Until nothing moves any more, while time stands. */
  settle(): Promise<void>
  /** Lets time pass, and settles. */
  pass(milliseconds: number): Promise<void>
}

export const IMPORTS: ObjectType<MCPRegistryImportJob> = typeOf('MCPRegistryImportJob')

export const INSTALL: InstallSettings = { image: 'rollbook:test', hosts: LOCAL_HOSTS, jitter: 0 }

export interface SiteOptions {
  readonly plan: Planner
  /** How workers end; default with exit code 0. */
  end?: ConstructorParameters<typeof PlayedKubelet>[0]['end']
  readonly git?: GitProbe
}

export async function controllerSite(
  t: Test,
  { plan, end = () => DONE, git = noGit }: SiteOptions,
): Promise<ControllerSite> {
  const clock = new PlayedClock()
  let uids = 0
  const memory = memoryCluster({ clock, uid: () => `00000000-0000-4000-8000-${String(++uids).padStart(12, '0')}` })
  const kubelet = new PlayedKubelet({
    cluster: memory,
    clock,
    playsJobs: true,
    end,
    log: async (pod, text) => {
      await memory.podLogs.append(pod.metadata, Buffer.from(text))
      await memory.podLogs.end(pod.metadata)
    },
  })
  const log: LogLine[] = []
  const running: Controllers[] = []
  t.teardown(() => Promise.all(running.map(controllers => controllers.stop())))
  const settle = async () => {
    do await clock.advance(0)
    while (await kubelet.play())
    await clock.advance(0)
  }
  const launch = (options: Partial<ControllersOptions> = {}) => {
    const controllers = new Controllers({
      cluster: memory,
      clock,
      plan,
      install: INSTALL,
      concurrency: 4,
      maxConcurrentRuns: 10,
      maxConcurrentProbes: 4,
      guard: policy => hostGuard(policy, async () => []),
      git,
      log: linesInto(log),
      measures: NO_MEASURES,
      ...options,
    })
    running.push(controllers)
    // Stopped before it had read everything.
    void controllers.start().catch(() => undefined)
    return controllers
  }
  return {
    memory,
    clock,
    kubelet,
    log,
    settle,
    launch,
    async start(options = {}) {
      const controllers = launch(options)
      await until(() => controllers.ready, 'the controllers')
      return controllers
    },
    async pass(milliseconds) {
      await clock.advance(milliseconds)
      await settle()
    },
  }
}

/** An import job of two repositories that nobody asks. */
export function importJob(name: string, spec: Readonly<Record<string, unknown>> = {}): MCPRegistryImportJob {
  // Defaults are the cluster's to fill in.
  return {
    apiVersion: 'toolhive.stacklok.io/v1alpha1',
    kind: 'MCPRegistryImportJob',
    metadata: { name, namespace: 'team' },
    spec: {
      source: { type: 'git', git: { repository: 'https://git.example.com/source.git' } },
      target: { git: { repository: 'https://git.example.com/target.git', path: `${name}/registry.json` } },
      ...spec,
    },
  } as unknown as MCPRegistryImportJob
}

/** `reason ×count: message` of every event, sorted. */
export async function eventsOf(cluster: Cluster, namespace = 'team'): Promise<string[]> {
  const { items } = await cluster.list(EVENTS, { namespace })
  return items.map(({ reason, count, message }) => `${reason} ×${count}: ${message}`).sort()
}

/** The object, which must be there. */
export async function stored<T extends ClusterObject>(cluster: Cluster, type: ObjectType<T>, name: string): Promise<T> {
  const object = await cluster.get(type, { namespace: 'team', name })
  if (!object) throw new Error(`there is no ${type.kind} ${name}`)
  return object
}

const DONE: PlayedEnd = { exitCode: 0 }

const noGit: GitProbe = () => Promise.reject(new Error('this test has no git'))

/** Keeps what is logged. */
export function linesInto(lines: LogLine[]): ControllerLog {
  const at =
    (level: string) =>
    (text: string, fields: LogFields = {}) => {
      lines.push({ ...fields, level, text })
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const CALLS = [
  'get',
  'list',
  'watch',
  'create',
  'apply',
  'applyStatus',
  'patch',
  'delete',
  'podLog',
  'followPodLog',
] as const satisfies readonly (keyof Cluster)[]

/** The cluster, but for the calls that are given. */
export function changedCluster(cluster: Cluster, changes: Changes): Cluster {
  const calls = CALLS.map(name => [name, changes[name] ?? cluster[name].bind(cluster)])
  return Object.fromEntries(calls) as Cluster
}

type Changes = { readonly [K in keyof Cluster]?: (...args: Parameters<Cluster[K]>) => unknown }

/** The cluster, whose every call passes through `around`, which may do something else instead. */
export function withCalls(
  cluster: Cluster,
  around: (call: keyof Cluster, go: () => Promise<unknown>, kind: string) => Promise<unknown>,
): Cluster {
  const calls = CALLS.map(name => [
    name,
    (...args: [ObjectType, ...unknown[]]) => {
      const go = async () => (cluster[name] as (...all: unknown[]) => unknown).apply(cluster, args)
      const answer = () => around(name, go, args[0].kind ?? 'Pod')
      return name === 'watch' || name === 'followPodLog' ? later(answer) : answer()
    },
  ])
  return Object.fromEntries(calls) as Cluster
}

async function* later(open: () => Promise<unknown>): AsyncIterable<unknown> {
  yield* (await open()) as AsyncIterable<unknown>
}

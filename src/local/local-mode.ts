// The whole product in one process: the controllers on a memory cluster, and under it a node that runs Jobs as child processes.
import { once } from 'node:events'
import type { Cluster, ObjectType } from '../cluster/cluster.ts'
import { follow } from '../cluster/follow.ts'
import type { MemoryCluster } from '../cluster/memory/cluster.ts'
import { JOBS, SECRETS, typeOf } from '../cluster/types.ts'
import type { ControllerLog } from '../controller/controller-log.ts'
import { Controllers } from '../controller/controllers.ts'
import type { GitProbe } from '../controller/git-probe.ts'
import { NO_MEASURES } from '../controller/measures.ts'
import type { Clock } from '../lib/clock.ts'
import { type HostGuard, type HostPolicy, LOCAL_HOSTS } from '../lib/hosts.ts'
import type { SecretStore } from '../lib/secrets.ts'
import { planResource } from '../reconcile/plan-resource.ts'
import { activeRunOf, kindNames, type RollbookResource } from '../resources/kinds.ts'
import { RUN_REQUESTED_AT } from '../resources/names.ts'
import type { Job } from '../resources/workload.ts'
import { LocalNode } from './node.ts'
import { withSecrets } from './secret-overlay.ts'
import type { WorkerSettings } from './worker-command.ts'

export interface LocalModeOptions extends WorkerSettings {
  readonly cluster: MemoryCluster
  readonly clock: Clock
  /** For the folders of runs. */
  readonly directory: string
  /** Asked before the Secrets of the cluster. */
  readonly secrets: SecretStore | undefined
  /** Runs at a time. */
  readonly concurrency: number
  readonly guard: (policy: HostPolicy) => HostGuard
  readonly git: GitProbe
  readonly log: ControllerLog
  readonly officialBaseUrls?: Readonly<Record<string, string>>
}

export interface LocalMode {
  /** Rejects when it can't go on: the state directory takes no more writes. */
  readonly failed: Promise<never>
  /** Resolves when nothing is left to do: no run is under way or due, no retry waits. Schedules and intervals don't count. */
  settled(signal: AbortSignal): Promise<void>
  /**
   * Begins nothing else, and lets runs that are under way end by themselves; when the signal fires, they are ended as a
   * kubelet would, and made again by whoever comes next. Returns when all is written.
   */
  stop(hurry: AbortSignal): Promise<void>
}

/** Passes and probes at a time; they wait for others, not for this process. */
const PASSES = 4
const PROBES = 8

export async function startLocalMode(options: LocalModeOptions): Promise<LocalMode> {
  const { clock, log, guard, concurrency, officialBaseUrls } = options
  const cluster = withSecrets(options.cluster, options.secrets)
  const node = new LocalNode({ ...options, cluster, logs: options.cluster.podLogs })
  const controllers = new Controllers({
    cluster,
    clock,
    plan: planResource,
    install: {
      image: 'local',
      hosts: LOCAL_HOSTS,
      jitter: 0,
      ...(officialBaseUrls === undefined ? {} : { officialBaseUrls }),
    },
    concurrency: PASSES,
    maxConcurrentRuns: concurrency,
    maxConcurrentProbes: PROBES,
    guard,
    git: options.useGitCredentials ? withUserConfig(options.git) : options.git,
    log,
    measures: NO_MEASURES,
  })
  const { failed } = await node.start()
  await controllers.start()
  const ending = new AbortController()
  const telling = tellSecrets(cluster, controllers, ending.signal)
  // Whoever stops is told of its failure.
  telling.catch(() => {})
  const idle = async () => {
    await controllers.idle()
    // What was written last is told to the caches in the next turns of the event loop.
    await new Promise(resolve => setImmediate(resolve))
    await controllers.idle()
    return !node.isBusy && (await isSettled(cluster))
  }
  return {
    failed,
    settled: signal => untilIdle(cluster, idle, signal),
    async stop(hurry) {
      ending.abort()
      await Promise.all([controllers.stop(), telling])
      if (!hurry.aborted) await Promise.race([node.drain(), once(hurry, 'abort')])
      await node.stop()
    },
  }
}

/** All of its Secrets are this process's own to watch: one that was missing and is made is seen at once. */
async function tellSecrets(cluster: Cluster, controllers: Controllers, signal: AbortSignal): Promise<void> {
  for await (const { object } of follow(cluster, SECRETS, { signal })) {
    const { namespace, name } = object.metadata
    controllers.secretChanged({ namespace, name })
  }
}

/** Looks whenever a resource or Job has changed. */
async function untilIdle(cluster: Cluster, idle: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const ending = new AbortController()
  const either = AbortSignal.any([signal, ending.signal])
  let ring = () => {}
  const types: readonly ObjectType[] = [JOBS, ...kindNames.map(kind => typeOf(kind))]
  const watching = types.map(async type => {
    for await (const _ of follow(cluster, type, { signal: either })) ring()
  })
  const ended = new Promise<void>(resolve => either.addEventListener('abort', () => resolve(), { once: true }))
  try {
    while (!either.aborted) {
      const changed = new Promise<void>(resolve => {
        ring = resolve
      })
      if (await idle()) return
      await Promise.race([changed, ended])
    }
  } finally {
    ending.abort()
    await Promise.all(watching)
  }
}

async function isSettled(cluster: Cluster): Promise<boolean> {
  const { items: jobs } = await cluster.list(JOBS)
  if (!jobs.every(isFinished)) return false
  for (const kind of kindNames) {
    const { items } = await cluster.list(typeOf<RollbookResource>(kind))
    if (!items.every(isAtRest)) return false
  }
  return true
}

function isFinished({ status }: Job): boolean {
  return (status?.conditions ?? []).some(({ type, status: value }) => type !== 'Suspended' && value === 'True')
}

/** Its controller has seen it as it is, and has no run under way. */
function isAtRest(resource: RollbookResource): boolean {
  const { metadata, status } = resource
  const request = metadata.annotations?.[RUN_REQUESTED_AT]
  const isHeard = request === undefined || status?.lastHandledRunRequest === request || isStalled(status)
  const isActive = activeRunOf(resource) !== undefined
  return (
    metadata.deletionTimestamp === undefined &&
    status?.observedGeneration === metadata.generation &&
    isHeard &&
    !isActive
  )
}

/** Nothing that it is asked for can be done. */
function isStalled(status: RollbookResource['status'] | undefined): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Stalled' && value === 'True') ?? false
}

/** Repositories without a Secret are asked as the user would ask them. */
function withUserConfig(git: GitProbe): GitProbe {
  return (remote, selection, signal) =>
    git(remote.credentials === undefined ? { ...remote, userConfig: true } : remote, selection, signal)
}

// `rollbook controller`: the controllers on a cluster, one of several processes at a time, until a signal.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import type { Cluster } from '../cluster/cluster.ts'
import { kubeCluster } from '../cluster/kube/cluster.ts'
import { lead } from '../cluster/lease.ts'
import { type LeaseSight, leaseSight } from '../cluster/lease-sight.ts'
import type { ControllerLog } from '../controller/controller-log.ts'
import { Controllers } from '../controller/controllers.ts'
import { gitProbe } from '../controller/git-probe.ts'
import { type HealthServer, serveHealth } from '../controller/health-server.ts'
import { type Metrics, prometheusMetrics } from '../controller/metrics.ts'
import { Failure } from '../lib/failure.ts'
import type { HostGuard, HostPolicy } from '../lib/hosts.ts'
import type { InstallSettings } from '../reconcile/observed.ts'
import { planResource } from '../reconcile/plan-resource.ts'
import { OFFICIAL_BASE_URLS } from './all-settings.ts'
import type { Command, Invocation } from './command.ts'
import { CONTROLLER_LEASE } from './controller-lease.ts'
import { CONTROLLER_OPTIONS, type ControllerSettings, controllerSettings } from './controller-options.ts'
import { baseUrlsOption } from './data-options.ts'
import { explainedFields } from './explain.ts'
import { ALLOW_HOSTS, ALLOW_PLAIN_HTTP, DENY_CIDRS, hostPolicy, systemHostGuard } from './host-settings.ts'
import { jsonLog } from './json-log.ts'
import { connectionOf } from './kube-access.ts'
import { machineClock } from './machine.ts'
import { CONTEXT, KUBECONFIG } from './resource-options.ts'
import { programVersion } from './version.ts'

export const command: Command = {
  spec: {
    name: 'controller',
    summary: 'run the controllers on a cluster, until a signal (what the deployment executes)',
    usage: '--image IMAGE [OPTIONS]',
    positionals: { min: 0, max: 0 },
    options: [
      ...CONTROLLER_OPTIONS,
      ALLOW_HOSTS,
      DENY_CIDRS,
      ALLOW_PLAIN_HTTP,
      OFFICIAL_BASE_URLS,
      KUBECONFIG,
      CONTEXT,
    ],
    // It prints nothing but its log.
    withoutGlobals: ['output', 'quiet'],
    examples: [
      'rollbook controller --image registry.example.com/rollbook:0.1.0 --deny-cidrs 10.96.0.0/12',
      'rollbook controller --image rollbook:dev --watch-namespaces team-a,team-b --leader-elect=false',
    ],
  },
  run,
}

/** A pass that takes longer than this hangs for ever: the process is better started anew. Seconds. */
const HUNG = 900

/**
 * Less memory for a process that waits most of its time: garbage is looked for early, and no code is compiled a second time.
 * That would take more than a thousand registries do, and save a sixth of the CPU while many jobs run (docs/performance.md).
 */
const V8_FLAGS = ['--semi-space-growth-factor=1', '--heap-growing-percent=20', '--no-opt']

async function run(invocation: Invocation): Promise<number> {
  for (const flag of V8_FLAGS) setFlagsFromString(flag)
  const settings = controllerSettings(invocation.options)
  const install = installSettings(invocation, settings)
  const log = jsonLog(invocation)
  try {
    return await control(invocation, { settings, install, log })
  } catch (error) {
    const { exitCode, message, fields } = explainedFields(error)
    log.end(message, fields)
    return exitCode
  }
}

interface Settled {
  readonly settings: ControllerSettings
  readonly install: InstallSettings
  readonly log: ControllerLog
}

/** The exit code. */
async function control(invocation: Invocation, { settings, install, log }: Settled): Promise<number> {
  const connection = connectionOf(invocation, { plugins: false })
  const clock = machineClock(undefined)
  const sight = leaseSight(clock)
  let leading: Controllers | undefined
  const metrics = prometheusMetrics(programVersion(), () => (leading?.ready ? leading : undefined))
  const cluster = kubeCluster({
    connection,
    clock,
    observer: {
      request: request => metrics.apiRequest(request),
      warning: text => log.warn('the API server warns', { warning: text }),
      undecodable: ({ resource, why }) => log.error('an object can not be read, and is left alone', { resource, why }),
    },
  })
  const health = await listen(settings, {
    unhealthy: () => hung(leading),
    unready: () => (settings.leaderElect && !leading ? sight.fault() : unread(leading)),
    metrics,
  })
  log.info('the controller is up', { version: programVersion(), port: health.port, cluster: connection.context })
  const work = async (signal: AbortSignal) => {
    leading = new Controllers({
      ...optionsOf(settings, invocation, metrics),
      cluster,
      clock,
      install,
      log,
      measures: metrics,
    })
    await untilAborted(leading, signal)
  }
  try {
    return await working(
      settings,
      { cluster, namespace: connection.namespace, sight, log, work },
      invocation.terminal.signal,
    )
  } finally {
    await health.close()
    connection.close()
  }
}

interface Working {
  readonly cluster: Cluster
  /** Of the connection. */
  readonly namespace: string
  readonly sight: LeaseSight
  readonly log: ControllerLog
  work(signal: AbortSignal): Promise<void>
}

/** The exit code. */
async function working(
  settings: ControllerSettings,
  { cluster, sight, log, ...rest }: Working,
  stop: AbortSignal,
): Promise<number> {
  if (!settings.leaderElect) {
    await rest.work(stop)
    return 0
  }
  const identity = `${hostname()}_${randomBytes(6).toString('hex')}`
  const lease = {
    cluster,
    clock: machineClock(undefined),
    name: { namespace: settings.leaseNamespace ?? rest.namespace, name: CONTROLLER_LEASE },
    identity,
    onAnswer: () => sight.answered(),
    onError: (error: Error) =>
      log.warn('the lease could not be had or renewed, and is asked for again', { error: error.message }),
    onHolder: (holder: string) => log.info(leaseNews(holder, identity), { holder }),
  }
  const end = await lead(lease, rest.work, stop)
  if (end !== 'Lost') return 0
  throw new Failure('NetworkFailed', 'transient', 'the lease was lost: another controller may work by now', {
    hint: 'this process ends, so that no two ever work; start it again',
  })
}

/** A lease that was given up has the empty holder. */
function leaseNews(holder: string, identity: string): string {
  if (holder === '') return 'no process holds the lease'
  return holder === identity ? 'this process holds the lease' : 'another process holds the lease'
}

async function untilAborted(controllers: Controllers, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const started = controllers.start().catch(error => {
    if (!signal.aborted) throw error
  })
  await Promise.race([aborted, started.then(() => aborted)])
  await controllers.stop()
}

function optionsOf(settings: ControllerSettings, { terminal, options }: Invocation, metrics: Metrics) {
  const { namespaces, concurrency, maxConcurrentRuns, maxConcurrentProbes } = settings
  const { allowPlainHttp } = hostPolicy(options, { local: false })
  const allowHttp = allowPlainHttp === 'all' || allowPlainHttp.length > 0
  return {
    plan: planResource,
    concurrency,
    maxConcurrentRuns,
    maxConcurrentProbes,
    ...(namespaces ? { namespaces } : {}),
    guard: oneGuardEach(),
    git: metrics.countedGit(gitProbe({ allowFile: false, allowHttp, ambient: terminal.env })),
  }
}

/** Every question has the same policy: its ranges are parsed once. */
function oneGuardEach(): (policy: HostPolicy) => HostGuard {
  const guards = new Map<string, HostGuard>()
  return policy => {
    const text = JSON.stringify(policy)
    const guard = guards.get(text) ?? systemHostGuard(policy)
    guards.set(text, guard)
    return guard
  }
}

function installSettings({ options }: Invocation, settings: ControllerSettings): InstallSettings {
  const { image, jitter, apiUrl, workerCpu, workerMemory } = settings
  return {
    image,
    jitter,
    hosts: hostPolicy(options, { local: false }),
    officialBaseUrls: baseUrlsOption(options.text(OFFICIAL_BASE_URLS.name)),
    resources: { requests: { cpu: workerCpu, memory: workerMemory }, limits: { memory: workerMemory } },
    ...(apiUrl === undefined ? {} : { apiUrl }),
  }
}

async function listen(settings: ControllerSettings, answers: Parameters<typeof serveHealth>[1]): Promise<HealthServer> {
  try {
    return await serveHealth(settings.listen, answers)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new Failure('OutputNotWritable', 'definite', `--listen can't be had: ${message}`, {
      hint: code === 'EADDRINUSE' ? 'another process listens there; choose another port' : 'choose another address',
      cause: error,
    })
  }
}

function unread(controllers: Controllers | undefined): string | undefined {
  return controllers?.ready ? undefined : 'the cluster is being read'
}

function hung(controllers: Controllers | undefined): string | undefined {
  const seconds = controllers?.figures().queue.longestRunning ?? 0
  return seconds > HUNG ? `a pass over a resource takes ${Math.round(seconds)} s` : undefined
}

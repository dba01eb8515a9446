// The controllers in this process on a real API server, in a namespace of the test's own, with a played kubelet: the Job
// controller and the garbage collector are real where the server has them, and played where it has none.
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { JOBS } from '../../src/cluster/types.ts'
import type { ControllerLog } from '../../src/controller/controller-log.ts'
import { Controllers, type ControllersOptions } from '../../src/controller/controllers.ts'
import { NO_MEASURES } from '../../src/controller/measures.ts'
import { hostGuard } from '../../src/lib/hosts.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { planResource } from '../../src/reconcile/plan-resource.ts'
import type { Status } from '../../src/reconcile/subject.ts'
import type { MCPRegistryImportJob } from '../../src/resources/generated/types.ts'
import type { RollbookResource } from '../../src/resources/kinds.ts'
import type { ObjectMeta } from '../../src/resources/object-meta.ts'
import type { Job } from '../../src/resources/workload.ts'
import { eventually } from '../contracts/cluster-site.ts'
import { type ControlPlane, clusterAt, namespaceFor } from './control-plane.ts'
import { changedCluster, IMPORTS, INSTALL, importJob, type LogLine, linesInto } from './controllers.ts'
import { checkStatusLaws } from './laws.ts'
import { type PlayedEnd, PlayedKubelet } from './played-kubelet.ts'
import { completed } from './played-worker.ts'
import { ShiftedClock } from './shifted-clock.ts'

type Spec = Readonly<Record<string, unknown>>

/** The longest that a run may take, seconds. */
export const A_DAY = 86_400

export interface KubeSiteOptions {
  /** The server has no controllers: Jobs are played, too. */
  readonly playsJobs?: boolean
}

/** A namespace of the test's own, and what works there. */
export async function kubeSite(t: Test, plane: ControlPlane, options: KubeSiteOptions = {}): Promise<KubeSite> {
  const { playsJobs = false } = options
  const namespace = await namespaceFor(t, plane)
  // Without it no Pod is made; a server without controllers makes none.
  if (playsJobs) await plane.kubectl('create', 'serviceaccount', 'default', '-n', namespace)
  else await plane.kubectl('wait', '--for=create', '--timeout=60s', 'serviceaccount/default', '-n', namespace)
  const site = new KubeSite({ plane, namespace, cluster: clusterAt(t, plane.kubeconfig), playsJobs })
  const kubelet = site.play()
  t.teardown(async () => {
    await site.stop()
    await kubelet
  })
  return site
}

interface Parts {
  readonly plane: ControlPlane
  readonly namespace: string
  /** Straight to the server. */
  readonly cluster: Cluster
  readonly playsJobs: boolean
}

export class KubeSite {
  readonly plane: ControlPlane
  readonly namespace: string
  readonly cluster: Cluster
  readonly clock = new ShiftedClock()
  readonly kubelet: PlayedKubelet
  readonly log: LogLine[] = []
  /** Laws that a status broke, of every status that was written. */
  readonly broken: string[] = []
  /** How workers end; undefined while they run. */
  worker: (job: Job) => PlayedEnd | undefined = job => completed(job, this.clock.now())
  /** False: nothing happens to pods, as when their node does not answer. */
  nodeAnswers = true
  private readonly running: Controllers[] = []
  private readonly before = new Map<string, Status>()
  private isOver = false

  constructor({ plane, namespace, cluster, playsJobs }: Parts) {
    this.plane = plane
    this.namespace = namespace
    this.cluster = cluster
    const { clock } = this
    this.kubelet = new PlayedKubelet({ cluster, namespace, clock, playsJobs, end: job => this.worker(job) })
  }

  /** Resolves when it is stopped. */
  async play(): Promise<void> {
    while (!this.isOver) {
      if (this.nodeAnswers) await this.kubelet.play()
      await pause(20)
    }
  }

  async stop(): Promise<void> {
    this.isOver = true
    await Promise.all(this.running.map(controllers => controllers.stop()))
  }

  /** New controllers, that have read everything. */
  async start(options: Partial<ControllersOptions> = {}): Promise<Controllers> {
    const { cluster = this.cluster, ...others } = options
    const controllers = new Controllers({
      clock: this.clock,
      plan: planResource,
      install: INSTALL,
      namespaces: [this.namespace],
      concurrency: 4,
      maxConcurrentRuns: 10,
      maxConcurrentProbes: 4,
      guard: policy => hostGuard(policy, async () => []),
      git: () => Promise.reject(new Error('this test has no git')),
      log: this.logger(),
      measures: NO_MEASURES,
      ...others,
      cluster: this.judged(cluster),
    })
    this.running.push(controllers)
    await controllers.start()
    return controllers
  }

  /** Creates an import job. */
  add(name: string, spec: Spec = {}, metadata: Partial<ObjectMeta> = {}): Promise<MCPRegistryImportJob> {
    const job = importJob(name, spec)
    return this.cluster.create(IMPORTS, { ...job, metadata: { ...metadata, name, namespace: this.namespace } })
  }

  /** The import job, which must be there. */
  async get(name: string): Promise<MCPRegistryImportJob> {
    const found = await this.cluster.get(IMPORTS, { namespace: this.namespace, name })
    if (!found) throw new Error(`there is no import job ${name}`)
    return found
  }

  /** Merges into an import job. */
  patch(name: string, patch: JsonObject): Promise<MCPRegistryImportJob> {
    return this.cluster.patch(IMPORTS, { namespace: this.namespace, name }, patch)
  }

  /** The import job when its status is as wanted. */
  async until(
    name: string,
    wanted: (status: NonNullable<MCPRegistryImportJob['status']>) => boolean,
  ): Promise<MCPRegistryImportJob> {
    let last: MCPRegistryImportJob | undefined
    const holds = async () => {
      last = await this.get(name)
      return wanted(last.status ?? {})
    }
    try {
      await eventually(holds, `the status of ${name}`)
    } catch (error) {
      throw new Error(`${name} came no further than ${JSON.stringify(last?.status)}`, { cause: error })
    }
    return this.get(name)
  }

  /** The import job when a run of it has ended, and no other is under way. */
  ended(name: string, { not }: { readonly not?: string | undefined } = {}): Promise<MCPRegistryImportJob> {
    return this.until(name, ({ lastRun, activeRun }) => lastRun !== undefined && lastRun.id !== not && !activeRun)
  }

  /** Runs another import job: by its end the controllers have looked at everything that came before. */
  async fence(name = 'fence'): Promise<void> {
    // Where the clock was put forward, a pod that starts this second seems to have waited for hours.
    await this.add(name, { activeDeadlineSeconds: A_DAY })
    await this.ended(name)
  }

  async jobs(): Promise<readonly Job[]> {
    return (await this.cluster.list(JOBS, { namespace: this.namespace })).items
  }

  /** The one Job that is there, when it is. */
  async job(): Promise<Job> {
    let found: Job | undefined
    const isThere = async () => {
      ;[found] = await this.jobs()
      return found !== undefined
    }
    await eventually(isThere, 'a Job')
    if (!found) throw new Error('there is no Job')
    return found
  }

  private judged(cluster: Cluster): Cluster {
    return changedCluster(cluster, {
      applyStatus: async (type, object, options) => {
        const after = await cluster.applyStatus(type, object, options)
        const resource = after as unknown as RollbookResource
        const { uid = '' } = resource.metadata
        this.broken.push(...checkStatusLaws(resource, this.before.get(uid)))
        this.before.set(uid, (resource.status ?? {}) as Status)
        return after
      },
    })
  }

  private logger(): ControllerLog {
    return linesInto(this.log)
  }
}

/** Where an import job of that name writes to, as part of a spec. */
export function targetOf(name: string) {
  return { repository: 'https://git.example.com/target.git', path: `${name}/registry.json` }
}

/** Once an hour, at a minute that does not come while a test runs, unless it puts its clock forward. */
export function hourly(): string {
  return `${(new Date().getUTCMinutes() + 30) % 60} * * * *`
}

/** `status reason` of a condition. */
export function condition({ status }: MCPRegistryImportJob, type: string): string {
  const found = status?.conditions?.find(each => each.type === type)
  return `${found?.status} ${found?.reason}`
}

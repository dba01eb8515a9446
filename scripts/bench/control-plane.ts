// A real Kubernetes API for figures, and a fake worker that ends every Pod as soon as it sees it.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Cluster, ClusterObject, ObjectType } from '../../src/cluster/cluster.ts'
import { type KubeCluster, kubeCluster } from '../../src/cluster/kube/cluster.ts'
import { kubeConnection } from '../../src/cluster/kube/connection.ts'
import { Reflector, type ReflectorOptions } from '../../src/cluster/reflector.ts'
import { JOBS, PODS } from '../../src/cluster/types.ts'
import { machineClock } from '../../src/commands/machine.ts'
import type { RunRequest } from '../../src/resources/request.ts'
import { NO_COUNTS, type RunResult } from '../../src/resources/result.ts'
import type { Job, Pod } from '../../src/resources/workload.ts'

const scripts = fileURLToPath(new URL('../../../scripts/kube', import.meta.url))

export interface ControlPlane {
  readonly kubeconfig: string
  readonly cluster: KubeCluster
  kubectl(...args: readonly string[]): void
  stop(): void
}

/** Undefined, with the reason on stderr, where there are no programs for it. */
export function startControlPlane(directory: string): ControlPlane | undefined {
  mkdirSync(directory, { recursive: true })
  const up = spawnSync(`${scripts}/up`, ['--until', String(process.pid), directory], { encoding: 'utf8' })
  if (up.status !== 0) {
    process.stderr.write(`no control plane: ${up.stderr.trim().split('\n').at(-1)}\n`)
    return undefined
  }
  const kubeconfig = up.stdout.trim().split('\n').at(-1) ?? ''
  const connection = kubeConnection({ files: [kubeconfig], plugins: false })
  return {
    kubeconfig,
    cluster: kubeCluster({ connection, clock: machineClock(undefined) }),
    kubectl(...args) {
      const done = spawnSync(`${directory}/bin/kubectl`, ['--kubeconfig', kubeconfig, ...args], { encoding: 'utf8' })
      if (done.status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${done.stderr}`)
    },
    stop() {
      connection.close()
      spawnSync(`${scripts}/down`, [directory])
    },
  }
}

export interface FakeWorker {
  /** The most Jobs that were not finished at one time. */
  readonly most: number
  stop(): Promise<void>
}

/** Ends Pods with a result until it is stopped. */
export function startFakeWorker(cluster: Cluster): FakeWorker {
  const ending = new AbortController()
  const unfinished = new Set<string>()
  let most = 0
  const jobs = reflector(cluster, JOBS, ending.signal)
  jobs.onChange((key, job) => {
    if (job && !isFinished(job)) unfinished.add(key)
    else unfinished.delete(key)
    most = Math.max(most, unfinished.size)
  })
  const pods = reflector(cluster, PODS, ending.signal)
  pods.onChange((_key, pod) => {
    if (pod && pod.status?.phase === 'Pending') void endPod(cluster, pod).catch(() => undefined)
  })
  return {
    get most() {
      return most
    },
    async stop() {
      ending.abort()
    },
  }
}

function reflector<T extends Job | Pod>(cluster: Cluster, type: ObjectType<T>, signal: AbortSignal): Reflector<T> {
  return started(cluster, { type, selection: { labelSelector: 'app.kubernetes.io/managed-by=rollbook' } }, signal)
}

type Watched<T extends ClusterObject> = Pick<ReflectorOptions<T>, 'type' | 'selection'>

function started<T extends ClusterObject>(cluster: Cluster, of: Watched<T>, signal: AbortSignal): Reflector<T> {
  const made = new Reflector<T>({ ...of, cluster, clock: machineClock(undefined), onError: () => undefined })
  void made.start(signal)
  return made
}

interface WithPhase extends ClusterObject {
  readonly status?: { readonly phase?: string }
}

/** Resolves when as many resources are in the phase. They are watched: asking for all again and again would be a load. */
export async function reached<T extends WithPhase>(
  cluster: Cluster,
  type: ObjectType<T>,
  { phase, count }: { readonly phase: string; readonly count: number },
): Promise<void> {
  const ending = new AbortController()
  const there = new Set<string>()
  await new Promise<void>(resolve => {
    started(cluster, { type, selection: {} }, ending.signal).onChange((key, object) => {
      if (object?.status?.phase === phase) there.add(key)
      else there.delete(key)
      if (there.size === count) resolve()
    })
  })
  ending.abort()
}

async function endPod(cluster: Cluster, pod: Pod): Promise<void> {
  const { namespace, name } = pod.metadata
  const time = new Date().toISOString()
  const message = JSON.stringify(resultOf(pod, time))
  const terminated = { exitCode: 0, reason: 'Completed', message, startedAt: time, finishedAt: time }
  const status = {
    phase: 'Succeeded',
    containerStatuses: [
      { name: 'worker', image: 'fake', imageID: '', ready: false, restartCount: 0, state: { terminated } },
    ],
  }
  await cluster.applyStatus(PODS, { metadata: { namespace, name }, status }, { manager: 'fake-worker' })
}

function resultOf(pod: Pod, completionTime: string): RunResult {
  const text = pod.spec.containers[0]?.env.find(({ name }) => name === 'ROLLBOOK_REQUEST')?.value ?? '{}'
  const { runId, resource, startTime, target } = JSON.parse(text) as RunRequest
  const isGit = target.type === 'git'
  return {
    kind: 'RunResult',
    id: runId,
    resource: { kind: resource.kind, namespace: resource.namespace, name: resource.name },
    outcome: 'Completed',
    reason: 'EntriesWritten',
    message: '100 added',
    startTime,
    completionTime,
    source: { revision: `main@sha1:${HEAD}` },
    target: {
      repository: isGit ? target.repository : null,
      branch: isGit ? target.branch : null,
      revision: isGit ? `main@sha1:${HEAD}` : null,
    },
    digest: `sha256:${'c'.repeat(64)}`,
    engine: 'native',
    counts: { ...NO_COUNTS, total: 100, added: 100 },
    issues: [],
  }
}

/** The commit that every branch of the fake git server points at. */
export const HEAD = 'a'.repeat(40)

export function isFinished({ status }: Job): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: state }) => /^(Complete|Failed)$/.test(type) && state === 'True',
  )
}

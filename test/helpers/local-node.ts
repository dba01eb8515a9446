// A cluster in memory with a node under it, and Jobs whose containers are scripts of the test.
import { join } from 'node:path'
import type { Test } from 'tap'
import { follow } from '../../src/cluster/follow.ts'
import { type MemoryCluster, memoryCluster } from '../../src/cluster/memory/cluster.ts'
import { JOBS, PODS } from '../../src/cluster/types.ts'
import { machineClock } from '../../src/commands/machine.ts'
import type { KubeletOptions } from '../../src/local/kubelet.ts'
import { LocalNode } from '../../src/local/node.ts'
import type { Container, Job, Pod, PodSpec, Volume } from '../../src/resources/workload.ts'
import { temporaryDirectory } from './git-repository.ts'

export interface NodePlace {
  readonly cluster: MemoryCluster
  readonly node: LocalNode
  /** Where the folders of runs are. */
  readonly directory: string
  /** Another node on the same cluster and folder, as after a crash of the first. */
  another(): LocalNode
}

/** A node that runs until the test ends. */
export async function nodePlace(t: Test, options: Partial<KubeletOptions> = {}): Promise<NodePlace> {
  const clock = machineClock(undefined)
  const cluster = memoryCluster({ clock })
  const directory = join(await temporaryDirectory(t), 'runs')
  const make = () =>
    new LocalNode({
      cluster,
      logs: cluster.podLogs,
      clock,
      directory,
      concurrency: 4,
      program: [process.execPath, '-e'],
      ambient: { PATH: process.env['PATH'] },
      useGitCredentials: false,
      gitEngine: 'auto',
      ...options,
    })
  const node = make()
  t.teardown(() => node.stop())
  return { cluster, node, directory, another: make }
}

export interface JobOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly volumes?: readonly (Volume & { readonly mountPath: string })[]
  readonly pod?: Partial<PodSpec>
  readonly container?: Partial<Container>
}

/** A Job whose container runs the script. */
export function scriptJob(name: string, script: string, options: JobOptions = {}): Job {
  const { env = {}, volumes = [], pod, container } = options
  const spec: PodSpec = {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    activeDeadlineSeconds: 60,
    terminationGracePeriodSeconds: 5,
    securityContext: {},
    volumes: volumes.map(({ mountPath: _, ...volume }) => volume),
    containers: [
      {
        name: 'worker',
        image: 'rollbook',
        args: [script],
        env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
        securityContext: {},
        terminationMessagePath: '/dev/termination-log',
        volumeMounts: volumes.map(volume => ({ name: volume.name, mountPath: volume.mountPath, readOnly: true })),
        ...container,
      },
    ],
    ...pod,
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'team' },
    spec: { backoffLimit: 0, activeDeadlineSeconds: 180, template: { metadata: { labels: { of: name } }, spec } },
  }
}

/** The Job once it looks so. */
export async function jobWhen(
  { cluster }: Pick<NodePlace, 'cluster'>,
  name: string,
  test: (job: Job) => boolean,
): Promise<Job> {
  const ending = new AbortController()
  for await (const { object } of follow(cluster, JOBS, { namespace: 'team', signal: ending.signal })) {
    if (object.metadata.name === name && test(object)) return object
  }
  throw new Error('the watch ended')
}

export function isDone({ status }: Job): boolean {
  return (status?.conditions ?? []).length > 0
}

/** The Pod of a Job once it looks so. */
export async function podWhen(
  { cluster }: Pick<NodePlace, 'cluster'>,
  name: string,
  test: (pod: Pod) => boolean,
): Promise<Pod> {
  const ending = new AbortController()
  const selection = { namespace: 'team', labelSelector: `job-name=${name}`, signal: ending.signal }
  for await (const { object } of follow(cluster, PODS, selection)) if (test(object)) return object
  throw new Error('the watch ended')
}

export function isRunning({ status }: Pod): boolean {
  return status?.phase === 'Running'
}

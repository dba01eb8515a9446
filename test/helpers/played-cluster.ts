// The part of a played world that a cluster plays: Jobs, their pods and workers, ConfigMaps, and the time.
import type { Refusal } from '../../src/reconcile/observed.ts'
import type { ConfigMap } from '../../src/resources/kinds.ts'
import { LONG_REPORT } from '../../src/resources/names.ts'
import type { RunRequest } from '../../src/resources/request.ts'
import { NO_COUNTS, type RunResult } from '../../src/resources/result.ts'
import { runRecordOf } from '../../src/resources/run-record.ts'
import type { Job, Pod, PodStatus } from '../../src/resources/workload.ts'

export const START = new Date('2026-03-02T10:00:00.000Z')

export interface PlayedJob {
  job: Job
  pods: Pod[]
}

/** How the played worker of a Job ends. */
export interface PlayedEnd {
  readonly exitCode?: number
  readonly result?: Partial<RunResult>
  /** Of the container: OOMKilled. */
  readonly reason?: string
  readonly message?: string
  readonly log?: readonly string[]
  readonly pod?: Partial<PodStatus>
}

export class PlayedCluster {
  now = START
  readonly jobs = new Map<string, PlayedJob>()
  readonly configMaps = new Map<string, ConfigMap>()
  /** Lines by pod. */
  readonly logs = new Map<string, readonly string[]>()
  /** Names of Jobs, as they were made. */
  readonly created: string[] = []

  /** The newest Job. */
  get job(): PlayedJob {
    const last = [...this.jobs.values()].at(-1)
    if (!last) throw new Error('no Job')
    return last
  }

  request(played = this.job): RunRequest {
    const [container] = played.job.spec.template.spec.containers
    const text = container?.env.find(({ name }) => name === 'ROLLBOOK_REQUEST')?.value
    return JSON.parse(text ?? 'null') as RunRequest
  }

  /** A pod of the Job appears, in some state. */
  podOf(played: PlayedJob, status: PodStatus, metadata: Partial<Pod['metadata']> = {}): Pod {
    const { job } = played
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${job.metadata.name}-pod`, namespace: job.metadata.namespace, ...metadata },
      spec: job.spec.template.spec,
      status,
    }
    played.pods = [pod]
    played.job = { ...job, status: { ...job.status, startTime: job.metadata.creationTimestamp ?? START.toISOString() } }
    return pod
  }

  run(played = this.job): void {
    this.podOf(played, { phase: 'Running', containerStatuses: [{ name: 'worker', state: { running: {} } }] })
  }

  /** The worker of a Job ends. */
  end({ exitCode = 0, result, reason, message, log, pod }: PlayedEnd = {}, played = this.job): void {
    const text = message ?? (result || exitCode === 0 ? JSON.stringify(this.result(played, result)) : '')
    const terminated = {
      exitCode,
      reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
      message: text,
      finishedAt: this.now.toISOString(),
    }
    const made = this.podOf(played, {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [{ name: 'worker', state: { terminated } }],
      ...pod,
    })
    this.logs.set(made.metadata.name, log ?? [])
    const condition = {
      type: exitCode === 0 ? 'Complete' : 'Failed',
      status: 'True',
      reason: 'BackoffLimitExceeded',
    } as const
    const conditions = [{ ...condition, lastTransitionTime: this.now.toISOString() }]
    played.job = { ...played.job, status: { ...played.job.status, conditions } }
  }

  /** The result of a run that wrote one entry, or whatever a test says. */
  result(played: PlayedJob, changes: Partial<RunResult> = {}): RunResult {
    const record = runRecordOf(played.job)
    const { kind, namespace, name } = this.request(played)?.resource ?? { kind: '', namespace: '', name: '' }
    return {
      kind: 'RunResult',
      id: record?.id ?? '',
      resource: { kind, namespace, name },
      outcome: 'Completed',
      reason: 'EntriesWritten',
      message: '1 added',
      startTime: record?.startTime ?? '',
      completionTime: this.now.toISOString(),
      source: { revision: `main@sha1:${'a'.repeat(40)}` },
      target: {
        repository: 'https://git.example/team/catalog.git',
        branch: 'main',
        revision: `main@sha1:${'b'.repeat(40)}`,
      },
      digest: `sha256:${'c'.repeat(64)}`,
      engine: 'native',
      counts: { ...NO_COUNTS, total: 1, added: 1 },
      issues: [],
      ...changes,
    }
  }

  protected createJob(job: Job, request: ConfigMap | undefined): Refusal | undefined {
    const { name } = job.metadata
    const existing = this.jobs.get(name)
    if (request) this.configMaps.set(request.metadata.name, request)
    if (!existing) {
      this.created.push(name)
      const metadata = { ...job.metadata, uid: `job-${name}`, creationTimestamp: this.now.toISOString() }
      this.jobs.set(name, { job: { ...job, metadata }, pods: [] })
      return undefined
    }
    const isOurs = existing.job.metadata.ownerReferences?.[0]?.uid === job.metadata.ownerReferences?.[0]?.uid
    return isOurs
      ? undefined
      : { step: 'createJob', reason: 'AlreadyExists', message: `jobs.batch "${name}" already exists` }
  }

  /** A Job without a running pod is gone at once. */
  protected deleteJob(name: string, propagation: 'Foreground' | 'Background'): undefined {
    const played = this.jobs.get(name)
    if (!played) return undefined
    const isRunning = played.pods.some(({ status }) => status?.phase === 'Running')
    if (propagation === 'Background' || !isRunning) this.jobs.delete(name)
    else played.job = { ...played.job, metadata: { ...played.job.metadata, deletionTimestamp: this.now.toISOString() } }
    return undefined
  }

  protected shorten(name: string): undefined {
    const found = this.configMaps.get(name)
    const { [LONG_REPORT]: _long, ...binaryData } = found?.binaryData ?? {}
    if (found) this.configMaps.set(name, { ...found, binaryData })
    return undefined
  }
}

/** A failure as a worker's result. */
export function failure(reason: RunResult['reason'], message = 'it failed'): Partial<RunResult> {
  return {
    outcome: 'Failed',
    reason,
    message,
    source: { revision: null },
    target: { repository: null, branch: null, revision: null },
    digest: null,
    counts: NO_COUNTS,
  }
}

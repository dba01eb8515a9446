// What a worker would answer for the run of a Job: exit code, termination message and log.

import { sha256Hex } from '../../src/lib/hash.ts'
import { exportBlock } from '../../src/resources/export-block.ts'
import type { RunRequest } from '../../src/resources/request.ts'
import { NO_COUNTS, type RunResult } from '../../src/resources/result.ts'
import type { Job } from '../../src/resources/workload.ts'
import type { PlayedEnd } from './played-kubelet.ts'

/** The request of a Job that is small enough for its environment. */
export function requestOf({ metadata, spec }: Job): RunRequest {
  const text = spec.template.spec.containers[0]?.env.find(({ name }) => name === 'ROLLBOOK_REQUEST')?.value
  if (text === undefined) throw new Error(`Job ${metadata.name} has no request in its environment`)
  return JSON.parse(text) as RunRequest
}

/** One entry added, in one commit. */
export function completed(job: Job, time: Date, changes: Partial<RunResult> = {}): PlayedEnd {
  const { runId, resource, startTime, target } = requestOf(job)
  const content = Buffer.from('{"servers":{}}\n')
  const isExport = target.type === 'configmap'
  const result: RunResult = {
    kind: 'RunResult',
    id: runId,
    resource: { kind: resource.kind, namespace: resource.namespace, name: resource.name },
    outcome: 'Completed',
    reason: 'EntriesWritten',
    message: '1 added',
    startTime,
    completionTime: time.toISOString(),
    source: { revision: `main@sha1:${'a'.repeat(40)}` },
    target: {
      repository: target.type === 'git' ? target.repository : null,
      branch: target.type === 'git' ? target.branch : null,
      revision: target.type === 'git' ? `main@sha1:${'b'.repeat(40)}` : null,
    },
    digest: `sha256:${sha256Hex(content)}`,
    engine: 'native',
    counts: { ...NO_COUNTS, total: 1, added: 1 },
    issues: [],
    ...changes,
  }
  const entry = { name: 'io.example/one', version: '1.0.0', outcome: 'added', reason: null, issues: [] }
  const report = `${JSON.stringify(entry)}\n`
  const block = isExport ? [...exportBlock(content)].join('') : ''
  const message = JSON.stringify(result)
  return { exitCode: 0, message, log: `${report}${block}${message}\n` }
}

/** A failure that another attempt may mend. */
export function failed(job: Job, time: Date, reason: RunResult['reason'] = 'NetworkFailed'): PlayedEnd {
  const changes = { outcome: 'Failed', reason, message: 'it failed', digest: null, counts: NO_COUNTS } as const
  return { ...completed(job, time, { ...changes, source: { revision: null } }), exitCode: 11 }
}

// A Job of ours that status does not know: the controller ended between making it and writing the status (D1, D5). It is taken
// up when its run follows on the last one that status knows, and left alone otherwise.
import type { ActiveRun } from '../resources/generated/types.ts'
import { type RunRecord, runRecordOf } from '../resources/run-record.ts'
import { requestToken } from './cause.ts'
import type { ObservedJob } from './observed.ts'
import { tickTime } from './start-run.ts'
import type { Subject } from './subject.ts'

export interface UnnotedRun {
  readonly run: ActiveRun
  readonly record: RunRecord
}

/** The newest attempt of the run that nobody noted. */
export function unnotedRun({ seen, status }: Subject): UnnotedRun | undefined {
  const last = status.lastRun?.id
  const records = seen.jobs
    .filter(({ job }) => job.metadata.deletionTimestamp === undefined)
    .map(recordAndName)
    .filter(found => found !== undefined)
    .filter(({ record }) => record.previous === last && record.id !== last)
  const [newest] = records.sort((a, b) => byStart(b.record, a.record))
  return newest && { run: activeRunOf(newest), record: newest.record }
}

/** The subject as it would be, had the status been written that belonged to the start. */
export function takeUp(subject: Subject, { record }: UnnotedRun): Subject {
  const { trigger, dependencies } = record
  const { resource, status } = subject
  const isRequest = trigger.type === 'Request' && trigger.token === requestToken(resource)
  const nextRunTime = trigger.type === 'Schedule' ? tickTime(subject)?.toISOString() : undefined
  return {
    ...subject,
    status: {
      ...status,
      ...(isRequest && trigger.token !== undefined ? { lastHandledRunRequest: trigger.token } : {}),
      ...(nextRunTime === undefined ? {} : { nextRunTime }),
      observed: { ...status.observed, dependencies },
    },
  }
}

interface Found {
  readonly record: RunRecord
  readonly jobName: string
}

function recordAndName({ job }: ObservedJob): Found | undefined {
  const record = runRecordOf(job)
  return record && { record, jobName: job.metadata.name }
}

function byStart(one: RunRecord, other: RunRecord): number {
  if (one.startTime !== other.startTime) return one.startTime < other.startTime ? -1 : 1
  return one.attempt - other.attempt
}

function activeRunOf({ record, jobName }: Found): ActiveRun {
  const { id, attempt, generation, startTime, trigger, failures, lastFailure } = record
  return { id, attempt, generation, jobName, startTime, trigger, failures, ...(lastFailure ? { lastFailure } : {}) }
}

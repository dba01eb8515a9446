// Jobs that are not the attempt under way: kept for ttlSecondsAfterFinished once they ended (D13), and taken away at once when
// they still run although their attempt was given up.
import type { ActiveRun } from '../resources/generated/types.ts'
import { runRecordOf } from '../resources/run-record.ts'
import { earliest } from './attempt.ts'
import { requestMapOf } from './job.ts'
import type { ObservedJob } from './observed.ts'
import type { Step } from './plan.ts'
import type { Status, Subject } from './subject.ts'

export interface Leftovers {
  readonly steps: readonly Step[]
  readonly wake?: Date
}

export function leftovers(subject: Subject, next: Status): Leftovers {
  const steps: Step[] = []
  const wakes: Date[] = []
  for (const observed of subject.seen.jobs) {
    const { metadata } = observed.job
    if (metadata.name === next.activeRun?.jobName || metadata.deletionTimestamp !== undefined) continue
    const ended = endTimeOf(observed)
    if (ended === undefined) {
      if (isGivenUp(observed, next)) steps.push(...deletionOf(observed))
      continue
    }
    const due = ended + ttlOf(subject, observed) * 1000
    if (due <= subject.now.getTime()) steps.push(...deletionOf(observed))
    else wakes.push(new Date(due))
  }
  const wake = earliest(wakes)
  return { steps, ...(wake ? { wake } : {}) }
}

/** The Job and what belongs to it. */
export function deletionOf({ job }: ObservedJob, propagation: 'Foreground' | 'Background' = 'Background'): Step[] {
  const { name, uid } = job.metadata
  const request = requestMapOf(job)
  const steps: Step[] = [{ type: 'deleteJob', name, uid, propagation }]
  return request === undefined ? steps : [...steps, { type: 'deleteReport', name: request }]
}

/**
 * Of a run that status knows to have ended, or an attempt before the one under way. A Job of a run that status does not know
 * is left alone: what was observed may be older than the Job.
 */
function isGivenUp({ job }: ObservedJob, { activeRun, lastRun, history = [] }: Status): boolean {
  const record = runRecordOf(job)
  if (!record) return false
  if (record.id === activeRun?.id) return record.attempt <= lastAttempt(activeRun)
  return record.id === lastRun?.id || history.some(({ id }) => id === record.id)
}

function lastAttempt({ attempt, jobName }: ActiveRun): number {
  return jobName === undefined ? attempt : attempt - 1
}

/** Milliseconds; undefined for a Job that has not ended. */
function endTimeOf({ job, pods }: ObservedJob): number | undefined {
  const over = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
  if (over) return Date.parse(over.lastTransitionTime ?? '') || createdAt(job)
  const ends = pods.map(pod =>
    pod.status?.containerStatuses?.map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? '')),
  )
  const known = ends.flat().filter(time => time !== undefined && !Number.isNaN(time)) as number[]
  return pods.length > 0 && known.length === pods.length ? Math.max(...known) : undefined
}

function createdAt({ metadata }: ObservedJob['job']): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0
}

/** A sync that a sync job asked for is kept as long as that one says. */
function ttlOf({ resource, seen }: Subject, { job }: ObservedJob): number {
  const token = runRecordOf(job)?.trigger.token
  const syncJob = seen.syncJobs.find(({ metadata }) => token === `${metadata.uid}/${metadata.generation}`)
  return (syncJob ?? resource).spec.ttlSecondsAfterFinished
}

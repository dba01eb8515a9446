// What a registry wants done now: a sync for each generation, on request, for every waiting sync job, and when its source is not
// as the last sync left it, which is looked at once an interval.
import { durationOf } from '../lib/duration.ts'
import type { MCPRegistry, MCPRegistrySyncJob } from '../resources/generated/types.ts'
import { draftRequest, isBlocker } from './blockers.ts'
import { type Cause, requestCause, specCause } from './cause.ts'
import { askFor, neededObjects } from './dependencies.ts'
import { lookTime } from './interval.ts'
import type { Observed } from './observed.ts'
import type { Plan } from './plan.ts'
import { type Ask, type Due, planRuns } from './runs.ts'
import { syncToken } from './start-run.ts'
import { type Subject, subjectOf } from './subject.ts'

/** A sync job reads its result off the registry; the next run waits for that, but not for a sync job that nobody looks after. */
const LONGEST_MIRRORING = 60_000

export function planRegistry(seen: Observed<MCPRegistry>, now: Date): Plan {
  const subject = subjectOf(seen, now)
  return planRuns(subject, () => registryDue(subject))
}

function registryDue(subject: Subject<MCPRegistry>): Due | Ask {
  const mirrored = mirroredUntil(subject)
  if (mirrored && subject.now < mirrored) return { cause: undefined, tick: undefined, wake: mirrored }
  const cause = requestCause(subject) ?? syncJobCause(subject) ?? specCause(subject)
  const { enabled, interval } = subject.resource.spec.syncPolicy
  if (cause || !enabled) return { cause, tick: undefined }
  const changed = configMapCause(subject)
  if (changed) return 'ask' in changed ? changed : { cause: changed, tick: undefined }
  const time = nextLook(subject, durationOf(interval))
  if (time === undefined) return { cause: undefined, tick: undefined }
  if (time <= subject.now) return { cause: undefined, tick: { type: 'Interval', time } }
  // What the last look found still counts: its run may have been waiting for its turn.
  const looked = seenSinceLastRun(subject)
  return { cause: undefined, tick: looked && { type: 'Interval', time: looked }, wake: time }
}

/** The time of a look that no run has answered yet. */
function seenSinceLastRun({ seen, status, now }: Subject<MCPRegistry>): Date | undefined {
  const { lastProbe } = seen.memory
  if (!lastProbe || lastProbe.at > now) return undefined
  const ended = Date.parse(status.lastRun?.completionTime ?? '') || 0
  return lastProbe.at.getTime() > ended ? lastProbe.at : undefined
}

function nextLook({ seen, status, uid, now }: Subject<MCPRegistry>, interval: number | undefined): Date | undefined {
  if (interval === undefined) return undefined
  const { memory, install } = seen
  return lookTime({
    uid,
    interval,
    jitter: install.jitter,
    lastRunTime: status.lastRun?.completionTime,
    lastProbeTime: memory.lastProbe?.at,
    startedAt: memory.startedAt,
    now,
  })
}

/** Sync jobs that name this registry and have no run yet, oldest first. */
function syncJobCause({ seen, status }: Subject<MCPRegistry>): Cause | undefined {
  const ran = new Set([status.lastRun, ...(status.history ?? [])].map(run => run?.trigger?.token))
  const waiting = seen.syncJobs.find(job => isOpen(job) && !ran.has(syncToken(job.metadata)))
  if (!waiting) return undefined
  const { metadata } = waiting
  return { trigger: { type: 'Request', token: syncToken(metadata), requestedBy: metadata.name } }
}

function isOpen({ metadata, status }: MCPRegistrySyncJob): boolean {
  return metadata.deletionTimestamp === undefined && status?.lastRun?.trigger?.token !== syncToken(metadata)
}

/** Until when the run that a sync job asked for is kept as the last one; undefined when nobody reads it. */
function mirroredUntil({ seen, status }: Subject<MCPRegistry>): Date | undefined {
  const { trigger, completionTime } = status.lastRun ?? {}
  const reader = seen.syncJobs.find(job => isOpen(job) && syncToken(job.metadata) === trigger?.token)
  return reader && completionTime !== undefined ? new Date(Date.parse(completionTime) + LONGEST_MIRRORING) : undefined
}

/** A ConfigMap is not probed: it is watched, and another resourceVersion than the last run's is a change at once. */
function configMapCause(subject: Subject<MCPRegistry>): Cause | Ask | undefined {
  const { resource, seen, status } = subject
  const { configMap } = resource.spec.source
  const request = configMap && draftRequest(subject)
  if (!request || isBlocker(request)) return undefined
  // Asked for together with all that a run would need: a plan asks once.
  const question = askFor(neededObjects(request), seen.answers.dependencies)
  if (question) return { ask: question }
  const isIt = ({ kind, name }: { kind: string; name: string }) => kind === 'ConfigMap' && name === configMap.name
  const found = seen.answers.dependencies?.find(isIt)?.resourceVersion
  if (found === status.observed?.dependencies?.find(isIt)?.resourceVersion) return undefined
  return { trigger: { type: 'SourceChange', token: `ConfigMap/${configMap.name}@${found ?? 'deleted'}` } }
}

// From a cause to a Job: what the run needs is there, its branch is free, then the Job and the status that names it.
import type { ActiveRun, Trigger } from '../resources/generated/types.ts'
import { FINALIZER } from '../resources/names.ts'
import type { RunRequest } from '../resources/request.ts'
import type { ArtifactPlace, RunRecord } from '../resources/run-record.ts'
import { actions } from './actions.ts'
import type { Blocker } from './blockers.ts'
import { branchLock } from './branch-lock.ts'
import type { Cause } from './cause.ts'
import { askFor, missingDependency, type NeededObject, neededObjects, seenDependencies } from './dependencies.ts'
import { jobName, jobOf } from './job.ts'
import type { Actions, Plan, Step } from './plan.ts'
import { recheckTime, unreadySince } from './recheck.ts'
import { runIdOf } from './run-id.ts'
import { tickAfter } from './schedule.ts'
import type { StatusChanges } from './status.ts'
import type { Subject } from './subject.ts'
import { foreignText, type Told } from './told.ts'

/** A registry is looked for again after this long, when nothing said before that it is ready (kinds.md, MCPRegistryExportJob). */
const DEPENDENCY_PAUSE = 30_000
/** The slot is given to whoever waits when it gets free; this is for one that was not told. */
const SLOT_PAUSE = 30_000

export function startRun(subject: Subject, draft: RunRequest, cause: Cause): Plan {
  const { seen, uid, generation, now, status } = subject
  const readiness = readyToStart(subject, draft)
  if ('ask' in readiness) return readiness
  if ('held' in readiness) return holdBack(subject, readiness.held)
  if ('waiting' in readiness) return waitForTurn(subject, readiness.waiting)
  const id = runIdOf({ uid, generation, trigger: cause.trigger, lastRun: status.lastRun })
  const run: ActiveRun = {
    id,
    attempt: 1,
    generation,
    jobName: jobName({ id, attempt: 1 }),
    startTime: now.toISOString(),
    trigger: cause.trigger,
    failures: 0,
  }
  const { needed } = readiness
  const dependencies = seenDependencies(needed, seen.answers.dependencies ?? [])
  const record: RunRecord = {
    ...recordOf(subject, run, { request: draft, cause }),
    dependencies,
  }
  return actions(subject, {
    before: [...finalizerStep(subject), jobStep(subject, { draft, record, needed })],
    changes: { activeRun: run, ...startedBy(subject, cause.trigger), observed: { ...status.observed, dependencies } },
    situation: { type: 'running' },
    events: [startEvent(run)],
    wake: [tickTime(subject)],
  })
}

export type Readiness =
  | Extract<Plan, { ask: unknown }>
  | { readonly held: Blocker }
  | { readonly waiting: Told }
  | { readonly needed: readonly NeededObject[] }

/** The last look before a Job is made: objects that it needs, then its turn. */
export function readyToStart({ seen, namespace }: Subject, request: RunRequest): Readiness {
  const { answers } = seen
  const needed = neededObjects(request)
  const question = askFor(needed, answers.dependencies)
  if (question) return { ask: question }
  const missing = missingDependency(needed, answers.dependencies ?? [], {
    namespace,
    isLocal: seen.install.hosts.local,
  })
  if (missing) return { held: { told: missing, isStalled: true } }
  const { refused } = answers
  if (refused?.step === 'createJob') return { held: refusedJob(refused) }
  const branch = branchLock(request)
  if (!answers.slot) return { ask: { type: 'slot', branch } }
  return answers.slot.granted ? { needed } : { waiting: waitingFor(answers.slot.behind) }
}

/** A due run that can't start. Looked at again by itself; the cluster tells of most changes before that. */
export function holdBack(subject: Subject, { told, isStalled }: Blocker): Actions {
  const { now, seen, status } = subject
  const again =
    told.reason === 'DependencyNotReady'
      ? new Date(now.getTime() + DEPENDENCY_PAUSE)
      : recheckTime(unreadySince(status), now)
  return actions(subject, {
    situation: { type: 'held', told, isStalled },
    after: seen.answers.refused ? [{ type: 'releaseSlot' }] : [],
    wake: [again, tickTime(subject)],
  })
}

function waitForTurn(subject: Subject, told: Told): Actions {
  return actions(subject, { situation: { type: 'waiting', told }, wake: [slotTime(subject)] })
}

export function slotTime({ now }: Subject): Date {
  return new Date(now.getTime() + SLOT_PAUSE)
}

/** The next tick of the schedule, if there is one. */
export function tickTime({ resource, now }: Subject): Date | undefined {
  return 'schedule' in resource.spec && resource.spec.suspend !== true ? tickAfter(resource.spec, now) : undefined
}

interface JobInput {
  readonly draft: RunRequest
  readonly record: RunRecord
  readonly needed: readonly NeededObject[]
}

export function jobStep(subject: Subject, { draft, record, needed }: JobInput): Step {
  const { id, attempt, startTime } = record
  const request = { ...draft, runId: id, attempt, startTime }
  return { type: 'createJob', ...jobOf(subject, { request, record, needed }) }
}

export function recordOf(
  { resource, status }: Subject,
  run: ActiveRun,
  { request, cause }: { readonly request: RunRequest; readonly cause: Cause },
): Omit<RunRecord, 'dependencies'> {
  const { id, attempt, generation, startTime, trigger, failures = 0, lastFailure } = run
  const branch = branchLock(request)
  const { probe, onlyTargetMoved } = cause
  return {
    id,
    attempt,
    generation,
    startTime,
    trigger,
    ...(status.lastRun ? { previous: status.lastRun.id } : {}),
    requestHash: request.requestHash,
    ...(branch === undefined ? {} : { branch }),
    ...(probe ? { probe } : {}),
    ...(onlyTargetMoved ? { onlyTargetMoved } : {}),
    ...(resource.kind === 'MCPRegistry' ? { place: placeOf(request) } : {}),
    ...(request.target.type === 'configmap' ? { exportTo: request.target } : {}),
    failures,
    ...(lastFailure ? { lastFailure } : {}),
  }
}

/** Where the content of a registry stands after a sync: in its storage, or else where it was read. */
function placeOf({ source, target, format }: RunRequest): ArtifactPlace {
  if (target.type === 'git') {
    const { repository, pushBranch, branch, path, layout } = target
    return { repository, branch: pushBranch ?? branch, path, layout, format: target.format }
  }
  const place = format === undefined ? {} : { format }
  if (source.type !== 'git') return place
  const branch = 'branch' in source.ref ? { branch: source.ref.branch } : {}
  return { repository: source.repository, ...branch, path: source.path, ...place }
}

/** What a start uses up: the request, and every tick until now. */
function startedBy(subject: Subject, { type, token }: Trigger): StatusChanges {
  const isOwn = type === 'Request' && !subject.seen.syncJobs.some(job => token === syncToken(job.metadata))
  return {
    ...(isOwn ? { lastHandledRunRequest: token } : {}),
    ...('schedule' in subject.resource.spec ? { nextRunTime: tickTime(subject)?.toISOString() } : {}),
  }
}

/** What a sync job asks its registry with (kinds.md, MCPRegistrySyncJob). */
export function syncToken({ uid, generation }: { readonly uid?: string; readonly generation?: number }): string {
  return `${uid}/${generation}`
}

function finalizerStep({ resource }: Subject): Step[] {
  return resource.metadata.finalizers?.includes(FINALIZER) ? [] : [{ type: 'addFinalizer' }]
}

function startEvent({ id, trigger }: ActiveRun) {
  const why = [trigger.type, trigger.token].filter(Boolean).join(' ')
  const by = trigger.requestedBy === undefined ? '' : `, asked for by ${trigger.requestedBy}`
  return { severity: 'Normal', reason: 'RunStarted', message: `run ${id} started: ${why}${by}`, run: id } as const
}

function refusedJob({ reason, message }: { readonly reason: string; readonly message: string }): Blocker {
  if (reason === 'AlreadyExists') {
    const told = 'a Job of the name that this run needs exists and is not ours; delete it'
    return { told: { reason: 'JobNotOurs', message: told }, isStalled: true }
  }
  const told = `the cluster refused the Job (${reason}): ${foreignText(message)}`
  return { told: { reason: 'JobRefused', message: told }, isStalled: false }
}

function waitingFor(behind: string | undefined): Told {
  return behind === undefined
    ? { reason: 'WaitingForTurn', message: 'as many runs are under way as the installation allows' }
    : { reason: 'WaitingForBranch', message: `${behind} writes the branch; one run at a time does` }
}

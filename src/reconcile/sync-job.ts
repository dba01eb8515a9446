// What a sync job wants done now: it has no run of its own. It waits for the run that its registry makes for it, mirrors the
// result, and is done (kinds.md, MCPRegistrySyncJob).
import type { ActiveRun, MCPRegistry, MCPRegistrySyncJob, RunEntry } from '../resources/generated/types.ts'
import { withStatus } from './actions.ts'
import type { Situation } from './conditions.ts'
import { isSuccess, withRun } from './history.ts'
import type { Observed } from './observed.ts'
import type { Actions, Plan, PlannedEvent } from './plan.ts'
import { START_REASONS } from './pod-start.ts'
import { recheckTime, unreadySince } from './recheck.ts'
import { runIdOf } from './run-id.ts'
import { syncToken } from './start-run.ts'
import { nextStatus, type StatusChanges } from './status.ts'
import { type Subject, subjectOf } from './subject.ts'
import type { Told } from './told.ts'

type SyncSubject = Subject<MCPRegistrySyncJob>

/** For a registry whose changes went by unseen. */
const WAITING_PAUSE = 60_000

/** A run that was mirrored went with its registry. */
const NOTHING_ACTIVE: StatusChanges = { activeRun: undefined }

export function planSyncJob(seen: Observed<MCPRegistrySyncJob>, now: Date): Plan {
  const subject = subjectOf(seen, now)
  const { metadata, spec } = subject.resource
  if (metadata.deletionTimestamp !== undefined) return { steps: [] }
  if (isDone(subject)) return write(subject, { situation: { type: 'idle' } })
  const registry = seen.registries.find(({ metadata }) => metadata.name === spec.registryRef.name)
  if (!registry) return missingRegistry(subject)
  const token = syncToken(metadata)
  const { activeRun, lastRun, history = [] } = registry.status ?? {}
  if (activeRun?.trigger.token === token) return mirrorActive(subject, registry, activeRun)
  const run = [lastRun, ...history].find(entry => entry?.trigger?.token === token)
  if (run) return finish(subject, run)
  if (registry.spec.suspend === true) return finish(subject, suspendedEntry(subject))
  return waitFor(subject, registry)
}

/** The run of this generation is mirrored. */
function isDone({ resource, status }: SyncSubject): boolean {
  return status.lastRun?.trigger?.token === syncToken(resource.metadata)
}

function missingRegistry(subject: SyncSubject): Actions {
  const { metadata, spec } = subject.resource
  const name = `${metadata.namespace}/${spec.registryRef.name}`
  const message = `MCPRegistry ${name} does not exist; create it, or give its manifest with -f`
  const told: Told = { reason: 'ReferenceNotFound', message }
  return write(subject, {
    changes: NOTHING_ACTIVE,
    situation: { type: 'held', told, isStalled: true },
    wake: recheckTime(unreadySince(subject.status), subject.now),
  })
}

function waitFor(subject: SyncSubject, registry: MCPRegistry): Actions {
  const ready = registry.status?.conditions?.find(({ type }) => type === 'Ready')
  const { name } = registry.metadata
  const why = ready?.status === 'False' ? `: ${ready.reason}: ${ready.message}` : ''
  const told: Told = { reason: 'WaitingForTurn', message: `MCPRegistry ${name} has not started this sync yet${why}` }
  const wake = new Date(subject.now.getTime() + WAITING_PAUSE)
  return write(subject, { changes: NOTHING_ACTIVE, situation: { type: 'waiting', told }, wake })
}

function mirrorActive(subject: SyncSubject, registry: MCPRegistry, activeRun: ActiveRun): Actions {
  const situation = mirroredSituation(registry, activeRun)
  const isNew = subject.status.activeRun?.id !== activeRun.id
  const events: PlannedEvent[] = isNew
    ? [
        {
          severity: 'Normal',
          reason: 'RunStarted',
          message: `run ${activeRun.id} of ${registry.metadata.name} started`,
          run: activeRun.id,
        },
      ]
    : []
  return write(subject, { changes: { activeRun }, situation, events })
}

/** Also why the pod of the run does not start. */
function mirroredSituation({ status }: MCPRegistry, { lastFailure }: ActiveRun): Situation {
  const conditionOf = (wanted: string) => status?.conditions?.find(({ type }) => type === wanted)
  const reconciling = conditionOf('Reconciling')
  const held = START_REASONS.find(reason => reason === reconciling?.reason)
  const told = held && { reason: held, message: reconciling?.message ?? held }
  if (!lastFailure) return { type: 'running', ...(told ? { told } : {}) }
  const message = conditionOf('Ready')?.message ?? lastFailure.reason
  const failure = { reason: lastFailure.reason as Told['reason'], message }
  return { type: 'retrying', told: failure, ...(told ? { held: told } : {}) }
}

function finish(subject: SyncSubject, run: RunEntry): Actions {
  const { status, resource } = subject
  const { count: _merged, ...entry } = run
  const { outcome, reason = outcome, message = '' } = entry
  return write(subject, {
    changes: {
      activeRun: undefined,
      lastRun: entry,
      lastSuccessfulRun: isSuccess(entry) ? entry : status.lastSuccessfulRun,
      history: withRun(status.history ?? [], entry, resource.spec.historyLimit),
    },
    situation: { type: 'idle' },
    events: [
      {
        severity: outcome === 'Failed' ? 'Warning' : 'Normal',
        reason,
        message: `run ${entry.id} ended ${outcome}: ${message}`,
        run: entry.id,
      },
    ],
  })
}

function suspendedEntry({ resource, uid, generation, status, now }: SyncSubject): RunEntry {
  const { metadata, spec } = resource
  const trigger = { type: 'Request', token: syncToken(metadata), requestedBy: metadata.name } as const
  const time = now.toISOString()
  return {
    id: runIdOf({ uid, generation, trigger, lastRun: status.lastRun }),
    generation,
    trigger,
    startTime: time,
    completionTime: time,
    attempts: 0,
    outcome: 'Failed',
    class: 'definite',
    reason: 'Suspended',
    message: `MCPRegistry ${spec.registryRef.name} is suspended; resume it, then change or recreate this sync job`,
  }
}

interface Written {
  readonly changes?: StatusChanges
  readonly situation: Situation
  readonly events?: readonly PlannedEvent[]
  readonly wake?: Date
}

function write(subject: SyncSubject, { changes = {}, situation, events = [], wake }: Written): Actions {
  const lastRun = 'lastRun' in changes ? changes.lastRun : subject.status.lastRun
  const isSettled = lastRun?.trigger?.token === syncToken(subject.resource.metadata)
  const next = nextStatus(subject, { changes, situation, isSettled })
  return withStatus(subject, next, { changes, events, wake: [wake] })
}

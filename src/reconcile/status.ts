// The next status of a resource: what changed, put on what was stored, with the conditions and the phase that follow from it,
// and made to fit the CRD so that no write is ever refused for what a source, a worker or a cluster said.
import { type JsonObject, type JsonValue, stableJson } from '../lib/json.ts'
import { fitted } from '../resources/fit.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import { definitionOf } from '../resources/kinds.ts'
import type { Schema } from '../resources/schema.ts'
import { conditionsOf, type Situation } from './conditions.ts'
import { capped, standingRun } from './history.ts'
import { jobPhase, registryPhase } from './phase.ts'
import { dueTime } from './schedule.ts'
import { hasRun, type Status, type Subject } from './subject.ts'

/** Fields to set; undefined takes one out. */
export type StatusChanges = { readonly [K in keyof Status]?: Status[K] | undefined }

export interface StatusOptions {
  readonly changes?: StatusChanges
  readonly situation: Situation
  /** Whether the first run of this generation has ended; from the last run's generation when left out. */
  readonly isSettled?: boolean
}

export function nextStatus(subject: Subject<RollbookResource>, options: StatusOptions): Status {
  const { resource, generation, now, status: before } = subject
  const { changes = {}, situation } = options
  const { lastRun, artifact, activeRun, history } = { ...before, ...changes }
  const isSettled = options.isSettled ?? hasRun(lastRun, generation)
  const isRegistry = resource.kind === 'MCPRegistry'
  // A sync job has one run, and its history counts the generations of its registry.
  const standing = resource.kind === 'MCPRegistrySyncJob' ? undefined : standingRun(history ?? [], generation)
  const decisive = lastRun?.outcome === 'Cancelled' ? (standing ?? lastRun) : lastRun
  const conditions = conditionsOf({
    before: before.conditions ?? [],
    generation,
    now,
    lastRun,
    situation,
    hasSucceeded: !isRegistry,
    isAvailable: isRegistry ? artifact !== undefined : standing !== undefined && standing.outcome !== 'Failed',
    isSettled,
  })
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  const phase = isRegistry
    ? registryPhase({ situation, isReady, isSettled })
    : jobPhase({
        situation,
        settledBy: isSettled ? decisive : undefined,
        isWaiting: activeRun?.retryTime !== undefined,
      })
  const nextRunTime = nextRunTimeOf(subject, changes)
  return fittedStatus(resource, {
    ...before,
    ...changes,
    // The limit may have been lowered since the last run.
    ...(history ? { history: capped(history, resource.spec.historyLimit) } : {}),
    observedGeneration: generation,
    conditions,
    phase,
    nextRunTime,
    ...urlOf(subject),
  })
}

/** True when the two say the same. */
export function isSameStatus(one: Status, other: Status): boolean {
  return stableJson(plain(one)) === stableJson(plain(other))
}

/** Only a schedule has one: see docs/design/003-next-run-time.md. */
function nextRunTimeOf(
  { resource, status, now }: Subject<RollbookResource>,
  changes: StatusChanges,
): string | undefined {
  if (Object.hasOwn(changes, 'nextRunTime')) return changes.nextRunTime
  if (!('schedule' in resource.spec) || resource.spec.suspend === true) return undefined
  return dueTime(resource.spec, status.nextRunTime, now)?.toISOString()
}

function urlOf({ resource, namespace, seen }: Subject<RollbookResource>): Pick<Status, 'url'> {
  const { apiUrl } = seen.install
  if (resource.kind !== 'MCPRegistry' || apiUrl === undefined) return {}
  return { url: `${apiUrl.replace(/\/+$/, '')}/registries/${namespace}/${resource.metadata.name}` }
}

function fittedStatus({ kind }: RollbookResource, status: StatusChanges): Status {
  const schema: Schema | undefined = definitionOf(kind).schema.properties?.['status']
  if (!schema) throw new Error(`${kind} has no status`)
  return (fitted(schema, plain(status)) ?? {}) as Status
}

function plain(status: StatusChanges): JsonObject {
  return JSON.parse(JSON.stringify(status)) as JsonValue as JsonObject
}

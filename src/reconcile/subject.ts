// What every planner starts from: a resource whose runs are planned, its settings in one form whatever its kind, and the time.
import { durationOf } from '../lib/duration.ts'
import { stableJson } from '../lib/json.ts'
import type {
  JobStatus,
  MCPRegistry,
  MCPRegistryExportJob,
  MCPRegistryImportJob,
  MCPRegistrySpec,
  MCPRegistryStatus,
  Retry,
  RunEntry,
} from '../resources/generated/types.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import type { Observed } from './observed.ts'

/** Kinds that have runs of their own. */
export type Runnable = MCPRegistry | MCPRegistryImportJob | MCPRegistryExportJob

export type JobPhase = NonNullable<JobStatus['phase']>
export type RegistryPhase = NonNullable<MCPRegistryStatus['phase']>

/** The status of any kind: jobs have no artifact, and the phases differ. */
export type Status = Omit<MCPRegistryStatus, 'phase'> & { readonly phase?: JobPhase | RegistryPhase }

/** A resource as planners see it; `R` is its kind. */
export interface Subject<R extends RollbookResource = Runnable> {
  readonly seen: Observed<R>
  readonly now: Date
  readonly resource: R
  readonly uid: string
  readonly namespace: string
  readonly generation: number
  readonly status: Status
}

export function subjectOf<R extends RollbookResource>(seen: Observed<R>, now: Date): Subject<R> {
  const { resource } = seen
  const { uid, generation = 0, namespace, name } = resource.metadata
  if (uid === undefined) throw new Error(`${resource.kind} ${namespace}/${name} has no uid`)
  return { seen, now, resource, uid, namespace, generation, status: resource.status ?? {} }
}

/** True once the first run of this generation has ended. */
export function hasRun(lastRun: RunEntry | undefined, generation: number): boolean {
  return lastRun?.generation === generation
}

export interface RetryRules {
  readonly maxRetries: number
  /** Milliseconds before the first retry. */
  readonly backoff: number
}

export function retryRules({ spec }: Runnable): RetryRules {
  const retry = 'syncPolicy' in spec ? spec.syncPolicy.retry : spec.retry
  return { maxRetries: retry.maxRetries, backoff: durationOf(retry.backoffInterval) ?? DEFAULT_BACKOFF }
}

const DEFAULT_BACKOFF = 30_000

/** Durations in the spec that are none, as sentences; the API server lets none in, and one that got in stops its own resource only (G6). */
export function durationFaults({ spec }: Runnable): string[] {
  const policy: MCPRegistrySpec['syncPolicy'] | undefined = 'syncPolicy' in spec ? spec.syncPolicy : undefined
  const retry: Retry = 'syncPolicy' in spec ? spec.syncPolicy.retry : spec.retry
  const at = policy ? 'spec.syncPolicy' : 'spec'
  const fields: readonly (readonly [field: string, value: string | undefined])[] = [
    [`${at}.interval`, policy?.interval],
    [`${at}.retry.backoffInterval`, retry.backoffInterval],
    ['spec.source.registry.fullInterval', 'source' in spec ? spec.source.registry?.fullInterval : undefined],
  ]
  return fields
    .filter(([, value]) => value !== undefined && durationOf(value) === undefined)
    .map(([field, value]) => `${field} ${stableJson(value ?? '')} is no duration such as 30s or 1h30m`)
}

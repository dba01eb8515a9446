// A run as status keeps it, as the result that `rollbook run` prints of its own runs. Pure.
import { Failure } from '../lib/failure.ts'
import type { MCPRegistry, RunEntry } from '../resources/generated/types.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import type { TargetRequest } from '../resources/request.ts'
import { NO_COUNTS, type RunResult } from '../resources/result.ts'
import { runRequest } from '../resources/run-request.ts'
import { configMapAddress } from '../resources/source-address.ts'

/** Status knows no engine, and no more issues than ten; it knows why the run started. */
export type RecordedResult = Omit<RunResult, 'engine' | 'reason' | 'moreIssues' | 'issues'> & {
  readonly reason: string
  readonly issues: NonNullable<RunEntry['issues']>
} & Pick<RunEntry, 'trigger' | 'generation' | 'attempts' | 'count' | 'requestHash'>

/** `registries`: those of the namespace, where a target may be named by reference. */
export function resultOf(
  resource: RollbookResource,
  entry: RunEntry,
  registries: readonly MCPRegistry[],
): RecordedResult {
  const { kind, metadata } = runOwner(resource, registries)
  const target = targetOf(resource, registries)
  const { id, outcome, reason = '', message = '', trigger, generation, attempts, count, requestHash } = entry
  return {
    kind: 'RunResult',
    id,
    resource: { kind, namespace: metadata.namespace, name: metadata.name },
    outcome,
    reason,
    message,
    startTime: entry.startTime ?? '',
    completionTime: entry.completionTime ?? '',
    source: { revision: entry.source?.revision ?? null },
    target: {
      // An older spec may have named another one.
      repository: entry.target?.repository ?? (target?.type === 'git' ? target.repository : null),
      branch: entry.target?.branch ?? (target?.type === 'git' ? (target.pushBranch ?? target.branch) : null),
      revision: entry.target?.revision ?? null,
      ...(target?.type === 'configmap' ? { configMap: configMapAddress(target) } : {}),
    },
    digest: entry.digest ?? null,
    counts: { ...NO_COUNTS, ...entry.counts },
    issues: entry.issues ?? [],
    ...(trigger ? { trigger } : {}),
    ...(generation === undefined ? {} : { generation }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(count === undefined ? {} : { count }),
    ...(requestHash === undefined ? {} : { requestHash }),
  }
}

/** What the resource writes to as it is now; undefined when its references lead nowhere. */
export function targetOf(resource: RollbookResource, registries: readonly MCPRegistry[]): TargetRequest | undefined {
  const noRun = { runId: 'none', attempt: 1, startTime: '', searchWholeHistory: false, uid: 'none', generation: 0 }
  try {
    // Plan: what a suspended registry or an unenforced policy refuses is no matter here.
    return runRequest(resource, { ...noRun, mode: 'Plan' }, { registries }).target
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}

/** Whose runs its commits name: a sync job's are its registry's. */
export function runOwner(resource: RollbookResource, registries: readonly MCPRegistry[]): RollbookResource {
  if (resource.kind !== 'MCPRegistrySyncJob') return resource
  const { name } = resource.spec.registryRef
  return registries.find(({ metadata }) => metadata.name === name) ?? resource
}

/** Finished runs, newest first. */
export function historyOf({ status }: RollbookResource): readonly RunEntry[] {
  return status?.history ?? []
}

/** The run of an id or token, wherever status keeps it. */
export function findRun({ status }: RollbookResource, isWanted: (entry: RunEntry) => boolean): RunEntry | undefined {
  const entries = [status?.lastRun, ...(status?.history ?? [])]
  return entries.find(entry => entry !== undefined && isWanted(entry))
}

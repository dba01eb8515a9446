// What a Job says of its run, as JSON in the annotation RUN_ANNOTATION: enough to take the run up when the controller ended
// between making the Job and writing the status, and to know which branch a running Job writes.
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import type { Artifact, Dependency, LastFailure, Trigger } from './generated/types.ts'
import { RUN_ANNOTATION } from './names.ts'
import type { ConfigMapTargetRequest } from './request.ts'
import type { Job } from './workload.ts'

export interface RunRecord {
  readonly id: string
  readonly attempt: number
  readonly generation: number
  /** RFC 3339, of the first attempt. */
  readonly startTime: string
  readonly trigger: Trigger
  /** The last finished run in status when this one started. A Job is taken up only while that is still the last one. */
  readonly previous?: string
  readonly requestHash: string
  /** Lock key of the branch that it pushes to; absent when it pushes nowhere. */
  readonly branch?: string
  /** What the probe saw that led to the run. */
  readonly probe?: ProbedState
  /** Only the target's head had moved: Unchanged is then no entry of history (design 4.2). */
  readonly onlyTargetMoved?: boolean
  /** Where the artifact of a registry stands after this run; absent for other kinds. */
  readonly place?: ArtifactPlace
  /** The key of a ConfigMap that the controller writes after this run. */
  readonly exportTo?: ConfigMapTargetRequest
  /** As they were when the run started. */
  readonly dependencies: readonly Dependency[]
  /** Attempts before this one that ended in a failure that counts. */
  readonly failures: number
  readonly lastFailure?: LastFailure
}

export type ArtifactPlace = Omit<Artifact, 'revision' | 'digest' | 'servers'>

export interface ProbedState {
  readonly revision?: string
  readonly etag?: string
  readonly lastModified?: string
  readonly targetHead?: string
}

export function writeRunRecord(record: RunRecord): string {
  return JSON.stringify(record)
}

/** The record of a Job; undefined when it has none or one that this version can't read. */
export function runRecordOf({ metadata }: Pick<Job, 'metadata'>): RunRecord | undefined {
  const value = parsed(metadata.annotations?.[RUN_ANNOTATION])
  return value && isRecord(value) ? (value as unknown as RunRecord) : undefined
}

function parsed(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    // Somebody edited it: the Job is then none that can be taken up.
    return undefined
  }
}

function isRecord(value: JsonObject): boolean {
  const texts = ['id', 'startTime', 'requestHash'].every(key => typeof value[key] === 'string')
  const numbers = ['attempt', 'generation', 'failures'].every(key => Number.isInteger(value[key]))
  return texts && numbers && isTrigger(value['trigger']) && Array.isArray(value['dependencies'])
}

function isTrigger(value: JsonValue | undefined): boolean {
  return isJsonObject(value) && typeof value['type'] === 'string'
}

// What the controller counts; metrics are made of it, and nothing else depends on it.
import type { RunEntry } from '../resources/generated/types.ts'
import type { KindName } from '../resources/schema.ts'

export interface Measures {
  /** A run has ended, and its result is in status. */
  runEnded(kind: KindName, run: RunEntry): void
  /** A pass over one resource has ended. */
  passEnded(kind: KindName, seconds: number, result: 'done' | 'refused' | 'failed'): void
  /** A probe was answered: by type of source. */
  probeEnded(type: string, seconds: number, result: 'unchanged' | 'changed' | 'failed' | 'error'): void
  /** The cluster answered a request. */
  requestEnded(request: ClusterRequest): void
}

export interface ClusterRequest {
  readonly verb: string
  /** Kind of the object. */
  readonly kind: string
  /** `OK`, or the reason of the error. */
  readonly result: string
  readonly seconds: number
}

export const NO_MEASURES: Measures = { runEnded() {}, passEnded() {}, probeEnded() {}, requestEnded() {} }

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
}

export const NO_MEASURES: Measures = { runEnded() {}, passEnded() {}, probeEnded() {} }

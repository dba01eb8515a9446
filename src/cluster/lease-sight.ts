// Whether a candidate can take its lease over when the time comes: the API server answers its questions, and refuses none.
import type { Clock } from '../lib/clock.ts'
import { LEASE_SECONDS } from './lease.ts'

export interface LeaseSight {
  /** To be told of every answer that is no refusal. */
  answered(): void
  /** Undefined while answers come. */
  fault(): string | undefined
}

export function leaseSight(clock: Pick<Clock, 'elapsed'>): LeaseSight {
  let last: number | undefined
  return {
    answered() {
      last = clock.elapsed()
    },
    fault() {
      if (last === undefined) return 'the Lease could not be read yet'
      const seconds = Math.round((clock.elapsed() - last) / 1000)
      return seconds > LEASE_SECONDS ? `the Lease could not be read for ${seconds} s` : undefined
    },
  }
}

// A clock that goes when it is told: sleeps end at once, in their order, and what they slept is counted as passed.
import type { Clock } from '../../src/lib/clock.ts'

export interface SteppedClock extends Clock {
  /** Milliseconds of each sleep so far. */
  readonly sleeps: readonly number[]
  /** Lets time pass. */
  pass(milliseconds: number): void
}

/** Starts on 1 January 2026. */
export function steppedClock(random: () => number = () => 0.5): SteppedClock {
  const start = Date.UTC(2026, 0, 1)
  let elapsed = 0
  const sleeps: number[] = []
  return {
    sleeps,
    now: () => new Date(start + elapsed),
    elapsed: () => elapsed,
    random,
    pass: milliseconds => {
      elapsed += milliseconds
    },
    sleep: async (milliseconds, signal) => {
      signal.throwIfAborted()
      sleeps.push(milliseconds)
      elapsed += milliseconds
      // A turn of the event loop: who sleeps in a loop must not keep the others from running.
      await new Promise(setImmediate)
      signal.throwIfAborted()
    },
  }
}

// A clock that stands still until a test moves it: who sleeps on it wakes when its time has come, and not before.
import type { Clock } from '../../src/lib/clock.ts'

export interface ManualClock extends Clock {
  /** How many sleep on it now. */
  readonly sleepers: number
  /** Moves time; those whose time comes wake in their order. */
  pass(milliseconds: number): void
}

/** Starts on 1 January 2026, or so many milliseconds beside it. */
export function manualClock({ beside = 0 }: { readonly beside?: number } = {}): ManualClock {
  const sleeping = new Set<{ readonly at: number; readonly wake: () => void }>()
  let elapsed = 0
  return {
    get sleepers() {
      return sleeping.size
    },
    now: () => new Date(Date.UTC(2026, 0, 1) + beside + elapsed),
    elapsed: () => elapsed,
    random: () => 0,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const sleeper = { at: elapsed + milliseconds, wake: () => end(resolve) }
        const aborted = () => end(() => reject(signal.reason))
        const end = (done: () => void) => {
          sleeping.delete(sleeper)
          signal.removeEventListener('abort', aborted)
          done()
        }
        signal.addEventListener('abort', aborted, { once: true })
        sleeping.add(sleeper)
      }),
    pass: milliseconds => {
      elapsed += milliseconds
      const due = [...sleeping].filter(({ at }) => at <= elapsed).sort((a, b) => a.at - b.at)
      for (const { wake } of due) wake()
    },
  }
}

// The machine behind a run started from the command line: real time, real chance, the git program.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../run/clock.ts'

/** Real time; with `--now` every date is that time. */
export function machineClock(fixed: Date | undefined): Clock {
  return {
    now: () => fixed ?? new Date(),
    elapsed: () => performance.now(),
    random: Math.random,
    sleep: async (milliseconds, signal) => {
      try {
        await sleep(milliseconds, undefined, { signal })
      } catch {
        signal.throwIfAborted()
      }
    },
  }
}

// Waits for a condition instead of a time: as short as it takes, and an error when it never comes.
import { setTimeout as pause } from 'node:timers/promises'

const LONGEST_MS = 60_000

/** Resolves when the condition holds; throws with `what` when it does not within a minute. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + LONGEST_MS
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await pause(5)
  }
}

// Chance that can be repeated: every random test prints its seed, and ROLLBOOK_SEED gives it again.
import type { Test } from 'tap'

/** Numbers in [0, 1). */
export type Random = () => number

/** A generator from a seed that is printed. */
export function seededRandom(t: Test): Random {
  const given = Number(process.env['ROLLBOOK_SEED'])
  let state = (given > 0 ? given : Date.now()) >>> 0
  t.comment(`ROLLBOOK_SEED=${state}`)
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

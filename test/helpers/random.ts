// Chance that can be repeated: every random test prints its seed, and ROLLBOOK_SEED gives it again.
import type { Test } from 'tap'

/** Numbers in [0, 1). */
export type Random = () => number

/** Every change is judged by the same numbers. */
const SEED = 608_557_239

/** The seed of this test run, printed: ROLLBOOK_SEED, which may be `new`, else always the same. */
export function printedSeed(t: Pick<Test, 'comment'>): number {
  const given = process.env['ROLLBOOK_SEED'] ?? SEED
  const seed = (given === 'new' ? Date.now() : Number(given)) % 2 ** 31
  if (!Number.isInteger(seed)) throw new Error(`ROLLBOOK_SEED is ${given}: give a whole number, or new`)
  t.comment(`ROLLBOOK_SEED=${seed}`)
  return seed
}

/** One of them. Throws when there is none. */
export function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[Math.floor(random() * from.length)]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}

/** A generator from a seed that is printed. */
export function seededRandom(t: Pick<Test, 'comment'>): Random {
  return randomFrom(printedSeed(t))
}

/** The same numbers for the same seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Whole numbers from 0, below a limit. */
export function wholeNumbersFrom(seed: number): (limit: number) => number {
  const random = randomFrom(seed)
  return limit => Math.floor(random() * limit)
}

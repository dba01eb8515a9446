// How long to wait before a request is tried again (E1). Pure.
import type { Clock } from '../../lib/clock.ts'

/** Tries of one request; what is still down after that is for the next attempt of the run. */
export const MOST_TRIES = 3

/** No server makes a run wait longer than this at a time. */
const LONGEST_WAIT = 30_000

/** Milliseconds before the try after this one: as the server asks, else twice as long each time, with jitter. */
export function waitBefore(tries: number, asked: number | undefined, clock: Clock): number {
  const own = 500 * 2 ** tries * (0.5 + clock.random() / 2)
  return Math.min(asked ?? own, LONGEST_WAIT)
}

/** Milliseconds that Retry-After asks for: it holds seconds or a date (RFC 9110, 10.2.3). */
export function askedWait(text: string | undefined, now: Date): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime())
}

// When a registry looks at its source again: at its interval, spread so that a thousand of them don't look at once (H1).
import { sha256Hex } from '../lib/hash.ts'

export interface IntervalState {
  readonly uid: string
  /** Milliseconds. */
  readonly interval: number
  /** Share of the interval that is added or taken away at most. */
  readonly jitter: number
  /** RFC 3339; end of the last run. */
  readonly lastRunTime: string | undefined
  readonly lastProbeTime: Date | undefined
  readonly startedAt: Date
  readonly now: Date
}

/** After a start, what is overdue is looked at within this time or one interval, whichever is less. */
const LONGEST_SPREAD = 10 * 60_000

/** The time of the next look; in the past when it is due. A time from a clock that was put back since counts for nothing. */
export function lookTime(state: IntervalState): Date {
  const { uid, interval, jitter, startedAt, now, lastProbeTime } = state
  const times = [Date.parse(state.lastRunTime ?? ''), lastProbeTime?.getTime() ?? Number.NaN]
  const known = times.filter(time => time <= now.getTime())
  const base = known.length === 0 ? 0 : Math.max(...known)
  const due = base + interval * (1 + jitter * (2 * share(`${uid}/${base}`) - 1))
  if (lastProbeTime && lastProbeTime.getTime() <= now.getTime()) return new Date(due)
  const start = Math.min(startedAt.getTime(), now.getTime())
  return new Date(Math.max(due, start + share(uid) * Math.min(interval, LONGEST_SPREAD)))
}

/** Chance without a generator: the same for the same text, 0 up to 1. */
function share(text: string): number {
  return Number.parseInt(sha256Hex(text).slice(0, 8), 16) / 2 ** 32
}

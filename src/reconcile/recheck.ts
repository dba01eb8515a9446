// When to look again at something that only somebody else can change: soon at first, then less and less often (design 4.6).
import type { Status } from './subject.ts'

const SHORTEST = 10_000
const LONGEST = 5 * 60_000

/** As long again as it has lasted, from 10 s to 5 min. */
export function recheckTime(since: string | undefined, now: Date): Date {
  const lasted = now.getTime() - Date.parse(since ?? '')
  const pause = Number.isNaN(lasted) ? SHORTEST : Math.min(LONGEST, Math.max(SHORTEST, lasted))
  return new Date(now.getTime() + pause)
}

/** Since when the resource has not been ready; undefined when it was until now. */
export function unreadySince({ conditions = [] }: Status): string | undefined {
  const ready = conditions.find(({ type }) => type === 'Ready')
  return ready?.status === 'False' ? ready.lastTransitionTime : undefined
}

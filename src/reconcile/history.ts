// The bounded list of past runs in status: newest first, equal neighbours without a commit in one entry, the last success
// always among them (kinds.md, "Status"; H3, H6).
import type { RunEntry } from '../resources/generated/types.ts'

/** Bytes of JSON; the whole status has to stay far below what a resource may have. */
const MOST_BYTES = 64 * 1024

/** Cancelled runs did not fail, and neither did they succeed. */
const SUCCESS: readonly RunEntry['outcome'][] = ['Completed', 'PartiallyCompleted', 'Unchanged']

export function isSuccess({ outcome }: Pick<RunEntry, 'outcome'>): boolean {
  return SUCCESS.includes(outcome)
}

/** The history with one more run. A run that is its newest already takes that place: a plan may be made twice. */
export function withRun(history: readonly RunEntry[], entry: RunEntry, limit: number): RunEntry[] {
  const [newest, ...older] = history
  if (newest?.id === entry.id) return capped([sameAgain(newest, entry), ...older], limit)
  if (newest && isRepeat(newest, entry)) return capped([repeated(newest, entry), ...older], limit)
  return capped([entry, ...history], limit)
}

/** As many of the newest as fit; the last success is kept in place of the oldest of them. */
export function capped(history: readonly RunEntry[], limit: number): RunEntry[] {
  const success = history.find(isSuccess)
  const kept: RunEntry[] = []
  let room = MOST_BYTES
  for (const entry of history) {
    const bytes = sizeOf(entry)
    const reserved = success === undefined || success === entry || kept.includes(success) ? 0 : 1
    const reservedBytes = reserved === 0 || success === undefined ? 0 : sizeOf(success)
    if (kept.length + reserved >= limit || bytes + reservedBytes > room) break
    kept.push(entry)
    room -= bytes
  }
  return success === undefined || kept.includes(success) ? kept : [...kept, success]
}

/** Reports that no run of the new status names any more. */
export function droppedReports(before: readonly RunEntry[], after: readonly RunEntry[]): string[] {
  const named = new Set(after.map(({ reportRef }) => reportRef))
  return [...new Set(before.map(({ reportRef }) => reportRef))].filter(
    (name): name is string => name !== undefined && name !== '' && !named.has(name),
  )
}

/** The newest run of the generation that was let to its end: what cancelled runs after it left as it was. */
export function standingRun(history: readonly RunEntry[], generation: number): RunEntry | undefined {
  return history.find(run => run.generation === generation && run.outcome !== 'Cancelled')
}

function isRepeat(before: RunEntry, entry: RunEntry): boolean {
  const isSame = before.outcome === entry.outcome && before.reason === entry.reason && before.digest === entry.digest
  return isSame && !mayHaveCommit(entry)
}

/** A run that was cancelled may have pushed before anybody could hear of it: its id must stay on record. */
function mayHaveCommit({ outcome, reason }: RunEntry): boolean {
  if (outcome === 'Cancelled') return true
  return outcome === 'Completed' || (outcome === 'PartiallyCompleted' && reason !== 'FilterMatchesNothing')
}

/** What an entry gathered from those that it stands for stays with it. */
function sameAgain(newest: RunEntry, entry: RunEntry): RunEntry {
  return newest.count === undefined ? entry : { ...entry, ...firstStart(newest, entry), count: newest.count }
}

function repeated(before: RunEntry, entry: RunEntry): RunEntry {
  return { ...entry, ...firstStart(before, entry), count: (before.count ?? 1) + 1 }
}

/** A clock that was put back makes the later run the first. */
function firstStart(before: RunEntry, entry: RunEntry): Pick<RunEntry, 'startTime'> {
  const [one, other] = [before.startTime, entry.startTime]
  if (one === undefined || other === undefined) return {}
  return { startTime: Date.parse(one) < Date.parse(other) ? one : other }
}

function sizeOf(entry: RunEntry): number {
  return Buffer.byteLength(JSON.stringify(entry)) + 1
}

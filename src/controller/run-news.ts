// What a write of a status tells: that a run has started, goes on with another attempt, or has ended.
import type { ActiveRun, RunEntry } from '../resources/generated/types.ts'
import type { RollbookResource } from '../resources/kinds.ts'

export type RunNews =
  | { readonly type: 'started'; readonly run: ActiveRun }
  | { readonly type: 'ended'; readonly run: RunEntry }

/** A sync job tells nothing: its runs are its registry's. */
export function runNews(before: RollbookResource, after: RollbookResource): RunNews[] {
  if (after.kind === 'MCPRegistrySyncJob') return []
  const news: RunNews[] = []
  const { lastRun, activeRun } = after.status ?? {}
  if (lastRun && isOther(lastRun, before.status?.lastRun)) news.push({ type: 'ended', run: lastRun })
  if (activeRun && attemptOf(activeRun) !== attemptOf(before.status?.activeRun))
    news.push({ type: 'started', run: activeRun })
  return news
}

function isOther(run: RunEntry, before: RunEntry | undefined): boolean {
  return run.id !== before?.id || run.completionTime !== before.completionTime
}

function attemptOf(run: ActiveRun | undefined): string {
  return run?.jobName ?? ''
}

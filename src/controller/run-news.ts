// What a write of a status tells: that a run has started, goes on with another attempt, or has ended; or that none can start
// until somebody acts.
import type { ActiveRun, Condition, RunEntry } from '../resources/generated/types.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import type { ControllerLog } from './controller-log.ts'

export type RunNews =
  | { readonly type: 'started'; readonly run: ActiveRun }
  | { readonly type: 'ended'; readonly run: RunEntry }
  | { readonly type: 'stalled'; readonly condition: Condition }

/** Of a resource that is Stalled. */
export const CAN_NOT_RUN = 'a resource can not run until somebody acts'

/** Of runs a sync job tells nothing: they are its registry's. */
export function runNews(before: RollbookResource, after: RollbookResource): RunNews[] {
  const hasRuns = after.kind !== 'MCPRegistrySyncJob'
  const news: RunNews[] = []
  const { lastRun, activeRun } = after.status ?? {}
  if (hasRuns && lastRun && isOther(lastRun, before.status?.lastRun)) news.push({ type: 'ended', run: lastRun })
  if (hasRuns && activeRun && attemptOf(activeRun) !== attemptOf(before.status?.activeRun))
    news.push({ type: 'started', run: activeRun })
  const condition = stalled(after)
  // Where a run has ended, its end says it.
  if (condition && condition.message !== stalled(before)?.message && news.length === 0)
    news.push({ type: 'stalled', condition })
  return news
}

/** One line for the log. `resource` is the key of the resource. */
export function logNews(log: ControllerLog, resource: string, news: RunNews): void {
  if (news.type === 'started') {
    const { id, attempt, trigger } = news.run
    log.info('run started', { resource, run: id, attempt, trigger: trigger.type })
  } else if (news.type === 'ended') {
    const { id, outcome, reason } = news.run
    log.info('run ended', { resource, run: id, outcome, reason })
  } else {
    const { reason, message } = news.condition
    log.warn(CAN_NOT_RUN, { resource, reason, problems: message })
  }
}

function stalled({ status }: RollbookResource): Condition | undefined {
  return status?.conditions?.find(({ type, status: state }) => type === 'Stalled' && state === 'True')
}

function isOther(run: RunEntry, before: RunEntry | undefined): boolean {
  return run.id !== before?.id || run.completionTime !== before.completionTime
}

function attemptOf(run: ActiveRun | undefined): string {
  return run?.jobName ?? ''
}

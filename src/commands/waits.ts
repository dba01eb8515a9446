// What people are told while they wait for runs: which attempt failed and why, and when the next one starts.
import type { Cluster } from '../cluster/cluster.ts'
import { follow } from '../cluster/follow.ts'
import { EVENTS, typeOf } from '../cluster/types.ts'
import { activeRunOf, kindNames, type RollbookResource } from '../resources/kinds.ts'
import type { Invocation } from './command.ts'
import { eventLine, isWanted, shownEvent } from './event-list.ts'
import { type Progress, progressOf } from './progress.ts'
import { conditionOf } from './verdict.ts'
import { type ShowTime, timeShower } from './when.ts'

const TICK = 500

/** Does the work, and tells on stderr what goes on meanwhile. */
export async function whileToldOfWaits<R>(
  invocation: Invocation,
  cluster: Cluster,
  work: () => Promise<R>,
): Promise<R> {
  const progress = progressOf(invocation)
  const leaving = new AbortController()
  const { signal } = leaving
  const seen = new Map<string, RollbookResource>()
  const told = Promise.all([tellFailures(cluster, progress, signal), ...seeResources(cluster, seen, signal)])
  told.catch(() => {})
  const ticks = setInterval(() => progress.tell(stepOf([...seen.values()], showerOf(invocation))), TICK)
  try {
    return await work()
  } finally {
    clearInterval(ticks)
    leaving.abort()
    progress.end()
    await told
  }
}

/** What holds a resource up: the next attempt of its run, or what its condition Reconciling tells; undefined for nothing. */
export function heldUp(resource: RollbookResource, showTime: ShowTime): string | undefined {
  const next = nextAttempt(resource, showTime)
  if (next !== undefined) return next
  const told = conditionOf(resource, 'Reconciling')
  return told && !UNTOLD.includes(told.reason) ? `${told.reason}: ${told.message}` : undefined
}

/** Reasons that say no more than that somebody waits. */
const UNTOLD = ['Settled', 'Progressing', 'Pending']

/** `attempt 2 of ... starts ...` of a run that failed and is tried again. */
function nextAttempt(resource: RollbookResource, showTime: ShowTime): string | undefined {
  const { kind, metadata } = resource
  const run = activeRunOf(resource)
  if (run?.retryTime === undefined) return undefined
  const why = run.lastFailure ? `, after ${run.lastFailure.reason}` : ''
  return `attempt ${run.attempt + 1} of ${kind}/${metadata.namespace}/${metadata.name} starts ${showTime(run.retryTime)}${why}`
}

/** How stderr shows times now. */
export function showerOf({ terminal }: Pick<Invocation, 'terminal'>): ShowTime {
  const show = timeShower({ stdout: terminal.stderr }, new Date())
  return time => (terminal.stderr.isTTY ? show(time) : `at ${show(time)}`)
}

/** The line of progress: waiting, when nothing else goes on. */
export function stepOf(resources: readonly RollbookResource[], showTime: ShowTime): string {
  const active = resources.filter(resource => activeRunOf(resource) !== undefined)
  const waiting = active
    .filter(resource => activeRunOf(resource)?.retryTime !== undefined)
    .sort((one, other) => retryTimeOf(one) - retryTimeOf(other))
  const [next] = waiting
  if (!next || waiting.length < active.length) return 'running'
  const others = waiting.length - 1
  const more = others === 0 ? '' : `; ${others} more ${others === 1 ? 'waits' : 'wait'}`
  return `waiting: ${nextAttempt(next, showTime)}${more}`
}

function retryTimeOf(resource: RollbookResource): number {
  return Date.parse(activeRunOf(resource)?.retryTime ?? '')
}

function seeResources(cluster: Cluster, seen: Map<string, RollbookResource>, signal: AbortSignal): Promise<void>[] {
  return kindNames.map(async kind => {
    for await (const { object, isGone } of follow(cluster, typeOf<RollbookResource>(kind), { signal })) {
      const key = `${kind}/${object.metadata.namespace}/${object.metadata.name}`
      if (isGone) seen.delete(key)
      else seen.set(key, object)
    }
  })
}

/** Those from now on. */
async function tellFailures(cluster: Cluster, progress: Progress, signal: AbortSignal): Promise<void> {
  const { resourceVersion } = await cluster.list(EVENTS)
  for await (const { object, isGone } of follow(cluster, EVENTS, { signal })) {
    const isOld = Number(object.metadata.resourceVersion ?? 0) <= Number(resourceVersion)
    if (isGone || isOld || object.reason !== 'AttemptFailed' || !isWanted(object, {})) continue
    progress.remark(eventLine(shownEvent(object)))
  }
}

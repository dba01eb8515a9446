// One attempt of a run, as its Job and Pods show it: whether it goes on, and how it ended. The reason of the Pod and the Job
// counts first, then the exit code (design 4.6).
import type { RunReason } from '../resources/condition-reasons.ts'
import { PROGRAM_KILLED, PROGRAM_STOPPED } from '../resources/names.ts'
import type { ObjectCondition, Pod, Terminated } from '../resources/workload.ts'
import type { ObservedJob } from './observed.ts'
import { hasStarted, slowStart, startFault, workerOf } from './pod-start.ts'
import { foreignText, type Told } from './told.ts'
import { readResult, type WorkerResult } from './worker-result.ts'

/** `done`: the worker ended well. `disruption`: nothing that the run did; it is tried again and not counted. */
export type EndingClass = 'done' | 'definite' | 'transient' | 'conflict' | 'disruption' | 'cancelled'

export interface Ending {
  readonly class: EndingClass
  readonly reason: RunReason
  readonly message: string
  /** RFC 3339. */
  readonly endTime: string
  readonly result?: WorkerResult
  /** Pod whose log tells more. */
  readonly pod?: string
  /** Local mode: what ended it was the end of the program, asked for or not. */
  readonly program?: 'stopped' | 'killed'
}

export type AttemptState =
  /** `until`: when it has to be looked at again, although nothing may have changed. */
  | { readonly state: 'going'; readonly told?: Told; readonly until?: Date }
  /** `isLeftBehind`: the Job still stands and has to go. */
  | { readonly state: 'ended'; readonly ending: Ending; readonly isLeftBehind: boolean }

export interface AttemptContext {
  readonly runId: string
  readonly now: Date
  /** Seconds; a pod that has not started after as many is given up. */
  readonly activeDeadlineSeconds: number
  /** Set when the Job was deleted or is being deleted: by us because of this, or by somebody. */
  readonly deletedBecause?: Told & { readonly reason: RunReason }
}

/** A pod that was told to end and has not confirmed it for so long will not any more: its node is gone. */
const UNCONFIRMED = 5 * 60_000
/** The same, when the cluster says that the node is gone. */
const NODE_GONE = 30_000

export function attemptState(observed: ObservedJob, context: AttemptContext): AttemptState {
  const { job, pods } = observed
  const { now, deletedBecause } = context
  const good = pods.find(pod => terminatedOf(pod)?.exitCode === 0)
  if (good) return over(endingOfPod(good, context))
  const ended = pods.filter(hasEnded).sort(byEnd).at(-1)
  const going = pods.filter(pod => !hasEnded(pod) && !isLost(pod, now))
  const verdict = verdictOf(job.status?.conditions)
  const isOverdue = now.getTime() >= Date.parse(job.metadata.deletionTimestamp ?? '') + UNCONFIRMED
  if (going.length > 0 && !verdict && !isOverdue) return goingOn(observed, going, context)
  if (ended) return over(endingOfPod(ended, context))
  const lost = pods.find(pod => isLost(pod, now))
  if (deletedBecause) return deletedEnding(observed, deletedBecause, now)
  if (lost)
    return leftBehind(podEnding('disruption', 'NodeLost', `pod ${lost.metadata.name} is on a node that is gone`, now))
  if (!verdict) return goingOn(observed, going, context)
  const stuck = going[0] && startFault(going[0])
  if (stuck) return over({ ...podEnding('transient', stuck.reason, stuck.message, now), endTime: endOf(verdict, now) })
  return over({ ...verdictEnding(verdict, going.length > 0, now), endTime: endOf(verdict, now) })
}

/** The end of an attempt whose Job does not exist. */
export function missingJob({ deletedBecause, now }: AttemptContext): Ending {
  const told = deletedBecause ?? { reason: 'JobDeleted', message: 'somebody deleted the Job of this run' }
  return podEnding('cancelled', told.reason, told.message, now)
}

function goingOn({ job }: ObservedJob, going: readonly Pod[], context: AttemptContext): AttemptState {
  const { now, activeDeadlineSeconds } = context
  const times = going.map(({ metadata }) => Date.parse(metadata.deletionTimestamp ?? '') + UNCONFIRMED)
  const deleted = Date.parse(job.metadata.deletionTimestamp ?? '')
  if (!Number.isNaN(deleted)) times.push(deleted + UNCONFIRMED)
  const waiting = going.length > 0 && going.every(pod => !hasStarted(pod))
  const fault = waiting && going[0] ? startFault(going[0]) : undefined
  if (fault?.isFinal) return leftBehind(podEnding('definite', fault.reason, fault.message, now))
  // A Job that is suspended has no start time: whoever queues Jobs may take the time that it needs.
  const started = Date.parse(job.status?.startTime ?? '')
  if (waiting && !Number.isNaN(started)) {
    const limit = started + activeDeadlineSeconds * 1000
    const words = fault ?? { reason: 'PodNotStarted' as const, message: 'the pod has not started' }
    if (now.getTime() >= limit) {
      return leftBehind(
        podEnding('transient', words.reason, `${words.message}; given up after ${activeDeadlineSeconds} s`, now),
      )
    }
    times.push(limit)
  }
  const slow = fault ? undefined : slowStart(job, going[0])
  if (slow && now < slow.since) times.push(slow.since.getTime())
  const until = earliest(times)
  const words = fault ?? (slow && now >= slow.since ? slow : undefined)
  const told = words && { reason: words.reason, message: words.message }
  return { state: 'going', ...(told ? { told } : {}), ...(until ? { until } : {}) }
}

function deletedEnding(
  { job, pods }: ObservedJob,
  told: NonNullable<AttemptContext['deletedBecause']>,
  now: Date,
): AttemptState {
  const until = Date.parse(job.metadata.deletionTimestamp ?? '') + UNCONFIRMED
  if (now.getTime() >= until) return over(podEnding('cancelled', told.reason, unconfirmed(told.message, pods), now))
  return Number.isNaN(until) ? { state: 'going' } : { state: 'going', until: new Date(until) }
}

function unconfirmed(message: string, pods: readonly Pod[]): string {
  return pods.length === 0 ? message : `${message}; its pod did not confirm its end`
}

function endingOfPod(pod: Pod, context: AttemptContext): Ending {
  const terminated = terminatedOf(pod)
  const result = readResult(terminated?.message, context.runId)
  const endTime = terminated?.finishedAt ?? context.now.toISOString()
  const base = { endTime, pod: pod.metadata.name, ...(result ? { result } : {}) }
  if (terminated?.exitCode === 0)
    return {
      class: 'done',
      ...UNREADABLE,
      ...(result ? { reason: result.reason, message: result.message } : {}),
      ...base,
    }
  const isBad = result?.outcome === 'Failed' || result?.outcome === 'Cancelled'
  const said = (reason: RunReason, message: string) =>
    isBad ? { reason: result.reason, message: result.message } : { reason, message }
  const { deletedBecause } = context
  if (deletedBecause) return { class: 'cancelled', ...deletedBecause, ...base }
  const program = endOfProgram(pod)
  if (program) return { class: 'disruption', ...program, ...base }
  const disruption = disruptionOf(pod)
  if (disruption) return { class: 'disruption', ...disruption, ...base }
  if (pod.status?.reason === 'DeadlineExceeded')
    return {
      class: 'transient',
      reason: 'DeadlineExceeded',
      message: 'the pod was ended at activeDeadlineSeconds',
      ...base,
    }
  if (terminated?.reason === 'OOMKilled') return { class: 'transient', ...OUT_OF_MEMORY, ...base }
  if (!terminated)
    return { class: 'disruption', reason: 'PodLost', message: 'the pod ended without an exit code', ...base }
  return { ...byExitCode(terminated, said), ...base }
}

const UNREADABLE = { reason: 'ResultLost', message: 'the result of the worker can not be read' } as const

const OUT_OF_MEMORY = {
  reason: 'OOMKilled',
  message: 'the worker needed more memory than its limit; raise spec.runner.resources.limits.memory',
} as const

type Said = (reason: RunReason, message: string) => { readonly reason: RunReason; readonly message: string }

function byExitCode({ exitCode, reason }: Terminated, said: Said): Pick<Ending, 'class' | 'reason' | 'message'> {
  const why = reason === undefined || reason === 'Error' ? '' : ` (${foreignText(reason)})`
  const unsaid = `the worker ended with exit code ${exitCode}${why} and said no reason`
  switch (exitCode) {
    case 10:
      return { class: 'definite', ...said('WorkerFailed', unsaid) }
    case 12:
      return { class: 'conflict', ...said('ConflictRetriesExhausted', unsaid) }
    case 130:
    case 143:
      return {
        class: 'disruption',
        reason: 'WorkerTerminated',
        message: 'the worker was told to end by somebody else than Rollbook',
      }
    default:
      return { class: 'transient', ...said('WorkerFailed', unsaid) }
  }
}

function endOfProgram({ status }: Pod): Pick<Ending, 'reason' | 'message' | 'program'> | undefined {
  const { reason } = status ?? {}
  const message = foreignText(status?.message) || 'the program that ran it has ended'
  if (reason === PROGRAM_STOPPED) return { reason: 'WorkerTerminated', message, program: 'stopped' }
  return reason === PROGRAM_KILLED ? { reason: 'NodeLost', message, program: 'killed' } : undefined
}

/** Words that the cluster has for a pod that it ended itself. */
const EVICTED = ['Evicted', 'EvictionByEvictionAPI', 'PreemptionByScheduler', 'TerminationByKubelet', 'Preempting']
const NODE_LOST = ['NodeLost', 'NodeShutdown', 'Shutdown', 'Terminated', 'DeletionByTaintManager', 'DeletionByPodGC']

function disruptionOf({ status }: Pod): (Told & { readonly reason: RunReason }) | undefined {
  const target = status?.conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True')
  const words = [status?.reason, target?.reason].filter(word => word !== undefined)
  const said = foreignText(status?.message ?? target?.message)
  if (words.some(word => EVICTED.includes(word))) return { reason: 'Evicted', message: said || 'the pod was evicted' }
  if (words.some(word => NODE_LOST.includes(word)))
    return { reason: 'NodeLost', message: said || 'the node of the pod is gone' }
  return undefined
}

function terminatedOf({ status }: Pod): Terminated | undefined {
  return workerOf(status?.containerStatuses)?.state?.terminated
}

function hasEnded(pod: Pod): boolean {
  const { phase } = pod.status ?? {}
  return terminatedOf(pod) !== undefined || phase === 'Failed' || phase === 'Succeeded'
}

/** Told to end, and nobody is there to do it. */
function isLost(pod: Pod, now: Date): boolean {
  const told = Date.parse(pod.metadata.deletionTimestamp ?? '')
  const nodeIsGone = disruptionOf(pod)?.reason === 'NodeLost' || pod.status?.phase === 'Unknown'
  return now.getTime() >= told + (nodeIsGone ? NODE_GONE : UNCONFIRMED)
}

/** The Job controller's last word. */
function verdictOf(conditions: readonly ObjectCondition[] = []): ObjectCondition | undefined {
  const over = ['Failed', 'Complete', 'FailureTarget']
  return conditions.find(({ type, status }) => over.includes(type) && status === 'True')
}

function verdictEnding(verdict: ObjectCondition, hasPods: boolean, now: Date): Ending {
  if (verdict.reason === 'DeadlineExceeded') {
    return hasPods
      ? podEnding('transient', 'DeadlineExceeded', 'the Job was ended at its deadline', now)
      : podEnding('transient', 'PodNotStarted', 'the Job reached its deadline without a pod that started', now)
  }
  return podEnding('disruption', 'PodLost', 'the pod of the run is gone, and its exit code with it', now)
}

function podEnding(endingClass: EndingClass, reason: RunReason, message: string, now: Date): Ending {
  return { class: endingClass, reason, message, endTime: now.toISOString() }
}

function endOf({ lastTransitionTime }: ObjectCondition, now: Date): string {
  return lastTransitionTime ?? now.toISOString()
}

function over(ending: Ending): AttemptState {
  return { state: 'ended', ending, isLeftBehind: false }
}

function leftBehind(ending: Ending): AttemptState {
  return { state: 'ended', ending, isLeftBehind: true }
}

function byEnd(one: Pod, other: Pod): number {
  const [a, b] = [one, other].map(pod => Date.parse(terminatedOf(pod)?.finishedAt ?? '') || 0)
  return (a ?? 0) - (b ?? 0)
}

/** The earliest of the times that are any. */
export function earliest(times: readonly (number | Date | undefined)[]): Date | undefined {
  const known = times.map(time => Number(time ?? Number.NaN)).filter(time => !Number.isNaN(time))
  return known.length === 0 ? undefined : new Date(Math.min(...known))
}

// The status of a Pod as a kubelet reports it, from what is known of its child process. Pure.
import { PROGRAM_KILLED, PROGRAM_STOPPED } from '../resources/names.ts'
import type { Pod, PodStatus, Terminated } from '../resources/workload.ts'
import type { ChildExit } from './child.ts'

/** Why the kubelet itself ended a container. */
export type StopReason = 'DeadlineExceeded' | 'Deleted' | 'Shutdown'

export interface EndedChild extends ChildExit {
  readonly startedAt: string
  readonly finishedAt: string
  readonly message: string
  /** Absent: nobody asked it to end. */
  readonly stopped?: StopReason
}

export function waitingStatus(pod: Pod, reason: string, message: string): PodStatus {
  return { phase: 'Pending', containerStatuses: [{ name: containerOf(pod), state: { waiting: { reason, message } } }] }
}

export function runningStatus(pod: Pod, startedAt: string): PodStatus {
  return { phase: 'Running', containerStatuses: [{ name: containerOf(pod), state: { running: { startedAt } } }] }
}

export function endedStatus(pod: Pod, child: EndedChild): PodStatus {
  const { exitCode, signal, startedAt, finishedAt, message, stopped } = child
  const terminated: Terminated = {
    exitCode,
    ...(signal === undefined ? {} : { signal }),
    reason: reasonOf(child),
    ...(message === '' ? {} : { message }),
    startedAt,
    finishedAt,
  }
  return {
    phase: exitCode === 0 && stopped !== 'DeadlineExceeded' ? 'Succeeded' : 'Failed',
    ...(stopped === 'DeadlineExceeded' ? DEADLINE : {}),
    ...(stopped === 'Shutdown' && exitCode !== 0 ? STOPPED : {}),
    containerStatuses: [{ name: containerOf(pod), state: { terminated } }],
  }
}

/** Its process went with the one that had started it: nobody knows how it ended. */
export function lostStatus(): PodStatus {
  return { phase: 'Failed', reason: PROGRAM_KILLED, message: 'the process of rollbook that ran it ended before it did' }
}

const STOPPED = { reason: PROGRAM_STOPPED, message: 'rollbook was stopped while it ran' } as const

const DEADLINE = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
} as const

function reasonOf({ exitCode, isOutOfMemory }: ChildExit): string {
  if (exitCode === 0) return 'Completed'
  return isOutOfMemory ? 'OOMKilled' : 'Error'
}

function containerOf({ spec }: Pod): string {
  return spec.containers[0]?.name ?? ''
}

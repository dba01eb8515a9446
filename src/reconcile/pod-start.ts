// Why a pod does not start, as it says itself, and what is told of one that says nothing.
import { WORKER_CONTAINER } from '../resources/names.ts'
import type { ContainerStatus, Job, Pod } from '../resources/workload.ts'
import { foreignText, type Told } from './told.ts'

/** What conditions say of a pod that does not start. */
export const START_REASONS = ['ImageNotPullable', 'Unschedulable', 'PodNotStarted'] as const

interface StartFault extends Told {
  readonly reason: (typeof START_REASONS)[number]
  /** No waiting mends it. */
  readonly isFinal: boolean
}

interface SlowStart extends Told {
  /** Not told before: most pods are quick. */
  readonly since: Date
}

const NO_IMAGE = ['ErrImagePull', 'ImagePullBackOff', 'ImageInspectError', 'RegistryUnavailable']
const BAD_IMAGE = ['InvalidImageName', 'ErrImageNeverPull']
/** How long nothing is said of a pod that nobody has said anything of, milliseconds. */
const PATIENCE = 10_000

/** Why the worker does not start; undefined while there is nothing to say. */
export function startFault({ status }: Pod): StartFault | undefined {
  const waiting = workerOf(status?.containerStatuses)?.state?.waiting
  const said = foreignText(waiting?.message)
  const word = waiting?.reason ?? ''
  if (BAD_IMAGE.includes(word) || NO_IMAGE.includes(word)) {
    return { reason: 'ImageNotPullable', message: `${word}: ${said}`, isFinal: word === 'InvalidImageName' }
  }
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False') {
    const message = foreignText(scheduled.message) || 'no node takes the pod'
    return { reason: 'Unschedulable', message, isFinal: false }
  }
  return said === '' ? undefined : { reason: 'PodNotStarted', message: `${word}: ${said}`, isFinal: false }
}

/** What holds up a Job that has no pod, and a pod that nobody has looked at; undefined for any other. */
export function slowStart({ metadata, status }: Job, pod: Pod | undefined): SlowStart | undefined {
  if (metadata.deletionTimestamp !== undefined) return undefined
  const reason = 'PodNotStarted'
  if (pod) {
    const isTaken = pod.spec.nodeName !== undefined || (pod.status?.conditions ?? []).length > 0 || hasStarted(pod)
    const message = 'no scheduler has looked at the pod yet'
    return isTaken ? undefined : { reason, message, since: after(pod.metadata.creationTimestamp) }
  }
  const { namespace, name, creationTimestamp } = metadata
  const isQueued = status?.conditions?.some(condition => condition.type === 'Suspended' && condition.status === 'True')
  const message = isQueued
    ? 'its Job is suspended: whoever queues Jobs has not let it start'
    : `its Job has no pod yet; kubectl describe job ${name} -n ${namespace} tells why`
  return { reason, message, since: after(creationTimestamp) }
}

function after(time: string | undefined): Date {
  return new Date((Date.parse(time ?? '') || 0) + PATIENCE)
}

export function workerOf(statuses: readonly ContainerStatus[] | undefined): ContainerStatus | undefined {
  return statuses?.find(({ name }) => name === WORKER_CONTAINER)
}

export function hasStarted({ status }: Pod): boolean {
  return workerOf(status?.containerStatuses)?.state?.running !== undefined || status?.phase === 'Running'
}

/**
 * Words about a start that is held up, as status shall have them: those that stand there already when only numbers differ,
 * or when a kubelet says again that it waits before it pulls the image once more. Otherwise each try would be a write.
 */
export function steadyWords(
  told: Told,
  before: readonly { readonly reason: string; readonly message: string }[],
): Told {
  const known = before.find(({ reason, message }) => reason === told.reason && saysTheSame(message, told.message))
  return known ? { ...told, message: known.message } : told
}

function saysTheSame(before: string, now: string): boolean {
  const isPause = now.startsWith('ImagePullBackOff: ') && before.startsWith('ErrImagePull: ')
  return isPause || withoutNumbers(before) === withoutNumbers(now)
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, '#')
}

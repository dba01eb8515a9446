// A resource that is being deleted: its workers are ended first, so that nothing is pushed after it is gone (design 4.10).
import { FINALIZER } from '../resources/names.ts'
import type { Pod } from '../resources/workload.ts'
import { deletionOf } from './leftovers.ts'
import type { Actions, Step } from './plan.ts'
import type { Runnable, Subject } from './subject.ts'

/** Longer than this no finalizer holds a resource or a namespace (D8). */
const LONGEST_WAIT = 5 * 60_000

export function isDeleted({ metadata }: Pick<Runnable, 'metadata'>): boolean {
  return metadata.deletionTimestamp !== undefined
}

export function planDeletion({ resource, seen, now }: Subject): Actions {
  const { finalizers = [], deletionTimestamp = '' } = resource.metadata
  if (!finalizers.includes(FINALIZER)) return { steps: [] }
  const deletions = seen.jobs
    .filter(({ job }) => job.metadata.deletionTimestamp === undefined)
    .flatMap(observed => deletionOf(observed, 'Foreground'))
  const until = new Date(Date.parse(deletionTimestamp) + LONGEST_WAIT)
  const pods = seen.jobs.flatMap(observed => observed.pods)
  const unconfirmed = pods.filter(pod => !isGone(pod))
  const isWaiting = unconfirmed.length > 0 || deletions.some(({ type }) => type === 'deleteJob')
  if (isWaiting && now < until) return { steps: deletions, wake: until }
  return {
    steps: [...deletions, ...unconfirmed.map(unconfirmedEvent), { type: 'removeFinalizer' }, { type: 'releaseSlot' }],
  }
}

/** Ended, or on a node that the cluster has given up. */
function isGone({ status }: Pod): boolean {
  const { phase, reason, conditions = [] } = status ?? {}
  const isDisrupted = conditions.some(
    ({ type, status, reason }) =>
      type === 'DisruptionTarget' && status === 'True' && reason === 'DeletionByTaintManager',
  )
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Unknown' || reason === 'NodeLost' || isDisrupted
}

function unconfirmedEvent({ metadata }: Pod): Step {
  const message = `pod ${metadata.name} did not confirm its end within 5 minutes; the resource is deleted without waiting for it`
  return { type: 'event', event: { severity: 'Warning', reason: 'PodUnconfirmed', message } }
}

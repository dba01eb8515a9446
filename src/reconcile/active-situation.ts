// What the conditions say while a run is under way.
import type { ActiveRun } from '../resources/generated/types.ts'
import type { Situation } from './conditions.ts'
import type { Subject } from './subject.ts'
import type { Told } from './told.ts'

/** `told`: why its pod does not start. */
export function activeSituation({ resource, status }: Subject, run: ActiveRun, told?: Told): Situation {
  if (resource.spec.suspend === true) return { type: 'suspended', isActive: true }
  if (!run.lastFailure) return { type: 'running', ...(told ? { told } : {}) }
  const { reason } = run.lastFailure
  // The sentence was told when the attempt failed, and status keeps it in the condition only.
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  const message = ready?.reason === reason ? ready.message : `attempt ${run.attempt - 1} failed`
  return { type: 'retrying', told: { reason: reason as Told['reason'], message } }
}

// What the conditions say while a run is under way.
import type { ActiveRun } from '../resources/generated/types.ts'
import type { Situation } from './conditions.ts'
import { steadyWords } from './pod-start.ts'
import type { Subject } from './subject.ts'
import type { Told } from './told.ts'

/** `held`: why its pod does not start. */
export function activeSituation({ resource, status }: Subject, run: ActiveRun, held?: Told): Situation {
  const { conditions = [] } = status
  const told = held && steadyWords(held, conditions)
  if (resource.spec.suspend === true) return { type: 'suspended', isActive: true, ...(told ? { told } : {}) }
  if (!run.lastFailure) return { type: 'running', ...(told ? { told } : {}) }
  const { reason } = run.lastFailure
  // The sentence was told when the attempt failed, and status keeps it in the condition only.
  const ready = conditions.find(({ type }) => type === 'Ready')
  const message = ready?.reason === reason ? ready.message : `attempt ${run.attempt - 1} failed`
  return { type: 'retrying', told: { reason: reason as Told['reason'], message }, ...(told ? { held: told } : {}) }
}

// Whether a resource has come to what somebody waits for, and whether it still may. Pure.
import type { Condition } from '../resources/generated/types.ts'
import { activeRunOf, type RollbookResource } from '../resources/kinds.ts'

/** `no`: nothing that is under way can change it, a person or a change elsewhere has to. */
export type Verdict = 'yes' | 'no' | 'open'

/** What the controller says of the newest spec; undefined before it has looked at that. */
export function conditionOf({ metadata, status }: RollbookResource, type: string): Condition | undefined {
  const found = status?.conditions?.find(condition => condition.type === type)
  return found?.observedGeneration === metadata.generation ? found : undefined
}

export function verdictOf(resource: RollbookResource, wanted: 'Ready' | 'Succeeded'): Verdict {
  const found = conditionOf(resource, wanted)
  if (found?.status === 'True') return 'yes'
  if (!found || !isSettled(resource)) return 'open'
  return 'no'
}

/** Nothing is under way: no run, no retry, no look that the controller means to take on its own before the next tick. */
export function isSettled(resource: RollbookResource): boolean {
  const { status, metadata } = resource
  if (status?.observedGeneration !== metadata.generation) return false
  if (activeRunOf(resource) !== undefined) return false
  return conditionOf(resource, 'Reconciling')?.status !== 'True'
}

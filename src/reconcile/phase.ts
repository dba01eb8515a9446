// The state in one word, for people and columns; it follows from the conditions and says nothing that they don't.
import type { RunEntry } from '../resources/generated/types.ts'
import type { Situation } from './conditions.ts'
import type { JobPhase, RegistryPhase } from './subject.ts'

const PHASE: Readonly<Record<RunEntry['outcome'], JobPhase>> = {
  Completed: 'Completed',
  Unchanged: 'Completed',
  Planned: 'Completed',
  PartiallyCompleted: 'PartiallyCompleted',
  Failed: 'Failed',
  // Nothing was done before it: what the condition Succeeded says.
  Cancelled: 'Failed',
}

export interface PhaseInput {
  readonly situation: Situation
  /** The last run, when it is of this generation; before a cancelled one the run that stands. */
  readonly settledBy: RunEntry | undefined
  /** Whether the next attempt waits for its time. */
  readonly isWaiting: boolean
}

export function jobPhase({ situation, settledBy, isWaiting }: PhaseInput): JobPhase {
  switch (situation.type) {
    case 'suspended':
      return situation.isActive ? 'Running' : 'Suspended'
    case 'running':
    case 'retrying':
      return isWaiting ? 'Scheduled' : 'Running'
    case 'waiting':
      return 'Scheduled'
    case 'held':
      return situation.isStalled ? 'Failed' : 'Pending'
    case 'idle':
      return settledBy ? PHASE[settledBy.outcome] : 'Pending'
    default:
      return situation satisfies never
  }
}

export interface RegistryPhaseInput {
  readonly situation: Situation
  readonly isReady: boolean
  /** Whether the first run of this generation has ended. */
  readonly isSettled: boolean
}

export function registryPhase({ situation, isReady, isSettled }: RegistryPhaseInput): RegistryPhase {
  switch (situation.type) {
    case 'running':
    case 'retrying':
      return 'Syncing'
    case 'suspended':
      return situation.isActive ? 'Syncing' : 'Pending'
    case 'held':
      return situation.isStalled ? 'Failed' : 'Pending'
    case 'waiting':
      return isReady ? 'Ready' : 'Pending'
    case 'idle':
      return isReady ? 'Ready' : isSettled ? 'Failed' : 'Pending'
    default:
      return situation satisfies never
  }
}

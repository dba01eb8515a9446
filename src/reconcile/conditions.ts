// The conditions of a status, from the last run and what is under way (kinds.md, "Status"). One table, no patches: whatever
// the conditions said before, the same state gives the same ones.
import type { Condition, RunEntry } from '../resources/generated/types.ts'
import { hasRun } from './subject.ts'
import type { Told } from './told.ts'

/** What goes on beside the last run. */
export type Situation =
  | { readonly type: 'idle' }
  /** `told` of the run that is under way. */
  | { readonly type: 'suspended'; readonly isActive: boolean; readonly told?: Told }
  /** A run is under way; `told` where there is something to say of it. */
  | { readonly type: 'running'; readonly told?: Told }
  /** An attempt failed, and the next one waits or runs; `held` why it does not start. */
  | { readonly type: 'retrying'; readonly told: Told; readonly held?: Told }
  /** A run is due and waits for its turn. */
  | { readonly type: 'waiting'; readonly told: Told }
  /** A run is due and can't start. `stalled`: somebody has to act. */
  | { readonly type: 'held'; readonly told: Told; readonly isStalled: boolean }

export interface ConditionInput {
  readonly before: readonly Condition[]
  readonly generation: number
  readonly now: Date
  readonly lastRun: RunEntry | undefined
  readonly situation: Situation
  /** Job kinds have it; of a registry it would say what Ready says. */
  readonly hasSucceeded: boolean
  /** What a cancelled run leaves: false for a registry that nothing can be read from, and a job that has done nothing yet. */
  readonly isAvailable: boolean
  /** Whether the first run of this generation has ended. */
  readonly isSettled?: boolean
}

type State = readonly [status: Condition['status'], told: Told]

interface States {
  readonly Ready: State
  readonly Reconciling: State
  readonly Stalled: State
  readonly Succeeded?: State
}

const SETTLED: Told = { reason: 'Settled', message: 'nothing is under way' }
const NOT_STALLED: Told = { reason: 'NotStalled', message: 'nobody has to act' }
const PENDING: Told = { reason: 'Pending', message: 'the first run of this generation has not started' }
const SUSPENDED: Told = { reason: 'Suspended', message: 'spec.suspend is true: no run is started' }
const RUNNING: Told = { reason: 'Progressing', message: 'a run is under way' }

export function conditionsOf(input: ConditionInput): Condition[] {
  const { Ready, Reconciling, Stalled } = statesOf(input)
  const states: [string, State][] = Object.entries({ Ready, Reconciling, Stalled })
  if (input.hasSucceeded) states.push(['Succeeded', succeeded(input)])
  return states.map(([type, [status, { reason, message }]]) => {
    const before = input.before.find(condition => condition.type === type)
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : input.now.toISOString()
    return { type, status, observedGeneration: input.generation, lastTransitionTime, reason, message }
  })
}

function statesOf(input: ConditionInput): States {
  const { situation } = input
  switch (situation.type) {
    case 'idle':
      return isSettled(input) ? settled(input) : progressing(PENDING)
    case 'suspended':
      return suspended(situation.isActive)
    case 'running':
      return isSettled(input) ? { ...settled(input), ...told(situation.told) } : progressing(situation.told ?? RUNNING)
    case 'waiting':
      return isSettled(input) ? { ...settled(input), ...told(situation.told) } : progressing(situation.told)
    case 'retrying':
      return {
        Ready: ['False', situation.told],
        Reconciling: ['True', situation.held ?? situation.told],
        Stalled: ['False', NOT_STALLED],
      }
    case 'held':
      return held(situation.told, { isStalled: situation.isStalled, isFirst: !isSettled(input) })
    default:
      return situation satisfies never
  }
}

/** Later runs leave the rest alone: only why nothing happens is told. */
function told(words: Told | undefined): Partial<States> {
  return words ? { Reconciling: ['False', words] } : {}
}

/** As the last run left it. */
function settled({ lastRun, isAvailable }: ConditionInput): States {
  const words = lastRun ? toldOf(lastRun) : PENDING
  const Reconciling: State = ['False', SETTLED]
  if (lastRun?.outcome === 'Failed') {
    return { Ready: ['False', words], Reconciling, Stalled: ['True', stalledBy(lastRun)] }
  }
  const isReady = isAvailable || lastRun?.outcome !== 'Cancelled'
  return { Ready: [isReady ? 'True' : 'False', words], Reconciling, Stalled: ['False', NOT_STALLED] }
}

function progressing(words: Told): States {
  return { Ready: ['Unknown', words], Reconciling: ['True', words], Stalled: ['False', NOT_STALLED] }
}

function suspended(isActive: boolean): States {
  const words = isActive
    ? { ...SUSPENDED, message: `${SUSPENDED.message}; the one under way ends by itself` }
    : SUSPENDED
  return { Ready: ['False', words], Reconciling: ['False', words], Stalled: ['False', NOT_STALLED] }
}

function held(words: Told, { isStalled, isFirst }: { readonly isStalled: boolean; readonly isFirst: boolean }): States {
  return {
    Ready: ['False', words],
    Reconciling: [isFirst && !isStalled ? 'True' : 'False', words],
    Stalled: isStalled ? ['True', words] : ['False', NOT_STALLED],
  }
}

/** The result of the last finished run; Unknown before the first one of a generation, and while one is under way. */
function succeeded(input: ConditionInput): State {
  const { lastRun, situation } = input
  if (situation.type === 'running') return ['Unknown', situation.told ?? RUNNING]
  if (situation.type === 'retrying') return ['Unknown', situation.held ?? situation.told]
  if (situation.type === 'suspended' && situation.isActive) return ['Unknown', situation.told ?? RUNNING]
  if (!isSettled(input) || !lastRun) return ['Unknown', unsettledWords(situation)]
  const isGood = lastRun.outcome !== 'Failed' && lastRun.outcome !== 'Cancelled'
  return [isGood ? 'True' : 'False', toldOf(lastRun)]
}

function unsettledWords(situation: Situation): Told {
  if (situation.type === 'suspended') return SUSPENDED
  return 'told' in situation && situation.told ? situation.told : PENDING
}

function isSettled({ isSettled, lastRun, generation }: ConditionInput): boolean {
  return isSettled ?? hasRun(lastRun, generation)
}

function stalledBy(run: RunEntry): Told {
  if (run.class === undefined || run.class === 'definite') return toldOf(run)
  const { reason, message } = toldOf(run)
  const { attempts = 1 } = run
  const times = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`
  return { reason: 'RetriesExhausted', message: `${reason} after ${times}: ${message}` }
}

function toldOf({ outcome, reason, message }: RunEntry): Told {
  // Only what is in the closed list gets into an entry.
  return { reason: (reason ?? 'WorkerFailed') as Told['reason'], message: message ?? outcome }
}

// Waits for a resource to come to something: a finished run, a condition, its end.
import type { ClusterObject } from '../cluster/cluster.ts'
import { followOne } from '../cluster/follow.ts'
import { durationOf } from '../lib/duration.ts'
import { Failure } from '../lib/failure.ts'
import { timeLimit } from '../lib/time-limit.ts'
import { type Invocation, UsageError } from './command.ts'
import { progressOf } from './progress.ts'
import type { ResourceAccess } from './resource-access.ts'
import type { ShownKind } from './resource-argument.ts'
import { TIMEOUT } from './resource-options.ts'

export interface Waited<T extends ClusterObject, R> {
  readonly kind: ShownKind<T>
  readonly name: string
  /** For progress, and the sentence when it never comes: `team-servers to be Ready`. */
  readonly what: string
  /** How the resource was last seen, for the sentence when it never comes; `next` where there is none. */
  readonly state?: (resource: T) => string
  /** What the resource itself waits for, told in progress. */
  readonly next?: (resource: T) => string | undefined
  /** What was waited for, once it is there. Gets undefined when the resource is gone. */
  readonly see: (resource: T | undefined) => R | undefined
  /** Asked every two seconds: what else to make of a resource that nothing happens to. */
  readonly giveUp?: (resource: T | undefined) => R | undefined
}

/** Milliseconds. */
const LOOK_AGAIN = 2_000
const TICK = 500

/** What `see` or `giveUp` gives first. Throws DeadlineExceeded after --timeout. */
export async function waitFor<T extends ClusterObject, R>(
  invocation: Invocation,
  access: Pick<ResourceAccess, 'cluster' | 'namespace'>,
  waited: Waited<T, R>,
): Promise<R> {
  const limit = timeoutOf(invocation)
  const { signal: ended } = invocation.terminal
  const { signal, end } = timeLimit(ended, limit)
  let last: T | undefined
  const see = (resource: T | undefined) => {
    last = resource
    return waited.see(resource)
  }
  const progress = progressOf(invocation)
  const step = () => {
    const next = last && waited.next?.(last)
    return `waiting for ${waited.what}${next === undefined ? '' : `: ${next}`}`
  }
  const ticks = setInterval(() => progress.tell(step()), TICK)
  try {
    const found = await firstSeen(access, { ...waited, see }, signal)
    if (found !== undefined) return found
  } finally {
    end()
    clearInterval(ticks)
    progress.end()
  }
  ended.throwIfAborted()
  const time = invocation.options.text(TIMEOUT.name)
  const state = last && (waited.state ?? waited.next)?.(last)
  const message = `waited ${time} in vain for ${waited.what}${state === undefined ? '' : `: ${state}`}`
  throw new Failure('DeadlineExceeded', 'transient', message)
}

/** Undefined when the signal came first. */
async function firstSeen<T extends ClusterObject, R>(
  { cluster, namespace }: Pick<ResourceAccess, 'cluster' | 'namespace'>,
  { kind, name, see, giveUp }: Waited<T, R>,
  ended: AbortSignal,
): Promise<R | undefined> {
  while (!ended.aborted) {
    const { signal, end } = timeLimit(ended, giveUp && LOOK_AGAIN)
    try {
      for await (const resource of followOne(cluster, kind.type, { namespace, name, signal })) {
        const found = see(resource)
        if (found !== undefined) return found
      }
    } finally {
      end()
    }
    const found = ended.aborted ? undefined : giveUp?.(await cluster.get(kind.type, { namespace, name }))
    if (found !== undefined) return found
  }
  return undefined
}

/** Milliseconds of --timeout; undefined without one. Throws UsageError. */
function timeoutOf({ options }: Pick<Invocation, 'options'>): number | undefined {
  const text = options.text(TIMEOUT.name)
  if (text === undefined) return undefined
  const milliseconds = durationOf(text)
  if (milliseconds === undefined || milliseconds > 2 ** 31 - 1) {
    throw new UsageError(`--timeout takes a duration such as 30s or 5m, at most 24 days, not ${JSON.stringify(text)}`)
  }
  return milliseconds
}

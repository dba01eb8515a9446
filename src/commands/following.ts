// Waits for a resource to come to something: a finished run, a condition, its end.
import type { ClusterObject } from '../cluster/cluster.ts'
import { followOne } from '../cluster/follow.ts'
import { durationOf } from '../lib/duration.ts'
import { Failure } from '../lib/failure.ts'
import { type Invocation, UsageError } from './command.ts'
import { progressOf } from './progress.ts'
import type { ResourceAccess } from './resource-access.ts'
import type { ShownKind } from './resource-argument.ts'
import { TIMEOUT } from './resource-options.ts'

export interface Waited<T extends ClusterObject> {
  readonly kind: ShownKind<T>
  readonly name: string
  /** For the sentence when it never comes, and for progress: `team-servers to be Ready`. */
  readonly what: string
}

/** What `see` gives first that is not undefined; it gets undefined when the resource is gone. Throws DeadlineExceeded. */
export async function waitFor<T extends ClusterObject, R>(
  invocation: Invocation,
  { cluster, namespace }: ResourceAccess,
  { kind, name, what, see }: Waited<T> & { readonly see: (resource: T | undefined) => R | undefined },
): Promise<R> {
  const limit = timeoutOf(invocation)
  const ending = new AbortController()
  const signals = [invocation.terminal.signal, ending.signal]
  const late = limit === undefined ? [] : [AbortSignal.timeout(limit)]
  const signal = AbortSignal.any([...signals, ...late])
  const progress = progressOf(invocation)
  const ticks = setInterval(() => progress.tell(`waiting for ${what}`), 500)
  try {
    for await (const resource of followOne(cluster, kind.type, { namespace, name, signal })) {
      const found = see(resource)
      if (found !== undefined) return found
    }
  } finally {
    clearInterval(ticks)
    progress.end()
    ending.abort()
  }
  invocation.terminal.signal.throwIfAborted()
  throw new Failure(
    'DeadlineExceeded',
    'transient',
    `waited ${invocation.options.text(TIMEOUT.name)} in vain for ${what}`,
  )
}

/** Milliseconds of --timeout; undefined without one. Throws UsageError. */
export function timeoutOf({ options }: Pick<Invocation, 'options'>): number | undefined {
  const text = options.text(TIMEOUT.name)
  if (text === undefined) return undefined
  const milliseconds = durationOf(text)
  if (milliseconds === undefined || milliseconds > 2 ** 31 - 1) {
    throw new UsageError(`--timeout takes a duration such as 30s or 5m, at most 24 days, not ${JSON.stringify(text)}`)
  }
  return milliseconds
}

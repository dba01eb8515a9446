// Objects as they are and as they change, for whoever looks for a while: list, watch, and list again when a watch has missed
// something. Controllers, which look for ever and must not ask for everything at once, have their reflector instead.
import { setTimeout as pause } from 'node:timers/promises'
import type { ClusterObject, ObjectName, ObjectType, Selection, Watchable, WatchEvent } from './cluster.ts'
import { ClusterError } from './cluster-error.ts'

export interface Sighting<T> {
  readonly object: T
  readonly isGone: boolean
}

export interface FollowOptions<T> extends Selection {
  readonly signal: AbortSignal
  /** Of what a list gives; default: as it comes. */
  readonly order?: (one: T, other: T) => number
}

/** Between two tries of a cluster that does not answer, milliseconds. */
const RETRY = 1_000

/**
 * Every object of a kind, then each change. Ends when the signal fires. Throws what the cluster throws; once it has answered,
 * one that does not answer is asked again until it does.
 */
export async function* follow<T extends ClusterObject>(
  cluster: Watchable,
  type: ObjectType<T>,
  { order, ...options }: FollowOptions<T>,
): AsyncIterable<Sighting<T>> {
  for await (const seen of listsAndEvents(cluster, type, options)) {
    if ('items' in seen) {
      const items = order ? seen.items.toSorted(order) : seen.items
      for (const object of items) yield { object, isGone: false }
    } else if (seen.type !== 'BOOKMARK') yield { object: seen.object, isGone: seen.type === 'DELETED' }
  }
}

/** One object, again and again; undefined while there is none. */
export async function* followOne<T extends ClusterObject>(
  cluster: Watchable,
  type: ObjectType<T>,
  { namespace, name, signal }: ObjectName & { readonly signal: AbortSignal },
): AsyncIterable<T | undefined> {
  for await (const seen of listsAndEvents(cluster, type, { namespace, signal })) {
    if ('items' in seen) yield seen.items.find(({ metadata }) => metadata.name === name)
    else if (seen.type !== 'BOOKMARK' && seen.object.metadata.name === name)
      yield seen.type === 'DELETED' ? undefined : seen.object
  }
}

async function* listsAndEvents<T extends ClusterObject>(
  cluster: Watchable,
  type: ObjectType<T>,
  options: FollowOptions<T>,
): AsyncIterable<{ readonly items: readonly T[] } | WatchEvent<T>> {
  const { signal } = options
  let hasAnswered = false
  while (!signal.aborted) {
    try {
      const { items, resourceVersion } = await cluster.list(type, options)
      hasAnswered = true
      yield { items }
      yield* cluster.watch(type, { ...options, resourceVersion })
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof ClusterError) || !mayPass(error, hasAnswered)) throw error
      if (error.reason !== 'Expired') await pause(error.retryAfter ?? RETRY, undefined, { signal }).catch(() => {})
    }
  }
}

function mayPass({ reason }: ClusterError, hasAnswered: boolean): boolean {
  return reason === 'Expired' || (hasAnswered && (reason === 'Unavailable' || reason === 'TooManyRequests'))
}

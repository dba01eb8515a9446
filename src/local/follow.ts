// Every object of a kind as it is and as it changes: list, watch, and list again when a watch has missed something.
import type { Cluster, ClusterObject, ObjectType, Selection } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'

export interface Sighting<T> {
  readonly object: T
  readonly isGone: boolean
}

/** Ends when the signal fires. Throws what the cluster throws, but for versions that are too old. */
export async function* follow<T extends ClusterObject>(
  cluster: Cluster,
  type: ObjectType<T>,
  options: Selection & { readonly signal: AbortSignal },
): AsyncIterable<Sighting<T>> {
  while (!options.signal.aborted) {
    const { items, resourceVersion } = await cluster.list(type, options)
    for (const object of items) yield { object, isGone: false }
    try {
      for await (const event of cluster.watch(type, { ...options, resourceVersion })) {
        if (event.type !== 'BOOKMARK') yield { object: event.object, isGone: event.type === 'DELETED' }
      }
    } catch (error) {
      if (!(error instanceof ClusterError) || error.reason !== 'Expired') throw error
    }
  }
}

// What a resource command speaks to.
import type { Cluster, Watchable } from '../cluster/cluster.ts'

export interface ResourceAccess {
  readonly cluster: Cluster
  /** Of --namespace, else what stands for it. */
  readonly namespace: string
  /** For sentences: `the state directory .rollbook`, `the cluster of context kind`. */
  readonly place: string
  /** Nothing happens in it by itself: no process runs the controllers. */
  readonly isStill?: boolean
}

/** What a command speaks to that only looks on. */
export interface WatchAccess extends Omit<ResourceAccess, 'cluster'> {
  readonly cluster: Watchable
}

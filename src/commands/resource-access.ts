// What a resource command speaks to.
import type { Cluster } from '../cluster/cluster.ts'

export interface ResourceAccess {
  readonly cluster: Cluster
  /** Of --namespace, else what stands for it. */
  readonly namespace: string
  /** For sentences: `the state directory .rollbook`, `the cluster of context kind`. */
  readonly place: string
}

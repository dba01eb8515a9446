// A cluster whose caller dies at one of its calls, before it or after it.
import type { Cluster } from '../../src/cluster/cluster.ts'
import { withCalls } from './controllers.ts'

export interface Kill {
  /** Which of its calls, from 1. */
  readonly call: number
  readonly side: 'before' | 'after'
}

export interface DoomedCluster {
  readonly cluster: Cluster
  calls(): number
  isDead(): boolean
  /** The call that it died at; '' while it lives. */
  killedAt(): string
}

/** A cluster whose caller is killed at one of its calls: nothing that it does afterwards reaches the cluster. */
export function doomedCluster(cluster: Cluster, kill: Kill | undefined): DoomedCluster {
  let calls = 0
  let killedAt: string | undefined
  const killed = () => new Error('killed')
  return {
    calls: () => calls,
    isDead: () => killedAt !== undefined,
    killedAt: () => killedAt ?? '',
    cluster: withCalls(cluster, async (name, call, type) => {
      if (killedAt !== undefined) throw killed()
      calls++
      if (calls !== kill?.call) return call()
      killedAt = `${name} ${type}`
      if (kill.side === 'after') await call()
      throw killed()
    }),
  }
}

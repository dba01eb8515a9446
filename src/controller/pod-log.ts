// The log of an ended worker, as lines. A node that does not answer keeps no run open for ever: after a while its log is gone.
import type { Cluster } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { LogAnswer } from '../reconcile/observed.ts'

/** A kubelet rotates there; a worker writes less (design 4.9). */
const MOST_BYTES = 10 * 1024 * 1024
/** Milliseconds of failures in a row; passes are made again with backoff meanwhile. */
const PATIENCE = 120_000
/** Pods that are waited for; more than an installation runs at a time. */
const MOST_WAITED = 10_000

export class PodLogReader {
  private readonly cluster: Cluster
  private readonly clock: Clock
  /** By pod: since when its log can't be had (`Clock.elapsed`). */
  private readonly failing = new Map<string, number>()

  constructor(cluster: Cluster, clock: Clock) {
    this.cluster = cluster
    this.clock = clock
  }

  /** No lines when pod or log are gone: the run ends without them. Throws ClusterError while there is hope. */
  async read(namespace: string, pod: string): Promise<LogAnswer> {
    const key = `${namespace}/${pod}`
    try {
      const log = await this.cluster.podLog({ namespace, name: pod }, { limitBytes: MOST_BYTES })
      this.failing.delete(key)
      return { pod, lines: log === undefined ? undefined : linesOf(log.toString('utf8')) }
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error
      const since = this.failing.get(key) ?? this.clock.elapsed()
      if (this.clock.elapsed() - since < PATIENCE) {
        if (this.failing.size < MOST_WAITED) this.failing.set(key, since)
        throw error
      }
      this.failing.delete(key)
      return { pod, lines: undefined }
    }
  }
}

/** The last line is one too when nothing ends it: it was cut. */
function linesOf(text: string): string[] {
  const lines = text.split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

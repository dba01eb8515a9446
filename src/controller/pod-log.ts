// The log of an ended worker, as lines.
import type { Cluster } from '../cluster/cluster.ts'
import type { LogAnswer } from '../reconcile/observed.ts'

/** A kubelet rotates there; a worker writes less (design 4.9). */
const MOST_BYTES = 10 * 1024 * 1024

/** No lines when pod or log are gone: the run ends without them. */
export async function readPodLog(cluster: Cluster, namespace: string, pod: string): Promise<LogAnswer> {
  const log = await cluster.podLog({ namespace, name: pod }, { limitBytes: MOST_BYTES })
  return { pod, lines: log === undefined ? undefined : linesOf(log.toString('utf8')) }
}

/** The last line is one too when nothing ends it: it was cut. */
function linesOf(text: string): string[] {
  const lines = text.split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

// A cluster whose requests are counted, one by one.
import type { Cluster, ClusterObject, JsonObjectLike, ObjectType } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { Measures } from './measures.ts'

/** A watch counts when it ends. */
export function countedCluster(cluster: Cluster, clock: Clock, measures: Pick<Measures, 'requestEnded'>): Cluster {
  const ended = (verb: string, kind: string, begin: number) => (error?: unknown) => {
    const result = error === undefined ? 'OK' : error instanceof ClusterError ? error.reason : 'Aborted'
    measures.requestEnded({ verb, kind, result, seconds: (clock.elapsed() - begin) / 1000 })
  }
  const counted = async <R>(verb: string, kind: string, call: () => Promise<R>): Promise<R> => {
    const end = ended(verb, kind, clock.elapsed())
    try {
      const answer = await call()
      end()
      return answer
    } catch (error) {
      end(error)
      throw error
    }
  }
  async function* countedStream<R>(verb: string, kind: string, open: () => AsyncIterable<R>): AsyncIterable<R> {
    const end = ended(verb, kind, clock.elapsed())
    let failure: unknown
    try {
      yield* open()
    } catch (error) {
      failure = error
      throw error
    } finally {
      end(failure)
    }
  }
  return {
    get: (type, name) => counted('get', type.kind, () => cluster.get(type, name)),
    list: (type, selection) => counted('list', type.kind, () => cluster.list(type, selection)),
    watch: (type, options) => countedStream('watch', type.kind, () => cluster.watch(type, options)),
    create: <T extends ClusterObject>(type: ObjectType<T>, object: T) =>
      counted('create', type.kind, () => cluster.create(type, object)),
    apply: <T extends ClusterObject>(
      type: ObjectType<T>,
      object: Parameters<Cluster['apply']>[1] & JsonObjectLike,
      options: Parameters<Cluster['apply']>[2],
    ) => counted('apply', type.kind, () => cluster.apply(type, object, options)),
    applyStatus: (type, object, options) =>
      counted('applyStatus', type.kind, () => cluster.applyStatus(type, object, options)),
    patch: (type, name, patch) => counted('patch', type.kind, () => cluster.patch(type, name, patch)),
    delete: (type, name, options) => counted('delete', type.kind, () => cluster.delete(type, name, options)),
    podLog: (name, options) => counted('log', 'Pod', () => cluster.podLog(name, options)),
    followPodLog: (name, signal) => countedStream('followLog', 'Pod', () => cluster.followPodLog(name, signal)),
  }
}

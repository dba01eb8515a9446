// Watches of ConfigMaps that are sources, one object each: a change acts at once, and no ConfigMap that nobody named is seen.
import type { Cluster, ObjectName } from '../cluster/cluster.ts'
import { Reflector } from '../cluster/reflector.ts'
import { CONFIG_MAPS } from '../cluster/types.ts'
import type { Clock } from '../lib/clock.ts'
import type { ConfigMap, RollbookResource } from '../resources/kinds.ts'
import type { ControllerLog } from './controller-log.ts'

export interface SourceWatchesOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly log: ControllerLog
  /** Hears which ConfigMap changed, and the keys of the resources that read it. */
  changed(configMap: ObjectName, readers: Iterable<string>): void
}

interface Watched {
  readonly readers: Set<string>
  readonly end: AbortController
  /** Resolves when the watch is closed. */
  readonly closed: Promise<void>
}

export class SourceWatches {
  private readonly options: SourceWatchesOptions
  private readonly watched = new Map<string, Watched>()
  /** By key of the resource: the ConfigMap that it reads. */
  private readonly sources = new Map<string, string>()

  constructor(options: SourceWatchesOptions) {
    this.options = options
  }

  /** The resource as it is now; undefined when it is gone. */
  set(key: string, resource: RollbookResource | undefined): void {
    const source = resource && sourceOf(resource)
    const place = source && `${source.namespace}/${source.name}`
    const before = this.sources.get(key)
    if (place === before) return
    if (before !== undefined) this.leave(before, key)
    if (!source || place === undefined) {
      this.sources.delete(key)
      return
    }
    this.sources.set(key, place)
    const watched = this.watched.get(place) ?? this.watch(source, place)
    watched.readers.add(key)
  }

  /** Resolves when no watch is open. */
  async stop(): Promise<void> {
    const all = [...this.watched.values()]
    this.watched.clear()
    for (const { end } of all) end.abort()
    await Promise.all(all.map(({ closed }) => closed))
  }

  private watch(source: ObjectName, place: string): Watched {
    const { cluster, clock, log, changed } = this.options
    const readers = new Set<string>()
    const end = new AbortController()
    const reflector = new Reflector<ConfigMap>({
      cluster,
      clock,
      type: CONFIG_MAPS,
      selection: source,
      transform: withoutContent,
      onError: error =>
        log.warn('a ConfigMap could not be watched, and is asked for again', {
          configMap: place,
          error: error instanceof Error ? error.message : String(error),
        }),
    })
    reflector.onChange(() => changed(source, readers))
    const watched = { readers, end, closed: reflector.start(end.signal) }
    this.watched.set(place, watched)
    return watched
  }

  private leave(place: string, key: string): void {
    const watched = this.watched.get(place)
    watched?.readers.delete(key)
    if (watched?.readers.size !== 0) return
    watched.end.abort()
    this.watched.delete(place)
  }
}

/** Only a registry runs because its source changed (kinds.md); jobs are told so that one which failed tries again. */
function sourceOf({ metadata: { namespace }, spec }: RollbookResource): ObjectName | undefined {
  const source = 'source' in spec ? spec.source.configMap : undefined
  return source && { namespace, name: source.name }
}

/** Up to a MiB that only workers read. */
function withoutContent({
  apiVersion,
  kind,
  metadata: { name, namespace, uid, resourceVersion },
}: ConfigMap): ConfigMap {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  }
}

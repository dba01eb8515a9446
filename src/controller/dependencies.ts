// The Secrets and ConfigMaps that a resource names, looked at with one `get` each: never listed, never watched, and no value
// of theirs is kept. Who failed looks again with a backoff of the object's own, however many resources name it (design 4.6).
import type { Cluster, ClusterObject, ObjectType } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { CONFIG_MAPS, SECRETS } from '../cluster/types.ts'
import type { Clock } from '../lib/clock.ts'
import type { ObservedDependency } from '../reconcile/observed.ts'
import type { ConfigMap, Secret } from '../resources/kinds.ts'
import { MANAGED_BY } from '../resources/names.ts'

type Named = Pick<ObservedDependency, 'kind' | 'name'>

export interface Asker {
  readonly namespace: string
  /** It failed, and waits for something to change: what was seen a moment ago is good enough. */
  readonly waits: boolean
}

export interface Looked {
  readonly found: readonly ObservedDependency[]
  /** Milliseconds after which one of them is worth another look; undefined when none was spared. */
  readonly again: number | undefined
}

interface Look {
  readonly found: ObservedDependency
  /** `Clock.elapsed`. */
  readonly at: number
  /** Milliseconds for which it is good enough. */
  readonly wait: number
}

const SHORTEST_WAIT = 10_000
const LONGEST_WAIT = 300_000
/** Far more than an install names; the oldest go first. */
const MOST_LOOKS = 10_000

export class Dependencies {
  private readonly cluster: Cluster
  private readonly clock: Clock
  private readonly looks = new Map<string, Look>()

  constructor(cluster: Cluster, clock: Clock) {
    this.cluster = cluster
    this.clock = clock
  }

  /** Throws ClusterError; what is forbidden is an answer. */
  async look(names: readonly Named[], asker: Asker): Promise<Looked> {
    const looks: Look[] = []
    for (const name of names) looks.push(await this.lookAt(name, asker))
    const now = this.clock.elapsed()
    const waits = looks.map(({ at, wait }) => Math.max(0, at + wait - now))
    const spares = asker.waits && waits.length > 0
    return { found: looks.map(({ found }) => found), again: spares ? Math.min(...waits) : undefined }
  }

  /** It changed: who waits need not wait on. */
  forget({ kind, namespace, name }: Named & { readonly namespace: string }): void {
    this.looks.delete(`${kind}/${namespace}/${name}`)
  }

  private async lookAt(name: Named, { namespace, waits }: Asker): Promise<Look> {
    const key = `${name.kind}/${namespace}/${name.name}`
    const now = this.clock.elapsed()
    const last = this.looks.get(key)
    if (waits && last && now < last.at + last.wait) return last
    const found = await this.get(name, namespace)
    const isSame = last && last.found.resourceVersion === found.resourceVersion
    const wait = waits && isSame ? Math.min(LONGEST_WAIT, last.wait * 2) : SHORTEST_WAIT
    return this.remember(key, { found, at: now, wait })
  }

  private remember(key: string, look: Look): Look {
    this.looks.delete(key)
    this.looks.set(key, look)
    const [oldest] = this.looks.keys()
    if (this.looks.size > MOST_LOOKS && oldest !== undefined) this.looks.delete(oldest)
    return look
  }

  private async get({ kind, name }: Named, namespace: string): Promise<ObservedDependency> {
    const missing = { kind, name, resourceVersion: undefined, keys: [] }
    try {
      const type: ObjectType<Secret | ConfigMap> = kind === 'Secret' ? SECRETS : CONFIG_MAPS
      const object = await this.cluster.get<Secret | ConfigMap>(type, { namespace, name })
      return object ? observed(kind, object) : missing
    } catch (error) {
      if (error instanceof ClusterError && error.reason === 'Forbidden') return { ...missing, forbidden: true }
      throw error
    }
  }
}

function observed(kind: Named['kind'], object: (Secret | ConfigMap) & ClusterObject): ObservedDependency {
  const { name, resourceVersion, labels } = object.metadata
  const maps = object.kind === 'Secret' ? [object.data, object.stringData] : [object.data, object.binaryData]
  const keys = [...new Set(maps.flatMap(map => Object.keys(map ?? {})))].sort()
  const ours = Object.entries(MANAGED_BY).every(([label, value]) => labels?.[label] === value)
  return { kind, name, resourceVersion, keys, ...(kind === 'ConfigMap' ? { ours } : {}) }
}

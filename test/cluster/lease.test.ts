// Leader election on Leases in memory; test/kube/lease.test.ts has the same rules on a real API server.
import t from 'tap'
import type { ClusterObject } from '../../src/cluster/cluster.ts'
import { ClusterError } from '../../src/cluster/cluster-error.ts'
import type { LeaseOptions } from '../../src/cluster/lease.ts'
import { isJsonObject, type JsonObject } from '../../src/lib/json.ts'
import { leaseRules } from '../contracts/lease-rules.ts'

leaseRules(t, async () => ({ cluster: oneLease(), namespace: 'rollbook' }))

/** One object with a version: as much of a cluster as a lease needs. */
function oneLease(): LeaseOptions['cluster'] {
  let stored: JsonObject | undefined
  let version = 0
  const store = (object: JsonObject): JsonObject => {
    const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {}
    stored = structuredClone({ ...object, metadata: { ...metadata, resourceVersion: String(++version) } })
    return stored
  }
  return {
    get: async <T extends ClusterObject>() => structuredClone(stored) as T | undefined,
    create: async <T extends ClusterObject>(_type: unknown, object: T) => {
      if (stored) throw new ClusterError('AlreadyExists', 'it is there')
      return structuredClone(store(object as unknown as JsonObject)) as unknown as T
    },
    patch: async <T extends ClusterObject>(_type: unknown, _name: unknown, patch: JsonObject) => {
      const wanted = isJsonObject(patch['metadata']) ? patch['metadata']['resourceVersion'] : undefined
      if (wanted !== undefined && wanted !== String(version)) throw new ClusterError('Conflict', 'it has changed')
      const before = isJsonObject(stored?.['spec']) ? stored['spec'] : {}
      const spec = isJsonObject(patch['spec']) ? { ...before, ...patch['spec'] } : {}
      return structuredClone(store({ ...stored, spec })) as unknown as T
    },
  }
}

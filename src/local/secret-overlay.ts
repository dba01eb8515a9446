// Secrets from a folder of this machine beside those of the cluster, for every namespace: the controllers see that they are
// there, and runs get them as files. They are never stored in the cluster.
import { createHash } from 'node:crypto'
import type { Cluster, ClusterObject, ObjectName, ObjectType } from '../cluster/cluster.ts'
import { SECRETS } from '../cluster/types.ts'
import type { SecretData, SecretStore } from '../lib/secrets.ts'
import type { Secret } from '../resources/kinds.ts'

/** The same cluster, but `get` of a Secret asks the store first. */
export function withSecrets(cluster: Cluster, secrets: SecretStore | undefined): Cluster {
  if (secrets === undefined) return cluster
  return {
    async get<T extends ClusterObject>(type: ObjectType<T>, name: ObjectName): Promise<T | undefined> {
      const data = type.kind === SECRETS.kind ? await secrets.read(name.name) : undefined
      // The type says that T is a Secret.
      return data ? (secretOf(name, data) as ClusterObject as T) : cluster.get(type, name)
    },
    list: (type, selection) => cluster.list(type, selection),
    watch: (type, options) => cluster.watch(type, options),
    create: (type, object) => cluster.create(type, object),
    apply: (type, object, options) => cluster.apply(type, object, options),
    applyStatus: (type, object, options) => cluster.applyStatus(type, object, options),
    patch: (type, name, patch) => cluster.patch(type, name, patch),
    delete: (type, name, options) => cluster.delete(type, name, options),
    podLog: (name, options) => cluster.podLog(name, options),
    followPodLog: (name, signal) => cluster.followPodLog(name, signal),
  }
}

/** Its version is that of the content, so that a changed file is a changed Secret. */
function secretOf({ namespace, name }: ObjectName, data: SecretData): Secret {
  const hash = createHash('sha256')
  for (const [key, value] of [...data].sort(([one], [other]) => (one < other ? -1 : 1))) {
    hash.update(JSON.stringify([key, value.length])).update(value)
  }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name, resourceVersion: `file-${hash.digest('hex').slice(0, 16)}` },
    data: Object.fromEntries([...data].map(([key, value]) => [key, value.toString('base64')])),
  }
}

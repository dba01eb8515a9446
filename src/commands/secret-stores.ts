// Where a local run finds Secrets: `--secret-dir`, or Secret manifests given with -f. Never an argument, never a prompt.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster } from '../cluster/cluster.ts'
import { SECRETS } from '../cluster/types.ts'
import type { SecretData, SecretStore } from '../lib/secrets.ts'
import { type Secret, secretValue } from '../resources/kinds.ts'

/** Secrets as files: DIR/<secret name>/<key>, as a pod mounts them. */
export function secretDirectory(directory: string): SecretStore {
  return {
    placeOf: name => `the folder ${join(directory, name)}`,
    async read(name) {
      const folder = join(directory, name)
      const keys = await readdir(folder).catch(() => undefined)
      if (!keys) return undefined
      // `..data` and its like are how the kubelet swaps a mounted Secret.
      const visible = keys.filter(key => !key.startsWith('..'))
      return new Map(await Promise.all(visible.map(async key => [key, await readFile(join(folder, key))] as const)))
    },
  }
}

/** Secrets among the given manifests, of one namespace. */
export function manifestSecrets(secrets: readonly Secret[], namespace: string): SecretStore {
  return {
    placeOf: () => `the manifests, namespace ${namespace}`,
    async read(name) {
      const secret = secrets.find(
        ({ metadata }) => metadata.name === name && (metadata.namespace ?? 'default') === namespace,
      )
      return secret && dataOf(secret)
    },
  }
}

/** Secrets of one namespace of a cluster, with the rights of whoever asks. */
export function clusterSecrets(cluster: Cluster, namespace: string): SecretStore {
  return {
    placeOf: () => `namespace ${namespace}`,
    async read(name) {
      const secret = await cluster.get(SECRETS, { namespace, name })
      return secret && dataOf(secret)
    },
  }
}

/** The first store that has the Secret answers. */
export function firstOf(stores: readonly SecretStore[]): SecretStore {
  const answered = new Map<string, SecretStore>()
  return {
    async read(name) {
      for (const store of stores) {
        const data = await store.read(name)
        if (!data) continue
        answered.set(name, store)
        return data
      }
      return undefined
    },
    placeOf(name) {
      const asked = [answered.get(name) ?? stores].flat()
      const places = asked.map(store => store.placeOf?.(name)).filter(place => place !== undefined)
      return places.join(' or ')
    },
  }
}

function dataOf(secret: Secret): SecretData {
  const keys = new Set([...Object.keys(secret.data ?? {}), ...Object.keys(secret.stringData ?? {})])
  return new Map([...keys].map(key => [key, secretValue(secret, key) ?? Buffer.alloc(0)]))
}

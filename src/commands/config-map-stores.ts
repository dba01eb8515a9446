// Where a run finds ConfigMaps: a folder as a pod mounts them, or manifests given with -f.
import type { ConfigMapStore } from '../lib/config-maps.ts'
import { type ConfigMap, configMapValue, type Resource } from '../resources/kinds.ts'
import { secretDirectory } from './secret-stores.ts'

/** ConfigMaps as files: DIR/<name>/<key>, mounted like Secrets. */
export function configMapDirectory(directory: string): ConfigMapStore {
  return secretDirectory(directory)
}

/** ConfigMaps among the given manifests, of one namespace. */
export function manifestConfigMaps(resources: readonly Resource[], namespace: string): ConfigMapStore {
  return {
    async read(name) {
      const found = resources
        .filter(resource => resource.kind === 'ConfigMap')
        .find(({ metadata }) => metadata.name === name && (metadata.namespace ?? 'default') === namespace)
      return found && dataOf(found)
    },
  }
}

function dataOf(configMap: ConfigMap): ReadonlyMap<string, Buffer> {
  const keys = new Set([...Object.keys(configMap.data ?? {}), ...Object.keys(configMap.binaryData ?? {})])
  return new Map([...keys].map(key => [key, configMapValue(configMap, key) ?? Buffer.alloc(0)]))
}

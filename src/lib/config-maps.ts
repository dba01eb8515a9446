// ConfigMaps as a run sees them: by name, like Secrets, but nothing in them is secret.

/** Where a run finds the ConfigMaps that its resource names: files in a pod, manifests on a laptop. */
export interface ConfigMapStore {
  /** Keys and values; undefined when there is no such ConfigMap. */
  read(name: string): Promise<ReadonlyMap<string, Buffer> | undefined>
}

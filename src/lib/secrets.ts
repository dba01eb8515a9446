// Secrets as a run sees them: by name, read once, never part of a request.

/** Keys and values of one Secret. */
export type SecretData = ReadonlyMap<string, Buffer>

/** Where a run finds the Secrets that its resource names: files in a pod, manifests or a folder on a laptop. */
export interface SecretStore {
  /** Undefined when there is no such Secret. */
  read(name: string): Promise<SecretData | undefined>
  /** Where it looks for the Secret, for messages: `the folder /run/secrets/team-git`. */
  placeOf?(name: string): string
}

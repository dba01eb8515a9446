// Which fields a package must and must not have, by its registryType: the table of the official registry.

type Presence = 'required' | 'forbidden' | 'optional'

/** The rules of one registryType. The identifier is required in all of them. */
export interface PackageRules {
  readonly version: Presence
  readonly fileSha256: Presence
  /** The only one accepted; undefined when the caller has to name it. */
  readonly registryBaseUrl: string | 'forbidden' | undefined
}

/** By registryType (official registry, internal/validators/package.go and registries/). */
export const PACKAGE_RULES: ReadonlyMap<string, PackageRules> = new Map<string, PackageRules>([
  ['npm', { version: 'required', fileSha256: 'forbidden', registryBaseUrl: undefined }],
  ['pypi', { version: 'required', fileSha256: 'forbidden', registryBaseUrl: undefined }],
  ['cargo', { version: 'required', fileSha256: 'forbidden', registryBaseUrl: undefined }],
  ['nuget', { version: 'required', fileSha256: 'forbidden', registryBaseUrl: 'https://api.nuget.org/v3/index.json' }],
  ['oci', { version: 'forbidden', fileSha256: 'forbidden', registryBaseUrl: 'forbidden' }],
  ['mcpb', { version: 'optional', fileSha256: 'required', registryBaseUrl: 'forbidden' }],
])

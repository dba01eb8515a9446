// npm and PyPI packages as ToolHive writes them: images `npx://id@version` and `uvx://id@version` (git-contract.md, "To ToolHive").

/** A package as server.json names it. */
export interface NamedPackage {
  readonly registryType: 'npm' | 'pypi'
  readonly identifier: string
  readonly version?: string
}

const SCHEMES = { npm: 'npx://', pypi: 'uvx://' } as const

/** The image of a package; without a version ToolHive takes the newest. */
export function imageOfPackage({ registryType, identifier, version }: NamedPackage): string {
  return `${SCHEMES[registryType]}${identifier}${version === undefined ? '' : `@${version}`}`
}

/** The package that such an image names; undefined for a real image, an image without a name, and `go://`. */
export function packageOfImage(image: string): NamedPackage | undefined {
  const registryType = image.startsWith(SCHEMES.npm) ? 'npm' : image.startsWith(SCHEMES.pypi) ? 'pypi' : undefined
  if (registryType === undefined) return undefined
  const rest = image.slice(SCHEMES[registryType].length)
  const { identifier, version } = splitVersion(rest, registryType)
  if (identifier === '') return undefined
  // `latest` is what no version means, and the only version that server.json refuses by name.
  return version === undefined || version === 'latest'
    ? { registryType, identifier }
    : { registryType, identifier, version }
}

/** At the last `@`, which is not the one of an npm scope; PyPI's own `id==version` is read too (ToolHive RFC THV-0004). */
function splitVersion(text: string, registryType: 'npm' | 'pypi'): { identifier: string; version?: string } {
  const double = registryType === 'pypi' ? text.indexOf('==') : -1
  const at = double > 0 ? double : text.lastIndexOf('@')
  const version = text.slice(double > 0 ? at + 2 : at + 1)
  return at > 0 && version !== '' ? { identifier: text.slice(0, at), version } : { identifier: text }
}

import semver from 'semver'
export function latestOf<V extends { readonly version: string; readonly publishedAt?: string }>(
  versions: readonly V[],
): V | undefined {
  let latest: V | undefined
  for (const item of versions) if (!latest || semver.compareLoose(item.version, latest.version) > 0) latest = item
  return latest
}

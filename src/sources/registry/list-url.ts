// Addresses of a registry's list, from what a resource says: a base with or without its version, or the list itself.

/** Records a page: the most that the official API allows (official-registry.md, 3.1). */
const PAGE_SIZE = 100

export interface ListQuery {
  readonly cursor?: string | undefined
  readonly includeDeleted: boolean
  /** RFC 3339: only what changed after it. */
  readonly updatedSince?: string
}

/** `https://host/v0.1/servers?limit=100&...`. An address that ends in `/servers` is used as it is. */
export function listUrl(base: string, query: ListQuery): URL {
  const url = new URL(base)
  const path = url.pathname.replace(/\/+$/, '')
  if (path.endsWith('/servers')) url.pathname = path
  else url.pathname = /\/v0(\.\d+)?$/.test(path) ? `${path}/servers` : `${path}/v0.1/servers`
  // Percent-encoded in full: versions in cursors have `+` and `:`, and `+` would be read as a space.
  url.search = parametersOf(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
  return url
}

function parametersOf({ cursor, includeDeleted, updatedSince }: ListQuery): [string, string][] {
  const parameters: [string, string][] = [['limit', String(PAGE_SIZE)]]
  if (includeDeleted) parameters.push(['include_deleted', 'true'])
  if (updatedSince !== undefined) parameters.push(['updated_since', updatedSince])
  if (cursor !== undefined) parameters.push(['cursor', cursor])
  return parameters
}

// Which repository URLs a run takes (A10): the CRDs' rules again, and what the install settings or local mode allow.
import { Failure } from '../lib/failure.ts'
import { checkRepositoryUrl as repositoryUrlFault } from '../lib/repository-url.ts'

/** What the install settings or local mode allow beyond https and ssh. */
export interface UrlRules {
  readonly allowFile: boolean
  readonly allowHttp: boolean
}

/** The parsed URL, or Failure UrlInvalid or HostDenied. The message never repeats what may hold a credential. */
export function checkRepositoryUrl(url: string, rules: UrlRules): URL {
  const fault = repositoryUrlFault(url)
  if (fault !== undefined) throw new Failure('UrlInvalid', 'definite', fault)
  const parsed = parse(url)
  // A leading dash could be read as an option by ssh or by the shell of the server.
  const parts = [parsed.hostname, parsed.username, ...parsed.pathname.split('/')]
  if (parts.some(part => decoded(part).startsWith('-'))) {
    throw new Failure(
      'UrlInvalid',
      'definite',
      'the address of a repository must not have a part that starts with a dash',
    )
  }
  if (parsed.protocol === 'file:' && !rules.allowFile) {
    throw new Failure('HostDenied', 'definite', 'file URLs are allowed in local mode only: use https or ssh')
  }
  if (parsed.protocol === 'http:' && !rules.allowHttp) {
    const message = `plain http to ${parsed.host} is not allowed: use https, or allow the host with --allow-plain-http`
    throw new Failure('HostDenied', 'definite', message)
  }
  return parsed
}

function parse(url: string): URL {
  try {
    return new URL(url)
  } catch {
    throw new Failure('UrlInvalid', 'definite', 'the address of a repository must be a URL with a valid host and port')
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Failure('UrlInvalid', 'definite', 'the address of a repository must have valid percent-encoding')
  }
}

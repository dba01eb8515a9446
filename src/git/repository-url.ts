// Which repository URLs are accepted (A10), and when two of them mean the same repository (A11).
import { Failure } from '../lib/failure.ts'

/** What the install settings or local mode allow beyond https and ssh. */
export interface UrlRules {
  readonly allowFile: boolean
  readonly allowHttp: boolean
}

const FORMS = 'https://host/path or ssh://user@host/path'

/** The parsed URL of a repository, or Failure UrlInvalid or HostDenied. The message never repeats what may hold a credential. */
export function checkRepositoryUrl(url: string, rules: UrlRules): URL {
  if (/[\u0000-\u0020\u007f\\]/.test(url)) throw invalid('it contains a space, a backslash or a control character')
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) throw invalid(`it is not one of the accepted forms, ${FORMS}`)
  const parsed = parse(url)
  const scheme = parsed.protocol.slice(0, -1)
  if (!['https', 'http', 'ssh', 'file'].includes(scheme))
    throw invalid(`scheme '${scheme}' is not supported: use ${FORMS}`)
  if (parsed.password !== '' || (scheme !== 'ssh' && parsed.username !== ''))
    throw invalid('it contains credentials: put them in a Secret and name that in authSecret')
  if (parsed.search !== '' || parsed.hash !== '') throw invalid('it has a query or a fragment')
  if (scheme === 'file') checkFile(parsed, rules)
  else checkHost(parsed)
  if (scheme === 'http' && !rules.allowHttp)
    throw new Failure(
      'HostDenied',
      'definite',
      `plain http to ${parsed.host} is not allowed: use https, or allow the host with --allow-plain-http`,
    )
  return parsed
}

/**
 * One key for all spellings of a repository: scheme, user, default port, case of the host, `.git` and slashes don't count.
 * Used for locks, never for connecting. Case of the path counts, as most servers tell `A` from `a`.
 */
export function repositoryKey(url: string): string {
  const parsed = parse(url)
  const path = decoded(parsed.pathname)
    .replace(/\/+/g, '/')
    .replace(/\/$/, '')
    .replace(/\.git$/, '')
  if (parsed.protocol === 'file:') return `file://${path}`
  const port = ['', '22', '80', '443'].includes(parsed.port) ? '' : `:${parsed.port}`
  return `${parsed.hostname.toLowerCase().replace(/\.$/, '')}${port}${path}`
}

function checkFile(parsed: URL, rules: UrlRules): void {
  if (parsed.hostname !== '') throw invalid('a file URL has three slashes: file:///path')
  if (!rules.allowFile)
    throw new Failure('HostDenied', 'definite', 'file URLs are allowed in local mode only: use https or ssh')
}

function checkHost(parsed: URL): void {
  // The checks on a leading dash keep a host, a user or a path from being read as an option by ssh or the server's shell.
  if (parsed.hostname === '' || parsed.hostname.startsWith('-')) throw invalid('it names no valid host')
  if (!/^[A-Za-z0-9._~+-]*$/.test(parsed.username) || parsed.username.startsWith('-'))
    throw invalid('its user name is not valid')
  if (parsed.pathname === '' || parsed.pathname === '/') throw invalid('it names no repository on its host')
  if (
    decoded(parsed.pathname)
      .split('/')
      .some(part => part.startsWith('-'))
  )
    throw invalid('a part of its path starts with a dash')
  if (/[\u0000-\u001f\u007f]/.test(decoded(parsed.pathname))) throw invalid('its path contains a control character')
}

function parse(url: string): URL {
  try {
    return new URL(url)
  } catch {
    throw invalid(`it is not one of the accepted forms, ${FORMS}`)
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw invalid('its path is not valid percent-encoding')
  }
}

function invalid(problem: string): Failure {
  return new Failure('UrlInvalid', 'definite', `the repository URL is not valid: ${problem}`)
}

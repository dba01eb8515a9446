// Addresses of repositories: refused when git could take them for something else, and brought to one form so that two
// spellings of one repository are one lock. The CRDs hold the same rules; the worker checks again (A9, A10).

const HOST = '([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])'
const PATH = '[^\\x00-\\x20\\x7f?#\\\\]+'

/** The pattern of `repository` in crds/*.yaml. */
export const REPOSITORY_PATTERN = `^(https?://${HOST}(:[0-9]{1,5})?/${PATH}|ssh://([A-Za-z0-9_][A-Za-z0-9._-]*@)?${HOST}(:[0-9]{1,5})?/${PATH}|file:///${PATH})$`

const DEFAULT_PORT: Readonly<Record<string, string>> = { http: '80', https: '443', ssh: '22' }

/** What is wrong with the address, as one sentence, or undefined. It never repeats the address: it may carry a password. */
export function checkRepositoryUrl(url: string): string | undefined {
  const fault = repositoryUrlFault(url)
  return fault === undefined ? undefined : `the address of a repository ${fault}`
}

/** The same as the end of a sentence: `must not ...`. */
export function repositoryUrlFault(url: string): string | undefined {
  if (url.length > 1024) return 'must have at most 1024 characters'
  const encodedControl = /%[01][0-9A-Fa-f]|%7[Ff]/.test(url)
  if (encodedControl) return 'must not contain encoded control characters'
  if (new RegExp(REPOSITORY_PATTERN, 'u').test(url)) return portFault(url)
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1]
  if (scheme === undefined) {
    if (/^[A-Za-z0-9-]+::/.test(url)) return 'must not name a transport helper (name::address)'
    if (/^[^/]*:/.test(url)) return 'must not be of the form user@host:path; write ssh://user@host/path'
    return 'must start with https://, ssh://, http:// or file://'
  }
  if (!/^(https?|ssh|file)$/.test(scheme)) return 'must start with https://, ssh://, http:// or file:// in lower case'
  if (/[\x00-\x20\x7f\\]/.test(url)) return 'must not contain spaces, backslashes or control characters'
  if (/[?#]/.test(url)) return 'must not have a query or a fragment'
  const authority = url.slice(scheme.length + 3).split('/', 1)[0] ?? ''
  if (authority.includes('@') && (scheme !== 'ssh' || authority.includes(':'))) {
    return 'must not contain a user name or a password'
  }
  if (scheme === 'file') return 'must have an absolute path and no host with file://, such as file:///srv/catalog.git'
  return 'must have a host name and a path'
}

function portFault(url: string): string | undefined {
  const port = /^[a-z]+:\/\/[^/]*:([0-9]+)\//.exec(url)?.[1]
  const known = port === undefined || (Number(port) >= 1 && Number(port) <= 65535)
  return known ? undefined : 'must have a port from 1 to 65535'
}

/**
 * The lock key of a repository (A11): the same for every spelling that a server takes for the same repository. Scheme,
 * user, default port, case of the host, `.git`, repeated and trailing slashes don't count; the case of the path does.
 * Expects an address that `checkRepositoryUrl` accepts.
 */
export function normaliseRepositoryUrl(url: string): string {
  const [, scheme = '', authority = '', path = ''] = /^([a-z]+):\/\/([^/]*)(.*)$/.exec(url) ?? []
  const [, host = '', port] = /^(.*?)(?::([0-9]+))?$/.exec(authority.slice(authority.lastIndexOf('@') + 1)) ?? []
  const name = host.toLowerCase().replace(/\.$/, '')
  const shownPort = port === undefined || Number(port) === Number(DEFAULT_PORT[scheme]) ? '' : `:${Number(port)}`
  const where = scheme === 'file' ? 'file://' : `${name}${shownPort}`
  return `${where}/${normalPath(path)}`
}

function normalPath(path: string): string {
  const segments: string[] = []
  for (const raw of path.split('/')) {
    const segment = raw.replaceAll(/%[0-9A-Fa-f]{2}/g, plainCharacter)
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return segments.join('/').replace(/(?<=[^/])\.git$/, '')
}

/** `%7E` as `~`; other encodings in upper case (RFC 3986, 6.2.2). */
function plainCharacter(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
  return /[A-Za-z0-9._~-]/.test(character) ? character : encoded.toUpperCase()
}

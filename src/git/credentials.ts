// A Secret to the credentials of one repository or web server. Keys are Flux's (kinds.md, authSecret); a key that the
// resource names wins.
import { isIP } from 'node:net'
import { Failure } from '../lib/failure.ts'
import type { HostGuard } from '../lib/hosts.ts'
import type { SecretData, SecretStore } from '../lib/secrets.ts'
import type { SecretRef } from '../resources/request.ts'
import type { GitCredentials, GitRemote } from './engine.ts'

/**
 * The remote of a repository with the credentials that its Secret gives and the addresses that its host was checked to
 * have. Throws HostDenied, NetworkFailed, SecretNotFound, SecretInvalid; never names a value.
 */
export async function remoteOf(
  url: string,
  authSecret: SecretRef | undefined,
  access: { readonly secrets: SecretStore; readonly userConfig: boolean; readonly hosts: HostGuard },
): Promise<GitRemote> {
  // What is no URL at all is refused by the engine; so are credentials over plain http, which only it knows of.
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed) access.hosts.checkUrl(parsed, { credentials: false })
  const credentials = authSecret
    ? { credentials: gitCredentials(authSecret, await readSecret(authSecret, access.secrets, usualKeys(url)), url) }
    : { userConfig: access.userConfig }
  return { url, ...credentials, ...(await checkedAddresses(parsed, access.hosts)) }
}

/** What the engine connects to, so that a name that means another address a moment later leads nowhere else. */
async function checkedAddresses(url: URL | undefined, hosts: HostGuard): Promise<Pick<GitRemote, 'addresses'>> {
  if (!url || url.hostname === '' || !hosts.deniesAddresses) return {}
  const addresses = await hosts.addressesFor(url.hostname)
  const isLiteral = isIP(url.hostname.replace(/^\[(.*)\]$/, '$1')) !== 0
  return isLiteral ? {} : { addresses: addresses.map(({ address }) => address) }
}

/** `usual` says which keys such a Secret has. Throws SecretNotFound, and SecretInvalid for one without any key. */
export async function readSecret(ref: SecretRef, secrets: SecretStore, usual: string): Promise<SecretData> {
  const data = await secrets.read(ref.name)
  const place = secrets.placeOf?.(ref.name)
  if (data === undefined) {
    const looked = place === undefined ? '' : `: it is not in ${place}`
    throw new Failure('SecretNotFound', 'definite', `Secret ${ref.name} does not exist${looked}`, {
      hint: 'create it, give its manifest with -f, or name its folder with --secret-dir',
    })
  }
  if (data.size > 0) return data
  const named = [ref.usernameKey, ref.passwordKey, ref.tokenKey].filter(key => key !== undefined)
  const needed = named.length > 0 ? `key ${named.join(', ')}` : usual
  const where = place === undefined ? '' : ` (${place})`
  throw secretInvalid(ref, `is empty${where}: it lacks the ${needed}; in a folder each key is a file`)
}

/** Keys of a Secret for this URL, as Flux names them. */
export function usualKeys(url: string): string {
  return url.startsWith('ssh:') ? 'keys identity and known_hosts' : 'keys username and password, or bearerToken'
}

/** Pure part: which keys of the Secret are meant, all problems in one sentence. */
export function gitCredentials(ref: SecretRef, data: SecretData, url: string): GitCredentials {
  if (url.startsWith('ssh:')) return sshCredentials(ref, data)
  const credentials = httpCredentials(ref, data)
  return credentials.password === undefined ? credentials : { username: 'git', ...credentials }
}

/** What a Secret holds for a web server: a bearer token, or a user name and a password, or just an authority to trust. */
export type HttpCredentials = Pick<GitCredentials, 'username' | 'password' | 'bearerToken' | 'caCertificate'>

export function httpCredentials(ref: SecretRef, data: SecretData): HttpCredentials {
  const { line, authority } = reading(ref, data)
  const bearerToken = line(ref.tokenKey ?? (ref.passwordKey === undefined ? 'bearerToken' : undefined))
  const username = line(ref.usernameKey ?? 'username')
  const password = line(ref.passwordKey ?? 'password')
  if (bearerToken !== undefined && password !== undefined)
    throw secretInvalid(ref, 'has both a bearer token and a password; keep one')
  if (bearerToken !== undefined) return { bearerToken, ...authority }
  if (password !== undefined) return { ...(username === undefined ? {} : { username }), password, ...authority }
  if (authority.caCertificate !== undefined) return authority
  throw secretInvalid(ref, 'has neither bearerToken nor username and password')
}

/** Throws SecretInvalid when a key that the resource names is missing. */
function reading(ref: SecretRef, data: SecretData) {
  const missing = [ref.usernameKey, ref.passwordKey, ref.tokenKey].filter(key => key !== undefined && !data.has(key))
  if (missing.length > 0) throw secretInvalid(ref, `lacks the key ${missing.join(', ')}`)
  const read = (key: string) => data.get(key)?.toString('utf8')
  const caCertificate = read('ca.crt')
  return {
    read,
    line: (key: string | undefined) => (key === undefined ? undefined : read(key)?.replace(/\r?\n$/, '')),
    authority: caCertificate === undefined ? {} : { caCertificate },
  }
}

function sshCredentials(ref: SecretRef, data: SecretData): GitCredentials {
  const { read, line, authority } = reading(ref, data)
  const identity = read('identity')
  const knownHosts = read('known_hosts')
  const missing = [identity === undefined ? 'identity' : '', knownHosts === undefined ? 'known_hosts' : ''].filter(
    Boolean,
  )
  if (identity === undefined || knownHosts === undefined)
    throw secretInvalid(ref, `lacks the key ${missing.join(' and ')}, needed for ssh`)
  const identityPassphrase = line(ref.passwordKey ?? 'password')
  const passphrase = identityPassphrase === undefined ? {} : { identityPassphrase }
  return { identity, knownHosts, ...passphrase, ...authority }
}

/** SecretInvalid that names the Secret; the problem names keys, never values. */
export function secretInvalid(ref: SecretRef, problem: string): Failure {
  return new Failure('SecretInvalid', 'definite', `Secret ${ref.name} ${problem}`)
}

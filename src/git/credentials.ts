// A Secret to the credentials of one repository. Keys are Flux's (kinds.md, authSecret); a key that the resource names wins.
import { Failure } from '../lib/failure.ts'
import type { SecretData, SecretStore } from '../lib/secrets.ts'
import type { SecretRef } from '../resources/request.ts'
import type { GitCredentials, GitRemote } from './engine.ts'

/** The remote of a repository with the credentials that its Secret gives. Throws SecretNotFound, SecretInvalid; never names a value. */
export async function remoteOf(
  url: string,
  authSecret: SecretRef | undefined,
  access: { readonly secrets: SecretStore; readonly userConfig: boolean },
): Promise<GitRemote> {
  if (!authSecret) return { url, userConfig: access.userConfig }
  const data = await access.secrets.read(authSecret.name)
  if (!data) {
    throw new Failure('SecretNotFound', 'definite', `Secret ${authSecret.name} does not exist`, {
      hint: 'create it, give its manifest with -f, or name its folder with --secret-dir',
    })
  }
  return { url, credentials: gitCredentials(authSecret, data, url) }
}

/** Pure part: which keys of the Secret are meant, all problems in one sentence. */
export function gitCredentials(ref: SecretRef, data: SecretData, url: string): GitCredentials {
  const read = (key: string) => data.get(key)?.toString('utf8')
  const line = (key: string | undefined) => (key === undefined ? undefined : read(key)?.replace(/\r?\n$/, ''))
  const isSsh = url.startsWith('ssh:')
  const missing = [ref.usernameKey, ref.passwordKey, ref.tokenKey].filter(key => key !== undefined && !data.has(key))
  if (missing.length > 0) throw secretInvalid(ref, `lacks the key ${missing.join(', ')}`)

  const caCertificate = read('ca.crt')
  const authority = caCertificate === undefined ? {} : { caCertificate }
  if (isSsh) return { ...sshCredentials(ref, read, line), ...authority }

  const bearerToken = line(ref.tokenKey ?? (ref.passwordKey === undefined ? 'bearerToken' : undefined))
  const username = line(ref.usernameKey ?? 'username')
  const password = line(ref.passwordKey ?? 'password')
  if (bearerToken !== undefined && password !== undefined)
    throw secretInvalid(ref, 'has both a bearer token and a password; keep one')
  if (bearerToken !== undefined) return { bearerToken, ...authority }
  if (password !== undefined) return { username: username ?? 'git', password, ...authority }
  if (caCertificate !== undefined) return authority
  throw secretInvalid(ref, 'has neither bearerToken nor username and password')
}

function sshCredentials(
  ref: SecretRef,
  read: (key: string) => string | undefined,
  line: (key: string) => string | undefined,
): GitCredentials {
  const identity = read('identity')
  const knownHosts = read('known_hosts')
  const missing = [identity === undefined ? 'identity' : '', knownHosts === undefined ? 'known_hosts' : ''].filter(
    Boolean,
  )
  if (identity === undefined || knownHosts === undefined)
    throw secretInvalid(ref, `lacks the key ${missing.join(' and ')}, needed for ssh`)
  const identityPassphrase = line(ref.passwordKey ?? 'password')
  return identityPassphrase === undefined ? { identity, knownHosts } : { identity, knownHosts, identityPassphrase }
}

function secretInvalid(ref: SecretRef, problem: string): Failure {
  return new Failure('SecretInvalid', 'definite', `Secret ${ref.name} ${problem}`)
}

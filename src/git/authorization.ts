// What credentials become on the wire, for both engines, and when they are refused before any byte is sent (B5).
import { Failure } from '../lib/failure.ts'
import type { GitCredentials } from './engine.ts'
import type { Refusal } from './remote-context.ts'

/** Throws InsecureCredentials, SecretInvalid. */
export function checkCredentials(url: URL, credentials: GitCredentials): void {
  const secret = authorization(credentials)
  if (url.protocol === 'http:' && secret !== undefined)
    throw new Failure(
      'InsecureCredentials',
      'definite',
      `credentials are not sent to ${url.host} over plain http: use https`,
    )
  if (credentials.bearerToken !== undefined && credentials.password !== undefined && url.protocol === 'https:')
    throw new Failure(
      'SecretInvalid',
      'definite',
      'both a password and a bearer token are given for one repository: give one',
    )
  if (
    secret !== undefined &&
    /[\r\n\0]/.test([credentials.username, credentials.password, credentials.bearerToken].join(''))
  )
    throw new Failure(
      'SecretInvalid',
      'definite',
      'a user name, password or token contains a line break: remove it from the Secret',
    )
}

/** Value of the Authorization header, undefined without credentials. */
export function authorization(credentials: GitCredentials): string | undefined {
  if (credentials.bearerToken !== undefined) return `Bearer ${credentials.bearerToken}`
  if (credentials.password === undefined) return undefined
  return `Basic ${basicOf(credentials.username ?? 'git', credentials.password)}`
}

function basicOf(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64')
}

/** Every text that must appear nowhere. */
export function secretsOf(credentials: GitCredentials): string[] {
  const { username, password, bearerToken, identity, identityPassphrase } = credentials
  const secrets = [password, bearerToken, identity, identityPassphrase].filter(secret => secret !== undefined)
  if (password !== undefined) secrets.push(basicOf(username ?? 'git', password))
  // Some hosts take the token as the user name.
  if (username !== undefined && username.length >= 16) secrets.push(username)
  return secrets
}

/** What a refusal of these credentials means. ssh doesn't say that a passphrase was wrong: it goes on without the key. */
export function refusalOf(credentials: GitCredentials, userConfig: boolean): Refusal {
  const { identity, identityPassphrase, bearerToken } = credentials
  const inSecret = (what: string) => `look at the ${what} in the Secret that authSecret names`
  if (identityPassphrase !== undefined)
    return { note: ', or its passphrase is wrong', hint: inSecret('private key and its passphrase') }
  if (userConfig) return { note: '', hint: 'look at your own git credentials for this host' }
  if (identity !== undefined) return { note: '', hint: inSecret('private key') }
  if (authorization(credentials) === undefined) return { note: ' (none were given)', hint: GIVE_CREDENTIALS }
  return { note: '', hint: inSecret(bearerToken === undefined ? 'user name and password' : 'bearer token') }
}

const GIVE_CREDENTIALS =
  'name a Secret with keys username and password, or bearerToken, in authSecret (a command: --use-git-credentials)'

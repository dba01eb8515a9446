// What credentials become on the wire, for both engines, and when they are refused before any byte is sent (B5).
import { Failure } from '../lib/failure.ts'
import type { GitCredentials } from './engine.ts'

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

/** The end of the sentence that credentials were refused: ssh doesn't say that a passphrase was wrong: it goes on without the key. */
export function refusalNote(credentials: GitCredentials, userConfig: boolean): string {
  if (credentials.identityPassphrase !== undefined) return ', or its passphrase is wrong'
  if (userConfig || authorization(credentials) !== undefined || credentials.identity !== undefined) return ''
  return ' (none were given)'
}

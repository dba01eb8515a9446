// Credentials of a web server in the form that requests need: one header, one authority to trust, and what to hide.
import { X509Certificate } from 'node:crypto'
import { type HttpCredentials, httpCredentials, readSecret, usualKeys } from '../../git/credentials.ts'
import { Failure } from '../../lib/failure.ts'
import type { SecretStore } from '../../lib/secrets.ts'
import type { SecretRef } from '../../resources/request.ts'

export interface HttpAuthority {
  /** Value of the Authorization header. */
  readonly authorization: string | undefined
  /** PEM of the only authority to trust; undefined: those of the system. */
  readonly ca: string | undefined
  /** Everything that may stand in no message. */
  readonly secrets: readonly string[]
}

const ANONYMOUS: HttpAuthority = { authorization: undefined, ca: undefined, secrets: [] }

/** Throws SecretNotFound, SecretInvalid. */
export async function authorityOf(
  ref: SecretRef | undefined,
  secrets: SecretStore,
  url: string,
): Promise<HttpAuthority> {
  if (!ref) return ANONYMOUS
  const credentials = httpCredentials(ref, await readSecret(ref, secrets, usualKeys(url)))
  const { username = '', password, bearerToken, caCertificate } = credentials
  if (/[\r\n\0]/.test(`${username}${password}`)) throw invalid(ref, 'has a line break in a user name or password')
  if (bearerToken !== undefined && !/^[\x21-\x7e]+$/.test(bearerToken))
    throw invalid(ref, 'has a bearer token with spaces, line breaks or characters beyond ASCII')
  if (caCertificate !== undefined && !isCertificate(caCertificate))
    throw invalid(ref, 'has no certificate in PEM form below ca.crt')
  return { authorization: headerOf(credentials), ca: caCertificate, secrets: secretsOf(credentials) }
}

function headerOf({ username = '', password, bearerToken }: HttpCredentials): string | undefined {
  if (bearerToken !== undefined) return `Bearer ${bearerToken}`
  return password === undefined ? undefined : `Basic ${basicOf(username, password)}`
}

function secretsOf({ username = '', password, bearerToken }: HttpCredentials): string[] {
  const basic = password === undefined ? undefined : basicOf(username, password)
  // Some servers take the token as the user name.
  const user = username.length >= 16 ? username : undefined
  return [bearerToken, password, basic, user].filter(secret => secret !== undefined)
}

function basicOf(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64')
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

function invalid(ref: SecretRef, problem: string): Failure {
  return new Failure('SecretInvalid', 'definite', `Secret ${ref.name} ${problem}`)
}

// The one table from what a web server or a connection does to what it means for a run.
import { Failure, type FailureClass, type Reason } from '../../lib/failure.ts'
import { withoutControls } from '../../lib/redact.ts'

/** Of a server's own words this much is told. */
const LONGEST_DETAIL = 200

/** A URL for messages: without the query, which may carry a signature, and without user and password. */
export function shownUrl(url: URL): string {
  return url.protocol === 'file:' ? url.href : `${url.origin}${url.pathname}`
}

/** What an answer that is neither content nor a redirect means. */
export function statusFailure(status: number, url: URL, detail: string): Failure {
  const where = shownUrl(url)
  const said = detail === '' ? '' : `: ${detail}`
  if (status === 401 || status === 403)
    return definite('AuthenticationFailed', `${url.host} refused access to ${where} (${status})${said}`, SECRET_HINT)
  if (status === 404 || status === 410) return definite('PathNotFound', `${where} does not exist (${status})${said}`)
  if (status === 429) return transient(`${url.host} asks to slow down (429)${said}`)
  if (status >= 500 || status === 408 || status === 425)
    return transient(`${url.host} answered ${where} with ${status}${said}`)
  return definite('UrlInvalid', `${url.host} refuses the request for ${where} (${status})${said}`)
}

const SECRET_HINT = 'check the Secret that authSecret names'

/** What a server says about its own error: the detail of problem+json, or the first line of a plain text. */
export function detailOf(text: string, contentType: string): string {
  const found = /json/i.test(contentType) ? jsonDetail(text) : /^text\/plain/i.test(contentType) ? text : ''
  const line = withoutControls(found).trim().split('\n')[0] ?? ''
  return line.length <= LONGEST_DETAIL ? line : `${line.slice(0, LONGEST_DETAIL - 1)}…`
}

function jsonDetail(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return ''
    const fields = value as Readonly<Record<string, unknown>>
    const found = ['detail', 'message', 'error', 'title'].map(key => fields[key]).find(item => typeof item === 'string')
    return typeof found === 'string' ? found : ''
  } catch {
    return ''
  }
}

/** Codes of errors that no retry heals. */
const DEFINITE: readonly {
  readonly code: RegExp
  readonly reason: Reason
  sentence(url: URL, code: string): string
}[] = [
  {
    code: /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)/,
    reason: 'CertificateInvalid',
    sentence: (url, code) =>
      `the certificate of ${url.host} is not trusted (${code}): put its certificate authority into key ca.crt of the Secret`,
  },
  {
    code: /^UND_ERR_HEADERS_OVERFLOW$/,
    reason: 'LimitExceeded',
    sentence: url => `${url.host} answers with more headers than are read`,
  },
]

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'cut the connection',
  UND_ERR_SOCKET: 'cut the connection',
  ERR_STREAM_PREMATURE_CLOSE: 'cut the connection',
  Z_BUF_ERROR: 'cut the connection',
  UND_ERR_CONNECT_TIMEOUT: 'does not answer',
  ETIMEDOUT: 'does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'takes too long to answer',
  UND_ERR_BODY_TIMEOUT: 'stopped in the middle of its answer',
  EHOSTUNREACH: 'can not be reached',
  ENETUNREACH: 'can not be reached',
}

/** A failure for what connecting, sending or reading threw; undefined for a defect of ours. */
export function errorFailure(error: unknown, url: URL): Failure | undefined {
  if (error instanceof Failure) return error
  const { cause, code } = error as { readonly cause?: unknown; readonly code?: unknown }
  if (cause instanceof Failure) return cause
  if (typeof code !== 'string' || /^(UND_ERR_INVALID_ARG|ERR_INVALID_|ERR_ASSERTION)/.test(code)) return undefined
  const known = DEFINITE.find(row => row.code.test(code))
  if (known) return definite(known.reason, known.sentence(url, code))
  return transient(`${url.host} ${WORDS[code] ?? 'can not be spoken to'} (${code})`)
}

function definite(reason: Reason, message: string, hint?: string): Failure {
  return failure(reason, 'definite', message, hint)
}

function transient(message: string): Failure {
  return failure('NetworkFailed', 'transient', message)
}

function failure(reason: Reason, failureClass: FailureClass, message: string, hint?: string): Failure {
  return new Failure(reason, failureClass, message, hint === undefined ? {} : { hint })
}

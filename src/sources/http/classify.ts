// The one table from what a web server answers to what it means for a run. What connections do is in lib/connection-error.ts.
import { Failure, type FailureClass, type Reason } from '../../lib/failure.ts'
import { withoutControls } from '../../lib/redact.ts'

/** Of a server's own words this much is told. */
const LONGEST_DETAIL = 200

/** A URL for messages: without the query, which may carry a signature, and without user and password. */
export function shownUrl(url: URL): string {
  return url.protocol === 'file:' ? url.href : `${url.origin}${url.pathname}`
}

export interface Refusal {
  /** The server's own words, '' when it has none. */
  readonly detail: string
  /** The request came with credentials. */
  readonly isKnown: boolean
  /** Milliseconds that the server asks to wait. */
  readonly wait: number | undefined
}

/** What an answer that is neither content nor a redirect means. */
export function statusFailure(status: number, url: URL, { detail, isKnown, wait }: Refusal): Failure {
  const where = shownUrl(url)
  const said = detail === '' ? '' : `: ${detail}`
  if (status === 401 || status === 403)
    return definite(
      'AuthenticationFailed',
      `${url.host} refused access to ${where} (${status})${said}`,
      isKnown ? CHECK_SECRET : ADD_SECRET,
    )
  if (status === 404 || status === 410)
    return definite('PathNotFound', `${where} does not exist (${status})${said}`, 'correct the address')
  const back = wait === undefined ? '' : `, and to come back in ${Math.ceil(wait / 1000)} s`
  if (status === 429) return transient(`${url.host} asks to slow down (429)${back}${said}`, SLOW_DOWN)
  if (status >= 500 || status === 408 || status === 425) {
    return transient(`${url.host} answered ${where} with ${status}${said}`, ASK_SERVER)
  }
  return definite('UrlInvalid', `${url.host} refuses the request for ${where} (${status})${said}`)
}

const CHECK_SECRET = 'check the Secret that authSecret names'
const SLOW_DOWN = 'ask less often, or with credentials that may ask more'
const ASK_SERVER = 'who runs the server finds more in its log'
const ADD_SECRET = 'no credentials were sent: name a Secret that has them in authSecret'

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

function definite(reason: Reason, message: string, hint?: string): Failure {
  return failure(reason, 'definite', message, hint)
}

function transient(message: string, hint: string): Failure {
  return failure('NetworkFailed', 'transient', message, hint)
}

function failure(reason: Reason, failureClass: FailureClass, message: string, hint?: string): Failure {
  return new Failure(reason, failureClass, message, hint === undefined ? {} : { hint })
}

// The one table from what an API server answers, or fails to answer, to a ClusterError.
import type { IncomingHttpHeaders } from 'node:http'
import { connectionFailure } from '../../lib/connection-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { withoutControls } from '../../lib/redact.ts'
import { ClusterError, type ClusterErrorReason } from '../cluster-error.ts'

/** Reasons of a Kubernetes Status, where they say more than the code beside them. */
const BY_REASON: Readonly<Record<string, ClusterErrorReason>> = {
  AlreadyExists: 'AlreadyExists',
  Conflict: 'Conflict',
  Expired: 'Expired',
  Forbidden: 'Forbidden',
  Gone: 'Expired',
  Invalid: 'Invalid',
  NotFound: 'NotFound',
  TooManyRequests: 'TooManyRequests',
  Unauthorized: 'Unauthorized',
}

const BY_CODE: Readonly<Record<number, ClusterErrorReason>> = {
  400: 'Invalid',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'Invalid',
  406: 'Invalid',
  409: 'Conflict',
  410: 'Expired',
  413: 'Invalid',
  415: 'Invalid',
  422: 'Invalid',
  429: 'TooManyRequests',
}

/** Server-side apply answers 500 for fields that the schema does not have; no retry makes them known. */
const UNKNOWN_FIELD = /failed to create typed patch object.*field not declared in schema/s

/** The longest part of a message that is shown: answers of proxies are whole pages. */
const SHOWN = 2000

export interface RefusedAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** What was asked, for answers that do not say it: `list mcpregistries of https://127.0.0.1:6443`. */
  readonly asked: string
}

/** The error for an answer that is not a success. */
export function answerError({ status, headers, body, asked }: RefusedAnswer): ClusterError {
  const said = statusIn(body)
  if (said) return statusError(said, retryAfterOf(headers))
  if (status === 404) return new ClusterError('NotFound', `${asked}: the cluster does not have this kind of object`)
  const text = withoutControls(body.subarray(0, SHOWN).toString('utf8')).trim()
  const reason = BY_CODE[status] ?? 'Unavailable'
  const message = `${asked}: the server answered ${status}${text === '' ? '' : `: ${text}`}`
  return new ClusterError(reason, message, retryAfterOption(retryAfterOf(headers)))
}

/** The error that a Status object tells of: the body of an answer, or an ERROR event of a watch. */
export function statusError(status: JsonObject, retryAfter?: number): ClusterError {
  const code = typeof status['code'] === 'number' ? status['code'] : 500
  const message = typeof status['message'] === 'string' ? withoutControls(status['message']) : `status ${code}`
  return new ClusterError(reasonOf(status, code, message), message.slice(0, SHOWN), {
    ...retryAfterOption(retryAfter ?? retryAfterIn(status)),
  })
}

/** True when the Status says that this object, and not the kind of objects, is missing. */
export function isMissingObject(body: Buffer): boolean {
  const details = statusIn(body)?.['details']
  return isJsonObject(details) && typeof details['name'] === 'string' && details['name'] !== ''
}

/** The error for a call that got no answer, or only a part of one. */
export function connectionError(error: unknown, server: URL, asked: string): ClusterError {
  if (error instanceof ClusterError) return error
  const failure = connectionFailure(error, server)
  if (!failure) throw error
  const code = (error as { readonly code?: unknown }).code
  const sentence =
    failure.reason === 'CertificateInvalid'
      ? `the certificate of ${server.host} is not trusted (${String(code)}): check the certificate authority in the kubeconfig`
      : failure.message
  return new ClusterError('Unavailable', `${asked}: ${sentence}`, { cause: error })
}

/** Milliseconds of a Retry-After header in seconds, the only form that API servers send. */
function retryAfterOf(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after']
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined
}

function reasonOf(status: JsonObject, code: number, message: string): ClusterErrorReason {
  if (UNKNOWN_FIELD.test(message)) return 'Invalid'
  const said = status['reason']
  return (typeof said === 'string' ? BY_REASON[said] : undefined) ?? BY_CODE[code] ?? 'Unavailable'
}

function retryAfterIn(status: JsonObject): number | undefined {
  const details = status['details']
  const seconds = isJsonObject(details) ? details['retryAfterSeconds'] : undefined
  return typeof seconds === 'number' ? seconds * 1000 : undefined
}

function retryAfterOption(retryAfter: number | undefined): { readonly retryAfter?: number } {
  return retryAfter === undefined ? {} : { retryAfter }
}

function statusIn(body: Buffer): JsonObject | undefined {
  let value: JsonValue
  try {
    value = JSON.parse(body.toString('utf8')) as JsonValue
  } catch {
    return undefined // Proxies and unknown paths answer with text or a page.
  }
  return isJsonObject(value) && value['kind'] === 'Status' ? value : undefined
}

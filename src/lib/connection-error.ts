// The one table from what a connection to a server does to what it means for a run: sources on the web and git over https.
import { Failure, type Reason } from './failure.ts'

/** Codes of errors that no retry heals. */
const DEFINITE: readonly {
  readonly code: RegExp
  readonly reason: Reason
  sentence(url: URL, code: string): string
  readonly hint?: string
}[] = [
  {
    code: /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)/,
    reason: 'CertificateInvalid',
    sentence: (url, code) => `the certificate of ${url.host} is not trusted (${code})`,
    hint: 'put its certificate authority into key ca.crt of the Secret',
  },
  {
    code: /^UND_ERR_HEADERS_OVERFLOW$/,
    reason: 'LimitExceeded',
    sentence: url => `${url.host} answers with more headers than are read`,
  },
]

/** What to look at when a host has no address. */
export const LOOK_AT_NAME = 'look at the host in the address, and at the DNS of where this runs'

/** What to look at when a host does not answer. */
export const LOOK_AT_WAY =
  'look at host and port of the address, and at firewalls, proxies and network policies on the way'

const LOOK_AT_SERVER = 'look at the server, and at the proxies on the way to it'

/** Codes of errors that may pass by themselves. */
const PASSING: readonly { readonly code: RegExp; readonly words: string; readonly hint: string }[] = [
  { code: /^ECONNREFUSED$/, words: 'refuses the connection', hint: LOOK_AT_WAY },
  { code: /^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/, words: 'does not answer', hint: LOOK_AT_WAY },
  { code: /^(EHOSTUNREACH|ENETUNREACH)$/, words: "can't be reached", hint: LOOK_AT_WAY },
  {
    code: /^(ECONNRESET|UND_ERR_SOCKET|ERR_STREAM_PREMATURE_CLOSE|Z_BUF_ERROR)$/,
    words: 'cut the connection',
    hint: LOOK_AT_SERVER,
  },
  { code: /^UND_ERR_HEADERS_TIMEOUT$/, words: 'takes too long to answer', hint: LOOK_AT_SERVER },
  { code: /^UND_ERR_BODY_TIMEOUT$/, words: 'stopped in the middle of its answer', hint: LOOK_AT_SERVER },
  {
    // Of zlib, and of Brotli.
    code: /^(Z_DATA_ERROR|Z_NEED_DICT|Z_STREAM_ERROR|ERR_.*_ERROR_FORMAT_)/,
    words: 'sends bytes that are not in the encoding which its content-encoding names',
    hint: 'let the server encode them so, or leave the header out',
  },
]

/** A failure for what connecting, sending or reading threw; undefined for a defect of ours. */
export function connectionFailure(error: unknown, url: URL): Failure | undefined {
  if (error instanceof Failure) return error
  const { cause, code } = error as { readonly cause?: unknown; readonly code?: unknown }
  if (cause instanceof Failure) return cause
  if (typeof code !== 'string' || /^(UND_ERR_INVALID_ARG|ERR_INVALID_|ERR_ASSERTION)/.test(code)) return undefined
  const known = DEFINITE.find(row => row.code.test(code))
  if (known) {
    const hint = known.hint === undefined ? {} : { hint: known.hint }
    return new Failure(known.reason, 'definite', known.sentence(url, code), hint)
  }
  if (/^(ENOTFOUND|EAI_)/.test(code)) {
    return new Failure('NetworkFailed', 'transient', `the name ${url.hostname} can't be resolved (${code})`, {
      hint: LOOK_AT_NAME,
    })
  }
  const passing = PASSING.find(row => row.code.test(code))
  const sentence = `${url.host} ${passing?.words ?? "can't be spoken to"} (${code})`
  return new Failure('NetworkFailed', 'transient', sentence, passing && { hint: passing.hint })
}

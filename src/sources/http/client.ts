// The client of sources on the web: GET, with the source's credentials for its own origin, limits, redirects and retries.
// Everything that a server says leaves here redacted.
import type { Readable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import { connectionFailure } from '../../lib/connection-error.ts'
import { beginningOf, discard } from '../../lib/error-body.ts'
import { Failure } from '../../lib/failure.ts'
import type { HostGuard } from '../../lib/hosts.ts'
import { type Redactor, redactor } from '../../lib/redact.ts'
import type { SecretStore } from '../../lib/secrets.ts'
import type { SecretRef } from '../../resources/request.ts'
import { type Agents, DEFAULT_TIMEOUTS, type HttpTimeouts, openAgents } from './agents.ts'
import { ACCEPTED_ENCODINGS, type Body, decodedBody } from './body.ts'
import { detailOf, shownUrl, statusFailure } from './classify.ts'
import { authorityOf } from './credentials.ts'
import { checkedHeaders, type Headers } from './headers.ts'
import { MOST_REDIRECTS, redirectOf, tooManyRedirects } from './redirect.ts'
import { askedWait, MOST_TRIES, waitBefore } from './retry.ts'

/** What sources on the web have in common. */
export interface HttpSource {
  readonly url: string
  readonly headers?: Headers
  readonly authSecret?: SecretRef
}

export interface HttpAccess {
  readonly secrets: SecretStore
  readonly hosts: HostGuard
  readonly clock: Clock
  readonly limits: { readonly fileBytes: number }
  readonly signal: AbortSignal
  /** Default: 30 seconds each. The whole is bounded by the signal. */
  readonly timeouts?: HttpTimeouts
}

export interface HttpAnswer<T> {
  readonly status: number
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  /** What `read` made of the body; undefined without content (304). */
  readonly content: T | undefined
}

export interface HttpGet<T> {
  /** Called again, from the beginning, when a connection is cut. */
  read(body: Body): Promise<T>
  /** `if-none-match` and its like; they make 304 a fine answer. */
  readonly conditions?: Headers
  /** Further statuses that are answers, not failures; their body is not read. */
  readonly expect?: readonly number[]
}

export interface HttpClient {
  /** Throws NetworkFailed, CertificateInvalid, AuthenticationFailed, PathNotFound, LimitExceeded, HostDenied, UrlInvalid, InsecureCredentials. */
  get<T>(url: URL, options: HttpGet<T>): Promise<HttpAnswer<T>>
  readonly redact: Redactor
}

/** Lends a client to `use`; its connections end with that. No byte is sent before credentials and host are checked. */
export async function withHttp<T>(
  source: HttpSource,
  access: HttpAccess,
  use: (http: HttpClient) => Promise<T>,
): Promise<T> {
  const url = parseUrl(source.url)
  const authority = await authorityOf(source.authSecret, access.secrets, source.url)
  access.hosts.checkUrl(url, { credentials: authority.authorization !== undefined })
  const headers = checkedHeaders(source.headers ?? {})
  const { authorization } = authority
  const agents = await openAgents(access.hosts, { ca: authority.ca, timeouts: access.timeouts ?? DEFAULT_TIMEOUTS })
  const client = new Client(access, agents, {
    origin: url.origin,
    headers: authorization === undefined ? headers : { ...headers, authorization },
    redact: redactor(authority.secrets),
    isKnown: authorization !== undefined,
  })
  try {
    return await use(client)
  } finally {
    await agents.close()
  }
}

/** Throws UrlInvalid; never repeats the text, which may hold a password. */
export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) throw new Failure('UrlInvalid', 'definite', 'the address of the source is no URL')
  if (url.username !== '' || url.password !== '')
    throw new Failure('UrlInvalid', 'definite', 'the address of the source contains credentials', {
      hint: 'put them into a Secret and name that in authSecret',
    })
  return url
}

/** What goes to the source's own origin and nowhere else. */
interface OwnOrigin {
  readonly origin: string
  readonly headers: Headers
  readonly redact: Redactor
  /** Credentials go with the requests. */
  readonly isKnown: boolean
}

const COMMON_HEADERS: Headers = {
  accept: 'application/json, application/yaml;q=0.9, */*;q=0.5',
  'accept-encoding': ACCEPTED_ENCODINGS,
  'user-agent': 'rollbook',
}

/** Only its beginning is told; this ends a body that decodes to nothing. */
const ERROR_LIMIT = { bytes: 1024 * 1024, what: 'an answer' }

/** An answer that is a failure, with the wait that it asks for. */
class Refused extends Failure {
  /** Milliseconds. */
  readonly wait: number | undefined

  constructor({ reason, class: failureClass, message, hint }: Failure, wait: number | undefined) {
    super(reason, failureClass, message, hint === undefined ? {} : { hint })
    this.wait = wait
  }
}

interface Response {
  readonly url: URL
  readonly status: number
  header(name: string): string | undefined
  readonly body: Readable
}

class Client implements HttpClient {
  readonly redact: Redactor
  private readonly access: HttpAccess
  private readonly agents: Agents
  private readonly own: OwnOrigin

  constructor(access: HttpAccess, agents: Agents, own: OwnOrigin) {
    this.access = access
    this.agents = agents
    this.own = own
    this.redact = own.redact
  }

  async get<T>(url: URL, options: HttpGet<T>): Promise<HttpAnswer<T>> {
    const { clock, signal } = this.access
    for (let tries = 1; ; tries++) {
      try {
        return await this.once(url, options)
      } catch (error) {
        signal.throwIfAborted()
        const failure = connectionFailure(error, url)
        if (!failure) throw error
        if (failure.class !== 'transient' || tries === MOST_TRIES) throw this.redacted(failure)
        const asked = error instanceof Refused ? error.wait : undefined
        await clock.sleep(waitBefore(tries, asked, clock), signal)
      }
    }
  }

  private async once<T>(url: URL, { read, conditions = {}, expect = [] }: HttpGet<T>): Promise<HttpAnswer<T>> {
    const response = await this.follow(url, conditions)
    const { status, body } = response
    const answer = { status, etag: response.header('etag'), lastModified: response.header('last-modified') }
    if ((status === 304 && Object.keys(conditions).length > 0) || expect.includes(status)) {
      discard(body)
      return { ...answer, content: undefined }
    }
    if (status < 200 || status > 299) {
      const wait = askedWait(response.header('retry-after'), this.access.clock.now())
      const failure = statusFailure(status, response.url, {
        detail: await detail(response),
        isKnown: this.own.isKnown,
        wait,
      })
      throw new Refused(failure, wait)
    }
    const limit = { bytes: this.access.limits.fileBytes, what: shownUrl(response.url) }
    try {
      return { ...answer, content: await read(decodedBody(body, response.header('content-encoding'), limit)) }
    } catch (error) {
      throw connectionFailure(error, response.url) ?? error
    }
  }

  /** The first answer that is no redirect. */
  private async follow(first: URL, conditions: Headers): Promise<Response> {
    let url = first
    for (let redirects = 0; ; redirects++) {
      const response = await this.request(url, conditions)
      const next = redirectOf(response.status, response.header('location'), url)
      if (!next) return response
      discard(response.body)
      if (redirects === MOST_REDIRECTS) throw tooManyRedirects(first)
      url = next
    }
  }

  private async request(url: URL, conditions: Headers): Promise<Response> {
    const isOwn = url.origin === this.own.origin
    const headers = { ...COMMON_HEADERS, ...conditions, ...(isOwn ? this.own.headers : {}) }
    this.access.hosts.checkUrl(url, { credentials: Object.hasOwn(headers, 'authorization') })
    const { request } = await import('./undici.ts')
    const dispatcher = isOwn ? this.agents.own : this.agents.other
    const answer = await request(url, { dispatcher, headers, signal: this.access.signal }).catch((error: unknown) => {
      throw (isOwn ? undefined : elsewhere(error, url)) ?? connectionFailure(error, url) ?? error
    })
    return {
      url,
      status: answer.statusCode,
      header: name => [answer.headers[name]].flat()[0],
      body: answer.body,
    }
  }

  private redacted({ reason, class: failureClass, message, hint }: Failure): Failure {
    return new Failure(reason, failureClass, this.redact(message), hint === undefined ? {} : { hint })
  }
}

/** The Secret's authority is for the source's own origin: behind a redirect it would not help. */
function elsewhere(error: unknown, url: URL): Failure | undefined {
  const failure = connectionFailure(error, url)
  if (failure?.reason !== 'CertificateInvalid') return undefined
  return new Failure(failure.reason, failure.class, failure.message, {
    hint: 'a redirect leads there: name that address in the source itself, and key ca.crt of its Secret counts',
  })
}

async function detail({ body, header }: Response): Promise<string> {
  try {
    const decoded = decodedBody(body, header('content-encoding'), ERROR_LIMIT)
    return detailOf(await beginningOf(decoded), header('content-type') ?? '')
  } catch {
    // In an encoding that nobody asked for; the status says enough.
    return ''
  } finally {
    discard(body)
  }
}

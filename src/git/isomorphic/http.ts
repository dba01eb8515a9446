// HTTP for git on undici: one connection pool a remote, credentials for its own origin only, redirects on that origin only,
// timeouts, and every ending told as a Failure.
import type { Readable } from 'node:stream'
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici'
import { connectionFailure } from '../../lib/connection-error.ts'
import { beginningOf, discard } from '../../lib/error-body.ts'
import type { Failure } from '../../lib/failure.ts'
import { abortFailure } from '../aborted.ts'
import { authorization } from '../authorization.ts'
import { failureOf, type Operation } from '../classify.ts'
import type { GitRemote } from '../engine.ts'
import { pinnedLookup } from '../pinned-lookup.ts'
import { redirected } from '../redirected.ts'
import { type RemoteContext, redacted } from '../remote-context.ts'

export type Service = 'git-upload-pack' | 'git-receive-pack'

/** Proxies by scheme, as the machine has them in its environment. */
export interface Proxies {
  readonly http: string
  readonly https: string
  readonly none: string
}

export interface HttpOptions {
  readonly context: RemoteContext
  readonly remote: GitRemote
  readonly proxies: Proxies
  readonly signal: AbortSignal
}

const MOST_REDIRECTS = 5
const CONNECT_MS = 30_000
/** Servers send a sign of life every five seconds while they prepare a pack. */
const IDLE_MS = 60_000
/** Hooks run before the answer to a push begins. */
const PUSH_MS = 300_000

type Response = Dispatcher.ResponseData

/** Requests to one repository. Idle connections end by themselves and keep no process alive. */
export class GitHttp {
  private readonly options: HttpOptions
  private readonly agent: Dispatcher
  /** Where the repository is: its URL, or where that redirects to on the same origin. */
  private base: URL

  constructor(options: HttpOptions) {
    this.options = options
    this.agent = agentFor(options)
    this.base = options.context.url
  }

  /** The first request of a session. */
  async advertisement(service: Service): Promise<AsyncIterable<Buffer>> {
    const headers = service === 'git-upload-pack' ? { 'git-protocol': 'version=2' } : {}
    const operation = operationOf(service)
    for (let redirects = 0; ; redirects++) {
      const url = addressIn(this.base, `/info/refs?service=${service}`)
      const response = await this.send(url, { method: 'GET', headers })
      const { statusCode } = response
      if (statusCode >= 300 && statusCode < 400 && statusCode !== 304 && redirects < MOST_REDIRECTS) {
        this.base = await this.redirectTarget(response, url, service)
        continue
      }
      if (statusCode !== 200) throw await this.refused(response, operation)
      if (response.headers['content-type'] !== `application/x-${service}-advertisement`) {
        discard(response.body)
        const stderr = `${this.options.context.url.href} not valid: is this a git repository?`
        throw failureOf(this.options.context, operation, { code: 128, stderr })
      }
      return this.told(response.body)
    }
  }

  async post(
    service: Service,
    body: Buffer | Readable,
    options: { readonly length?: number } = {},
  ): Promise<AsyncIterable<Buffer>> {
    const isPush = service === 'git-receive-pack'
    const response = await this.send(addressIn(this.base, `/${service}`), {
      method: 'POST',
      body,
      headersTimeout: isPush ? PUSH_MS : IDLE_MS,
      bodyTimeout: isPush ? PUSH_MS : IDLE_MS,
      headers: {
        'content-type': `application/x-${service}-request`,
        accept: `application/x-${service}-result`,
        ...(isPush ? {} : { 'git-protocol': 'version=2' }),
        ...(options.length === undefined ? {} : { 'content-length': `${options.length}` }),
      },
    })
    if (response.statusCode !== 200) throw await this.refused(response, operationOf(service))
    return this.told(response.body)
  }

  async close(): Promise<void> {
    await this.agent.destroy()
  }

  private async send(url: URL, options: Omit<Dispatcher.RequestOptions, 'origin' | 'path'>): Promise<Response> {
    const { signal, remote } = this.options
    if (signal.aborted) throw abortFailure(signal)
    // Redirects stay on the origin, so that whatever is asked here may have the credentials.
    const header = authorization(remote.credentials ?? {})
    const headers = {
      'user-agent': 'git/rollbook',
      ...(header === undefined ? {} : { authorization: header }),
      ...(options.headers as Readonly<Record<string, string>>),
    }
    try {
      return await request(url, { ...options, headers, signal, dispatcher: this.agent })
    } catch (error) {
      throw this.failure(error)
    }
  }

  /** The body, its errors told as failures. */
  private async *told(body: Readable): AsyncGenerator<Buffer> {
    // Whoever stops early destroys the body, which is no error of anybody's.
    body.on('error', () => {})
    try {
      for await (const chunk of body) yield chunk
    } catch (error) {
      throw this.failure(error)
    }
  }

  private failure(error: unknown): unknown {
    const { signal, context } = this.options
    if (signal.aborted) return abortFailure(signal)
    const failure = connectionFailure(error, context.url)
    return failure === undefined ? error : redacted(context, failure)
  }

  /** B6: the same scheme, host and port, or a failure that names the other host. */
  private async redirectTarget(response: Response, asked: URL, service: Service): Promise<URL> {
    discard(response.body)
    const location = [response.headers['location']].flat()[0]
    const target = location !== undefined && URL.canParse(location, asked.href) ? new URL(location, asked) : undefined
    const suffix = `/info/refs?service=${service}`
    const follows =
      target !== undefined && target.origin === asked.origin && `${target.pathname}${target.search}`.endsWith(suffix)
    if (!follows) throw redirected(this.options.context, target, response.statusCode)
    const path = target.pathname.slice(0, -'/info/refs'.length)
    return new URL(path, asked.origin)
  }

  private async refused(response: Response, operation: Operation): Promise<Failure> {
    const { statusCode, headers, body } = response
    const { context } = this.options
    if (statusCode >= 300 && statusCode < 400) {
      discard(body)
      return redirected(context, undefined, statusCode)
    }
    const isText = /^text\/plain/i.test(String(headers['content-type'] ?? ''))
    const said = isText ? await beginningOf(body as AsyncIterable<Buffer>) : ''
    discard(body)
    const lines = said.split('\n').map(line => `remote: ${line}\n`)
    const stderr = `${said === '' ? '' : lines.join('')}The requested URL returned error: ${statusCode}`
    return failureOf(context, operation, { code: 128, stderr })
  }
}

function operationOf(service: Service): Operation {
  return service === 'git-receive-pack' ? 'push' : 'read'
}

function addressIn(base: URL, path: string): URL {
  return new URL(`${base.href.replace(/\/$/, '')}${path}`)
}

/** The address that was checked is the one connected to; with a proxy on the way, finding the host is the proxy's part. */
function agentFor({ remote, proxies, context }: HttpOptions): Dispatcher {
  const ca = remote.credentials?.caCertificate
  const tls = ca === undefined ? {} : { ca }
  const { addresses = [] } = remote
  const pinned = addresses.length === 0 ? {} : { lookup: pinnedLookup(addresses) }
  try {
    return new EnvHttpProxyAgent({
      httpProxy: proxies.http,
      httpsProxy: proxies.https,
      noProxy: proxies.none,
      // Requests follow each other; a second connection would only cost its handshake.
      connections: 1,
      requestTls: tls,
      connect: { ...tls, timeout: CONNECT_MS, ...pinned },
      headersTimeout: IDLE_MS,
      bodyTimeout: IDLE_MS,
    })
  } catch (error) {
    const stderr = `Unsupported proxy syntax: ${(error as Error).message}`
    throw failureOf(context, 'read', { code: 128, stderr })
  }
}

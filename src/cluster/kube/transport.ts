// Calls to an API server over node:https: a deadline on each, one renewal of credentials, polite retries, all counted.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Clock } from '../../lib/clock.ts'
import { Failure } from '../../lib/failure.ts'
import { ClusterError } from '../cluster-error.ts'
import type { Credentials, KubeConnection } from './connection.ts'
import { answerError, connectionError, isMissingObject } from './errors.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'apply' | 'patch' | 'delete' | 'log'

/** One request and how it went; retries are requests of their own. */
export interface SeenRequest {
  readonly verb: Verb
  /** Plural, with `/status` or `/log` for a subresource. */
  readonly resource: string
  /** The HTTP status, or `error` without one. */
  readonly code: string
  /** Until the answer began. */
  readonly seconds: number
}

export interface KubeObserver {
  request?(seen: SeenRequest): void
  /** What the server wants people to know about a call: deprecated fields, unknown ones that it dropped. */
  warning?(text: string): void
  /** An object or event that was passed over because it can't be read. */
  undecodable?(seen: { readonly resource: string; readonly why: string }): void
}

export interface TransportOptions {
  readonly connection: KubeConnection
  /** For waits before a retry. */
  readonly clock: Pick<Clock, 'sleep'>
  readonly observer?: KubeObserver
  readonly userAgent?: string
  /** Milliseconds until an answer must have come; default 30,000. */
  readonly deadline?: number
}

export interface Call {
  readonly verb: Verb
  readonly resource: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: object
  readonly contentType?: string
  readonly signal?: AbortSignal
}

/** Retries after 429 and 503, when the server says how long to wait. */
const RETRIES = 4

/** Milliseconds. Who is asked to wait longer gets the error, with the time in it, and has other work to do. */
const LONGEST_WAIT = 10_000

/** Bytes of one answer: a page of 100 objects of the largest size that a cluster keeps is below. */
const ANSWER_LIMIT = 256 * 1024 * 1024

const ERROR_LIMIT = 1024 * 1024

const NO_SIGNAL = new AbortController().signal

export class Transport {
  readonly #options: TransportOptions
  readonly #deadline: number

  constructor(options: TransportOptions) {
    this.#options = options
    this.#deadline = options.deadline ?? 30_000
  }

  /** The whole answer. Throws ClusterError. */
  async send(call: Call): Promise<Buffer> {
    const { response, timer } = await this.#answered(call)
    try {
      return await bodyOf(response, ANSWER_LIMIT)
    } catch (error) {
      throw connectionError(error, this.#options.connection.server, asked(call))
    } finally {
      clearTimeout(timer)
    }
  }

  /** The answer of a call about one object; undefined when the object is not there. */
  async sendIfThere(call: Call): Promise<Buffer | undefined> {
    try {
      return await this.send(call)
    } catch (error) {
      if (error instanceof MissingObject) return undefined
      throw error
    }
  }

  /** An answer that goes on: the deadline is for its beginning only. Throws ClusterError; reading it may throw anything. */
  async open(call: Call): Promise<IncomingMessage> {
    const { response, timer } = await this.#answered(call)
    clearTimeout(timer)
    return response
  }

  /** What reading an opened answer threw, as a ClusterError. */
  broken(error: unknown, call: Pick<Call, 'verb' | 'resource'>): ClusterError {
    return connectionError(error, this.#options.connection.server, asked(call))
  }

  async #answered(call: Call): Promise<Begun> {
    let renewed = false
    for (let attempt = 0; ; attempt++) {
      const begun = await this.#attempt(call, renewed)
      const status = begun.response.statusCode ?? 0
      if (status >= 200 && status < 300) {
        for (const text of warningsOf(begun.response)) this.#options.observer?.warning?.(text)
        return begun
      }
      const error = await this.#refusal(call, begun)
      if (error.reason === 'Unauthorized' && !renewed) {
        renewed = true
        continue
      }
      const wait = status === 429 || status === 503 ? error.retryAfter : undefined
      if (wait === undefined || wait > LONGEST_WAIT || attempt >= RETRIES) throw error
      await this.#options.clock.sleep(wait, call.signal ?? NO_SIGNAL)
    }
  }

  async #refusal(call: Call, { response, timer }: Begun): Promise<ClusterError> {
    let body: Buffer
    try {
      body = await bodyOf(response, ERROR_LIMIT)
    } catch (error) {
      throw connectionError(error, this.#options.connection.server, asked(call))
    } finally {
      clearTimeout(timer)
    }
    const status = response.statusCode ?? 0
    const error = answerError({ status, headers: response.headers, body, asked: asked(call) })
    return error.reason === 'NotFound' && isMissingObject(body) ? new MissingObject(error.message) : error
  }

  /** One request, or two when the first met a connection that the server had just closed. */
  async #attempt(call: Call, renew: boolean): Promise<Begun> {
    const credentials = await this.#credentials(renew)
    try {
      return await this.#request(call, credentials)
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error
      return await this.#request(call, credentials)
    }
  }

  async #credentials(renew: boolean): Promise<Credentials> {
    try {
      return await this.#options.connection.credentials(renew)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      throw new ClusterError('Unauthorized', error.message, { cause: error })
    }
  }

  #request(call: Call, { agent, headers }: Credentials): Promise<Begun> {
    const { server } = this.#options.connection
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body))
    const started = performance.now()
    const see = (code: string): void => {
      const seconds = (performance.now() - started) / 1000
      this.#options.observer?.request?.({ verb: call.verb, resource: call.resource, code, seconds })
    }
    const send = server.protocol === 'http:' ? httpRequest : httpsRequest
    return new Promise((resolve, reject) => {
      const request = send(addressOf(server, call), {
        method: call.method,
        agent,
        headers: {
          accept: 'application/json',
          'user-agent': this.#options.userAgent ?? 'rollbook',
          ...(body && { 'content-type': call.contentType ?? 'application/json', 'content-length': body.length }),
          ...(headers as Record<string, string | string[]>),
        },
        ...(call.signal && { signal: call.signal }),
      })
      let begun: IncomingMessage | undefined
      const timer = setTimeout(() => (begun ?? request).destroy(new Late(this.#deadline)), this.#deadline)
      request.on('response', response => {
        begun = response
        see(String(response.statusCode))
        resolve({ response, timer })
      })
      request.on('error', error => {
        if (begun) return // The reader of the answer meets it.
        clearTimeout(timer)
        see('error')
        const stale = request.reusedSocket && isCut(error) && call.method === 'GET'
        reject(stale ? new StaleConnection() : connectionError(error, server, asked(call)))
      })
      request.end(body)
    })
  }
}

interface Begun {
  readonly response: IncomingMessage
  /** Destroys the answer when the deadline passes. */
  readonly timer: NodeJS.Timeout
}

class MissingObject extends ClusterError {
  constructor(message: string) {
    super('NotFound', message)
  }
}

class StaleConnection extends Error {}

/** Takes the code that connectionError has words for. */
class Late extends Error {
  readonly code = 'UND_ERR_HEADERS_TIMEOUT'

  constructor(deadline: number) {
    super(`no answer within ${deadline} ms`)
  }
}

function addressOf(server: URL, { path, query = {} }: Call): URL {
  const url = new URL(server)
  url.pathname = `${server.pathname.replace(/\/$/, '')}${path}`
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, value)
  return url
}

async function bodyOf(response: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit)
      throw new ClusterError('Unavailable', `an answer of the API server is longer than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/** RFC 9111: `299 - "text"`, with quotes and backslashes escaped. */
function warningsOf(response: IncomingMessage): string[] {
  const header = response.headers['warning']
  const texts = String(header ?? '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)
  return [...texts].map(([, text = '']) => text.replace(/\\(.)/g, '$1'))
}

function isCut(error: Error): boolean {
  const { code } = error as { readonly code?: unknown }
  return code === 'ECONNRESET' || code === 'EPIPE'
}

function asked({ verb, resource }: Pick<Call, 'verb' | 'resource'>): string {
  return `${verb} ${resource}`
}

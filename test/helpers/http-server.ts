// A web server on 127.0.0.1 whose answers a test chooses, with everything that can go wrong on the way.
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Test } from 'tap'
import { selfSignedCertificate, type TestCertificate } from './certificate.ts'

/** What one request gets. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface WebServerOptions {
  readonly tls?: boolean
  readonly certificate?: TestCertificate
  /** What the Authorization header must be; 401 otherwise. */
  readonly authorization?: string
}

export interface WebServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly host: string
  /** PEM to trust, '' without TLS. */
  readonly ca: string
  /** What was asked, in order. */
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[]
  /** Answers by path; a test may change them. */
  readonly routes: Record<string, Answer>
}

/** Serves the routes until the test ends; other paths are 404. */
export async function webServer(
  t: Test,
  routes: Readonly<Record<string, Answer>>,
  options: WebServerOptions = {},
): Promise<WebServer> {
  const requests: WebServer['requests'] = []
  const known: Record<string, Answer> = { ...routes }
  const sockets = new Set<Socket>()
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const url = request.url ?? ''
    requests.push({ url, headers: request.headers })
    response.on('error', () => {})
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization)
      return status(401)(request, response)
    const route = known[new URL(url, 'http://server').pathname] ?? status(404)
    route(request, response)
  }
  const certificate = options.tls === true ? (options.certificate ?? selfSignedCertificate()) : undefined
  const server = certificate
    ? createHttps({ cert: certificate.certificate, key: certificate.key }, answer)
    : createHttp(answer)
  server.on('tlsClientError', () => {})
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    const closed = new Promise(resolve => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `${certificate ? 'https' : 'http'}://${host}`,
    host,
    ca: certificate?.certificate ?? '',
    requests,
    routes: known,
  }
}

type HeaderMap = Readonly<Record<string, string>>

export function reply(body: string | Uint8Array, headers: HeaderMap = {}): Answer {
  return (_request, response) => void response.writeHead(200, headers).end(body)
}

export function status(code: number, headers: HeaderMap = {}, body = ''): Answer {
  return (_request, response) => void response.writeHead(code, headers).end(body)
}

export function redirect(location: string, code = 302): Answer {
  return status(code, { location })
}

export function gzipped(body: string | Uint8Array): Answer {
  return reply(gzipSync(body), { 'content-encoding': 'gzip' })
}

/** Takes the request and never answers. */
export function stall(): Answer {
  return () => {}
}

/** Promises a body of 1000 bytes, sends the beginning and cuts the connection. */
export function cut(beginning = '{"servers":['): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write(beginning, () => response.socket?.destroy())
  }
}

/** Sends the beginning of a body and then nothing more. */
export function stopInTheMiddle(): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"servers":[')
  }
}

/** One byte every few milliseconds, without an end. */
export function drip(every = 20): Answer {
  return (_request, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(' '), every)
    response.on('close', () => clearInterval(timer))
  }
}

/** The answers one after the other; the last one for ever. */
export function inTurn(...answers: readonly [Answer, ...Answer[]]): Answer {
  let next = 0
  return (request, response) => (answers[Math.min(next++, answers.length - 1)] ?? answers[0])(request, response)
}

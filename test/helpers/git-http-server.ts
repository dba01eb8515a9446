// A git server over http or https on 127.0.0.1: node:http before `git http-backend`, with everything a test wants to go wrong.
import { spawn } from 'node:child_process'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { basename, dirname } from 'node:path'
import type { Test } from 'tap'
import { selfSignedCertificate, type TestCertificate } from './certificate.ts'
import { hermeticEnvironment, type TestRepository } from './git-repository.ts'

export interface GitServerOptions {
  /** What the Authorization header must be: `basic('user', 'pass')` or `Bearer token`. Anybody may come when absent. */
  readonly authorization?: string
  readonly tls?: boolean
  /** A certificate to use instead of a new one. */
  readonly certificate?: TestCertificate
  /** Pushes answer 403, as hosts do for keys that may only read. */
  readonly readOnly?: boolean
  /** Looks at each request first; true means that it took care of the answer. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean
}

export interface GitHttpServer {
  /** The repository's URL on this server. */
  readonly url: string
  readonly host: string
  /** PEM to trust, '' without TLS. */
  readonly ca: string
  /** What was asked, in order. */
  readonly requests: { readonly method: string; readonly url: string; readonly authorization: string | undefined }[]
  /** Connections that were opened. */
  readonly connections: () => number
}

/** Value of a basic Authorization header. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** Serves one repository until the test ends. */
export async function gitHttpServer(
  t: Test,
  repository: TestRepository,
  options: GitServerOptions = {},
): Promise<GitHttpServer> {
  const requests: GitHttpServer['requests'] = []
  const sockets = new Set<Socket>()
  let opened = 0

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const { authorization } = request.headers
    requests.push({ method: request.method ?? '', url: request.url ?? '', authorization })
    if (options.intercept?.(request, response) === true) return
    if (options.authorization !== undefined && authorization !== options.authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('no\n')
      return
    }
    if (options.readOnly === true && request.url?.includes('git-receive-pack') === true) {
      response.writeHead(403).end('read only\n')
      return
    }
    runBackend(repository, request, response)
  }
  const certificate = options.tls === true ? (options.certificate ?? selfSignedCertificate()) : undefined
  const server =
    certificate === undefined
      ? createHttp(answer)
      : createHttps({ cert: certificate.certificate, key: certificate.key }, answer)
  server.on('connection', (socket: Socket) => {
    opened++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    const closed = new Promise(resolve => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  })
  const { port } = server.address() as AddressInfo
  const host = `127.0.0.1:${port}`
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://${host}/${basename(repository.directory)}`,
    host,
    ca: certificate?.certificate ?? '',
    requests,
    connections: () => opened,
  }
}

/** One request through CGI (RFC 3875), as git-http-backend(1) wants it. */
function runBackend(repository: TestRepository, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server')
  const header = (name: string) => String(request.headers[name] ?? '')
  const child = spawn('git', ['http-backend'], {
    env: {
      ...hermeticEnvironment(dirname(repository.directory)),
      GIT_PROJECT_ROOT: dirname(repository.directory),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: searchParams.toString(),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: header('content-type'),
      CONTENT_LENGTH: header('content-length'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: header('git-protocol'),
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.on('error', () => {})
  request.pipe(child.stdin)
  let head: Buffer | undefined = Buffer.alloc(0)
  child.stdout.on('data', (chunk: Buffer) => {
    if (head === undefined) {
      if (!response.write(chunk)) {
        child.stdout.pause()
        response.once('drain', () => child.stdout.resume())
      }
      return
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/)
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10)
      else response.setHeader(name, value)
    }
    const rest = head.subarray(end + 4)
    head = undefined
    if (rest.length > 0) response.write(rest)
  })
  child.on('close', () => response.end())
  response.on('close', () => child.kill())
}

// What a kubelet and Prometheus ask: /healthz, /readyz and /metrics. Nothing else is answered, and nobody is asked who he is:
// there is no secret in it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HealthAnswers {
  /** Why the process should be ended and started anew; undefined while it is well. */
  unhealthy(): string | undefined
  /** Why it can't work yet; undefined when it can. */
  unready(): string | undefined
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
}

export interface ListenAddress {
  /** Absent: every address. */
  readonly host?: string
  /** 0: any that is free. */
  readonly port: number
}

export interface HealthServer {
  readonly port: number
  close(): Promise<void>
}

/** Milliseconds that a client may take to ask. */
const PATIENCE = 10_000

/** Rejects when the address can't be had. */
export async function serveHealth(address: ListenAddress, answers: HealthAnswers): Promise<HealthServer> {
  const server = createServer({ requestTimeout: PATIENCE, headersTimeout: PATIENCE }, (request, response) => {
    respond(request, response, answers).catch(() => response.destroy())
  })
  await listening(server, address)
  const { port } = server.address() as AddressInfo
  return {
    port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function respond(request: IncomingMessage, response: ServerResponse, answers: HealthAnswers): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://health').pathname
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return tell(response, 405, 'only GET and HEAD')
  }
  switch (path) {
    case '/healthz':
      return tellFault(response, answers.unhealthy())
    case '/readyz':
      return tellFault(response, answers.unready())
    case '/metrics':
      response.setHeader('content-type', answers.metrics.contentType)
      response.end(await answers.metrics.text())
      return
    default:
      return tell(response, 404, 'there are /healthz, /readyz and /metrics')
  }
}

function tellFault(response: ServerResponse, fault: string | undefined): void {
  tell(response, fault === undefined ? 200 : 503, fault ?? 'ok')
}

function tell(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  response.end(`${text}\n`)
}

function listening(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

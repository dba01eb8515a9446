// Stands between the kube engine and a real API server and does to requests what a test says.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { kubeConnection } from '../../src/cluster/kube/connection.ts'
import type { Answer } from './http-server.ts'
import { kubeconfigAt, kubeconfigFor } from './kube-server.ts'

export interface FaultProxy {
  /** Path of a kubeconfig that leads through the proxy. */
  readonly kubeconfig: string
  /** `watch`, `list` and others, as they came. */
  readonly asked: readonly string[]
  /** What a request gets instead of being passed on, if anything. */
  fault: (verb: string) => Answer | undefined
  /** Cuts every watch that is open. */
  cutWatches(): void
}

/** A proxy to the API server of a kubeconfig, with its credentials. */
export async function faultProxy(t: Test, kubeconfig: string): Promise<FaultProxy> {
  const connection = kubeConnection({ files: [kubeconfig], plugins: false })
  const asked: string[] = []
  const watches = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    const verb = verbOf(request)
    asked.push(verb)
    response.on('error', () => {})
    const answer = proxy.fault(verb)
    if (answer) return answer(request, response)
    if (verb === 'watch') {
      watches.add(response)
      response.on('close', () => watches.delete(response))
    }
    void passOn(request, response)
  })
  const passOn = async (request: IncomingMessage, response: ServerResponse) => {
    const { agent, headers } = await connection.credentials()
    const all = { ...request.headers, ...(headers as Record<string, string>), host: connection.server.host }
    const url = new URL(request.url ?? '/', connection.server)
    const passed = httpsRequest(url, { method: request.method ?? 'GET', agent, headers: all })
    passed.on('response', answer => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      response.flushHeaders()
      answer.on('error', () => response.destroy()).pipe(response)
      response.on('close', () => answer.destroy())
    })
    passed.on('error', () => response.destroy())
    request.pipe(passed)
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const proxy: FaultProxy = {
    kubeconfig: await kubeconfigAt(t, kubeconfigFor(url)),
    asked,
    fault: () => undefined,
    cutWatches: () => {
      for (const response of watches) response.destroy()
    },
  }
  t.teardown(async () => {
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
    connection.close()
  })
  return proxy
}

function verbOf({ method = '', url = '' }: IncomingMessage): string {
  if (method !== 'GET') return method.toLowerCase()
  if (/[?&]watch=1/.test(url)) return 'watch'
  return /[?&](limit|labelSelector)=/.test(url) ? 'list' : 'get'
}

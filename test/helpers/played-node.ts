// A node of a real cluster on which nothing runs: Pods can be bound to it, and the API server reads their logs from it.
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { ObjectName } from '../../src/cluster/cluster.ts'
import { selfSignedCertificate } from './certificate.ts'
import type { ControlPlane } from './control-plane.ts'

export interface PlayedNode {
  readonly name: string
  /** Binds a Pod that is not bound yet. */
  bind(pod: ObjectName): Promise<void>
  /** What the container of a Pod has written; with `ends: false` it goes on, and more may follow. */
  log(pod: ObjectName, text: string, options?: { readonly ends: boolean }): void
}

interface PlayedLog {
  readonly pieces: string[]
  ends: boolean
  readonly wake: Set<() => void>
}

/** Registers a node; it and its server are gone when the test ends. A dead one does not answer. */
export async function playedNode(t: Test, plane: ControlPlane, { dead = false } = {}): Promise<PlayedNode> {
  const logs = new Map<string, PlayedLog>()
  const server = logServer(logs)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  if (dead) await new Promise(resolve => server.close(resolve))
  const name = `played-${randomBytes(4).toString('hex')}`
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name } }
  await plane.kubectlWith(node, 'create', '-f', '-')
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    conditions: [{ type: 'Ready', status: 'True', reason: 'Played', message: 'by a test' }],
  }
  await plane.kubectl('patch', 'node', name, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status }))
  t.teardown(async () => {
    await plane.kubectl('delete', 'node', name, '--wait=false')
    if (dead) return
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
  })
  return {
    name,
    bind: async pod => {
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: pod.name },
        target: { kind: 'Node', name },
      }
      const path = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/binding`
      await plane.kubectlWith(binding, 'create', '--raw', path, '-f', '-')
    },
    log: (pod, text, { ends } = { ends: true }) => {
      const key = `${pod.namespace}/${pod.name}`
      const log = logs.get(key) ?? { pieces: [], ends, wake: new Set() }
      logs.set(key, log)
      log.pieces.push(text)
      log.ends = ends
      for (const wake of log.wake) wake()
    },
  }
}

/** The one part of a kubelet's own API that `kubectl logs` needs. */
function logServer(logs: ReadonlyMap<string, PlayedLog>): Server {
  const { certificate, key } = selfSignedCertificate()
  return createServer({ cert: certificate, key }, async (request, response) => {
    const url = new URL(request.url ?? '/', 'https://node')
    const [, what, namespace, pod, container] = url.pathname.split('/')
    const log = logs.get(`${namespace}/${pod}`)
    if (what !== 'containerLogs' || container !== 'worker' || !log) return response.writeHead(404).end()
    const limit = Number(url.searchParams.get('limitBytes') ?? Number.MAX_SAFE_INTEGER)
    response.writeHead(200, { 'content-type': 'text/plain' })
    if (url.searchParams.get('follow') !== 'true') {
      return response.end(Buffer.from(log.pieces.join('')).subarray(0, limit))
    }
    for (let sent = 0; !response.destroyed; ) {
      while (sent < log.pieces.length) response.write(log.pieces[sent++])
      if (log.ends) break
      await new Promise<void>(resolve => {
        log.wake.add(resolve)
        response.on('close', resolve)
      })
    }
    return response.end()
  })
}

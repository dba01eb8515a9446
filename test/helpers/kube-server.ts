// The kube engine against a web server whose answers a test chooses: for what a real API server does not do when asked.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type KubeCluster, type KubeClusterOptions, kubeCluster } from '../../src/cluster/kube/cluster.ts'
import { kubeConnection } from '../../src/cluster/kube/connection.ts'
import type { SeenRequest } from '../../src/cluster/kube/transport.ts'
import { machineClock } from '../../src/commands/machine.ts'
import { temporaryDirectory } from './git-repository.ts'
import { type Answer, type WebServer, webServer } from './http-server.ts'

export interface FakeKube {
  readonly server: WebServer
  readonly cluster: KubeCluster
  /** `list configmaps 200`: every request that the engine told of. */
  readonly seen: readonly string[]
  readonly warnings: readonly string[]
  /** Why something was passed over. */
  readonly undecodable: readonly string[]
}

/** The engine with the answers by path. */
export async function fakeKube(
  t: Test,
  routes: Readonly<Record<string, Answer>>,
  options: Partial<KubeClusterOptions> = {},
): Promise<FakeKube> {
  const server = await webServer(t, routes)
  const connection = kubeConnection({ files: [await kubeconfigAt(t, kubeconfigFor(server.url))], plugins: false })
  t.teardown(() => connection.close())
  const seen: string[] = []
  const warnings: string[] = []
  const undecodable: string[] = []
  const cluster = kubeCluster({
    connection,
    clock: machineClock(undefined),
    observer: {
      request: ({ verb, resource, code }: SeenRequest) => void seen.push(`${verb} ${resource} ${code}`),
      warning: text => void warnings.push(text),
      undecodable: ({ why }) => void undecodable.push(why),
    },
    ...options,
  })
  return { server, cluster, seen, warnings, undecodable }
}

/** A kubeconfig with one context; JSON is YAML. */
export function kubeconfigFor(server: string, user: object = {}, cluster: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'team' } }],
    clusters: [{ name: 'test', cluster: { server, ...cluster } }],
    users: [{ name: 'test', user }],
  })
}

/** Writes a kubeconfig to a folder of its own and gives its path. */
export async function kubeconfigAt(t: Test, text: string): Promise<string> {
  const path = join(await temporaryDirectory(t), 'config')
  await writeFile(path, text, { mode: 0o600 })
  return path
}

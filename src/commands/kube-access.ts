// Commands on a cluster: found as kubectl finds it, with the rights of whoever calls.
import { delimiter } from 'node:path'
import { ClusterError } from '../cluster/cluster-error.ts'
import { kubeCluster } from '../cluster/kube/cluster.ts'
import { type KubeConnection, kubeConnection } from '../cluster/kube/connection.ts'
import type { KubeconfigOptions } from '../cluster/kube/kubeconfig.ts'
import type { KubeObserver } from '../cluster/kube/transport.ts'
import { typeOf } from '../cluster/types.ts'
import type { Invocation } from './command.ts'
import { machineClock } from './machine.ts'
import { note, say } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'
import { CONTEXT, KUBECONFIG } from './resource-options.ts'

export async function withKubeCluster<R>(
  invocation: Invocation,
  work: (access: ResourceAccess) => Promise<R>,
): Promise<R> {
  // As with kubectl: the kubeconfig is the caller's own, and may name programs.
  const connection = connectionOf(invocation, { plugins: true })
  const cluster = kubeCluster({ connection, clock: machineClock(undefined), observer: observerFor(invocation) })
  const namespace = invocation.options.text('namespace') ?? connection.namespace
  const access = { cluster, namespace, place: `the cluster of context ${connection.context}` }
  try {
    return await work(access)
  } catch (error) {
    throw await explained(error, access)
  } finally {
    connection.close()
  }
}

/** Throws InputUnreadable, AuthenticationFailed. */
export function connectionOf(
  { options, terminal }: Invocation,
  { plugins }: Pick<KubeconfigOptions, 'plugins'>,
): KubeConnection {
  const given = options.text(KUBECONFIG.name)
  const listed = terminal.env['KUBECONFIG']?.split(delimiter).filter(file => file !== '') ?? []
  const files = given === undefined ? listed : [given]
  const context = options.text(CONTEXT.name)
  return kubeConnection({
    ...(files.length === 0 ? {} : { files }),
    ...(context === undefined ? {} : { context }),
    plugins,
  })
}

export function observerFor(invocation: Invocation): KubeObserver {
  return {
    warning: text => note(invocation, `warning: ${text}`),
    undecodable: ({ resource, why }) => say(invocation, `an object of ${resource} can't be read: ${why}`),
  }
}

/** A kind that is not there is no answer to a question about one resource. */
async function explained(error: unknown, { cluster, namespace, place }: ResourceAccess): Promise<unknown> {
  if (!(error instanceof ClusterError) || error.reason !== 'NotFound') return error
  try {
    await cluster.list(typeOf('MCPRegistry'), { namespace })
    return error
  } catch (second) {
    if (!(second instanceof ClusterError) || second.reason !== 'NotFound') return error
    const message = `${place} does not have the kinds of Rollbook: install them with kubectl apply --server-side -f crds/`
    return new ClusterError('NotFound', message, { cause: error })
  }
}

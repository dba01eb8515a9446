// The contract of clusters, held by the kube engine on a real API server.
import t from 'tap'
import { clusterContract } from '../contracts/cluster-contract.ts'
import { clusterAt, namespaceFor, needControlPlane } from '../helpers/control-plane.ts'

const plane = needControlPlane(t)

if (plane) {
  clusterContract(t, async t => {
    const namespace = await namespaceFor(t, plane)
    await plane.kubectl('wait', '--for=create', '--timeout=60s', 'serviceaccount/default', '-n', namespace)
    return { cluster: clusterAt(t, plane.kubeconfig), namespace }
  })
}

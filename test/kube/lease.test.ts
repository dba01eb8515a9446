// Leader election on a real API server.
import t from 'tap'
import { leaseRules } from '../contracts/lease-rules.ts'
import { clusterAt, namespaceFor, needApiServer } from '../helpers/control-plane.ts'

const plane = needApiServer(t)

if (plane) {
  leaseRules(t, async t => ({ cluster: clusterAt(t, plane.kubeconfig), namespace: await namespaceFor(t, plane) }))
}

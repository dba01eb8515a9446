// What the user of a connection may do: asked of the API server itself, which decides it.
import { isJsonObject } from '../../lib/json.ts'
import { Transport, type TransportOptions } from './transport.ts'

/** One right: a verb on a kind of objects in a namespace. */
export interface Right {
  readonly verb: string
  /** '' for the core group. */
  readonly group: string
  /** Plural, with `/status` for a subresource. */
  readonly resource: string
  readonly namespace: string
}

/** Throws ClusterError. */
export async function isAllowed(right: Right, options: TransportOptions): Promise<boolean> {
  const [resource, subresource] = right.resource.split('/')
  const resourceAttributes = {
    verb: right.verb,
    group: right.group,
    resource,
    namespace: right.namespace,
    ...(subresource === undefined ? {} : { subresource }),
  }
  const answer = await new Transport(options).send({
    verb: 'create',
    resource: 'selfsubjectaccessreviews',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
  })
  const review: unknown = JSON.parse(answer.toString('utf8'))
  const status = isJsonObject(review) ? review['status'] : undefined
  return isJsonObject(status) && status['allowed'] === true
}

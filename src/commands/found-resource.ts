// A resource by its name, or the sentence that says why there is none.
import type { ClusterObject, ObjectName } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { suggest } from '../resources/suggest.ts'
import type { ResourceAccess } from './resource-access.ts'
import type { ShownKind } from './resource-argument.ts'

/** Throws NotFound, with the name that was probably meant. */
export async function foundResource<T extends ClusterObject>(
  { cluster, namespace, place }: ResourceAccess,
  kind: ShownKind<T>,
  name: string,
): Promise<T> {
  const found = await cluster.get(kind.type, { namespace, name })
  if (found) return found
  // Also tells a kind that the cluster does not know from a name that it does not know.
  const { items } = await cluster.list(kind.type)
  throw notFound(
    { kind, name, namespace, place },
    items.map(({ metadata }) => metadata),
  )
}

interface Missing {
  readonly kind: ShownKind
  readonly name: string
  readonly namespace: string
  readonly place: string
}

function notFound({ kind, name, namespace, place }: Missing, others: readonly ObjectName[]): ClusterError {
  const elsewhere = others.find(other => other.name === name)
  const near = suggest(
    name,
    others.filter(other => other.namespace === namespace).map(other => other.name),
  )
  let also = ''
  if (elsewhere) also = `; there is one in namespace ${elsewhere.namespace} (-n ${elsewhere.namespace})`
  else if (near !== undefined) also = `, did you mean ${near}?`
  return new ClusterError('NotFound', `there is no ${kind.singular} ${namespace}/${name} in ${place}${also}`)
}

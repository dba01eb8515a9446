// An object as commands print it: never with a value of a Secret, nor with what is the cluster's own bookkeeping.
import type { ClusterObject } from '../cluster/cluster.ts'
import { isJsonObject, type JsonObject, own } from '../lib/json.ts'

const MASK = '***'

/** kubectl's copy of the manifest would hold the values of a Secret again. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

export function shownObject<T extends ClusterObject>(object: T): T {
  const { apiVersion, kind, metadata } = object
  // In the order in which people read it, whatever order it is stored in.
  const shown = { apiVersion, kind, metadata, ...withoutHead(object) } as T
  return object.kind === 'Secret' ? masked(shown) : shown
}

function withoutHead({ apiVersion: _, kind: __, metadata: ___, ...rest }: ClusterObject): object {
  const { spec, status, ...others } = rest as { readonly spec?: object; readonly status?: object }
  return { ...others, ...(spec ? { spec } : {}), ...(status ? { status } : {}) }
}

function masked<T extends ClusterObject>(secret: T): T {
  const fields = secret as unknown as JsonObject
  const values = ['data', 'stringData'].flatMap(field => {
    const map = own(fields, field)
    return isJsonObject(map) ? [[field, Object.fromEntries(Object.keys(map).map(key => [key, MASK]))] as const] : []
  })
  const { [LAST_APPLIED]: _, ...annotations } = secret.metadata.annotations ?? {}
  const metadata = { ...secret.metadata, ...(secret.metadata.annotations ? { annotations } : {}) }
  return { ...secret, metadata, ...Object.fromEntries(values) }
}

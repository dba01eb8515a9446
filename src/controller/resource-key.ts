// Keys: how the work queue, the slots and the messages name a resource.
import type { ClusterObject } from '../cluster/cluster.ts'
import { GROUP, isKindName } from '../resources/kinds.ts'
import type { OwnerReference } from '../resources/object-meta.ts'
import type { KindName } from '../resources/schema.ts'

export interface ResourceKey {
  readonly kind: KindName
  readonly namespace: string
  readonly name: string
}

/** `MCPRegistry/team/catalog`, as messages name it too. */
export function keyOf(object: Pick<ClusterObject, 'kind' | 'metadata'>): string {
  return `${object.kind}/${object.metadata.namespace}/${object.metadata.name}`
}

export function parseKey(key: string): ResourceKey {
  const [kind, namespace, name] = key.split('/')
  if (!isKindName(kind) || namespace === undefined || name === undefined) throw new Error(`${key} is no key`)
  return { kind, namespace, name }
}

/** The key of the resource of ours that owns the object, and its uid; undefined for what is not ours. */
export function ownerOf({ metadata }: ClusterObject): { readonly key: string; readonly uid: string } | undefined {
  const owner = metadata.ownerReferences?.find(isOurs)
  return owner && { key: `${owner.kind}/${metadata.namespace}/${owner.name}`, uid: owner.uid }
}

function isOurs({ apiVersion, kind, controller }: OwnerReference): boolean {
  return controller === true && apiVersion.startsWith(`${GROUP}/`) && isKindName(kind)
}

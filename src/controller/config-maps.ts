// ConfigMaps that the controller writes: those of a run, which the resource owns, and the target of an export, which nobody
// owns. What somebody else made under the same name is never touched.
import type { Cluster } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { CONFIG_MAPS } from '../cluster/types.ts'
import { sha256Hex } from '../lib/hash.ts'
import { refuseForeign } from '../resources/exported-config-map.ts'
import type { ConfigMap, RollbookResource } from '../resources/kinds.ts'
import { FIELD_MANAGER } from '../resources/names.ts'

/** One of that name that the resource owns counts as made. Throws AlreadyExists for any other. */
export async function makeOwnConfigMap(
  cluster: Cluster,
  wanted: ConfigMap,
  resource: RollbookResource,
): Promise<ConfigMap | undefined> {
  const existing = await createdOr(cluster, wanted)
  if (!existing || isOwned(existing, resource)) return existing
  throw new ClusterError('AlreadyExists', `${shown(wanted)} exists and is not ours`)
}

/** The same with this content. Throws AlreadyExists for one that the resource does not own. */
export async function writeOwnConfigMap(
  cluster: Cluster,
  wanted: ConfigMap,
  resource: RollbookResource,
): Promise<void> {
  const existing = await makeOwnConfigMap(cluster, wanted, resource)
  if (!existing || isSame(existing, wanted)) return
  const { data = {}, binaryData = {} } = wanted
  await cluster.patch(CONFIG_MAPS, wanted.metadata, { data, binaryData })
}

/** Takes a key out of a ConfigMap that the resource owns. */
export async function takeOutKey(
  cluster: Cluster,
  { name, key }: { readonly name: string; readonly key: string },
  resource: RollbookResource,
): Promise<void> {
  const { namespace } = resource.metadata
  const existing = await cluster.get(CONFIG_MAPS, { namespace, name })
  if (!existing || !isOwned(existing, resource)) return
  const parts = (['data', 'binaryData'] as const).filter(part => Object.hasOwn(existing[part] ?? {}, key))
  if (parts.length === 0) return
  const patch = Object.fromEntries(parts.map(part => [part, { [key]: null }]))
  await cluster.patch(CONFIG_MAPS, existing.metadata, patch)
}

/** One that is not ours stays. */
export async function deleteOwnConfigMap(cluster: Cluster, name: string, resource: RollbookResource): Promise<void> {
  const { namespace } = resource.metadata
  const existing = await cluster.get(CONFIG_MAPS, { namespace, name })
  if (existing && isOwned(existing, resource)) await deleteExactly(cluster, existing)
}

/**
 * Server-side apply of our key: other keys and labels stay. Throws Failure TargetNotOurs for a ConfigMap without our label,
 * Conflict when it changes meanwhile.
 */
export async function writeExport(cluster: Cluster, wanted: ConfigMap): Promise<void> {
  const existing = await createdOr(cluster, wanted)
  if (!existing) return
  refuseForeign(existing)
  if (isSame(existing, wanted)) return
  const { namespace, name, labels } = wanted.metadata
  const { resourceVersion } = existing.metadata
  await cluster.apply(
    CONFIG_MAPS,
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        namespace,
        name,
        ...(labels ? { labels } : {}),
        // What was looked at is what is written to.
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      data: wanted.data ?? {},
    },
    { manager: managerOf(wanted), force: true },
  )
}

/** A manager for each key: what one applies takes away what it applied before, and that must not be another job's key. */
function managerOf({ data }: ConfigMap): string {
  const keys = Object.keys(data ?? {}).sort()
  return `${FIELD_MANAGER}-${sha256Hex(keys.join('\n')).slice(0, 16)}`
}

/** Undefined when it was made now, else the one that is there. */
async function createdOr(cluster: Cluster, wanted: ConfigMap): Promise<ConfigMap | undefined> {
  const existing = await cluster.get(CONFIG_MAPS, wanted.metadata)
  if (existing) return existing
  try {
    await cluster.create(CONFIG_MAPS, wanted)
    return undefined
  } catch (error) {
    if (!(error instanceof ClusterError) || error.reason !== 'AlreadyExists') throw error
    return cluster.get(CONFIG_MAPS, wanted.metadata)
  }
}

async function deleteExactly(cluster: Cluster, { metadata }: ConfigMap): Promise<void> {
  await cluster.delete(CONFIG_MAPS, metadata, metadata.uid === undefined ? {} : { uid: metadata.uid })
}

function isOwned({ metadata }: ConfigMap, { metadata: { uid } }: RollbookResource): boolean {
  return uid !== undefined && (metadata.ownerReferences?.some(owner => owner.uid === uid) ?? false)
}

/** Everything that is wanted is there. */
function isSame(existing: ConfigMap, wanted: ConfigMap): boolean {
  return (['data', 'binaryData'] as const).every(part =>
    Object.entries(wanted[part] ?? {}).every(([key, value]) => existing[part]?.[key] === value),
  )
}

function shown({ metadata: { namespace, name } }: ConfigMap): string {
  return `ConfigMap ${namespace}/${name}`
}

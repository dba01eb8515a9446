// ConfigMaps that the controller writes: those of a run, which the resource owns, and the target of an export, which nobody
// owns. What somebody else made under the same name is never touched.
import type { Cluster } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { CONFIG_MAPS } from '../cluster/types.ts'
import { sha256Hex } from '../lib/hash.ts'
import { refuseForeign } from '../resources/exported-config-map.ts'
import type { ConfigMap, RollbookResource } from '../resources/kinds.ts'
import { FIELD_MANAGER } from '../resources/names.ts'

/** Makes the ConfigMap, or makes it anew where ours has another content. Throws AlreadyExists for one that is not ours. */
export async function writeOwnConfigMap(
  cluster: Cluster,
  wanted: ConfigMap,
  { metadata: { uid } }: RollbookResource,
): Promise<void> {
  const existing = await createdOr(cluster, wanted)
  if (!existing) return
  if (!isOwned(existing, uid)) throw new ClusterError('AlreadyExists', `${shown(wanted)} exists and is not ours`)
  if (isSame(existing, wanted)) return
  // One that is immutable can't be changed, and one that is not is as well made anew.
  await deleteExactly(cluster, existing)
  const again = await createdOr(cluster, wanted)
  if (again && !isSame(again, wanted)) throw new ClusterError('Unavailable', `${shown(wanted)} is still there`)
}

/** One that is not ours stays. */
export async function deleteOwnConfigMap(
  cluster: Cluster,
  name: string,
  { metadata: { namespace, uid } }: RollbookResource,
): Promise<void> {
  const existing = await cluster.get(CONFIG_MAPS, { namespace, name })
  if (existing && isOwned(existing, uid)) await deleteExactly(cluster, existing)
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

function isOwned({ metadata }: ConfigMap, uid: string | undefined): boolean {
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

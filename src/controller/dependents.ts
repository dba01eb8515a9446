// Who must be looked at again when a resource changed: those that refer to it, and those that it stood in the way of.
import type { RollbookResource } from '../resources/kinds.ts'
import { syncStop } from '../resources/source-request.ts'
import { keyOf } from './resource-key.ts'
import type { World } from './world.ts'

/** Keys of all that this change concerns besides the resource itself; either side is absent for one that came or went. */
export function concernedBy(
  before: RollbookResource | undefined,
  after: RollbookResource | undefined,
  world: World,
): Set<string> {
  const keys = new Set<string>()
  const resource = after ?? before
  if (!resource) return keys
  const { namespace, name } = resource.metadata
  if (resource.kind === 'MCPRegistrySyncJob')
    keys.add(keyOf({ kind: 'MCPRegistry', metadata: { namespace, name: resource.spec.registryRef.name } }))
  if (resource.kind === 'MCPRegistry') {
    // A sync job mirrors every move of its registry's run.
    for (const job of world.syncJobsOf(namespace, name)) keys.add(keyOf(job))
    if (toldToReaders(before) !== toldToReaders(after)) addReaders(keys, { namespace, name }, world)
  }
  if (!before || !after || before.metadata.generation !== after.metadata.generation)
    for (const key of world.sharingTargets()) keys.add(key)
  keys.delete(keyOf(resource))
  return keys
}

/** All that reads the registry, also through others. */
function addReaders(keys: Set<string>, registry: { namespace: string; name: string }, world: World): void {
  for (const reader of world.readersOf(registry.namespace, registry.name)) {
    const key = keyOf(reader)
    if (keys.has(key)) continue
    keys.add(key)
    if (reader.kind === 'MCPRegistry') addReaders(keys, reader.metadata, world)
  }
}

/** What those who refer to a registry read of it. */
function toldToReaders(registry: RollbookResource | undefined): string {
  if (registry?.kind !== 'MCPRegistry') return ''
  const { metadata, status } = registry
  const { artifact, lastSuccessfulRun } = status ?? {}
  return JSON.stringify([metadata.uid, metadata.generation, artifact, lastSuccessfulRun?.id, syncStop(registry)])
}

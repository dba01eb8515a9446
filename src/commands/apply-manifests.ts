// Manifests into a cluster: server-side apply of the fields that they give, one resource after the other.
import { isDeepStrictEqual } from 'node:util'
import type { AppliedObject, ClusterObject, JsonObjectLike } from '../cluster/cluster.ts'
import { Failure } from '../lib/failure.ts'
import { isJsonObject, type JsonObject, own } from '../lib/json.ts'
import type { LoadedResource } from '../resources/load.ts'
import type { ResourceAccess } from './resource-access.ts'
import { anyKind, type ShownKind } from './resource-argument.ts'

export type AppliedHow = 'created' | 'configured' | 'unchanged'

export interface AppliedResource {
  readonly kind: ShownKind
  readonly object: ClusterObject
  readonly how: AppliedHow
}

export interface ApplyOptions {
  /** Of --namespace: manifests that name another one are refused. */
  readonly onlyNamespace?: string | undefined
  /** Take fields over that somebody else has written. */
  readonly force: boolean
}

/** Who owns the fields of manifests. */
const MANAGER = 'rollbook-apply'

/** What a manifest may say of itself; the rest of metadata is the cluster's. */
const METADATA = ['name', 'labels', 'annotations', 'finalizers', 'ownerReferences', 'resourceVersion'] as const

/** References before those who refer: Secrets and ConfigMaps, then registries, then jobs. */
const ORDER = [
  'Secret',
  'ConfigMap',
  'MCPRegistry',
  'MCPRegistryImportJob',
  'MCPRegistryExportJob',
  'MCPRegistrySyncJob',
]

/** In the order in which they were applied. Throws ManifestInvalid before anything is written, and what the cluster throws. */
export async function* applyManifests(
  access: ResourceAccess,
  loaded: readonly LoadedResource[],
  { onlyNamespace, force }: ApplyOptions,
): AsyncIterable<AppliedResource> {
  const objects = loaded.map(each => appliedObject(each, access.namespace))
  if (onlyNamespace !== undefined) refuseOthers(loaded, objects, onlyNamespace)
  const inOrder = objects.toSorted((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))
  for (const { kind: name, body } of inOrder) {
    const kind = anyKind(name)
    const before = await access.cluster.get(kind.type, body.metadata)
    const object = await access.cluster.apply(kind.type, body, { manager: MANAGER, force })
    yield { kind, object, how: howOf(before, object) }
  }
}

/** By content: a real API server counts the version up for who owns a field, too. */
function howOf(before: ClusterObject | undefined, after: ClusterObject): AppliedHow {
  if (before === undefined) return 'created'
  return isDeepStrictEqual(contentOf(before), contentOf(after)) ? 'unchanged' : 'configured'
}

function contentOf(object: ClusterObject): object {
  const { status: _, metadata, ...content } = object as ClusterObject & { readonly status?: object }
  const { resourceVersion: __, ...kept } = metadata
  return { ...content, metadata: kept }
}

interface ToApply {
  readonly kind: string
  readonly body: AppliedObject & JsonObjectLike
}

function appliedObject({ manifest, resource }: LoadedResource, namespace: string): ToApply {
  const { status: _, metadata, ...rest } = manifest
  const given = isJsonObject(metadata) ? metadata : {}
  const kept = METADATA.flatMap(key => {
    const value = own(given, key)
    return value === undefined || value === null ? [] : [[key, value] as const]
  })
  const written = own(given, 'namespace')
  return {
    kind: resource.kind,
    body: {
      ...withPlainText(rest),
      metadata: {
        ...Object.fromEntries(kept),
        name: resource.metadata.name,
        namespace: typeof written === 'string' ? written : namespace,
      },
    },
  }
}

/** `stringData` as `data`: the API server takes both, but remembers who owns a key only for the second. */
function withPlainText({ stringData, ...rest }: JsonObject): JsonObject {
  if (!isJsonObject(stringData)) return rest
  const encoded = Object.entries(stringData).map(
    ([key, text]) => [key, Buffer.from(String(text), 'utf8').toString('base64')] as const,
  )
  const { data } = rest
  return { ...rest, data: { ...(isJsonObject(data) ? data : {}), ...Object.fromEntries(encoded) } }
}

function refuseOthers(loaded: readonly LoadedResource[], objects: readonly ToApply[], only: string): void {
  const problems = loaded.flatMap(({ file, line }, index) => {
    const { namespace } = objects[index]?.body.metadata ?? { namespace: only }
    return namespace === only ? [] : [`${file}:${line}: it is of namespace ${namespace}, and -n says ${only}`]
  })
  if (problems.length > 0) throw new Failure('ManifestInvalid', 'definite', problems.join('\n'))
}

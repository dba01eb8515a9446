// Manifests into a cluster: server-side apply of the fields that they give, one resource after the other.
import { isDeepStrictEqual } from 'node:util'
import type { AppliedObject, ClusterObject, JsonObjectLike } from '../cluster/cluster.ts'
import { ClusterError, type ClusterErrorReason } from '../cluster/cluster-error.ts'
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

/** What a cluster may say to one manifest and not to the next. */
const OF_ONE: ReadonlySet<ClusterErrorReason> = new Set([
  'NotFound',
  'AlreadyExists',
  'Conflict',
  'Invalid',
  'Forbidden',
])

/**
 * In the order in which they were applied. Throws ManifestInvalid before anything is written; one that the cluster refuses
 * does not stop the others, and what it said to all of them is thrown at the end.
 */
export async function* applyManifests(
  access: ResourceAccess,
  loaded: readonly LoadedResource[],
  { onlyNamespace, force }: ApplyOptions,
): AsyncIterable<AppliedResource> {
  const objects = loaded.map(each => appliedObject(each, access.namespace))
  if (onlyNamespace !== undefined) refuseOthers(objects, onlyNamespace)
  const refusals: Refusal[] = []
  for (const object of objects.toSorted((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))) {
    const outcome = await appliedOrRefused(access, object, force)
    if (outcome instanceof ClusterError) refusals.push({ object, error: outcome })
    else yield outcome
  }
  if (refusals.length > 0) throw together(refusals)
}

interface Refusal {
  readonly object: ToApply
  readonly error: ClusterError
}

async function appliedOrRefused(
  { cluster }: ResourceAccess,
  { kind: name, body }: ToApply,
  force: boolean,
): Promise<AppliedResource | ClusterError> {
  const kind = anyKind(name)
  try {
    const before = await cluster.get(kind.type, body.metadata)
    const object = await cluster.apply(kind.type, body, { manager: MANAGER, force })
    return { kind, object, how: howOf(before, object) }
  } catch (error) {
    if (error instanceof ClusterError && OF_ONE.has(error.reason)) return error
    throw error
  }
}

function together(refusals: readonly Refusal[]): ClusterError {
  const lines = refusals.map(({ object: { place, kind, body }, error }) => {
    return `${place}: ${kind} ${body.metadata.name}: ${error.message}${hintTo(error, body.metadata.namespace)}`
  })
  const reasons = new Set(refusals.map(({ error }) => error.reason))
  const [only = 'Invalid'] = reasons.size === 1 ? reasons : []
  return new ClusterError(only, lines.join('\n'), { cause: refusals[0]?.error })
}

function hintTo({ reason }: ClusterError, namespace: string): string {
  if (reason === 'Conflict') return ' (--force-conflicts takes them over)'
  return reason === 'NotFound' ? ` (kubectl create namespace ${namespace} makes it)` : ''
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
  /** `file:line` */
  readonly place: string
  readonly kind: string
  readonly body: AppliedObject & JsonObjectLike
}

function appliedObject({ file, line, manifest, resource }: LoadedResource, namespace: string): ToApply {
  const { status: _, metadata, ...rest } = manifest
  const given = isJsonObject(metadata) ? metadata : {}
  const kept = METADATA.flatMap(key => {
    const value = own(given, key)
    return value === undefined || value === null ? [] : [[key, value] as const]
  })
  const written = own(given, 'namespace')
  return {
    place: `${file}:${line}`,
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

function refuseOthers(objects: readonly ToApply[], only: string): void {
  const problems = objects
    .filter(({ body }) => body.metadata.namespace !== only)
    .map(({ place, body }) => `${place}: it is of namespace ${body.metadata.namespace}, and -n says ${only}`)
  if (problems.length > 0) throw new Failure('ManifestInvalid', 'definite', problems.join('\n'))
}

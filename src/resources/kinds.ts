// Which kinds there are, by every name that people call them, and the resources that a manifest can hold.
import { crds } from './generated/crds.ts'
import type {
  ActiveRun,
  MCPRegistry,
  MCPRegistryExportJob,
  MCPRegistryImportJob,
  MCPRegistrySyncJob,
} from './generated/types.ts'
import type { ObjectMeta } from './object-meta.ts'
import type { KindDefinition, KindName } from './schema.ts'

export const GROUP = 'toolhive.stacklok.io'
export const API_VERSION = 'toolhive.stacklok.io/v1alpha1'

/** A resource of ours: checked, and with its defaults. */
export type RollbookResource = MCPRegistry | MCPRegistryImportJob | MCPRegistryExportJob | MCPRegistrySyncJob

/** A Secret of the cluster or of a manifest; read its values with `secretValue`. */
export interface Secret {
  readonly apiVersion: 'v1'
  readonly kind: 'Secret'
  readonly metadata: ObjectMeta
  readonly type?: string
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
  /** Its data can't be changed any more. */
  readonly immutable?: boolean
}

export interface ConfigMap {
  readonly apiVersion: 'v1'
  readonly kind: 'ConfigMap'
  readonly metadata: ObjectMeta
  readonly data?: Readonly<Record<string, string>>
  /** Base64. */
  readonly binaryData?: Readonly<Record<string, string>>
  /** Its data can't be changed any more. */
  readonly immutable?: boolean
}

export type Resource = RollbookResource | Secret | ConfigMap

export const kindNames: readonly KindName[] = crds.map(definition => definition.kind)

/** The definition of a kind of ours. */
export function definitionOf(kind: KindName): KindDefinition {
  const found = crds.find(definition => definition.kind === kind)
  if (!found) throw new Error(`no definition of ${kind}`)
  return found
}

/** The definition by kind, plural, singular, short name or `importjob`, in any case, also `plural.group`. */
export function findKind(name: string): KindDefinition | undefined {
  const wanted = name.toLowerCase().replace(`.${GROUP}`, '')
  return crds.find(({ kind, plural, singular, shortNames }) =>
    [kind.toLowerCase(), plural, singular, ...[plural, singular].map(withoutPrefix), ...shortNames].includes(wanted),
  )
}

/** `mcpregistryimportjobs` as `importjobs`, `mcpregistry` as `registry`: what people call them. */
function withoutPrefix(name: string): string {
  return name.replace(/^mcp(registry(?=.))?/, '')
}

/** True for the exact name of a kind of ours. */
export function isKindName(kind: unknown): kind is KindName {
  return crds.some(definition => definition.kind === kind)
}

/** The run that is under way; a sync job has none of its own. */
export function activeRunOf({ status }: Pick<RollbookResource, 'status'>): ActiveRun | undefined {
  return status !== undefined && 'activeRun' in status ? status.activeRun : undefined
}

/** `MCPRegistry/team/catalog`: how a resource is named in messages and trailers. */
export function nameOf(resource: { readonly kind: string; readonly metadata: ObjectMeta }): string {
  return `${resource.kind}/${resource.metadata.namespace}/${resource.metadata.name}`
}

/** Bytes of one key of a Secret, or undefined. `stringData` wins over `data`, as in the API server. */
export function secretValue(secret: Secret, key: string): Buffer | undefined {
  const plain = ownString(secret.stringData, key)
  if (plain !== undefined) return Buffer.from(plain, 'utf8')
  const encoded = ownString(secret.data, key)
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64')
}

/** Bytes of one key of a ConfigMap, or undefined. */
export function configMapValue(configMap: ConfigMap, key: string): Buffer | undefined {
  const plain = ownString(configMap.data, key)
  if (plain !== undefined) return Buffer.from(plain, 'utf8')
  const encoded = ownString(configMap.binaryData, key)
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64')
}

function ownString(map: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined
}

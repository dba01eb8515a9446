// The source of a resource to what a run reads: a reference to an MCPRegistry becomes that registry's own source, with the
// registries on the way (kinds.md, `source.registry.registryRef`). Pure.
import { Failure } from '../lib/failure.ts'
import type { GitSource, MCPRegistry, RegistrySource, Source, UrlSource } from './generated/types.ts'
import type {
  FormatName,
  GitSourceRequest,
  RegistrySourceRequest,
  SecretRef,
  SourceRequest,
  UrlSourceRequest,
} from './request.ts'

/** MCPRegistries by name, all of the resource's namespace: there are no references across namespaces (G2). */
export interface Registries {
  readonly namespace: string
  find(name: string): MCPRegistry | undefined
}

export interface ResolvedSource {
  readonly source: SourceRequest
  readonly format: FormatName | undefined
  /** Registries that the entries pass, the source's nearest first. */
  readonly through: readonly MCPRegistry[]
}

/** Throws ReferenceNotFound for an unknown registry, ManifestInvalid for a circle of them. */
export function resolveSource(
  spec: { readonly source: Source; readonly format?: FormatName },
  registries: Registries,
): ResolvedSource {
  const through: MCPRegistry[] = []
  let { source, format } = spec
  for (let ref = source.registry?.registryRef; ref; ref = source.registry?.registryRef) {
    const registry = findRegistry(ref.name, registries)
    if (through.includes(registry)) throw circle(registry, through)
    through.unshift(registry)
    format = formatThrough(registry, format)
    source = registry.spec.source
  }
  return { source: sourceRequest(source, registries.namespace), format, through }
}

/** Throws ReferenceNotFound. */
export function findRegistry(name: string, registries: Registries): MCPRegistry {
  const registry = registries.find(name)
  if (registry) return registry
  throw new Failure('ReferenceNotFound', 'definite', `MCPRegistry ${registries.namespace}/${name} does not exist`, {
    hint: 'create it, or give its manifest with -f',
  })
}

/** The documents are the registry's: what the reader says of their format must agree. */
function formatThrough({ metadata, spec }: MCPRegistry, wanted: FormatName | undefined): FormatName | undefined {
  if (wanted !== undefined && spec.format !== undefined && wanted !== spec.format) {
    const message = `format ${wanted} is asked of MCPRegistry ${metadata.name}, whose documents are in format ${spec.format}`
    throw new Failure('ManifestInvalid', 'definite', message, { hint: 'leave format out where registryRef is given' })
  }
  return spec.format ?? wanted
}

function circle(registry: MCPRegistry, through: readonly MCPRegistry[]): Failure {
  const names = [registry, ...through].map(({ metadata }) => metadata.name).reverse()
  return new Failure('ManifestInvalid', 'definite', `these registries read each other in a circle: ${names.join(', ')}`)
}

function sourceRequest(source: Source, namespace: string): SourceRequest {
  if (source.git) return gitSource(source.git)
  if (source.url) return urlSource(source.url)
  if (source.configMap) return { type: 'configmap', namespace, name: source.configMap.name, key: source.configMap.key }
  if (source.registry?.url !== undefined) return registrySource(source.registry, source.registry.url)
  // Admission demands the block that the type names.
  throw new Failure('ManifestInvalid', 'definite', `a source of type ${source.type} needs the block of that name`)
}

function gitSource(git: GitSource): GitSourceRequest {
  return {
    type: 'git',
    repository: git.repository,
    ref: refOf(git),
    path: git.path,
    ...secretOf(git),
    ...(git.verify ? { verify: git.verify } : {}),
  }
}

function refOf(git: GitSource): GitSourceRequest['ref'] {
  if (git.commit !== undefined) return { commit: git.commit }
  return git.tag === undefined ? { branch: git.branch ?? 'main' } : { tag: git.tag }
}

function urlSource(url: UrlSource): UrlSourceRequest {
  return { type: 'url', url: url.url, ...headersOf(url), ...secretOf(url) }
}

/** `fullInterval` says how often the controller's probe trusts an empty answer; it changes no run. */
function registrySource(registry: RegistrySource, url: string): RegistrySourceRequest {
  return { type: 'registry', url, ...headersOf(registry), ...secretOf(registry) }
}

function headersOf({ headers }: Pick<UrlSource, 'headers'>): Pick<UrlSourceRequest, 'headers'> {
  return headers && Object.keys(headers).length > 0 ? { headers } : {}
}

function secretOf({ authSecret }: { readonly authSecret?: SecretRef }): { readonly authSecret?: SecretRef } {
  return authSecret ? { authSecret } : {}
}

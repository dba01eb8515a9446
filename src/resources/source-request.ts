// The source of a resource to what a run reads: a reference to an MCPRegistry becomes what its last sync stored, else its own
// source, with the registries on the way (kinds.md, MCPRegistryExportJob and `source.registry.registryRef`). Pure.
import { Failure } from '../lib/failure.ts'
import type { GitSource, GitTarget, MCPRegistry, RegistrySource, Source, UrlSource } from './generated/types.ts'
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
  /** False without a cluster: registries are then read as they stand now. */
  readonly haveStatus: boolean
}

export interface ResolvedSource {
  readonly source: SourceRequest
  readonly format: FormatName | undefined
  /** Registries that the entries pass, the source's nearest first. */
  readonly through: readonly MCPRegistry[]
}

/** Throws ReferenceNotFound for an unknown registry, DependencyNotReady before its first sync, ManifestInvalid for a circle. */
export function resolveSource(
  spec: { readonly source: Source; readonly format?: FormatName },
  registries: Registries,
): ResolvedSource {
  const through: MCPRegistry[] = []
  let { source, format } = spec
  for (let ref = source.registry?.registryRef; ref; ref = source.registry?.registryRef) {
    const registry = findRegistry(ref.name, registries)
    // One that is synced already may be in a circle only since then.
    if (through.includes(registry)) refuseCircle(registry, registries)
    if (registries.haveStatus && !registry.status?.artifact) {
      refuseCircle(registry, registries)
      throw notSynced(registry, 'was not synced yet')
    }
    const { storage } = registry.spec
    // What a sync stored has passed the registry's filter and policy already.
    if (storage) {
      format = formatThrough(registry, { has: storage.format ?? 'upstream', wanted: format })
      return { source: storedSource(registry, storage), format, through }
    }
    through.unshift(registry)
    format = formatThrough(registry, { has: registry.spec.format, wanted: format })
    source = pinned(registry)
  }
  return { source: sourceRequest(source, registries.namespace), format, through }
}

/** The storage of a registry at its last sync, without status as it stands. Throws DependencyNotReady. */
function storedSource(registry: MCPRegistry, storage: GitTarget): GitSourceRequest {
  const { repository, branch, path } = storage
  const artifact = registry.status?.artifact
  if (artifact && (artifact.repository !== repository || artifact.path !== path)) {
    throw notSynced(registry, 'has another storage since its last sync')
  }
  const commit = artifact && commitOf(artifact.revision)
  return {
    type: 'git',
    repository,
    ref: commit === undefined ? { branch } : { commit },
    path,
    ...secretOf(storage),
  }
}

/** The source of a registry without storage: the revision that its last sync read, where that is in git. */
function pinned({ spec: { source }, status }: MCPRegistry): Source {
  const { git } = source
  const commit = status?.artifact && commitOf(status.artifact.revision)
  if (!git || commit === undefined || status?.artifact?.repository !== git.repository) return source
  const { branch: _branch, tag: _tag, ...rest } = git
  return { ...source, git: { ...rest, commit } }
}

/** Of `main@sha1:<commit>`; undefined for a digest. */
function commitOf(revision: string): string | undefined {
  return /(?:^|@)sha1:([0-9a-f]{40})$/.exec(revision)?.[1]
}

function notSynced(registry: MCPRegistry, why: string): Failure {
  const { name } = registry.metadata
  const stop = syncStop(registry)
  const because = stop === undefined ? '' : `: ${stop} stops its sync`
  return new Failure('DependencyNotReady', 'transient', `MCPRegistry ${name} ${why}${because}`, {
    hint:
      stop === undefined
        ? 'wait for its sync, or ask for one'
        : `see to MCPRegistry ${name}, whose condition Ready says what is wrong`,
  })
}

/** The reason why a registry is not synced, as its own conditions tell; undefined when nothing is known against it. */
export function syncStop({ metadata, status }: MCPRegistry): string | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const isOfNow = ready?.observedGeneration === metadata.generation
  return isOfNow && ready?.status === 'False' ? ready.reason : undefined
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
function formatThrough(
  { metadata }: MCPRegistry,
  { has, wanted }: { readonly has: FormatName | undefined; readonly wanted: FormatName | undefined },
): FormatName | undefined {
  if (wanted !== undefined && has !== undefined && wanted !== has) {
    const message = `format ${wanted} is asked of MCPRegistry ${metadata.name}, whose documents are in format ${has}`
    throw new Failure('ManifestInvalid', 'definite', message, { hint: 'leave format out where registryRef is given' })
  }
  return has ?? wanted
}

/**
 * Throws ManifestInvalid when reading on from this registry comes to one of them a second time. What one of them has in its
 * storage does not end the circle: nothing new would ever get into it.
 */
export function refuseCircle(registry: MCPRegistry, registries: Registries): void {
  const passed: string[] = []
  for (let next: MCPRegistry | undefined = registry; next; next = readBy(next, registries)) {
    const { name } = next.metadata
    if (passed.includes(name)) throw circle([...passed.slice(passed.indexOf(name)), name])
    passed.push(name)
  }
}

function readBy({ spec }: MCPRegistry, registries: Registries): MCPRegistry | undefined {
  const ref = spec.source.registry?.registryRef
  return ref && registries.find(ref.name)
}

function circle(names: readonly string[]): Failure {
  const message = `these registries read each other in a circle: ${names.join(', ')}`
  return new Failure('ManifestInvalid', 'definite', message, { hint: 'give one of them another source' })
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

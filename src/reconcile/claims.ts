// Who may write where (kinds.md): paths of git and keys of ConfigMaps that a resource claims, and whose claim counts when two
// overlap. Every resource decides for itself, from the same list, and all come to the same answer.
import { Failure } from '../lib/failure.ts'
import { normaliseRepositoryUrl } from '../lib/repository-url.ts'
import type { GitTarget, MCPRegistry, MCPRegistryImportJob } from '../resources/generated/types.ts'
import { nameOf, type RollbookResource } from '../resources/kinds.ts'
import { registryTarget } from '../resources/registry-target.ts'
import type { Told } from './told.ts'

export interface Claim {
  /** Normalised repository and branch, or the ConfigMap: claims of different places never meet. */
  readonly places: readonly string[]
  readonly path: string
  /** Nobody else may write there. */
  readonly isExclusive: boolean
}

/** What a resource claims, where somebody knows it already. */
export type KnownClaims = (resource: RollbookResource) => Claim | undefined

/** The resource that has the older claim on where this one wants to write, as a reason; undefined when it may. */
export function sharedTarget(
  resource: RollbookResource,
  others: readonly RollbookResource[],
  known: KnownClaims = claimsAmong([resource, ...others]),
): Told | undefined {
  const own = known(resource)
  if (!own) return undefined
  const rivals = [{ resource, claim: own }]
  for (const other of others) {
    const claim = known(other)
    if (claim && samePlace(claim, own)) rivals.push({ resource: other, claim })
  }
  rivals.sort((a, b) => byAge(a.resource, b.resource))
  const accepted: typeof rivals = []
  for (const rival of rivals) {
    const winner = accepted.find(({ claim }) => overlap(claim, rival.claim))
    if (rival.resource === resource) return winner && toldOf(winner.resource, winner.claim)
    if (!winner) accepted.push(rival)
  }
  return undefined
}

function claimsAmong(resources: readonly RollbookResource[]): KnownClaims {
  const registries = resources.filter(({ kind }) => kind === 'MCPRegistry') as MCPRegistry[]
  return resource => claimOf(resource, registries)
}

/** What a resource writes; undefined for one that writes nothing. `registries` has at least those that its target names. */
export function claimOf(resource: RollbookResource, registries: readonly MCPRegistry[]): Claim | undefined {
  switch (resource.kind) {
    case 'MCPRegistry':
      return resource.spec.storage && gitClaim(resource.spec.storage, true)
    case 'MCPRegistryImportJob':
      return importClaim(resource, registries)
    case 'MCPRegistryExportJob': {
      const { mode, target } = resource.spec
      if (mode === 'Plan') return undefined
      if (target.git) return gitClaim(target.git, false)
      const { namespace } = resource.metadata
      return (
        target.configMap && {
          places: [`configmap ${namespace}/${target.configMap.name}`],
          path: target.configMap.key,
          isExclusive: true,
        }
      )
    }
    case 'MCPRegistrySyncJob':
      return undefined
    default:
      return resource satisfies never
  }
}

function importClaim({ metadata, spec }: MCPRegistryImportJob, registries: readonly MCPRegistry[]): Claim | undefined {
  if (spec.mode === 'Plan') return undefined
  const isExclusive = spec.merge?.prune === 'Missing'
  const { git, registryRef } = spec.target
  if (git) return gitClaim(git, isExclusive)
  const registry = registries.find(
    other => other.metadata.name === registryRef?.name && other.metadata.namespace === metadata.namespace,
  )
  if (!registryRef || !registry) return undefined
  try {
    return gitClaim(registryTarget(registryRef, registry), isExclusive)
  } catch (error) {
    // A registry that can't be written to: the job is told so by its own request.
    if (error instanceof Failure) return undefined
    throw error
  }
}

/** A branch for review ends in the branch that it was made for, so that both are claimed. */
function gitClaim({ repository, branch, pushBranch, path }: GitTarget, isExclusive: boolean): Claim {
  const key = normaliseRepositoryUrl(repository)
  const places = [...new Set([branch, pushBranch ?? branch])].map(name => `git ${key} ${name}`)
  return { places, path: path.replace(/\/+$/, ''), isExclusive }
}

function samePlace(one: Claim, other: Claim): boolean {
  return one.places.some(place => other.places.includes(place))
}

function overlap(one: Claim, other: Claim): boolean {
  if (!one.isExclusive && !other.isExclusive) return false
  return samePlace(one, other) && (contains(one.path, other.path) || contains(other.path, one.path))
}

function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`)
}

function byAge(one: RollbookResource, other: RollbookResource): number {
  const [a, b] = [one, other].map(({ metadata }) => `${metadata.creationTimestamp ?? ''} ${metadata.uid ?? ''}`)
  return (a ?? '') < (b ?? '') ? -1 : 1
}

function toldOf(winner: RollbookResource, { path }: Claim): Told {
  const map = winner.kind === 'MCPRegistryExportJob' ? winner.spec.target.configMap : undefined
  const message = map
    ? `${nameOf(winner)} is older and writes key ${map.key} of ConfigMap ${map.name}, which has one writer; delete one of the two jobs, or name another ConfigMap or key`
    : `${nameOf(winner)} is older and writes ${path} or a part of it; with prune, onUpdate recreate or storage a path has one writer: delete one of the two, or name another path`
  return { reason: 'TargetShared', message }
}

// What the controllers know of the cluster, from the watches: one object of each resource, Job and Pod, and the ways from one
// to the other. It changes in no other place.
import type { JsonObject } from '../lib/json.ts'
import { type Claim, claimOf } from '../reconcile/claims.ts'
import { checkResource } from '../resources/check.ts'
import type { MCPRegistry, MCPRegistrySyncJob } from '../resources/generated/types.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import { isReleased } from '../resources/object-meta.ts'
import type { Problem } from '../resources/problem.ts'
import type { Job, Pod } from '../resources/workload.ts'
import { referencesOf } from './references.ts'
import { keyOf } from './resource-key.ts'
import { TwoLevelMap } from './two-level-map.ts'

/** A resource, and what is wrong with it where it can't be used (G6). */
export interface KnownResource {
  readonly resource: RollbookResource
  readonly problems: readonly Problem[]
}

export class World {
  private readonly resources = new Map<string, KnownResource>()
  /** By namespace and key. */
  private readonly registries = new TwoLevelMap<MCPRegistry>()
  /** By namespace and registry, and by key. */
  private readonly readers = new TwoLevelMap<RollbookResource>()
  private readonly syncJobs = new TwoLevelMap<MCPRegistrySyncJob>()
  /** By uid of the owner, and by name. */
  private readonly jobs = new TwoLevelMap<Job>()
  /** By uid of the Job: the key of its owner. */
  private readonly jobOwners = new Map<string, string>()
  private readonly pods = new TwoLevelMap<Pod>()
  /** Uids of Jobs that no watch has told yet. */
  private readonly learned = new Set<string>()
  /** Keys of resources that wait because another one owns their target. */
  private readonly sharing = new Set<string>()
  /** By key: what a resource claims. Worked out once for each version, since every start of a run asks for all. */
  private readonly claims = new Map<string, Claim>()
  /** By place, and by key. */
  private readonly claimants = new TwoLevelMap<RollbookResource>()

  /** As a watch tells it. What a watch tells late is left out: a write of ours has shown a newer one. */
  setResource(resource: RollbookResource): void {
    const known = this.resources.get(keyOf(resource))?.resource
    if (!known || !isOlder(resource, known)) this.replaceResource(resource)
  }

  /** As a `get` or a write of ours found it. */
  replaceResource(resource: RollbookResource): void {
    // Our last finalizer is off it: the watch may have told its end before we heard of our own write.
    if (isReleased(resource.metadata)) return
    const key = keyOf(resource)
    const known = this.resources.get(key)
    const isSameSpec =
      known !== undefined &&
      known.resource.metadata.uid === resource.metadata.uid &&
      known.resource.metadata.generation === resource.metadata.generation
    const problems = isSameSpec ? known.problems : problemsOf(resource)
    this.unlink(key)
    this.resources.set(key, { resource, problems })
    if (problems.length === 0) this.link(key, resource)
    this.claimAgain(resource)
  }

  removeResource(key: string): void {
    const known = this.resources.get(key)
    this.unlink(key)
    this.resources.delete(key)
    if (known) this.claimAgain(known.resource)
  }

  resource(key: string): KnownResource | undefined {
    return this.resources.get(key)
  }

  /** The resource, unless something is wrong with it. */
  usable(key: string): RollbookResource | undefined {
    const known = this.resources.get(key)
    return known?.problems.length === 0 ? known.resource : undefined
  }

  keys(): Iterable<string> {
    return this.resources.keys()
  }

  /** What the resource claims. */
  claimOf(resource: RollbookResource): Claim | undefined {
    return this.claims.get(keyOf(resource))
  }

  /** Other resources that claim something at the same places. */
  rivalsOf(resource: RollbookResource): RollbookResource[] {
    const key = keyOf(resource)
    const places = this.claims.get(key)?.places ?? []
    const rivals = new Map(places.flatMap(place => this.claimants.all(place)).map(rival => [keyOf(rival), rival]))
    rivals.delete(key)
    return [...rivals.values()]
  }

  registriesOf(namespace: string): MCPRegistry[] {
    return this.registries.all(namespace)
  }

  /** Oldest first. */
  syncJobsOf(namespace: string, registry: string): MCPRegistrySyncJob[] {
    return this.syncJobs.all(`${namespace}/${registry}`).sort(byAge)
  }

  /** Whoever refers to the registry, but for sync jobs. */
  readersOf(namespace: string, registry: string): RollbookResource[] {
    return this.readers.all(`${namespace}/${registry}`)
  }

  sharingTargets(): ReadonlySet<string> {
    return this.sharing
  }

  setJob(owner: { readonly key: string; readonly uid: string }, job: Job): void {
    this.learned.delete(job.metadata.uid ?? '')
    this.jobs.set(owner.uid, job.metadata.name, job)
    this.jobOwners.set(job.metadata.uid ?? '', owner.key)
  }

  /** As a `get` found it. False when the watch had told it already. */
  learnJob(owner: { readonly key: string; readonly uid: string }, job: Job): boolean {
    if (this.jobsOf(owner.uid).some(({ metadata }) => metadata.uid === job.metadata.uid)) return false
    this.setJob(owner, job)
    this.learned.add(job.metadata.uid ?? '')
    return true
  }

  /** True for a Job that may be gone without any watch telling it. */
  isLearned({ metadata }: Job): boolean {
    return this.learned.has(metadata.uid ?? '')
  }

  removeJob(owner: { readonly uid: string }, { metadata: { name, uid = '' } }: Job): void {
    this.learned.delete(uid)
    this.jobs.delete(owner.uid, name)
    this.jobOwners.delete(uid)
  }

  /** The key of the resource whose Job has this uid. */
  ownerOfJob(uid: string): string | undefined {
    return this.jobOwners.get(uid)
  }

  /** Oldest first. */
  jobsOf(owner: string): Job[] {
    return this.jobs.all(owner).sort(byAge)
  }

  setPod(job: string, pod: Pod): void {
    this.pods.set(job, pod.metadata.name, pod)
  }

  removePod(job: string, name: string): void {
    this.pods.delete(job, name)
  }

  podsOf(job: string): Pod[] {
    return this.pods.all(job).sort(byAge)
  }

  private link(key: string, resource: RollbookResource): void {
    const { namespace } = resource.metadata
    if (resource.kind === 'MCPRegistry') this.registries.set(namespace, key, resource)
    for (const name of referencesOf(resource)) {
      const registry = `${namespace}/${name}`
      if (resource.kind === 'MCPRegistrySyncJob') this.syncJobs.set(registry, key, resource)
      else this.readers.set(registry, key, resource)
    }
    this.claim(key, resource)
    const conditions = resource.status?.conditions ?? []
    if (conditions.some(({ reason }) => reason === 'TargetShared')) this.sharing.add(key)
  }

  private claim(key: string, resource: RollbookResource): void {
    const claim = claimOf(resource, this.registriesOf(resource.metadata.namespace))
    if (!claim) return
    this.claims.set(key, claim)
    for (const place of claim.places) this.claimants.set(place, key, resource)
  }

  private disclaim(key: string): void {
    for (const place of this.claims.get(key)?.places ?? []) this.claimants.delete(place, key)
    this.claims.delete(key)
  }

  /** Who writes to the source of a registry claims what that says. */
  private claimAgain({ kind, metadata }: RollbookResource): void {
    if (kind !== 'MCPRegistry') return
    for (const reader of this.readersOf(metadata.namespace, metadata.name)) {
      this.disclaim(keyOf(reader))
      this.claim(keyOf(reader), reader)
    }
  }

  private unlink(key: string): void {
    this.sharing.delete(key)
    const known = this.resources.get(key)
    if (!known || known.problems.length > 0) return
    const { namespace } = known.resource.metadata
    this.registries.delete(namespace, key)
    this.disclaim(key)
    for (const name of referencesOf(known.resource)) {
      this.syncJobs.delete(`${namespace}/${name}`, key)
      this.readers.delete(`${namespace}/${name}`, key)
    }
  }
}

/** What the API server would refuse today; the status is not the author's. */
function problemsOf(resource: RollbookResource): readonly Problem[] {
  const { apiVersion, kind, metadata, spec } = resource
  const value = { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace }, spec }
  const { problems } = checkResource(kind, value as unknown as JsonObject)
  return problems.filter(({ severity }) => severity === 'error')
}

/** Versions are numbers that grow; where they are none, the later word counts. */
function isOlder({ metadata: one }: RollbookResource, { metadata: other }: RollbookResource): boolean {
  if (one.uid !== other.uid) return false
  const versions = [one.resourceVersion, other.resourceVersion].map(version => version ?? '')
  const [first = '', second = ''] = versions
  if (!versions.every(version => /^\d+$/.test(version))) return false
  return first.length === second.length ? first < second : first.length < second.length
}

function byAge({ metadata: one }: RollbookResource | Job | Pod, { metadata: other }: RollbookResource | Job | Pod) {
  const [first, second] = [one, other].map(({ creationTimestamp = '', uid = '' }) => `${creationTimestamp} ${uid}`)
  if (first === second || first === undefined || second === undefined) return 0
  return first < second ? -1 : 1
}

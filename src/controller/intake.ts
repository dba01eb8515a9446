// What the caches tell is taken into the world, and wakes whom it concerns.
import type { Cluster, ObjectName } from '../cluster/cluster.ts'
import type { Clock } from '../lib/clock.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import type { Problem } from '../resources/problem.ts'
import type { Job, Pod } from '../resources/workload.ts'
import type { CachesOptions } from './caches.ts'
import type { ControllerLog } from './controller-log.ts'
import { concernedBy } from './dependents.ts'
import { sentenceOf } from './invalid.ts'
import { keyOf, ownerOf } from './resource-key.ts'
import { SourceWatches } from './source-watches.ts'
import type { World } from './world.ts'

export interface IntakeOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly log: ControllerLog
  readonly world: World
  /** Hears whose turn it is to be looked at. */
  wake(key: string): void
  /** Hears which resource is gone; `uid` may be unknown. */
  gone(key: string, uid: string | undefined): void
  /** Hears that what was read of a ConfigMap is out of date. */
  outdated(configMap: ObjectName): void
}

export class Intake {
  private readonly options: IntakeOptions
  private readonly sources: SourceWatches

  constructor(options: IntakeOptions) {
    this.options = options
    const { cluster, clock, log } = options
    const changed = (configMap: ObjectName, readers: Iterable<string>) => {
      options.outdated(configMap)
      this.wakeAll(readers)
    }
    this.sources = new SourceWatches({ cluster, clock, log, changed })
  }

  /** For the caches to tell. */
  listeners(): Pick<CachesOptions, 'resource' | 'job' | 'pod'> {
    return {
      resource: { set: resource => this.resourceSet(resource), removed: resource => this.resourceRemoved(resource) },
      job: { set: job => this.jobSet(job), removed: job => this.jobRemoved(job) },
      pod: { set: pod => this.podSet(pod), removed: pod => this.podRemoved(pod) },
    }
  }

  /** Wakes whom a change concerns that a pass has written; when the cache tells it too, it is no news any more. */
  written(before: RollbookResource, after: RollbookResource): void {
    this.wakeAll(concernedBy(before, after, this.options.world))
  }

  /** Resolves when no watch of a source is open. */
  stop(): Promise<void> {
    return this.sources.stop()
  }

  private resourceSet(resource: RollbookResource): void {
    const { world, wake } = this.options
    const key = keyOf(resource)
    const before = world.usable(key)
    const told = world.resource(key)?.problems
    world.setResource(resource)
    const after = world.usable(key)
    this.tellInvalid(key, told)
    this.sources.set(key, after)
    wake(key)
    this.wakeAll(concernedBy(before, after, world))
  }

  private resourceRemoved(resource: RollbookResource): void {
    const { world, gone } = this.options
    const key = keyOf(resource)
    const before = world.usable(key)
    world.removeResource(key)
    this.sources.set(key, undefined)
    gone(key, resource.metadata.uid)
    this.wakeAll(concernedBy(before, undefined, world))
  }

  private jobSet(job: Job): void {
    const owner = ownerOf(job)
    if (!owner) return
    this.options.world.setJob(owner, job)
    this.wakeAll([owner.key])
  }

  private jobRemoved(job: Job): void {
    const owner = ownerOf(job)
    if (!owner) return
    this.options.world.removeJob(owner, job)
    this.wakeAll([owner.key])
  }

  private podSet(pod: Pod): void {
    for (const { uid } of jobsOwning(pod)) {
      this.options.world.setPod(uid, pod)
      this.wakeOwner(uid)
    }
  }

  private podRemoved(pod: Pod): void {
    for (const { uid } of jobsOwning(pod)) {
      this.options.world.removePod(uid, pod.metadata.name)
      this.wakeOwner(uid)
    }
  }

  private wakeOwner(job: string): void {
    const owner = this.options.world.ownerOfJob(job)
    if (owner !== undefined) this.wakeAll([owner])
  }

  /** Those that are still there. */
  private wakeAll(keys: Iterable<string>): void {
    const { world, wake } = this.options
    for (const key of keys) if (world.resource(key)) wake(key)
  }

  private tellInvalid(key: string, told: readonly Problem[] | undefined): void {
    const { world, log } = this.options
    const known = world.resource(key)
    if (!known || known.problems.length === 0 || known.problems === told) return
    const problems = sentenceOf(known.problems)
    log.warn('a stored resource is not valid, and is left alone', { resource: key, problems })
  }
}

function jobsOwning({ metadata }: Pod) {
  return (metadata.ownerReferences ?? []).filter(({ kind, controller }) => kind === 'Job' && controller === true)
}

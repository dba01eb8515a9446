// The watches of the controllers: resources of ours first, then their Jobs and Pods, so that no Job is missing that a status
// already names. What nobody reads is taken out before it is kept.
import type { Cluster, ClusterObject, ObjectType, Selection } from '../cluster/cluster.ts'
import { Reflector } from '../cluster/reflector.ts'
import { JOBS, PODS, typeOf } from '../cluster/types.ts'
import type { Clock } from '../lib/clock.ts'
import { kindNames, type RollbookResource } from '../resources/kinds.ts'
import { MANAGED_BY } from '../resources/names.ts'
import type { Job, Pod } from '../resources/workload.ts'
import type { ControllerLog } from './controller-log.ts'

export interface Listener<T> {
  set(object: T): void
  removed(object: T): void
}

export interface CachesOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  /** Absent: every namespace. */
  readonly namespaces?: readonly string[]
  readonly signal: AbortSignal
  readonly log: ControllerLog
  readonly resource: Listener<RollbookResource>
  readonly job: Listener<Job>
  readonly pod: Listener<Pod>
}

export interface Caches {
  /** Resolves when everything was listed once; rejects when the signal fires before. */
  readonly ready: Promise<void>
  /** Resolves when the signal fired and no watch is open. */
  readonly closed: Promise<void>
}

const OURS = Object.entries(MANAGED_BY)
  .map(([label, value]) => `${label}=${value}`)
  .join(',')

export function openCaches(options: CachesOptions): Caches {
  const { namespaces, signal } = options
  const places: readonly Selection[] = namespaces?.map(namespace => ({ namespace })) ?? [{}]
  const ours = places.map(place => ({ ...place, labelSelector: OURS }))
  const resources = kindNames.flatMap(kind =>
    places.map(place => cacheOf(typeOf<RollbookResource>(kind), place, { options, listener: options.resource })),
  )
  const jobs = ours.map(place => cacheOf(JOBS, place, { options, listener: options.job, transform: slimJob }))
  const pods = ours.map(place => cacheOf(PODS, place, { options, listener: options.pod, transform: slimPod }))
  const running: Promise<void>[] = []
  const start = async (caches: readonly Startable[]) => {
    running.push(...caches.map(cache => cache.start(signal)))
    await Promise.race([Promise.all(caches.map(({ ready }) => ready)), aborted(signal)])
    signal.throwIfAborted()
  }
  const ready = start(resources).then(() => start([...jobs, ...pods]))
  return {
    ready,
    closed: aborted(signal)
      .then(() => ready)
      .catch(() => {})
      .then(() => Promise.all(running))
      .then(() => {}),
  }
}

/** A reflector, whatever it holds. */
interface Startable {
  readonly ready: Promise<void>
  start(signal: AbortSignal): Promise<void>
}

interface CacheParts<T> {
  readonly options: CachesOptions
  readonly listener: Listener<T>
  readonly transform?: (object: T) => T
}

function cacheOf<T extends ClusterObject>(
  type: ObjectType<T>,
  selection: Selection,
  { options, listener, transform }: CacheParts<T>,
): Startable {
  const { cluster, clock, log } = options
  const reflector = new Reflector<T>({
    cluster,
    clock,
    type,
    selection,
    ...(transform ? { transform } : {}),
    onError: (error, where) => {
      const fields = { kind: type.kind, where, error: error instanceof Error ? error.message : String(error) }
      if (where === 'list' || where === 'watch')
        log.warn('the cluster could not be watched, and is asked again', fields)
      else log.error('a defect: a change could not be taken in', fields)
    },
  })
  reflector.onChange((_key, object, before) => {
    if (object) listener.set(object)
    else if (before) listener.removed(before)
  })
  return reflector
}

/** The environment of its container holds the whole request. */
function slimJob(job: Job): Job {
  const { template } = job.spec
  const containers = template.spec.containers.map(container => ({ ...container, env: [] }))
  return { ...job, spec: { ...job.spec, template: { ...template, spec: { ...template.spec, containers } } } }
}

function slimPod(pod: Pod): Pod {
  return { ...pod, spec: { ...pod.spec, containers: [], volumes: [] } }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

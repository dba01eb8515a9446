// Steps of a plan, taken one after the other. Each is safe to take twice, so that a controller which ends between any two of
// them is followed by one that ends in the same state: intent first, then the act, then what was seen of it (D1, C9).
import type { Cluster } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { JOBS, typeOf } from '../cluster/types.ts'
import { Failure } from '../lib/failure.ts'
import type { Refusal } from '../reconcile/observed.ts'
import type { Step } from '../reconcile/plan.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import { FIELD_MANAGER, FINALIZER, LONG_REPORT, RUN_LABEL } from '../resources/names.ts'
import type { Job } from '../resources/workload.ts'
import { deleteOwnConfigMap, makeOwnConfigMap, takeOutKey, writeExport, writeOwnConfigMap } from './config-maps.ts'
import type { Events } from './events.ts'

export interface ApplyAccess {
  readonly cluster: Cluster
  readonly events: Events
  /** Hears of a Job of this run that somebody made before; false when it is no news. */
  adopted(job: Job): boolean
  /** Hears of the resource as a write of ours left it: the cache learns of that later. */
  written(resource: RollbookResource): void
}

export interface Applied {
  /** As the last write left it. */
  readonly resource: RollbookResource
  /** The slot was given up. */
  readonly released: boolean
  /** A step that the cluster refused; those after it were not taken. */
  readonly refusal?: Refusal
}

/** Throws ClusterError for what another pass must find out: Conflict, NotFound, and a refusal of finalizer or status. */
export async function applySteps(
  steps: readonly Step[],
  resource: RollbookResource,
  access: ApplyAccess,
): Promise<Applied> {
  let current = resource
  let released = false
  for (const step of steps) {
    if (step.type === 'releaseSlot') {
      released = true
      continue
    }
    try {
      const written = await applyStep(step, current, access)
      if (!written) continue
      current = written
      access.written(written)
    } catch (error) {
      const refusal = refusalOf(step, error)
      if (!refusal) throw error
      return { resource: current, released, refusal }
    }
  }
  return { resource: current, released }
}

/** The resource where the step wrote it. */
async function applyStep(
  step: Exclude<Step, { readonly type: 'releaseSlot' }>,
  resource: RollbookResource,
  access: ApplyAccess,
): Promise<RollbookResource | undefined> {
  const { cluster } = access
  switch (step.type) {
    case 'addFinalizer':
    case 'removeFinalizer':
      return setFinalizer(cluster, resource, step.type === 'addFinalizer')
    case 'writeStatus':
      return writeStatus(cluster, resource, step.status)
    case 'createJob':
      if (step.request) await makeOwnConfigMap(cluster, step.request, resource)
      await createJob(step.job, resource, access)
      return undefined
    case 'deleteJob':
      await deleteJob(step, resource, cluster)
      return undefined
    case 'writeReport':
      await writeOwnConfigMap(cluster, step.configMap, resource)
      return undefined
    case 'deleteReport':
      await deleteOwnConfigMap(cluster, step.name, resource)
      return undefined
    case 'shortenReport':
      await takeOutKey(cluster, { name: step.name, key: LONG_REPORT }, resource)
      return undefined
    case 'writeExport':
      await writeExport(cluster, step.configMap)
      return undefined
    case 'event':
      access.events.record(resource, step.event)
      return undefined
    default:
      return step satisfies never
  }
}

/** A merge patch replaces the whole list, so it must be the list that was seen. */
async function setFinalizer(
  cluster: Cluster,
  resource: RollbookResource,
  wanted: boolean,
): Promise<RollbookResource | undefined> {
  const { finalizers = [], resourceVersion } = resource.metadata
  if (finalizers.includes(FINALIZER) === wanted) return undefined
  const others = finalizers.filter(each => each !== FINALIZER)
  const list = wanted ? [...others, FINALIZER] : others
  return cluster.patch(typeOf(resource.kind), resource.metadata, {
    metadata: { finalizers: list, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  })
}

/** Conflict tells that the plan was made of an older status. */
function writeStatus(cluster: Cluster, resource: RollbookResource, status: object): Promise<RollbookResource> {
  const { namespace, name, resourceVersion } = resource.metadata
  const metadata = { namespace, name, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
  return cluster.applyStatus(typeOf(resource.kind), { metadata, status }, { manager: FIELD_MANAGER })
}

/** "Already exists" is the lock: a Job of this run is adopted, anybody else's is refused (D5). */
async function createJob(job: Job, resource: RollbookResource, { cluster, adopted }: ApplyAccess): Promise<void> {
  try {
    await cluster.create(JOBS, job)
  } catch (error) {
    if (!(error instanceof ClusterError) || error.reason !== 'AlreadyExists') throw error
    const existing = await cluster.get(JOBS, job.metadata)
    if (!existing) throw new ClusterError('Conflict', `${error.message}, and was gone a moment later`)
    if (!isOfRun(existing, job, resource)) throw error
    // What it says of its run counts, not what this plan would have said.
    if (adopted(existing)) throw new ClusterError('Conflict', `${error.message}, and was not seen before`)
  }
}

function isOfRun({ metadata }: Job, wanted: Job, { metadata: { uid } }: RollbookResource): boolean {
  const isOwned = metadata.ownerReferences?.some(owner => owner.controller === true && owner.uid === uid) ?? false
  return isOwned && metadata.labels?.[RUN_LABEL] === wanted.metadata.labels?.[RUN_LABEL]
}

/** Another Job of that name is not the one that was meant. */
async function deleteJob(
  { name, uid, propagation }: Extract<Step, { readonly type: 'deleteJob' }>,
  { metadata: { namespace } }: RollbookResource,
  cluster: Cluster,
): Promise<void> {
  try {
    await cluster.delete(JOBS, { namespace, name }, { ...(uid === undefined ? {} : { uid }), propagation })
  } catch (error) {
    if (!(error instanceof ClusterError) || error.reason !== 'Conflict' || uid === undefined) throw error
  }
}

/** What the cluster decided against; a status that can't be written leaves nothing to plan with. */
function refusalOf(step: Step, error: unknown): Refusal | undefined {
  if (error instanceof Failure) return { step: step.type, reason: error.reason, message: error.message }
  const isOwnState = ['addFinalizer', 'removeFinalizer', 'writeStatus'].includes(step.type)
  if (!(error instanceof ClusterError) || isOwnState) return undefined
  if (['Conflict', 'NotFound', 'Expired', 'Unauthorized'].includes(error.reason)) return undefined
  return { step: step.type, reason: error.reason, message: error.message }
}

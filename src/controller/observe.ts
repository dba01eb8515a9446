// What a reconciler is shown: plain data from the caches. Where a cache may lag behind in a way that would end a run, the
// cluster itself is asked.
import type { Cluster } from '../cluster/cluster.ts'
import { JOBS, PODS } from '../cluster/types.ts'
import type { Answers, InstallSettings, JobAnswer, Memory, Observed, ObservedJob } from '../reconcile/observed.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import { RUN_LABEL } from '../resources/names.ts'
import type { Job, Pod } from '../resources/workload.ts'
import { ownerOf } from './resource-key.ts'
import type { World } from './world.ts'

export interface ObserveAccess {
  readonly world: World
  readonly cluster: Cluster
  readonly install: InstallSettings
}

export interface Known {
  readonly memory: Memory
  readonly answers: Answers
}

/** Throws ClusterError. */
export async function observe(
  resource: RollbookResource,
  { memory, answers }: Known,
  { world, cluster, install }: ObserveAccess,
): Promise<Observed> {
  const { namespace } = resource.metadata
  const jobs = await observedJobs(resource, world, cluster)
  return {
    resource,
    jobs,
    registries: world.registriesOf(namespace),
    syncJobs: syncJobsFor(resource, world),
    others: world.rivalsOf(resource),
    claims: each => world.claimOf(each),
    install,
    memory,
    answers,
  }
}

/** True while its pods may still write. */
export function isUnfinished(job: Job): boolean {
  return !hasCondition(job, ['Complete', 'Failed'])
}

function hasCondition({ status }: Job, types: readonly string[]): boolean {
  return (status?.conditions ?? []).some(({ type, status: state }) => types.includes(type) && state === 'True')
}

/** One Job as the cluster has it now, past the caches. */
export async function lookAtJob(resource: RollbookResource, name: string, cluster: Cluster): Promise<JobAnswer> {
  const job = await cluster.get(JOBS, { namespace: resource.metadata.namespace, name })
  const isOwn = job !== undefined && ownerOf(job)?.uid === resource.metadata.uid
  return { name, found: isOwn ? { job, pods: await podsOf(job, cluster) } : undefined }
}

async function observedJobs(resource: RollbookResource, world: World, cluster: Cluster): Promise<ObservedJob[]> {
  const active = resource.status?.activeRun?.jobName
  const observed: ObservedJob[] = []
  const uid = resource.metadata.uid ?? ''
  for (const job of world.jobsOf(uid)) {
    if (world.isLearned(job)) {
      const { found } = await lookAtJob(resource, job.metadata.name, cluster)
      if (found && found.job.metadata.uid === job.metadata.uid) observed.push(found)
      else world.removeJob({ uid }, job)
      continue
    }
    const pods = world.podsOf(job.metadata.uid ?? '')
    const isDecided = hasCondition(job, ['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet'])
    const mayLag = job.metadata.name === active && isDecided && !pods.some(hasEnded)
    observed.push({ job, pods: mayLag ? await podsOf(job, cluster) : pods })
  }
  return observed
}

/** The end of a Job is often told before that of its Pod, whose result would be lost. */
async function podsOf(job: Job, cluster: Cluster): Promise<Pod[]> {
  const { namespace, labels, uid } = job.metadata
  const run = labels?.[RUN_LABEL]
  if (run === undefined) return []
  const { items } = await cluster.list(PODS, { namespace, labelSelector: `${RUN_LABEL}=${run}` })
  return items.filter(({ metadata }) => metadata.ownerReferences?.some(owner => owner.uid === uid) ?? false)
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

function syncJobsFor(resource: RollbookResource, world: World): Observed['syncJobs'] {
  const { namespace, name } = resource.metadata
  if (resource.kind === 'MCPRegistry') return world.syncJobsOf(namespace, name)
  return resource.kind === 'MCPRegistrySyncJob' ? [resource] : []
}

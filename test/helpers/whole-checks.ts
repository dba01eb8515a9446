// What must be true of the whole product when everything has come to rest, and after everything was deleted (design 4).
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CONFIG_MAPS, JOBS, PODS, typeOf } from '../../src/cluster/types.ts'
import { isUnfinished } from '../../src/controller/observe.ts'
import { kindNames, type RollbookResource } from '../../src/resources/kinds.ts'
import { RESOURCE_UID_LABEL, RUN_REQUESTED_AT } from '../../src/resources/names.ts'
import type { Finding } from '../../src/run/audit-facts.ts'
import { readTrailers } from '../../src/run/trailers.ts'
import { program } from './in-process.ts'
import { NAMESPACE, type WholePlace } from './whole-place.ts'

const MINUTE = 60_000
/** Longer than retries, re-checks and the end of a Pod that does not answer together. */
const LONGEST_REST_MINUTES = 90
/** After its end a Job is kept for so long, and a pass. */
const KEPT_MS = 300_000 + 2 * MINUTE

/** Lets time pass until nothing is under way; what never ends, else nothing. */
export async function comeToRest(place: WholePlace): Promise<string[]> {
  for (let minute = 0; ; minute++) {
    const pending = await pendingIn(place)
    if (pending.length === 0) return []
    if (minute === LONGEST_REST_MINUTES) return pending
    await place.site.pass(MINUTE)
  }
}

async function resourcesOf({ site }: WholePlace): Promise<RollbookResource[]> {
  const lists = await Promise.all(kindNames.map(kind => site.all(typeOf<RollbookResource>(kind))))
  return lists.flat()
}

/** Each resource in a line, for the story of a sequence. */
export async function standing(place: WholePlace): Promise<string[]> {
  return (await resourcesOf(place)).map(({ kind, metadata, status }) => {
    const { phase, activeRun, lastRun } = { activeRun: undefined, ...status }
    return `${kind} ${metadata.name}: ${JSON.stringify({ phase, activeRun, lastRun })}`
  })
}

async function pendingIn(place: WholePlace): Promise<string[]> {
  const { items: jobs } = await place.site.memory.list(JOBS)
  const resources = await resourcesOf(place)
  return [
    ...resources.map(pendingOf).filter(found => found !== undefined),
    ...jobs.filter(isUnfinished).map(({ metadata }) => `Job ${metadata.name} runs`),
  ]
}

function pendingOf({ kind, metadata, status }: RollbookResource): string | undefined {
  const told = (what: string) => `${kind} ${metadata.name} ${what}`
  if (metadata.deletionTimestamp !== undefined) return told('is being deleted')
  if (status?.observedGeneration !== metadata.generation) return told('has a generation that nobody saw')
  if (status && 'activeRun' in status && status.activeRun) return told('has a run under way')
  const isTrue = (type: string) => status?.conditions?.some(each => each.type === type && each.status === 'True')
  // Its registry has come to rest without entries, and so it waits for a change there.
  const isWaitingForContent = status?.conditions?.some(({ message = '' }) => /was not synced yet/.test(message))
  if (isWaitingForContent === true) return undefined
  if (isTrue('Reconciling')) return told('is reconciling')
  const request = metadata.annotations?.[RUN_REQUESTED_AT]
  const isHeard = request === undefined || status?.lastHandledRunRequest === request || isTrue('Stalled')
  return isHeard ? undefined : told('has a request that nobody heard')
}

/** Rules that are broken in a world at rest. */
export async function faultsAtRest(place: WholePlace): Promise<string[]> {
  const { site } = place
  const resources = await resourcesOf(place)
  const now = site.clock.now().getTime()
  const faults = [...site.broken, ...site.workers.broken]
  for (const { kind, metadata, status } of resources) {
    const next = status && 'nextRunTime' in status ? status.nextRunTime : undefined
    const isStalled = status?.conditions?.some(each => each.type === 'Stalled' && each.status === 'True')
    // What is stalled keeps the tick that it missed.
    if (next !== undefined && isStalled !== true && Date.parse(next) <= now)
      faults.push(`${kind} ${metadata.name} runs next at ${next}`)
  }
  const defects = site.log.filter(({ level, text }) => level === 'error' || /defect/.test(text))
  faults.push(...defects.filter(({ error }) => error !== 'killed').map(line => JSON.stringify(line)))
  faults.push(...(await leftovers(place, resources)), ...(await faultyCommits(place)))
  const gone = await runsOfDeleted(place, resources)
  for (const resource of resources) faults.push(...(await auditFaults(place, { resource, gone })))
  return faults
}

/** Objects of runs that nothing names any more. */
async function leftovers({ site }: WholePlace, resources: readonly RollbookResource[]): Promise<string[]> {
  const { memory, clock } = site
  const [{ items: jobs }, { items: pods }, { items: maps }] = await Promise.all([
    memory.list(JOBS),
    memory.list(PODS),
    memory.list(CONFIG_MAPS),
  ])
  const owners = new Map(resources.map(resource => [resource.metadata.uid, resource]))
  const names = new Set(jobs.map(({ metadata }) => metadata.name))
  const ended = (status: (typeof jobs)[number]['status']) =>
    Math.max(...(status?.conditions ?? []).map(({ lastTransitionTime = '' }) => Date.parse(lastTransitionTime) || 0))
  return [
    ...jobs
      .filter(
        ({ metadata, status }) =>
          !owners.has(metadata.labels?.[RESOURCE_UID_LABEL]) ||
          (ended(status) > 0 && clock.now().getTime() - ended(status) > KEPT_MS),
      )
      .map(({ metadata }) => `Job ${metadata.name} is left`),
    ...pods
      .filter(({ metadata }) => !metadata.ownerReferences?.some(({ name }) => names.has(name)))
      .map(({ metadata }) => `Pod ${metadata.name} is left`),
    ...maps
      .filter(({ metadata }) => {
        const owner = metadata.labels?.[RESOURCE_UID_LABEL]
        // A run that failed is no longer in a history of one entry, which the last success has.
        const { history = [], lastRun, lastSuccessfulRun } = owners.get(owner)?.status ?? {}
        const named = [...history, lastRun, lastSuccessfulRun].map(run => run?.reportRef)
        return owner !== undefined && !named.includes(metadata.name)
      })
      .map(({ metadata }) => `ConfigMap ${metadata.name} is left`),
  ]
}

/** Each run has one commit at most, and each commit of ours a run that was. */
async function faultyCommits({ repositories, site }: WholePlace): Promise<string[]> {
  const faults: string[] = []
  const seen = new Set<string>()
  for (const repository of repositories) {
    const messages = (await repository.head()) === undefined ? [] : await repository.log()
    for (const message of messages) {
      const trailers = readTrailers(message)
      if (!trailers) continue
      if (seen.has(trailers.run)) faults.push(`run ${trailers.run} has two commits`)
      if (!site.workers.runs.has(trailers.run)) faults.push(`a commit is of run ${trailers.run}, which never was`)
      seen.add(trailers.run)
    }
  }
  return faults
}

/** Runs with a commit whose resource is not there any more, and its record with it. */
async function runsOfDeleted(
  { repositories }: WholePlace,
  resources: readonly RollbookResource[],
): Promise<ReadonlySet<string>> {
  const there = new Set(resources.map(({ metadata }) => metadata.uid))
  const runs = new Set<string>()
  for (const repository of repositories) {
    const messages = (await repository.head()) === undefined ? [] : await repository.log()
    for (const message of messages) {
      const trailers = readTrailers(message)
      const [, uid] = / uid=(\S+)/.exec(trailers?.resource ?? '') ?? []
      if (trailers && !there.has(uid)) runs.add(trailers.run)
    }
  }
  return runs
}

interface Audited {
  readonly resource: RollbookResource
  /** Runs of which no resource tells any more: an audit rightly misses them. */
  readonly gone: ReadonlySet<string>
}

/** `rollbook audit` on a copy of the state directory, which the site still has open. */
async function auditFaults(place: WholePlace, { resource, gone }: Audited): Promise<string[]> {
  const { kind, metadata } = resource
  const copy = join(place.site.directory, 'audited')
  await mkdir(copy, { recursive: true })
  await copyFile(join(place.site.directory, 'state', 'state'), join(copy, 'state'))
  const args = ['audit', kind, metadata.name, '-n', NAMESPACE, `--local=${copy}`, '-o', 'json', '-q']
  const { code, stdout, stderr } = await program(args, { cwd: place.site.directory })
  if (code === 0 || /does not write to git/.test(stderr)) return []
  const told = (what: string) => `the audit of ${kind} ${metadata.name} ends with ${code}: ${what}`
  if (code !== 1) return [told(stdout + stderr)]
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] }
  return findings
    .filter(({ severity }) => severity === 'error')
    .filter(({ type, run }) => type !== 'CommitWithoutRun' || !gone.has(run ?? ''))
    .map(finding => told(JSON.stringify(finding)))
}

/** Everything is deleted: what is still there afterwards. */
export async function faultsAfterDeletion(place: WholePlace): Promise<string[]> {
  const { memory } = place.site
  for (const { kind, metadata } of await resourcesOf(place))
    await memory.delete(typeOf<RollbookResource>(kind), metadata)
  await place.site.settle()
  for (let minute = 0; minute < 10 && (await resourcesOf(place)).length > 0; minute++) await place.site.pass(MINUTE)
  const [resources, jobs, pods, maps] = await Promise.all([
    resourcesOf(place),
    memory.list(JOBS),
    memory.list(PODS),
    memory.list(CONFIG_MAPS),
  ])
  const left = [
    ...resources,
    ...jobs.items,
    ...pods.items,
    ...maps.items.filter(({ metadata }) => metadata.ownerReferences),
  ]
  return left.map(({ kind, metadata }) => `${kind} ${metadata.name} is left after deletion`)
}

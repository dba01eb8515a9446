// Random sequences of what people, workers, clusters and clocks do: after each, the laws hold, a plan made again does nothing
// new, nobody is woken at once for nothing, and there is never more than one worker for a resource.
import type { Reason } from '../../src/lib/failure.ts'
import { failure, type PlayedEnd } from './played-cluster.ts'
import { pick, type Random } from './random.ts'
import { Reconciled } from './reconciled.ts'

const NAMES = ['import', 'nightly', 'export', 'catalog', 'sync']
const HEX = ['a', 'b', 'c', 'd'].map(digit => `main@sha1:${digit.repeat(40)}`)

function populated(): Reconciled {
  const world = new Reconciled()
  world.object('Secret', 'git')
  const secret = { 'spec.target.git.authSecret': { name: 'git' } }
  world.add('MCPRegistryImportJob', 'import', { ...secret, 'spec.retry': { maxRetries: 1 }, 'spec.historyLimit': 3 })
  world.add('MCPRegistryImportJob', 'nightly', {
    'spec.schedule': '*/20 * * * *',
    'spec.concurrencyPolicy': 'Replace',
    'spec.target.git.path': 'n.json',
  })
  world.add('MCPRegistry', 'catalog', { 'spec.syncPolicy': { interval: '5m' } })
  world.add('MCPRegistryExportJob', 'export', { 'spec.schedule': '@hourly' })
  world.add('MCPRegistrySyncJob', 'sync')
  return world
}

const ENDS: readonly ((random: Random) => PlayedEnd)[] = [
  random => ({
    result: {
      source: { revision: pick(random, HEX) },
      target: { repository: 'r', branch: 'main', revision: pick(random, HEX) },
    },
  }),
  random => ({ result: { outcome: 'Unchanged', reason: 'NoChanges', source: { revision: pick(random, HEX) } } }),
  random => ({
    exitCode: 10,
    result: failure(pick<Reason>(random, ['AuthenticationFailed', 'PushDenied', 'EntriesInvalid'])),
  }),
  () => ({ exitCode: 11, result: failure('NetworkFailed') }),
  () => ({ exitCode: 12, result: failure('ConflictRetriesExhausted') }),
  () => ({ exitCode: 137, reason: 'OOMKilled' }),
  () => ({ exitCode: 137, pod: { reason: 'Evicted' } }),
  () => ({ exitCode: 143, pod: { reason: 'RollbookStopped' } }),
  () => ({ exitCode: 1, pod: { reason: 'RollbookKilled', containerStatuses: [] } }),
  () => ({ exitCode: 143 }),
  () => ({ exitCode: 0, message: 'no result' }),
]

/** What can happen. Each returns what it did, for a failing seed's story. */
const HAPPENINGS: readonly ((world: Reconciled, random: Random) => string)[] = [
  (world, random) => {
    const seconds = pick(random, [0.5, 5, 31, 300, 1300, 4000, 90_000])
    world.pass(seconds)
    return `${seconds} s pass`
  },
  (world, random) => {
    if (random() > 0.2) return 'nothing'
    world.pass(-pick(random, [1, 3600]))
    return 'the clock is put back'
  },
  (world, random) => {
    const open = [...world.jobs.values()].filter(({ job }) => !job.status?.conditions)
    if (open.length === 0) return 'nothing'
    const played = pick(random, open)
    if (random() < 0.4) {
      world.run(played)
      return `${played.job.metadata.name} runs`
    }
    const end = pick(random, ENDS)(random)
    world.end(end, played)
    return `${played.job.metadata.name} ends: ${JSON.stringify(end).slice(0, 80)}`
  },
  (world, random) => {
    if (world.jobs.size === 0 || random() > 0.3) return 'nothing'
    const name = pick(random, [...world.jobs.keys()])
    world.jobs.delete(name)
    return `somebody deletes ${name}`
  },
  (world, random) => {
    const name = pick(random, NAMES.slice(0, 4))
    const suspend = random() < 0.5
    world.edit(name, spec => ({ ...spec, suspend }))
    return `suspend ${name}: ${suspend}`
  },
  (world, random) => {
    const name = pick(random, NAMES)
    world.edit(name, spec => ({ ...spec, historyLimit: 1 + Math.floor(random() * 4) }))
    return `edit ${name}`
  },
  (world, random) => {
    const name = pick(random, NAMES.slice(0, 4))
    world.annotate(name, { 'toolhive.stacklok.io/run-requested-at': String(random()) })
    return `request ${name}`
  },
  (world, random) => {
    const name = pick(random, NAMES.slice(0, 4))
    const id = world.status(name).activeRun?.id ?? 'unknown'
    world.annotate(name, { 'toolhive.stacklok.io/run-cancel-requested': id })
    return `cancel ${name} ${id}`
  },
  (world, random) => {
    if (random() < 0.3) world.objects.delete('Secret/git')
    else world.object('Secret', 'git', { resourceVersion: String(random()) })
    return 'the Secret changes'
  },
  (world, random) => {
    world.probe = pick(random, [
      { state: 'unchanged' },
      { state: 'changed', revision: pick(random, HEX), targetHead: 'e'.repeat(40) },
      { state: 'failed', reason: 'NetworkFailed', class: 'transient', message: 'down' },
    ])
    return `probes find ${world.probe.state}`
  },
  (world, random) => {
    world.slot = pick(random, [
      { granted: true },
      { granted: true },
      { granted: false },
      { granted: false, behind: 'other' },
    ])
    return `slot ${JSON.stringify(world.slot)}`
  },
  (world, random) => {
    const denied = random() < 0.3
    world.refuse = step =>
      denied && step.type === 'createJob' ? { step: step.type, reason: 'Forbidden', message: 'quota' } : undefined
    return `Jobs are ${denied ? 'refused' : 'taken'}`
  },
  (world, random) => {
    const name = pick(random, NAMES)
    const killAfter = Math.floor(random() * 5)
    world.reconcile(name, { killAfter })
    world.startedAt = world.now
    return `the controller ends after ${killAfter} steps of ${name}`
  },
]

function workers(world: Reconciled, name: string): string[] {
  const { uid } = world.get(name).metadata
  return [...world.jobs.values()]
    .filter(
      ({ job }) =>
        job.metadata.ownerReferences?.[0]?.uid === uid && !job.status?.conditions && !job.metadata.deletionTimestamp,
    )
    .map(({ job }) => job.metadata.name)
}

/** Undefined when all is as it should be. */
function fault(world: Reconciled): string | undefined {
  if (world.broken.length > 0) return world.broken[0]
  for (const name of NAMES) {
    if (workers(world, name).length > 1) return `${name} has more than one worker: ${workers(world, name).join(', ')}`
    const before = world.effects
    const { wake } = world.reconcile(name)
    if (before !== world.effects) return `${name} is not settled`
    if (wake && wake <= world.now) return `${name} is woken at once: ${wake.toISOString()}`
  }
  return undefined
}

/** One sequence; the story of it when something was wrong at its end. */
export function playSequence(random: Random, length: number): string | undefined {
  const world = populated()
  const story: string[] = []
  for (let index = 0; index < length; index++) {
    story.push(pick(random, HAPPENINGS)(world, random))
    try {
      world.settle(...NAMES, ...NAMES)
    } catch (error) {
      story.push(String(error))
      return story.join('\n')
    }
    const found = fault(world)
    if (found !== undefined) return [...story, found].join('\n')
  }
  return undefined
}

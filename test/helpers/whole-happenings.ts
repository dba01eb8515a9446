// What can happen to the whole product: what people, clusters, nodes, repositories and clocks do. Each tells what it did.
import { JOBS, SECRETS } from '../../src/cluster/types.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { RUN_CANCEL_REQUESTED, RUN_REQUESTED_AT } from '../../src/resources/names.ts'
import { catalogOf, listOf, server } from './entries.ts'
import type { PlayedEnd } from './played-kubelet.ts'
import { pick, type Random } from './random.ts'
import { make, NAMESPACE, typeNamed, type WholePlace, writeFeed, writeSecret } from './whole-place.ts'

type Happening = (place: WholePlace, random: Random) => Promise<string>

const NOTHING = 'nothing'
const MINUTE = 60_000
const NAMES = ['aa', 'bb', 'cc', 'dd', 'ee']
const RUNNERS = ['once', 'nightly', 'into', 'export', 'mapped', 'stored', 'catalog', 'chained']
const ALL = [...RUNNERS, 'sync']
const IMPORTS = ['once', 'nightly']
const REGISTRIES = ['stored', 'catalog', 'chained']
const JOB_KINDS = RUNNERS.filter(name => !REGISTRIES.includes(name))

async function edit(place: WholePlace, name: string, spec: JsonObject): Promise<string> {
  const type = typeNamed(place, name)
  if (!(await place.site.memory.get(type, { namespace: NAMESPACE, name }))) return NOTHING
  await place.site.memory.patch(type, { namespace: NAMESPACE, name }, { spec })
  return `${name}: ${JSON.stringify(spec)}`
}

async function annotate(place: WholePlace, name: string, annotations: JsonObject): Promise<string> {
  const type = typeNamed(place, name)
  if (!(await place.site.memory.get(type, { namespace: NAMESPACE, name }))) return NOTHING
  await place.site.memory.patch(type, { namespace: NAMESPACE, name }, { metadata: { annotations } })
  return `${name}: ${JSON.stringify(annotations)}`
}

function entries(random: Random) {
  const chosen = NAMES.filter(() => random() < 0.6)
  return (chosen.length === 0 ? ['aa'] : chosen).map(name =>
    server(`io.example/${name}`, `1.0.${Math.floor(random() * 2)}`),
  )
}

const timePasses: Happening = async ({ site }, random) => {
  const minutes = pick(random, [1, 1, 6, 11, 35])
  await site.pass(minutes * MINUTE)
  return `${minutes} min pass`
}

const clockJumps: Happening = async ({ site }, random) => {
  const minutes = pick(random, [-120, -30, -1, 1, 90, 600, 4000])
  site.clock.jump(minutes * MINUTE)
  return `the clock is set ${minutes} min`
}

const filters: Happening = (place, random) =>
  edit(
    place,
    pick(random, [...JOB_KINDS, ...REGISTRIES]),
    pick<JsonObject>(random, [
      { filter: { include: { names: [`*/${pick(random, ['aa', 'bb', '[abc]?', '*'])}`] } } },
      { filter: { exclude: { names: [`*/${pick(random, NAMES)}`] } } },
      { filter: null },
    ]),
  )

const paths: Happening = (place, random) => {
  if (random() < 0.5)
    return edit(place, 'once', { target: { git: { path: pick(random, ['once/registry.json', 'once/b.json']) } } })
  return edit(place, 'nightly', { target: { git: { path: pick(random, ['nightly', 'nightly/deep', 'once']) } } })
}

const targets: Happening = (place, random) => {
  const repository = pick(random, [place.target, place.target, place.other]).url
  return edit(place, pick(random, IMPORTS), { target: { git: { repository } } })
}

const settings: Happening = (place, random) =>
  random() < 0.5
    ? edit(place, pick(random, ALL), { historyLimit: 1 + Math.floor(random() * 4) })
    : edit(
        place,
        pick(random, JOB_KINDS),
        pick<JsonObject>(random, [
          { schedule: '*/10 * * * *' },
          { schedule: '7 * * * *', concurrencyPolicy: 'Forbid' },
          { schedule: null },
          { mode: 'Plan' },
          { mode: 'Apply' },
          { retry: { maxRetries: Math.floor(random() * 3) } },
        ]),
      )

const prunes: Happening = (place, random) => {
  const merge = pick<JsonObject>(random, [{ prune: 'Missing' }, { prune: 'Never', allowEmpty: null }])
  return edit(place, pick(random, [...IMPORTS, 'into']), { merge })
}

const suspends: Happening = (place, random) => edit(place, pick(random, RUNNERS), { suspend: random() < 0.5 })

const requests: Happening = (place, random) =>
  annotate(place, pick(random, RUNNERS), { [RUN_REQUESTED_AT]: `token-${Math.floor(random() * 1e9)}` })

const cancels: Happening = async (place, random) => {
  const running: { name: string; id: string }[] = []
  for (const name of RUNNERS) {
    const { activeRun } =
      (await place.site.memory.get(typeNamed(place, name), { namespace: NAMESPACE, name }))?.status ?? {}
    if (activeRun) running.push({ name, id: activeRun.id })
  }
  if (running.length === 0) return NOTHING
  const { name, id } = pick(random, running)
  return annotate(place, name, { [RUN_CANCEL_REQUESTED]: id })
}

const deletions: Happening = async (place, random) => {
  const name = pick(random, ALL)
  const type = typeNamed(place, name)
  const known = await place.site.memory.get(type, { namespace: NAMESPACE, name })
  if (known?.metadata.deletionTimestamp !== undefined) return NOTHING
  if (known) {
    await place.site.memory.delete(type, { namespace: NAMESPACE, name })
    if (random() < 0.5) return `${name} is deleted`
    await place.site.settle()
  }
  if (await place.site.memory.get(type, { namespace: NAMESPACE, name })) return `${name} is deleted`
  await make(place, name)
  return `${name} is made again`
}

const sourceCommits: Happening = async ({ source }, random) => {
  const isBad = random() < 0.1
  const bad = random() < 0.15 ? [{ name: 'io.example/bad', version: 'latest' }] : []
  await source.commit({ 'registry.json': isBad ? '{' : listOf(...entries(random), ...bad) }, 'the source')
  return `a commit in the source${isBad ? ' that is no JSON' : ''}`
}

const feedEdits: Happening = async (place, random) => {
  const names = NAMES.filter(() => random() < 0.6)
  await writeFeed(place, ...(names.length === 0 ? ['aa'] : names))
  return `the feed is ${names.join()}`
}

const handEdits: Happening = async ({ target, other }, random) => {
  const repository = pick(random, [target, target, other])
  const path = pick(random, ['README.md', 'README.md', 'once/registry.json', 'export/registry.json'])
  const text = path === 'README.md' ? `${random()}\n` : catalogOf(server('io.example/hand', '1.0.0'))
  await repository.commit({ [path]: text }, 'by hand')
  return `a commit by hand: ${path}`
}

const secretEdits: Happening = async (place, random) => {
  if (random() < 0.3) {
    await place.site.memory.delete(SECRETS, { namespace: NAMESPACE, name: 'git' })
    return 'the Secret is deleted'
  }
  await writeSecret(place, Math.floor(random() * 1e6))
  return 'the Secret is written'
}

const controllerDies: Happening = async ({ site }, random) => {
  const call = 1 + Math.floor(random() * 60)
  const side = random() < 0.5 ? 'before' : 'after'
  await site.restart({ call, side })
  return `the controller is killed, and the next one ${side} call ${call}`
}

const ENDS: readonly PlayedEnd[] = [
  { exitCode: 137 },
  { exitCode: 137, reason: 'OOMKilled' },
  { exitCode: 137, podReason: 'Evicted' },
  { exitCode: 137, podReason: 'NodeLost' },
  { exitCode: 143 },
  { exitCode: 0, message: 'no result' },
]

const workerDies: Happening = async ({ site }, random) => {
  const held = site.workers.held()
  if (held.length === 0) return NOTHING
  const worker = pick(random, held)
  const end = pick(random, ENDS)
  site.workers.kill(worker, end)
  return `worker ${worker} is killed: ${JSON.stringify(end)}`
}

const workerGoesOn: Happening = async ({ site }, random) => {
  const held = site.workers.held()
  if (held.length === 0) return NOTHING
  const worker = pick(random, held)
  site.workers.release(worker)
  return `worker ${worker} goes on`
}

const jobDeletions: Happening = async ({ site: { memory } }, random) => {
  const { items } = await memory.list(JOBS)
  const open = items.filter(({ status }) => !status?.conditions)
  if (items.length === 0) return NOTHING
  const { metadata } = pick(random, open.length > 0 ? open : items)
  const propagation = pick(random, ['Foreground', 'Background'] as const)
  await memory.delete(JOBS, metadata, { propagation })
  return `somebody deletes Job ${metadata.name}`
}

const HAPPENINGS: readonly Happening[] = [
  timePasses,
  timePasses,
  clockJumps,
  filters,
  paths,
  targets,
  settings,
  prunes,
  suspends,
  requests,
  requests,
  cancels,
  deletions,
  sourceCommits,
  feedEdits,
  handEdits,
  secretEdits,
  controllerDies,
  workerDies,
  workerGoesOn,
  jobDeletions,
]

/** One of them, with the world as it goes on from it. */
export async function happen(place: WholePlace, random: Random): Promise<string> {
  const told = await pick(random, HAPPENINGS)(place, random)
  // What comes close together is seen together.
  if (random() < 0.8) await place.site.settle()
  return told
}

/** Everything may go on: nobody is suspended, the Secret is there, no worker is held, and everybody runs once more. */
export async function calmDown(place: WholePlace): Promise<void> {
  const { site } = place
  site.holds = false
  for (const held of site.workers.held()) site.workers.release(held)
  await writeSecret(place, 1e6)
  for (const name of RUNNERS) {
    await edit(place, name, { suspend: false })
    await annotate(place, name, { [RUN_REQUESTED_AT]: 'the last' })
  }
  await site.settle()
}

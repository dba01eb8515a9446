// D1: the controller ends after each step of each plan of a run; the next one comes to the same state.
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { sha256Hex } from '../../src/lib/hash.ts'
import type { JsonValue } from '../../src/lib/json.ts'
import { exportBlock } from '../../src/resources/export-block.ts'
import type { KindName } from '../../src/resources/schema.ts'
import { failure, type PlayedEnd } from '../helpers/played-cluster.ts'
import { Reconciled } from '../helpers/reconciled.ts'

const CONTENT = Buffer.from('{}\n')
const LINE = '{"name":"a","version":"1","outcome":"added","reason":null,"issues":[]}'

interface Story {
  readonly kind: KindName
  readonly changes: Readonly<Record<string, JsonValue>>
  /** How the attempts end, one after the other. */
  readonly ends: readonly PlayedEnd[]
}

const STORIES: Record<string, Story> = {
  'an import': { kind: 'MCPRegistryImportJob', changes: {}, ends: [{ log: [LINE] }] },
  'an import that is tried again': {
    kind: 'MCPRegistryImportJob',
    changes: { 'spec.ttlSecondsAfterFinished': 60 },
    ends: [
      { exitCode: 11, result: failure('NetworkFailed') },
      { exitCode: 137, pod: { reason: 'Evicted' } },
      { log: [LINE] },
    ],
  },
  'a failure': { kind: 'MCPRegistryImportJob', changes: {}, ends: [{ exitCode: 10, result: failure('PushDenied') }] },
  'a sync': {
    kind: 'MCPRegistry',
    changes: { 'spec.storage': { repository: 'https://git.example/team/store.git', path: 's.json' } },
    ends: [{ log: [LINE] }],
  },
  'an export': {
    kind: 'MCPRegistryExportJob',
    changes: { 'spec.target': { configMap: { name: 'out' } } },
    ends: [{ result: { digest: `sha256:${sha256Hex(CONTENT)}` }, log: [LINE, ...exportBlock(CONTENT)] }],
  },
}

/** Plays the story; the controller ends in the plan of that number, after so many steps. Gives the steps of each plan. */
function play(story: Story, crash?: { readonly plan: number; readonly step: number }) {
  const world = new Reconciled()
  world.probe = { state: 'unchanged', targetHead: 'b'.repeat(40) }
  const registry = world.add('MCPRegistry', 'catalog', { 'spec.suspend': true })
  const artifact = { revision: 'sha256:1', digest: 'sha256:2' }
  world.put({ ...registry, status: { ...registry.status, artifact } } as typeof registry)
  world.add(story.kind, 'one', story.changes)
  const steps: number[] = []
  const live = () => {
    for (let round = 0; round < 6; round++) {
      const killAfter = crash?.plan === steps.length ? crash.step : Number.POSITIVE_INFINITY
      steps.push(world.reconcile('one', { killAfter }).steps.length)
    }
  }
  live()
  for (const end of story.ends) {
    world.run()
    world.pass(5)
    world.end(end)
    live()
    const { retryTime } = world.status('one').activeRun ?? {}
    world.now = new Date(retryTime ?? world.now)
    live()
  }
  world.pass(3600)
  live()
  return { world, steps }
}

for (const [name, story] of Object.entries(STORIES)) {
  t.test(`D1 ${name}`, async t => {
    const { world: wanted, steps } = play(story)
    t.strictSame(wanted.broken, [])
    t.equal(wanted.created.length, story.ends.length)
    const left = stateOf(wanted)
    for (const [plan, count] of steps.entries()) {
      for (let step = 0; step < count; step++) {
        const { world } = play(story, { plan, step })
        const same = isDeepStrictEqual(stateOf(world), left)
        if (!same) t.strictSame(stateOf(world), left, `plan ${plan}, step ${step}`)
      }
    }
    t.pass(`${sum(steps)} ends of the controller leave what none leaves`)
  })
}

/** All that a story leaves. */
function stateOf(world: Reconciled) {
  return {
    status: world.status('one'),
    created: world.created,
    configMaps: [...world.configMaps.keys()],
    jobs: [...world.jobs.keys()],
    broken: world.broken,
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0)
}

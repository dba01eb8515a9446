// D1: the controller ends after each step of each plan of a run; the next one comes to the same state.
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

/** Plays the story; the controller ends in the plan of that number, after so many steps. Plans are counted. */
function play(story: Story, crash?: { readonly plan: number; readonly step: number }) {
  const world = new Reconciled()
  world.probe = { state: 'unchanged', targetHead: 'b'.repeat(40) }
  const registry = world.add('MCPRegistry', 'catalog', { 'spec.suspend': true })
  const artifact = { revision: 'sha256:1', digest: 'sha256:2' }
  world.put({ ...registry, status: { ...registry.status, artifact } } as typeof registry)
  world.add(story.kind, 'one', story.changes)
  let plans = 0
  let steps = 0
  const live = () => {
    for (let round = 0; round < 6; round++) {
      plans++
      const killAfter = crash?.plan === plans ? crash.step : Number.POSITIVE_INFINITY
      const plan = world.reconcile('one', { killAfter })
      steps = Math.max(steps, plan.steps.length)
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
  return { world, plans, steps }
}

for (const [name, story] of Object.entries(STORIES)) {
  t.test(`D1 ${name}`, async t => {
    const { world: wanted, plans, steps } = play(story)
    t.strictSame(wanted.broken, [])
    t.equal(wanted.created.length, story.ends.length)
    for (let plan = 1; plan <= plans; plan++) {
      for (let step = 0; step < steps; step++) {
        const { world } = play(story, { plan, step })
        const where = `plan ${plan}, step ${step}`
        t.strictSame(world.status('one'), wanted.status('one'), where)
        t.strictSame(world.created, wanted.created, where)
        t.strictSame([...world.configMaps.keys()], [...wanted.configMaps.keys()], where)
        t.strictSame([...world.jobs.keys()], [...wanted.jobs.keys()], where)
        t.strictSame(world.broken, [], where)
      }
    }
  })
}

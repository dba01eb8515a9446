// Who may write where (kinds.md): of overlapping claims the oldest counts, and everybody comes to the same answer.
import t from 'tap'
import type { JsonValue } from '../../src/lib/json.ts'
import { sharedTarget } from '../../src/reconcile/claims.ts'
import { Reconciled } from '../helpers/reconciled.ts'

type Changes = Readonly<Record<string, JsonValue>>

const at = (path: string, more: Record<string, JsonValue> = {}) => ({
  'spec.target.git': { repository: 'https://git.example/team/store.git', path, ...more },
})
const prune: Changes = { 'spec.merge': { prune: 'Missing' } }

/** Who is told that somebody else writes there. */
function refused(world: Reconciled): Record<string, string> {
  const all = [...world.resources.values()]
  return Object.fromEntries(
    all.flatMap(resource => {
      const told = sharedTarget(
        resource,
        all.filter(other => other !== resource),
      )
      return told ? [[resource.metadata.name, /^\w+\/\w+\/([\w-]+)/.exec(told.message)?.[1] ?? '']] : []
    }),
  )
}

function imports(...jobs: readonly Changes[]): Reconciled {
  const world = new Reconciled()
  for (const [index, changes] of jobs.entries()) {
    world.add('MCPRegistryImportJob', `job-${index}`, changes)
    world.pass(60)
  }
  return world
}

const TABLE: Record<string, { jobs: Changes[]; refused: Record<string, string> }> = {
  'any number without prune': { jobs: [at('a.json'), at('a.json'), at('a.json')], refused: {} },
  'two with prune': {
    jobs: [
      { ...at('a.json'), ...prune },
      { ...at('a.json'), ...prune },
    ],
    refused: { 'job-1': 'job-0' },
  },
  'an older one without prune': { jobs: [at('a.json'), { ...at('a.json'), ...prune }], refused: { 'job-1': 'job-0' } },
  'a younger one without prune': { jobs: [{ ...at('a.json'), ...prune }, at('a.json')], refused: { 'job-1': 'job-0' } },
  'who is refused refuses nobody': {
    jobs: [at('a.json'), { ...at('a.json'), ...prune }, at('a.json')],
    refused: { 'job-1': 'job-0' },
  },
  'a path inside a path': {
    jobs: [{ ...at('a', { layout: 'Directory' }), ...prune }, at('a/b.json')],
    refused: { 'job-1': 'job-0' },
  },
  'a name that only begins alike': {
    jobs: [{ ...at('a', { layout: 'Directory' }), ...prune }, at('ab.json')],
    refused: {},
  },
  'another branch': {
    jobs: [
      { ...at('a.json'), ...prune },
      { ...at('a.json', { branch: 'next' }), ...prune },
    ],
    refused: {},
  },
  'A11 another spelling of the repository': {
    jobs: [
      { ...at('a.json'), ...prune },
      { 'spec.target.git': { repository: 'ssh://git@GIT.example:22/team/store', path: 'a.json' } },
    ],
    refused: { 'job-1': 'job-0' },
  },
  'a branch for review': {
    jobs: [{ ...at('a.json'), ...prune }, at('a.json', { pushBranch: 'review' })],
    refused: { 'job-1': 'job-0' },
  },
  'a plan writes nothing': { jobs: [{ ...at('a.json'), ...prune, 'spec.mode': 'Plan' }, at('a.json')], refused: {} },
}

for (const [name, { jobs, refused: wanted }] of Object.entries(TABLE)) {
  t.test(name, async t => t.strictSame(refused(imports(...jobs)), wanted))
}

t.test('storage is written by its own registry only, also when two are made in the same second', async t => {
  const world = new Reconciled()
  const storage = { repository: 'https://git.example/team/store.git', path: 'a.json' }
  world.add('MCPRegistry', 'b', { 'spec.storage': storage })
  world.add('MCPRegistry', 'a', { 'spec.storage': storage })
  world.add('MCPRegistryImportJob', 'job', at('a.json'))
  t.strictSame(refused(world), { a: 'b', job: 'b' }, 'by uid')
})

t.test("a registry as target is its source's path", async t => {
  const world = new Reconciled()
  world.add('MCPRegistry', 'team', {
    'spec.source.git': { repository: 'https://git.example/team/store.git', path: 'a.json' },
  })
  world.add('MCPRegistryImportJob', 'one', { 'spec.target': { registryRef: { name: 'team' } }, ...prune })
  world.pass(60)
  world.add('MCPRegistryImportJob', 'two', at('a.json'))
  t.strictSame(refused(world), { two: 'one' })
})

t.test('a key of a ConfigMap has one writer', async t => {
  const world = new Reconciled()
  world.add('MCPRegistryExportJob', 'one')
  world.pass(60)
  world.add('MCPRegistryExportJob', 'two')
  world.add('MCPRegistryExportJob', 'other-key', {
    'spec.target': { configMap: { name: 'catalog', key: 'other.json' } },
  })
  t.strictSame(refused(world), { two: 'one' })
  t.equal(
    sharedTarget(world.get('two'), [world.get('one')])?.message,
    'MCPRegistryExportJob/default/one is older and writes key registry.json of ConfigMap catalog, which has one writer; delete one of the two jobs, or name another ConfigMap or key',
  )
})

t.test('the refused one is Stalled, and runs once the other is gone', async t => {
  const world = imports({ ...at('a.json'), ...prune }, at('a.json'))
  world.settle('job-0', 'job-1')
  t.equal(world.condition('job-1', 'Stalled'), 'True TargetShared')
  const stalled = world.status('job-1').conditions?.find(({ type }) => type === 'Stalled')
  t.match(stalled?.message, / writes a\.json .*: delete one of the two, or name another path$/)
  world.resources.delete('job-0')
  world.settle('job-1')
  t.equal(world.created.length, 2)
  t.strictSame(world.broken, [])
})

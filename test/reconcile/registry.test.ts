// Registries: syncs by interval and changed source, what they publish, and sync jobs that ask for one.
import t from 'tap'
import type { JsonValue } from '../../src/lib/json.ts'
import { failure } from '../helpers/played-cluster.ts'
import { Reconciled } from '../helpers/reconciled.ts'

const HEAD = 'b'.repeat(40)
const REVISION = `main@sha1:${'a'.repeat(40)}`
const UNCHANGED = { state: 'unchanged', revision: REVISION } as const
const STORAGE = { repository: 'https://git.example/team/store.git', path: 'store/registry.json' }
const NOTHING_WRITTEN = {
  outcome: 'Unchanged',
  reason: 'NoChanges',
  target: { repository: null, branch: null, revision: null },
} as const

/** A registry whose first sync is done. */
function synced(changes: Readonly<Record<string, JsonValue>> = {}): Reconciled {
  const world = new Reconciled()
  world.probe = UNCHANGED
  world.add('MCPRegistry', 'catalog', { 'spec.syncPolicy': { interval: '5m' }, ...changes })
  world.settle('catalog')
  finish(world, 'spec.storage' in changes ? {} : { result: NOTHING_WRITTEN })
  return world
}

function finish(world: Reconciled, end: Parameters<Reconciled['end']>[0] = {}): void {
  world.run()
  world.pass(5)
  world.end(end)
  world.settle('catalog')
}

/** Reconciles whenever the plan says so, for some seconds. */
function live(world: Reconciled, seconds: number): void {
  const until = world.now.getTime() + seconds * 1000
  for (let round = 0; round < 500; round++) {
    const { wake } = world.reconcile('catalog')
    if (!wake || wake.getTime() > until) break
    world.now = wake > world.now ? wake : new Date(world.now.getTime() + 1)
  }
  world.now = new Date(until)
}

t.test('a registry with storage publishes what it wrote', async t => {
  const world = synced({ 'spec.storage': STORAGE })
  t.match(world.status('catalog'), {
    phase: 'Ready',
    servers: 1,
    artifact: {
      ...STORAGE,
      branch: 'main',
      layout: 'File',
      format: 'upstream',
      revision: `main@sha1:${HEAD}`,
      digest: `sha256:${'c'.repeat(64)}`,
      servers: 1,
    },
  })
  t.equal(world.condition('catalog', 'Succeeded'), 'absent')
  t.strictSame(world.broken, [])
})

t.test('a registry without storage names its source', async t => {
  const world = synced()
  world.install = { ...world.install, apiUrl: 'https://registry.example/' }
  world.settle('catalog')
  const { artifact, url } = world.status('catalog')
  t.match(artifact, {
    repository: 'https://git.example/team/catalog.git',
    path: 'registry.json',
    revision: REVISION,
    branch: 'main',
  })
  t.equal(artifact?.layout, undefined)
  t.equal(url, 'https://registry.example/registries/default/catalog')
  t.strictSame(world.broken, [])
})

t.test('A8 an unchanged source costs looks and no writes', async t => {
  const world = synced()
  const writes = world.writes.length
  live(world, 3600)
  t.equal(world.probeQuestions.length, 12, 'one look every five minutes')
  t.equal(world.writes.length, writes, 'no write at all')
  t.equal(world.created.length, 1)
  t.equal(world.status('catalog').nextRunTime, undefined)
})

t.test('a changed source is a run with its revision as cause', async t => {
  const world = synced()
  world.probe = { state: 'changed', revision: 'main@sha1:new', etag: '"1"' }
  live(world, 301)
  t.match(world.status('catalog').activeRun?.trigger, { type: 'SourceChange', token: 'main@sha1:new' })
  t.equal(world.status('catalog').phase, 'Syncing')
  t.equal(world.condition('catalog', 'Ready'), 'True NoChanges')
  finish(world, { result: { ...NOTHING_WRITTEN, source: { revision: 'main@sha1:new' } } })
  t.match(world.status('catalog').observed, { sourceRevision: 'main@sha1:new', etag: '"1"' })
  world.probe = { ...UNCHANGED, revision: 'main@sha1:new' }
  live(world, 3600)
  t.equal(world.created.length, 2)
  t.strictSame(world.broken, [])
})

t.test("what a look found is not forgotten while the branch is another's", async t => {
  const world = synced({ 'spec.storage': STORAGE })
  world.probe = { state: 'changed', revision: 'main@sha1:new', targetHead: HEAD }
  world.slot = { granted: false, behind: 'other' }
  live(world, 400)
  const looks = world.probeQuestions.length
  t.equal(world.condition('catalog', 'Reconciling'), 'False WaitingForBranch')
  t.equal(world.condition('catalog', 'Ready'), 'True EntriesWritten')
  world.pass(1)
  world.slot = { granted: true }
  world.reconcile('catalog')
  t.equal(world.created.length, 2)
  t.equal(world.probeQuestions.length, looks, 'without another look')
  t.strictSame(world.broken, [])
})

t.test('enabled: false leaves the spec and requests', async t => {
  const world = synced({ 'spec.syncPolicy': { enabled: false, interval: '5m' } })
  world.probe = { state: 'changed', revision: 'main@sha1:new' }
  live(world, 7200)
  t.equal(world.created.length, 1)
  world.annotate('catalog', { 'toolhive.stacklok.io/run-requested-at': 'now' })
  world.settle('catalog')
  t.equal(world.created.length, 2)
})

t.test('after a restart what is overdue is looked at within ten minutes, not all at once', async t => {
  const firsts = new Set<number>()
  for (let index = 0; index < 20; index++) {
    const world = synced({ 'spec.syncPolicy': { interval: '1h' } })
    world.put({ ...world.get('catalog'), metadata: { ...world.get('catalog').metadata, uid: `uid-${index}0` } })
    world.pass(86_400)
    world.startedAt = world.now
    const { wake } = world.reconcile('catalog')
    const first = Number(wake) - world.now.getTime()
    t.ok(first >= 0 && first <= 600_000, `${first} ms`)
    firsts.add(Math.floor(first / 1000))
  }
  t.ok(firsts.size > 10, 'spread')
})

t.test('H1 the same interval is spread by jitter', async t => {
  const wakes = new Set<number>()
  for (let index = 0; index < 50; index++) {
    const world = synced()
    world.install = { ...world.install, jitter: 0.05 }
    world.put({ ...world.get('catalog'), metadata: { ...world.get('catalog').metadata, uid: `u${index}` } })
    world.startedAt = new Date(world.now.getTime() - 3_600_000)
    const { wake } = world.reconcile('catalog')
    const pause = Number(wake) - Date.parse(world.status('catalog').lastRun?.completionTime ?? '')
    t.ok(pause >= 285_000 && pause <= 315_000)
    wakes.add(pause)
  }
  t.ok(wakes.size > 40)
})

t.test('a ConfigMap as source is a run as soon as it changes', async t => {
  const world = new Reconciled()
  world.object('ConfigMap', 'team')
  world.object('Secret', 'git')
  world.add('MCPRegistry', 'catalog', {
    'spec.source': { type: 'configmap', configMap: { name: 'team' } },
    'spec.storage': { ...STORAGE, authSecret: { name: 'git' } },
  })
  world.settle('catalog')
  finish(world, { result: NOTHING_WRITTEN })
  t.equal(world.created.length, 1)
  world.object('ConfigMap', 'team', { resourceVersion: '2' })
  world.settle('catalog')
  t.match(world.status('catalog').activeRun?.trigger, { type: 'SourceChange', token: 'ConfigMap/team@2' })
  finish(world, { result: NOTHING_WRITTEN })
  world.objects.delete('ConfigMap/team')
  world.settle('catalog')
  t.equal(world.condition('catalog', 'Stalled'), 'True ReferenceNotFound')
  world.object('ConfigMap', 'team', { resourceVersion: '3' })
  world.pass(10)
  world.settle('catalog')
  t.equal(world.created.length, 3)
  t.strictSame(world.broken, [])
})

t.test('a policy that is not enforced stops the registry', async t => {
  const world = new Reconciled()
  world.add('MCPRegistry', 'catalog', { 'spec.validationPolicy': { approvalRequired: true } })
  world.settle('catalog')
  t.equal(world.condition('catalog', 'Stalled'), 'True PolicyNotEnforced')
  t.match(world.status('catalog'), { phase: 'Failed' })
  t.equal(world.created.length, 0)
  t.strictSame(world.broken, [])
})

t.test('registries that read each other are Stalled with the circle named, until one of them is edited', async t => {
  const world = new Reconciled()
  const from = (name: string) => ({ type: 'registry', registry: { registryRef: { name } } })
  const circle = { a: 'b', b: 'c', c: 'a', outside: 'a' }
  for (const [name, read] of Object.entries(circle)) world.add('MCPRegistry', name, { 'spec.source': from(read) })
  const names = Object.keys(circle)
  world.settle(...names)
  for (const name of names) t.equal(world.condition(name, 'Stalled'), 'True ManifestInvalid', name)
  const said = world.status('outside').conditions?.find(({ type }) => type === 'Stalled')?.message
  t.equal(said, 'these registries read each other in a circle: a, b, c, a; give one of them another source')

  world.edit('c', spec => ({ ...spec, source: { type: 'url', url: { url: 'https://host.example/c.json' } } }))
  world.settle(...names)
  t.equal(world.condition('b', 'Reconciling'), 'True DependencyNotReady')
  world.run()
  world.end({ result: NOTHING_WRITTEN })
  world.settle('c', 'b')
  t.ok(world.status('b').activeRun, 'c is synced, so b begins')
  t.strictSame(world.broken, [])
})

t.test('a circle that was closed after a sync is one, too, whatever is in storage', async t => {
  const world = synced({ 'spec.storage': STORAGE })
  const from = (name: string) => ({ type: 'registry', registry: { registryRef: { name } } })
  world.add('MCPRegistry', 'other', { 'spec.source': from('catalog') })
  world.edit('catalog', spec => ({ ...spec, source: from('other') }))
  world.settle('catalog', 'other')
  for (const name of ['catalog', 'other']) t.equal(world.condition(name, 'Stalled'), 'True ManifestInvalid', name)
})

t.test('allowedTiers and blockedPatterns are in the request', async t => {
  const world = new Reconciled()
  world.add('MCPRegistry', 'catalog', {
    'spec.validationPolicy': { allowedTiers: ['Official'], blockedPatterns: ['*-alpha'] },
  })
  world.settle('catalog')
  t.strictSame(world.request().validation, { allowedTiers: ['Official'], blockedPatterns: ['*-alpha'] })
})

t.test('A4 a failed sync keeps what was published', async t => {
  const world = synced({ 'spec.storage': STORAGE })
  const { artifact } = world.status('catalog')
  world.probe = { state: 'failed', reason: 'RefNotFound', class: 'definite', message: 'gone' }
  live(world, 301)
  finish(world, { exitCode: 10, result: failure('RefNotFound') })
  t.match(world.status('catalog'), { phase: 'Failed', artifact, lastSuccessfulRun: { outcome: 'Completed' } })
  t.equal(world.condition('catalog', 'Ready'), 'False RefNotFound')
  live(world, 3600)
  t.equal(world.created.length, 2, 'no pod for what the look says already')
  t.strictSame(world.broken, [])
})

t.test('the API of a registry: after a definite failure "changed" is believed once a day', async t => {
  const world = new Reconciled()
  world.probe = { state: 'changed' }
  world.add('MCPRegistry', 'catalog', {
    'spec.syncPolicy': { interval: '5m' },
    'spec.source': { type: 'registry', registry: { url: 'https://registry.example' } },
  })
  world.settle('catalog')
  const bad = { exitCode: 10, result: failure('SourceInvalid') }
  finish(world, bad)
  live(world, 301)
  t.equal(world.created.length, 2)
  finish(world, bad)
  live(world, 3600 * 23)
  t.equal(world.created.length, 2)
  live(world, 3600 * 2)
  t.equal(world.created.length, 3)
  t.strictSame(world.broken, [])
})

t.test('what was read in full is remembered with its time', async t => {
  const world = new Reconciled()
  world.add('MCPRegistry', 'catalog', {
    'spec.source': { type: 'registry', registry: { url: 'https://registry.example' } },
  })
  world.settle('catalog')
  finish(world, { result: { ...NOTHING_WRITTEN, source: { revision: 'sha256:1' } } })
  t.match(world.status('catalog').observed, { sourceRevision: 'sha256:1', fullReadTime: '2026-03-02T10:00:00.000Z' })
  t.strictSame(world.broken, [])
})

t.test('a sync job starts one run of its registry, mirrors it and is done', async t => {
  const world = synced()
  const job = world.add('MCPRegistrySyncJob', 'sync')
  world.settle('sync', 'catalog', 'sync')
  t.match(world.status('catalog').activeRun?.trigger, {
    type: 'Request',
    token: `${job.metadata.uid}/1`,
    requestedBy: 'sync',
  })
  t.equal(world.status('catalog').lastHandledRunRequest, undefined, 'not the annotation')
  t.match(world.status('sync'), { phase: 'Running', activeRun: { id: world.status('catalog').activeRun?.id } })
  world.run()
  world.end({ result: NOTHING_WRITTEN })
  world.settle('catalog', 'sync')
  t.match(world.status('sync'), {
    phase: 'Completed',
    lastRun: { id: world.status('catalog').lastRun?.id, outcome: 'Unchanged' },
  })
  t.equal(world.condition('sync', 'Succeeded'), 'True NoChanges')
  world.pass(3600)
  world.settle('catalog', 'sync')
  t.equal(world.created.length, 2)
  t.strictSame(world.broken, [])
})

t.test('the run of a registry that is deleted is no longer mirrored', async t => {
  const world = synced()
  world.add('MCPRegistrySyncJob', 'sync')
  world.settle('sync', 'catalog', 'sync')
  world.delete('catalog')
  world.settle('catalog', 'sync')
  t.equal(world.status('sync').activeRun, undefined)
  t.equal(world.condition('sync', 'Stalled'), 'True ReferenceNotFound')
  t.strictSame(world.broken, [])
})

t.test('the Job of a sync is kept as long as the sync job says that asked for it', async t => {
  const world = synced()
  world.pass(3600)
  world.add('MCPRegistrySyncJob', 'sync', { 'spec.ttlSecondsAfterFinished': 10 })
  world.settle('catalog')
  world.end({ result: NOTHING_WRITTEN })
  world.settle('catalog', 'sync')
  t.equal(world.jobs.size, 1)
  world.pass(10)
  world.settle('catalog')
  t.equal(world.jobs.size, 0)
})

t.test('sync jobs run oldest first, each once, and each gets its own result', async t => {
  const world = synced()
  for (const name of ['a', 'b', 'c']) world.add('MCPRegistrySyncJob', name)
  const order: (string | undefined)[] = []
  for (let index = 0; index < 3; index++) {
    world.settle('catalog', 'a', 'b', 'c')
    order.push(world.status('catalog').activeRun?.trigger.requestedBy)
    world.run()
    world.pass(5)
    world.end({ result: NOTHING_WRITTEN })
    world.settle('catalog')
    t.equal(world.status('catalog').activeRun, undefined, 'the next one waits until the result is read')
  }
  world.settle('a', 'b', 'c', 'catalog')
  t.strictSame(order, ['a', 'b', 'c'])
  for (const name of order) t.match(world.status(name ?? ''), { phase: 'Completed' })
  t.equal(world.status('catalog').history?.length, 1, 'equal runs are one entry')
  t.equal(world.status('catalog').history?.[0]?.count, 4)
  t.strictSame(world.broken, [])
})

t.test(
  'a sync whose registry got a newer spec has no retries used up, and its sync job says what came first',
  async t => {
    const ends: ((world: Reconciled) => void)[] = [
      // While its only attempt runs, and while it waits for the next one.
      world => {
        world.edit('catalog', spec => ({ ...spec, suspend: true }))
        world.edit('catalog', spec => ({ ...spec, suspend: false }))
        world.end({ exitCode: 11, result: failure('NetworkFailed', 'the host is down') })
      },
      world => {
        world.end({ exitCode: 11, result: failure('NetworkFailed', 'the host is down') })
        world.settle('catalog', 'sync')
        world.edit('catalog', spec => ({ ...spec, description: 'newer' }))
      },
    ]
    for (const end of ends) {
      const world = synced()
      world.add('MCPRegistrySyncJob', 'sync')
      world.settle('catalog', 'sync')
      world.run()
      world.pass(5)
      end(world)
      world.settle('catalog', 'sync')
      const { lastRun, conditions = [] } = world.status('sync')
      t.match(lastRun, { outcome: 'Failed', class: undefined, reason: 'NetworkFailed', attempts: 1 })
      const message =
        /the host is down; not tried again because MCPRegistry catalog has a newer spec, which comes first$/
      for (const type of ['Ready', 'Stalled']) {
        t.match(
          conditions.find(condition => condition.type === type),
          { reason: 'NetworkFailed', message },
        )
      }
      world.settle('catalog', 'sync')
      t.match(world.status('catalog').activeRun, { generation: world.get('catalog').metadata.generation, attempt: 1 })
      t.strictSame(world.broken, [])
    }
  },
)

t.test('a sync job of a suspended, a missing, a stalled registry', async t => {
  const world = synced()
  world.edit('catalog', spec => ({ ...spec, suspend: true }))
  world.settle('catalog')
  world.add('MCPRegistrySyncJob', 'sync')
  world.settle('sync', 'catalog')
  t.match(world.status('sync'), {
    phase: 'Failed',
    lastRun: { outcome: 'Failed', reason: 'Suspended', trigger: { requestedBy: 'sync' } },
  })
  t.equal(world.condition('sync', 'Stalled'), 'True Suspended')
  t.equal(world.created.length, 1)

  world.add('MCPRegistrySyncJob', 'lost', { 'spec.registryRef.name': 'nowhere' })
  world.settle('lost')
  t.equal(world.condition('lost', 'Stalled'), 'True ReferenceNotFound')

  world.add('MCPRegistry', 'strict', { 'spec.validationPolicy': { approvalRequired: true } })
  world.add('MCPRegistrySyncJob', 'waits', { 'spec.registryRef.name': 'strict' })
  world.settle('strict', 'waits')
  t.match(world.status('waits').conditions?.[0], {
    status: 'Unknown',
    reason: 'WaitingForTurn',
    message: /PolicyNotEnforced/,
  })
  t.strictSame(world.broken, [])
})

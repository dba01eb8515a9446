// The copy that a reflector keeps, on a cluster that works and on one that does not.
import t, { type Test } from 'tap'
import type { Cluster, WatchEvent } from '../../src/cluster/cluster.ts'
import { ClusterError } from '../../src/cluster/cluster-error.ts'
import { type MemoryCluster, memoryCluster } from '../../src/cluster/memory/cluster.ts'
import { Reflector, type ReflectorOptions } from '../../src/cluster/reflector.ts'
import { CONFIG_MAPS } from '../../src/cluster/types.ts'
import type { ConfigMap } from '../../src/resources/kinds.ts'
import { type SteppedClock, steppedClock } from '../helpers/stepped-clock.ts'
import { until } from '../helpers/until.ts'

interface Reflected {
  readonly reflector: Reflector<ConfigMap>
  readonly clock: SteppedClock
  readonly errors: string[]
  readonly stop: () => Promise<void>
}

interface Options extends Partial<Pick<ReflectorOptions<ConfigMap>, 'selection' | 'transform'>> {
  readonly clock?: SteppedClock
  /** Stop after so many sleeps. */
  readonly sleeps?: number
}

/** A reflector of ConfigMaps that ends with the test. */
function reflected(t: Test, cluster: Pick<Cluster, 'list' | 'watch'>, options: Options = {}): Reflected {
  const { clock = steppedClock(), sleeps = Number.POSITIVE_INFINITY, ...rest } = options
  const errors: string[] = []
  const controller = new AbortController()
  const counting = {
    ...clock,
    sleep: async (milliseconds: number, signal: AbortSignal) => {
      await clock.sleep(milliseconds, signal)
      if (clock.sleeps.length >= sleeps) controller.abort()
    },
  }
  const onError = (error: unknown, where: string): void => {
    errors.push(`${where}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const reflector = new Reflector({ cluster, type: CONFIG_MAPS, clock: counting, onError, ...rest })
  const done = reflector.start(controller.signal)
  const stop = async (): Promise<void> => {
    controller.abort()
    await done
  }
  t.teardown(stop)
  return { reflector, clock, errors, stop: sleeps === Number.POSITIVE_INFINITY ? stop : () => done }
}

function configMap(name: string, extra: object = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'team', name, ...extra } }
}

function memory(): MemoryCluster {
  return memoryCluster({ clock: steppedClock() })
}

/** A watch that gives these events and ends, or fails. */
async function* events(given: readonly WatchEvent<ConfigMap>[], error?: Error): AsyncGenerator<WatchEvent<ConfigMap>> {
  yield* given
  if (error) throw error
}

/** A cluster with one ConfigMap, whose watches are these by their turn and then never end. */
function scripted(watches: ((version: string) => AsyncIterable<WatchEvent<ConfigMap>>)[], forEver = false) {
  const asked: string[] = []
  let version = 10
  const cluster = {
    list: async () => ({ items: [configMap('one', { resourceVersion: '5' })], resourceVersion: String(++version) }),
    watch: (_type: unknown, { resourceVersion, signal }: { resourceVersion: string; signal: AbortSignal }) => {
      asked.push(resourceVersion)
      const next = forEver ? watches[0] : watches.shift()
      return next ? next(resourceVersion) : untilAborted(signal)
    },
  }
  return { cluster: cluster as unknown as Pick<Cluster, 'list' | 'watch'>, asked }
}

async function* untilAborted(signal: AbortSignal): AsyncGenerator<never> {
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

t.test('keeps what is there and what happens', async t => {
  const cluster = memory()
  await cluster.create(CONFIG_MAPS, configMap('one'))
  const { reflector } = reflected(t, cluster)
  t.equal(reflector.isReady, false)
  await reflector.ready
  t.equal(reflector.isReady, true)
  t.equal(reflector.get('team/one')?.metadata.name, 'one')
  await cluster.create(CONFIG_MAPS, configMap('two', { labels: { a: '1' } }))
  await cluster.patch(CONFIG_MAPS, { namespace: 'team', name: 'one' }, { data: { a: '1' } })
  await until(() => reflector.get('team/one')?.data?.['a'] === '1', 'the change')
  t.strictSame(
    reflector.list(({ metadata }) => metadata.labels?.['a'] === '1').map(({ metadata }) => metadata.name),
    ['two'],
  )
  await cluster.delete(CONFIG_MAPS, { namespace: 'team', name: 'one' })
  await until(() => reflector.get('team/one') === undefined, 'the deletion')
  t.match(reflector.counts, { lists: 1, watches: 1, events: 3, errors: 0 })
})

t.test('keeps what is selected', async t => {
  const cluster = memory()
  const { reflector } = reflected(t, cluster, { selection: { namespace: 'team', labelSelector: 'a=1' } })
  await reflector.ready
  for (const name of ['one', 'two']) await cluster.create(CONFIG_MAPS, configMap(name, { labels: { a: '1' } }))
  await cluster.patch(CONFIG_MAPS, { namespace: 'team', name: 'one' }, { metadata: { labels: { a: '2' } } })
  await until(() => reflector.list().length === 1 && reflector.get('team/two') !== undefined, 'the selection')
  t.pass()
})

t.test('tells handlers what is there and each change, also when one of them throws', async t => {
  const cluster = memory()
  await cluster.create(CONFIG_MAPS, configMap('one'))
  const { reflector, errors } = reflected(t, cluster)
  await reflector.ready
  const told: string[] = []
  reflector.onChange(() => {
    throw new Error('broken handler')
  })
  const end = reflector.onChange((key, object, before) => {
    told.push(`${key}: ${before ? 'there' : 'new'}, ${object ? 'stays' : 'goes'}`)
  })
  await cluster.patch(CONFIG_MAPS, { namespace: 'team', name: 'one' }, { data: { a: '1' } })
  await cluster.delete(CONFIG_MAPS, { namespace: 'team', name: 'one' })
  await until(() => told.length === 3, 'the handler')
  t.strictSame(told, ['team/one: new, stays', 'team/one: there, stays', 'team/one: there, goes'])
  t.strictSame(errors, ['handler: broken handler', 'handler: broken handler', 'handler: broken handler'])
  end()
  await cluster.create(CONFIG_MAPS, configMap('two'))
  await until(() => reflector.get('team/two') !== undefined, 'the next object')
  t.equal(told.length, 3, 'a handler that ended is told nothing')
})

t.test('finds objects by a value of theirs', async t => {
  const cluster = memory()
  const { metadata } = await cluster.create(CONFIG_MAPS, configMap('owner'))
  const { uid = '' } = metadata
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }]
  await cluster.create(CONFIG_MAPS, configMap('one', { ownerReferences }))
  const { reflector } = reflected(t, cluster)
  const byOwner = reflector.index(object => (object.metadata.ownerReferences ?? []).map(owner => owner.uid))
  await reflector.ready
  await cluster.create(CONFIG_MAPS, configMap('two', { ownerReferences }))
  await until(() => byOwner(uid).length === 2, 'both')
  await cluster.patch(CONFIG_MAPS, { namespace: 'team', name: 'one' }, { metadata: { ownerReferences: null } })
  await until(() => byOwner(uid).length === 1, 'the one that is left')
  const late = reflector.index(({ metadata }) => [metadata.name])
  t.strictSame(
    late('one').map(object => object.metadata.name),
    ['one'],
    'an index can come late',
  )
  t.strictSame(late('none'), [])
})

t.test('G6 an object that nobody can read does not hide the others', async t => {
  const cluster = memory()
  await cluster.create(CONFIG_MAPS, configMap('bad'))
  await cluster.create(CONFIG_MAPS, configMap('good', { labels: { a: '1' } }))
  const { reflector, errors } = reflected(t, cluster, {
    transform: object => {
      if (object.metadata.name === 'bad') throw new Error('cannot be read')
      return object
    },
  })
  const byLabel = reflector.index(object => [object.metadata.labels?.['a'] ?? fail('has no label')])
  await reflector.ready
  t.ok(reflector.get('team/bad'), 'it is handed on as it is')
  t.strictSame(
    byLabel('1').map(({ metadata }) => metadata.name),
    ['good'],
  )
  t.strictSame(errors, ['transform: cannot be read', 'index: has no label'])
})

function fail(message: string): never {
  throw new Error(message)
}

t.test('lists again when the version is too old, and tells what it missed', async t => {
  const cluster = memoryCluster({ clock: steppedClock(), watchLimit: 2 })
  for (const name of ['one', 'two']) await cluster.create(CONFIG_MAPS, configMap(name))
  const { reflector, errors, clock } = reflected(t, cluster)
  await reflector.ready
  const told: string[] = []
  reflector.onChange((key, object) => told.push(`${key} ${object?.data?.['a'] ?? (object ? 'new' : 'gone')}`))
  // Without a pause, so the watch can't follow: eight changes, of which the cluster remembers at most four.
  await Promise.all([
    cluster.delete(CONFIG_MAPS, { namespace: 'team', name: 'one' }),
    ...[1, 2, 3, 4, 5, 6].map(a =>
      cluster.patch(CONFIG_MAPS, { namespace: 'team', name: 'two' }, { data: { a: String(a) } }),
    ),
    cluster.create(CONFIG_MAPS, configMap('three')),
  ])
  await until(() => reflector.get('team/three') !== undefined, 'the list')
  t.strictSame(told.sort(), ['team/one gone', 'team/one new', 'team/three new', 'team/two 6', 'team/two new'])
  t.match(errors, [/too old/])
  t.equal(reflector.counts.lists, 2)
  t.ok((clock.sleeps[0] ?? 0) >= 1000, 'not at once')
})

t.test('a watch that ends goes on from the last version, without a list', async t => {
  const changed = configMap('one', { resourceVersion: '12' })
  const { cluster, asked } = scripted([
    () => events([{ type: 'MODIFIED', object: changed }]),
    () => events([{ type: 'BOOKMARK', resourceVersion: '40' }]),
  ])
  const { reflector, clock, errors } = reflected(t, cluster)
  await until(() => asked.length === 3, 'the third watch')
  t.strictSame(asked, ['11', '12', '40'])
  t.match(reflector.counts, { lists: 1, watches: 3, events: 1, errors: 0 })
  t.strictSame(clock.sleeps, [1500, 1500], 'and not at once')
  t.strictSame(errors, [])
})

t.test('a watch that lasted goes on at once', async t => {
  const clock = steppedClock()
  const { cluster, asked } = scripted([
    () => {
      clock.pass(300_000)
      return events([])
    },
  ])
  reflected(t, cluster, { clock })
  await until(() => asked.length === 2, 'the second watch')
  t.strictSame(clock.sleeps, [0])
})

t.test('errors are waited out with jitter, from one second to thirty', async t => {
  const failing = scripted([() => events([], new ClusterError('Unavailable', 'connection reset'))], true)
  const most = reflected(t, failing.cluster, { clock: steppedClock(() => 0.999999), sleeps: 8 })
  await most.stop()
  t.strictSame(
    most.clock.sleeps.map(wait => Math.round(wait / 1000)),
    [2, 4, 8, 16, 30, 30, 30, 30],
  )
  t.equal(most.errors[0], 'watch: connection reset')
  t.equal(most.reflector.counts.lists, 1, 'the version is still good')
  const least = reflected(t, failing.cluster, { clock: steppedClock(() => 0), sleeps: 8 })
  await least.stop()
  t.ok(least.clock.sleeps.every(wait => wait === 1000))
})

t.test('a sign of life makes waits short again', async t => {
  const bookmark = { type: 'BOOKMARK', resourceVersion: '40' } as const
  const { cluster } = scripted([() => events([bookmark], new ClusterError('Unavailable', 'connection reset'))], true)
  const { clock, stop } = reflected(t, cluster, { clock: steppedClock(() => 0.999999), sleeps: 5 })
  await stop()
  t.strictSame(
    clock.sleeps.map(wait => Math.round(wait / 1000)),
    [2, 2, 2, 2, 2],
  )
})

t.test('a list that fails is tried again, and ready waits for it', async t => {
  const working = memory()
  await working.create(CONFIG_MAPS, configMap('one'))
  let failures = 3
  const list: Cluster['list'] = async (type, selection) => {
    if (failures-- > 0) throw new ClusterError('TooManyRequests', 'slow down', { retryAfter: 20_000 })
    return working.list(type, selection)
  }
  const cluster = { list, watch: working.watch.bind(working) }
  const { reflector, clock, errors } = reflected(t, cluster)
  await reflector.ready
  t.ok(reflector.get('team/one'))
  t.strictSame(clock.sleeps, [20_000, 20_000, 20_000], 'as long as the server asks for')
  t.strictSame(errors, ['list: slow down', 'list: slow down', 'list: slow down'])
})

for (const [how, error] of Object.entries({
  'ends every watch': undefined,
  'has forgotten every version': new ClusterError('Expired', 'too old'),
  'breaks every watch': new ClusterError('Unavailable', 'connection reset'),
})) {
  t.test(`an hour of a server that ${how} is no storm`, async t => {
    const { cluster } = scripted([() => events([], error)], true)
    const clock = steppedClock()
    const { reflector, stop } = reflected(t, cluster, { clock, sleeps: 250 })
    await stop()
    const { lists, watches } = reflector.counts
    t.ok(clock.elapsed() > 3_600_000, `${lists + watches} requests in ${Math.round(clock.elapsed() / 1000)} s`)
  })
}

t.test('tells when the cluster was last heard', async t => {
  const clock = steppedClock()
  const { cluster } = scripted([
    async function* (): AsyncGenerator<WatchEvent<ConfigMap>> {
      clock.pass(60_000)
      yield { type: 'BOOKMARK', resourceVersion: '40' }
      clock.pass(5_000)
      throw new ClusterError('Unavailable', 'connection reset')
    },
  ])
  const { reflector } = reflected(t, cluster, { clock })
  t.equal(reflector.lastContact, undefined)
  await until(() => reflector.counts.watches === 2, 'the second watch')
  t.equal(reflector.lastContact, 60_000)
})

t.test('ends when it is told, while it waits and while it watches', async t => {
  const { stop } = reflected(t, memory())
  await t.resolves(stop())
})

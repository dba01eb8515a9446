// The state directory: what was acknowledged is there after a restart, what is damaged is said.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, open, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Cluster, ObjectType } from '../../../src/cluster/cluster.ts'
import { MemoryCluster } from '../../../src/cluster/memory/cluster.ts'
import { Journal } from '../../../src/cluster/memory/journal.ts'
import { knownKinds } from '../../../src/cluster/memory/kinds.ts'
import { type OpenedCluster, type OpenOptions, openMemoryCluster } from '../../../src/cluster/memory/open.ts'
import { logsInMemory, PodLogs } from '../../../src/cluster/memory/pod-logs.ts'
import { recordLine } from '../../../src/cluster/memory/records.ts'
import { emptyState } from '../../../src/cluster/memory/state.ts'
import { CONFIG_MAPS, PODS, SECRETS } from '../../../src/cluster/types.ts'
import { REGISTRIES, refused, registry } from '../../contracts/cluster-site.ts'
import { fails } from '../../helpers/fails.ts'
import { projectRoot } from '../../helpers/needs.ts'
import { type Random, seededRandom } from '../../helpers/random.ts'

const clock = { now: () => new Date(Date.UTC(2026, 0, 1)) }
const namespace = 'team'
const UNREADABLE = { reason: 'InputUnreadable', class: 'definite' }

/** Opens a state directory that is closed with the test. */
async function opened(t: Test, directory: string, options: Partial<OpenOptions> = {}): Promise<OpenedCluster> {
  const cluster = await openMemoryCluster({ clock, directory, ...options })
  t.teardown(() => cluster.close().catch(() => undefined))
  return cluster
}

/** A directory with what its state file holds. */
async function directoryWith(t: Test, state: Uint8Array): Promise<string> {
  const directory = t.testdir()
  await writeFile(join(directory, 'state'), state)
  return directory
}

async function everything(cluster: Cluster): Promise<unknown> {
  const types: readonly ObjectType[] = [REGISTRIES, CONFIG_MAPS, SECRETS, PODS]
  const lists = await Promise.all(types.map(type => cluster.list(type)))
  return lists.map(({ items }) => items)
}

function configMap(name: string, data: Record<string, string> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data } as const
}

t.test('everything is there after a restart', async t => {
  const directory = join(t.testdir(), 'new', 'state')
  const first = await opened(t, directory)
  const { metadata } = await first.cluster.create(REGISTRIES, registry({ cluster: first.cluster, namespace }, 'one'))
  await first.cluster.apply(CONFIG_MAPS, { ...configMap('two', { a: '1', b: '2' }) }, { manager: 'a' })
  await first.cluster.create(CONFIG_MAPS, configMap('three'))
  await first.cluster.delete(CONFIG_MAPS, { namespace, name: 'three' })
  const before = await everything(first.cluster)
  const { resourceVersion } = await first.cluster.list(CONFIG_MAPS)
  await first.close()
  await refused(t, first.cluster.create(CONFIG_MAPS, configMap('late')), 'Unavailable', 'a closed cluster')

  const { cluster, notice } = await opened(t, directory)
  t.equal(notice, undefined)
  t.strictSame(await everything(cluster), before)
  const next = await cluster.patch(REGISTRIES, metadata, { spec: { suspend: true } })
  t.equal(Number(next.metadata.resourceVersion), Number(resourceVersion) + 1, 'versions go on')
  t.equal(next.metadata.generation, 2)
  const applied = await cluster.apply(CONFIG_MAPS, { ...configMap('two', { a: '1' }) }, { manager: 'a' })
  t.strictSame(applied.data, { a: '1' }, 'the owners of fields are known')
  const watch = cluster.watch(CONFIG_MAPS, { resourceVersion: '1', signal: AbortSignal.timeout(60_000) })
  await refused(t, watch[Symbol.asyncIterator]().next(), 'Expired', 'a watch from before')
})

t.test('a container that wrote nothing has an empty log', async t => {
  const { cluster } = await opened(t, t.testdir())
  const pod = { namespace, name: 'pod' }
  const spec = { nodeName: 'local', containers: [{ name: 'worker', image: 'worker' }] }
  await cluster.create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: pod, spec } as never)
  await cluster.podLogs.end(pod)
  t.strictSame(await cluster.podLog(pod, { limitBytes: 5 }), Buffer.alloc(0))
})

t.test('files are for their owner alone', async t => {
  const directory = join(t.testdir(), 'state')
  const { cluster } = await opened(t, directory)
  await cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'one' } })
  await cluster.podLogs.append({ namespace, name: 'pod' }, Buffer.from('hello'))
  const modeOf = async (...path: string[]) => ((await stat(join(directory, ...path))).mode & 0o777).toString(8)
  t.equal(await modeOf(), '700')
  t.equal(await modeOf('state'), '600')
  t.equal(await modeOf('logs'), '700')
  t.equal(await modeOf('logs', namespace), '700')
  t.equal(await modeOf('logs', namespace, 'pod.log'), '600')
})

t.test('logs of pods are there after a restart, those of pods that are gone are not', async t => {
  const directory = t.testdir()
  const first = await opened(t, directory)
  for (const name of ['kept', 'gone']) {
    const spec = { nodeName: 'local', containers: [{ name: 'worker', image: 'worker' }] }
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name }, spec }
    await first.cluster.create(PODS, pod as never)
    await first.cluster.podLogs.append({ namespace, name }, Buffer.from(`log of ${name}\n`))
  }
  await first.close()
  const second = await opened(t, directory)
  const read = (name: string) => second.cluster.podLog({ namespace, name }, { limitBytes: 100 })
  t.equal(String(await read('kept')), 'log of kept\n')
  const pieces: Buffer[] = []
  const follow = second.cluster.followPodLog({ namespace, name: 'kept' }, AbortSignal.timeout(60_000))
  for await (const piece of follow) pieces.push(piece)
  t.equal(String(Buffer.concat(pieces)), 'log of kept\n', 'and it has ended')
  await second.cluster.delete(PODS, { namespace, name: 'gone' }, { gracePeriodSeconds: 0 })
  t.equal(await read('gone'), undefined)
  await second.close()
  t.notOk(existsSync(join(directory, 'logs', namespace, 'gone.log')))
  await writeFile(join(directory, 'logs', namespace, 'stray.log'), 'left over')
  await opened(t, directory)
  t.notOk(existsSync(join(directory, 'logs', namespace, 'stray.log')), 'what no pod has is removed')
  t.ok(existsSync(join(directory, 'logs', namespace, 'kept.log')))
})

t.test('random writes and a cut anywhere: the state is what was acknowledged', async t => {
  const random = seededRandom(t)
  const directory = t.testdir()
  const { cluster, close } = await opened(t, directory)
  const file = join(directory, 'state')
  const acknowledged = [{ size: (await stat(file)).size, state: await everything(cluster) }]
  for (let round = 0; round < 60; round++) {
    await Promise.allSettled(Array.from({ length: 1 + Math.floor(random() * 4) }, () => randomWrite(cluster, random)))
    acknowledged.push({ size: (await stat(file)).size, state: await everything(cluster) })
  }
  await close()
  const bytes = await readFile(file)
  for (let trial = 0; trial < 60; trial++) {
    const least = acknowledged[0]?.size ?? 0
    const cut = least + Math.floor(random() * (bytes.length - least))
    const last = acknowledged.findLast(({ size }) => size <= cut)
    const { cluster, notice, close } = await openMemoryCluster({
      clock,
      directory: await directoryWith(t, bytes.subarray(0, cut)),
    })
    t.strictSame(await everything(cluster), last?.state, `cut at ${cut}`)
    t.equal(notice !== undefined, cut !== last?.size)
    await close()
  }
})

/** One write of those that there are, of which some are refused. */
async function randomWrite(cluster: MemoryCluster, random: Random): Promise<unknown> {
  const one = <T>(list: readonly [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0]
  const name = { namespace, name: one(['a', 'b', 'c', 'd']) }
  const value = String(Math.floor(random() * 3))
  const owner = await cluster.get(REGISTRIES, { namespace, name: one(['a', 'b']) })
  const ownerReferences = owner
    ? [{ apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid ?? '' }]
    : []
  const writes: readonly [() => Promise<unknown>, ...(() => Promise<unknown>)[]] = [
    () => cluster.create(REGISTRIES, registry({ cluster, namespace }, name.name, { finalizers: ['example.com/a'] })),
    () => cluster.create(CONFIG_MAPS, { ...configMap(name.name), metadata: { ...name, ownerReferences } }),
    () =>
      cluster.apply(CONFIG_MAPS, configMap(name.name, { [value]: value }), { manager: one(['x', 'y']), force: true }),
    () => cluster.patch(CONFIG_MAPS, name, { data: { [value]: one(['1', null]) } }),
    () => cluster.applyStatus(REGISTRIES, { metadata: name, status: { servers: Number(value) } }, { manager: 'x' }),
    () => cluster.patch(REGISTRIES, name, { metadata: { finalizers: null } }),
    () => cluster.delete(REGISTRIES, name, { propagation: one(['Foreground', 'Background']) }),
    () => cluster.delete(CONFIG_MAPS, name),
    () => cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: name, stringData: { value } }),
  ]
  return one(writes)()
}

t.test('a process that is killed has lost nothing that it acknowledged', async t => {
  const random = seededRandom(t)
  const directory = t.testdir()
  const writer = join(projectRoot, 'dist/test/helpers/state-writer.js')
  for (let kill = 0; kill < 5; kill++) {
    const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    const least = 1 + Math.floor(random() * 300)
    let told = ''
    for await (const piece of child.stdout) {
      told += String(piece)
      if (told.split('\n').length > least) child.kill('SIGKILL')
    }
    const acknowledged = told.split('\n').slice(0, -1)
    const { cluster, close } = await openMemoryCluster({ clock, directory })
    const names = (await cluster.list(CONFIG_MAPS)).items.map(({ metadata }) => metadata.name)
    t.strictSame(
      acknowledged.filter(name => !names.includes(name)),
      [],
      `after ${acknowledged.length} objects`,
    )
    t.equal(names.length, Number(names.at(-1)) + 1, 'and there are no gaps')
    await close()
  }
})

t.test('a last record that was not finished is cut off, with a sentence', async t => {
  const directory = t.testdir()
  const first = await opened(t, directory)
  await first.cluster.create(CONFIG_MAPS, configMap('one'))
  await first.close()
  const file = join(directory, 'state')
  const whole = await readFile(file)
  const torn = {
    'half a record': recordLine({ after: 1, changes: [] }).subarray(0, 20),
    'nothing but zeros': Buffer.alloc(4096),
    'a record with a hole': Buffer.concat([
      recordLine({ after: 1 }).subarray(0, 12),
      Buffer.alloc(512),
      Buffer.from('}\n'),
    ]),
  }
  for (const [what, tail] of Object.entries(torn)) {
    await writeFile(file, whole)
    await appendFile(file, tail)
    const second = await opened(t, directory)
    t.match(second.notice, /the last record of .*state was not finished/, what)
    await second.cluster.create(CONFIG_MAPS, configMap('two'))
    await second.close()
    const third = await opened(t, directory)
    t.equal(third.notice, undefined)
    t.equal((await third.cluster.list(CONFIG_MAPS)).items.length, 2)
    await third.close()
  }
})

t.test('a byte that changed is one clear failure, or the unfinished end: never a silent loss', async t => {
  const random = seededRandom(t)
  const directory = t.testdir()
  const { cluster, close } = await opened(t, directory)
  for (const name of ['one', 'two', 'three']) await cluster.create(CONFIG_MAPS, configMap(name, { key: 'value' }))
  await close()
  const bytes = await readFile(join(directory, 'state'))
  const lastRecord = bytes.lastIndexOf('\n', bytes.length - 2) + 1
  for (let trial = 0; trial < 200; trial++) {
    const changed = Buffer.from(bytes)
    const at = Math.floor(random() * bytes.length)
    changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    const options = { clock, directory: await directoryWith(t, changed) }
    if (at >= lastRecord) {
      const outcome = await openMemoryCluster(options).then(
        async ({ notice, close }) => {
          await close()
          return notice
        },
        (error: unknown) => String(error),
      )
      t.match(outcome, /damaged|not finished/, `byte ${at}`)
      continue
    }
    await fails(t, openMemoryCluster(options), { ...UNREADABLE, message: /state is damaged: / }, `byte ${at}`)
    t.strictSame(await readFile(join(options.directory, 'state')), changed, 'the file is left as it is')
  }
})

t.test('a record that is missing is a failure', async t => {
  const directory = t.testdir()
  const { cluster, close } = await opened(t, directory)
  for (const name of ['one', 'two', 'three']) await cluster.create(CONFIG_MAPS, configMap(name))
  await close()
  const lines = (await readFile(join(directory, 'state'), 'utf8')).split('\n')
  lines.splice(2, 1)
  const damaged = await directoryWith(t, Buffer.from(lines.join('\n')))
  const message = /changes between version 1 and 2 are missing/
  await fails(t, openMemoryCluster({ clock, directory: damaged }), { ...UNREADABLE, message })
})

t.test('what is no state of ours is refused', async t => {
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['an empty file', Buffer.alloc(0), /ends inside its first part/],
    ['some text', Buffer.from('hello\n'), /not as it was written/],
    ['another program', recordLine({ format: 'other' }), /not a state file of Rollbook/],
    ['a newer Rollbook', recordLine({ format: 'rollbook-state', formatVersion: 2 }), /has the format 2/],
    [
      'an unknown kind',
      Buffer.concat([
        recordLine({ format: 'rollbook-state', formatVersion: 1, resourceVersion: 1, objects: 1 }),
        recordLine({
          put: { apiVersion: 'v9', kind: 'Thing', metadata: { namespace, name: 'a', uid: 'u', resourceVersion: '1' } },
          managers: {},
        }),
      ]),
      /holds a Thing of v9/,
    ],
  ]
  for (const [what, bytes, message] of cases) {
    const directory = await directoryWith(t, bytes)
    await fails(t, openMemoryCluster({ clock, directory }), { ...UNREADABLE, message }, what)
  }
  const file = join(t.testdir({ file: '' }), 'file')
  await fails(t, openMemoryCluster({ clock, directory: file }), { ...UNREADABLE, message: /can't be used/ }, 'a file')
})

t.test('the file is written anew when changes outgrow it', async t => {
  const directory = t.testdir()
  const first = await opened(t, directory, { leastChanges: 20_000 })
  await first.cluster.create(CONFIG_MAPS, configMap('one'))
  const note = 'n'.repeat(500)
  for (let count = 0; count < 200; count++) {
    await first.cluster.patch(CONFIG_MAPS, { namespace, name: 'one' }, { data: { note: `${note}${count}` } })
  }
  const { size } = await stat(join(directory, 'state'))
  t.ok(size < 25_000, `${size} bytes after 200 changes`)
  const before = await everything(first.cluster)
  await first.close()
  await writeFile(join(directory, 'state.new'), 'a snapshot that was not finished')
  const second = await opened(t, directory)
  t.strictSame(await everything(second.cluster), before)
  t.notOk(existsSync(join(directory, 'state.new')))
})

t.test('an object that is invalid by now stays as it is: its status can be written, and it can be deleted', async t => {
  const directory = t.testdir()
  await mkdir(directory, { recursive: true })
  const metadata = {
    namespace,
    name: 'old',
    uid: 'u',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2020-01-01T00:00:00Z',
    finalizers: ['example.com/held'],
  }
  const old = {
    apiVersion: 'toolhive.stacklok.io/v1alpha1',
    kind: 'MCPRegistry',
    metadata,
    spec: { source: { type: 'ftp' } },
  }
  const lines = [
    recordLine({ format: 'rollbook-state', formatVersion: 1, resourceVersion: 1, objects: 1 }),
    recordLine({ put: old, managers: {} }),
  ]
  await writeFile(join(directory, 'state'), Buffer.concat(lines))
  const { cluster } = await opened(t, directory)
  t.match(await cluster.get(REGISTRIES, metadata), { spec: { source: { type: 'ftp' }, historyLimit: 10 } })
  const { status } = await cluster.applyStatus(
    REGISTRIES,
    { metadata: { namespace, name: 'old' }, status: { servers: 1 } },
    { manager: 'a' },
  )
  t.equal(status?.servers, 1)
  const name = { namespace, name: 'old' }
  const labelled = await cluster.patch(REGISTRIES, name, { metadata: { labels: { team: 'a' } } })
  t.strictSame([labelled.metadata.labels, labelled.metadata.generation], [{ team: 'a' }, 1])
  await refused(t, cluster.patch(REGISTRIES, name, { spec: { displayName: 'new' } }), 'Invalid')
  t.ok(await cluster.delete(REGISTRIES, name))
  t.ok((await cluster.get(REGISTRIES, name))?.metadata.deletionTimestamp)
  await cluster.patch(REGISTRIES, name, { metadata: { finalizers: [] } })
  t.equal(await cluster.get(REGISTRIES, name), undefined)
})

t.test(
  'a disk that is full refuses writes, and goes on refusing',
  { skip: existsSync('/dev/full') ? false : 'no /dev/full' },
  async t => {
    const state = emptyState()
    const file = await open('/dev/full', 'a')
    t.teardown(() => file.close())
    const keeper = new Journal({ path: join(t.testdir(), 'state'), kept: { state, snapshotSize: 0, size: 0 }, file })
    const kept = { kinds: knownKinds(), keeper, version: 0, held: [], logs: new PodLogs(logsInMemory()) }
    const cluster = new MemoryCluster({ clock }, kept)
    const message = await refused(t, cluster.create(CONFIG_MAPS, configMap('one')), 'Unavailable')
    t.match(message, /the state file can't be written: ENOSPC/)
    await refused(t, cluster.create(CONFIG_MAPS, configMap('two')), 'Unavailable')
    t.equal(await cluster.get(CONFIG_MAPS, { namespace, name: 'two' }), undefined)
  },
)

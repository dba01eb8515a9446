// What only the memory cluster does: logs of pods, limits, and what it knows of kinds.
import t, { type Test } from 'tap'
import type { ObjectType } from '../../../src/cluster/cluster.ts'
import { type MemoryCluster, memoryCluster } from '../../../src/cluster/memory/cluster.ts'
import { CONFIG_MAPS, EVENTS, PODS } from '../../../src/cluster/types.ts'
import { refused } from '../../contracts/cluster-site.ts'

const clock = { now: () => new Date(Date.UTC(2026, 0, 1, 12)) }
const namespace = 'team'
const POD = { namespace, name: 'pod' }

/** A cluster with one pod that runs. */
async function clusterWithPod(): Promise<MemoryCluster> {
  const cluster = memoryCluster({ clock })
  const spec = { nodeName: 'local', containers: [{ name: 'worker', image: 'worker' }] }
  await cluster.create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: POD, spec } as never)
  return cluster
}

/** Follows the log of the pod to its end. */
async function followed(cluster: MemoryCluster, signal = new AbortController().signal): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of cluster.followPodLog(POD, signal)) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}

t.test('a log is followed from its start to its end', async t => {
  const cluster = await clusterWithPod()
  const early = followed(cluster)
  await cluster.podLogs.append(POD, Buffer.from('one\n'))
  const late = followed(cluster)
  await Promise.all(['two\n', 'three\n'].map(line => cluster.podLogs.append(POD, Buffer.from(line))))
  await cluster.podLogs.end(POD)
  t.strictSame(await Promise.all([early, late, followed(cluster)]), Array(3).fill('one\ntwo\nthree\n'))
})

t.test('following ends with the pod, and with the signal', async t => {
  const cluster = await clusterWithPod()
  const controller = new AbortController()
  const stopped = followed(cluster, controller.signal)
  const toTheEnd = followed(cluster)
  controller.abort()
  t.equal(await stopped, '')
  await cluster.delete(PODS, POD, { gracePeriodSeconds: 0 })
  t.equal(await toTheEnd, '')
  t.equal(await followed(cluster), '', 'there is nothing to follow without a pod')
})

t.test('a log is read up to a limit, and goes with its pod', async t => {
  const cluster = await clusterWithPod()
  t.equal(await cluster.podLog(POD, { limitBytes: 5 }), undefined, 'nothing was written yet')
  await cluster.podLogs.append(POD, Buffer.from('0123456789'))
  t.equal(String(await cluster.podLog(POD, { limitBytes: 5 })), '01234')
  t.equal(String(await cluster.podLog(POD, { limitBytes: 50 })), '0123456789')
  await cluster.delete(PODS, POD, { gracePeriodSeconds: 0 })
  t.equal(await cluster.podLog(POD, { limitBytes: 5 }), undefined)
})

t.test('a log has at most 10 MiB', async t => {
  const cluster = await clusterWithPod()
  const mebibyte = Buffer.alloc(1024 * 1024, 'x')
  for (let count = 0; count < 12; count++) await cluster.podLogs.append(POD, mebibyte)
  const log = await cluster.podLog(POD, { limitBytes: 100 * mebibyte.length })
  t.equal(log?.length, 10 * mebibyte.length)
})

t.test('only the newest Events are kept', async t => {
  const cluster = memoryCluster({ clock, eventLimit: 3 })
  for (let count = 1; count <= 5; count++) {
    const metadata = { namespace, name: `event-${count}` }
    const involvedObject = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'one' }
    await cluster.create(EVENTS, { apiVersion: 'v1', kind: 'Event', metadata, involvedObject } as never)
  }
  const { items } = await cluster.list(EVENTS)
  t.strictSame(
    items.map(({ metadata }) => metadata.name),
    ['event-3', 'event-4', 'event-5'],
  )
})

async function changes(cluster: MemoryCluster, count: number): Promise<void> {
  for (let change = 0; change < count; change++) {
    await cluster.apply(
      CONFIG_MAPS,
      { metadata: { namespace, name: 'one' }, data: { change: `${change}` } },
      { manager: 'a' },
    )
  }
}

t.test('a watch from a version that is forgotten is Expired, and so is one that is too slow', async t => {
  const cluster = memoryCluster({ clock, watchLimit: 5 })
  const { resourceVersion } = await cluster.list(CONFIG_MAPS)
  const { signal } = new AbortController()
  const slow = cluster.watch(CONFIG_MAPS, { resourceVersion, signal })[Symbol.asyncIterator]()
  await changes(cluster, 5)
  t.match(await slow.next(), { value: { type: 'ADDED' } }, 'five changes are remembered')
  await changes(cluster, 20)
  await refused(t, slow.next(), 'Expired')
  const late = cluster.watch(CONFIG_MAPS, { resourceVersion, signal })[Symbol.asyncIterator]()
  await refused(t, late.next(), 'Expired')
})

t.test('changes of one kind do not push those of another out', async t => {
  const cluster = memoryCluster({ clock, watchLimit: 5 })
  const { resourceVersion } = await cluster.list(PODS)
  await changes(cluster, 20)
  const spec = { containers: [{ name: 'worker', image: 'worker' }] }
  await cluster.create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: POD, spec } as never)
  const watch = cluster.watch(PODS, { resourceVersion, signal: new AbortController().signal })[Symbol.asyncIterator]()
  t.match(await watch.next(), { value: { type: 'ADDED' } })
})

t.test('uid and time are those that it is given', async t => {
  let count = 0
  const cluster = memoryCluster({ clock, uid: () => `uid-${++count}` })
  const { metadata } = await cluster.create(CONFIG_MAPS, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name: 'one' },
  })
  t.match(metadata, { uid: 'uid-1', creationTimestamp: '2026-01-01T12:00:00Z' })
})

t.test('other kinds are not known, other objects not taken', async t => {
  const cluster = memoryCluster({ clock })
  const deployments: ObjectType = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' }
  await refused(t, cluster.list(deployments), 'NotFound')
  const wrong = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'one' } }
  await refused(t, cluster.create(CONFIG_MAPS, wrong as never), 'Invalid')
  for (const labelSelector of ['a in b', 'a in (b', '!a=b', 'a !== b', 'a b', '=a'])
    await refused(t, cluster.list(CONFIG_MAPS, { labelSelector }), 'Invalid')
})

t.test('owners of kinds that are not known keep their objects', async t => {
  const cluster = memoryCluster({ clock })
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'one', uid: 'u' }]
  const metadata = { namespace, name: 'one', ownerReferences }
  await cluster.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
  t.ok(await cluster.get(CONFIG_MAPS, metadata))
})

t.test('owners that own each other go together', async (t: Test) => {
  const cluster = memoryCluster({ clock })
  const reference = (name: string, uid = '') => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name,
    uid,
    blockOwnerDeletion: true,
  })
  const create = (name: string, ownerReferences: ReturnType<typeof reference>[]) =>
    cluster.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, ownerReferences } })
  const one = await create('one', [])
  const two = await create('two', [reference('one', one.metadata.uid)])
  await cluster.patch(CONFIG_MAPS, one.metadata, {
    metadata: { ownerReferences: [reference('two', two.metadata.uid)] },
  })
  await cluster.delete(CONFIG_MAPS, one.metadata)
  t.strictSame((await cluster.list(CONFIG_MAPS)).items, [])
})

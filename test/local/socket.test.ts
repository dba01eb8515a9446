// A cluster over the socket of its state directory keeps the rules of a cluster; and what is the socket's own.
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { memoryCluster } from '../../src/cluster/memory/cluster.ts'
import { CONFIG_MAPS } from '../../src/cluster/types.ts'
import { SocketCluster } from '../../src/local/socket-cluster.ts'
import { serveCluster } from '../../src/local/socket-server.ts'
import { clusterContract } from '../contracts/cluster-contract.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'

const clock = { now: () => new Date() }

t.test('contract', async t => {
  const directory = await temporaryDirectory(t)
  const server = await serveCluster(memoryCluster({ clock }), directory)
  const cluster = await SocketCluster.of(directory)
  t.teardown(async () => {
    await cluster.close()
    await server.close()
  })
  let sites = 0
  clusterContract(t, async () => ({ cluster, namespace: `site-${++sites}` }))
})

t.test('the socket is for its owner only, and replaces one that was left', async t => {
  const directory = await temporaryDirectory(t)
  writeFileSync(join(directory, 'socket'), '')
  const server = await serveCluster(memoryCluster({ clock }), directory)
  t.equal((statSync(join(directory, 'socket')).mode & 0o777).toString(8), '600')
  await server.close()
  t.throws(() => statSync(join(directory, 'socket')), { code: 'ENOENT' })
})

t.test('a state directory may stand deeper than a socket may', async t => {
  const deep = join(await temporaryDirectory(t), 'deep'.repeat(20), 'deeper'.repeat(20))
  mkdirSync(deep, { recursive: true })
  const server = await serveCluster(memoryCluster({ clock }), deep)
  const cluster = await SocketCluster.of(deep)
  t.strictSame((await cluster.list(CONFIG_MAPS)).items, [])
  await cluster.close()
  await server.close()
})

t.test('watches end when the owner goes, and calls then say that nobody answers', async t => {
  const directory = await temporaryDirectory(t)
  const server = await serveCluster(memoryCluster({ clock }), directory)
  const cluster = await SocketCluster.of(directory)
  t.teardown(() => cluster.close())
  const { resourceVersion } = await cluster.list(CONFIG_MAPS)
  const { signal } = new AbortController()
  const events = cluster.watch(CONFIG_MAPS, { resourceVersion, signal })[Symbol.asyncIterator]()
  const metadata = { namespace: 'team', name: 'one' }
  await cluster.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
  t.match((await events.next()).value, { type: 'ADDED', object: { metadata } })
  await server.close()
  t.equal((await events.next()).done, true)
  await t.rejects(cluster.get(CONFIG_MAPS, metadata), {
    reason: 'Unavailable',
    message: /the process that owns the state directory can't be asked: it does not answer/,
  })
})

t.test('a defect of the owner is told as one, and another version says so', async t => {
  const directory = await temporaryDirectory(t)
  const cluster = memoryCluster({ clock })
  const broken = Object.assign(Object.create(cluster), {
    get: async () => {
      throw new TypeError('broken')
    },
  })
  const server = await serveCluster(broken, directory)
  t.teardown(() => server.close())
  const client = await SocketCluster.of(directory)
  t.teardown(() => client.close())
  await t.rejects(client.get(CONFIG_MAPS, { namespace: 'a', name: 'b' }), { reason: 'Unavailable', message: /broken/ })
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const call = request({ socketPath: join(directory, 'socket'), path: '/0/get', method: 'POST' }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    call.on('error', reject)
    call.end('[]')
  })
  t.equal(status, 501)
})

// The embedded engine over https: what every engine does there, then redirects, proxies, stalls and servers of other kinds.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { isomorphicEngine } from '../../../src/git/isomorphic/engine.ts'
import { Failure } from '../../../src/lib/failure.ts'
import { gitEngineContract } from '../../contracts/git-engine.ts'
import { gitHttpsContract, password, served } from '../../contracts/git-https.ts'
import { fails } from '../../helpers/fails.ts'
import { bareRepository, temporaryDirectory } from '../../helpers/git-repository.ts'

const engine = isomorphicEngine({ ambient: {}, allowHttp: true })

t.test('contract', t => {
  gitEngineContract(t, { engine, remote: (t, repository) => served(t, repository).then(({ remote }) => remote) })
  t.end()
})

gitHttpsContract(t, {
  engine,
  withoutHttp: isomorphicEngine({ ambient: {}, allowHttp: false }),
  limited: isomorphicEngine({ ambient: {}, allowHttp: false, maxFetchBytes: 100_000, maxHistoryBytes: 100_000 }),
})

t.test('a redirect on the same host is followed, with the credentials; a loop ends', async t => {
  const repository = await bareRepository(t, { 'a.json': '1' })
  const { remote, server } = await served(t, repository, {
    intercept: (request, response) => {
      const moved = request.url?.startsWith('/old/') === true
      const location = request.url?.replace('/old/', '/') ?? ''
      if (moved) response.writeHead(301, { location }).end()
      return moved
    },
  })
  const old = { ...remote, url: remote.url.replace(/\/([^/]*)$/, '/old/$1') }
  const store = await engine.open(old, await temporaryDirectory(t), signal())
  const head = (await store.fetch({ branch: 'main' })) ?? ''
  t.equal(head, await repository.head())
  const person = { name: 'R', email: 'r@example.com', date: new Date() }
  const changes = [{ path: 'b.json', content: [Buffer.from('2')] }]
  const input = { parents: [head], base: head, changes, message: 'm', author: person, committer: person }
  const commit = (await store.commit(input)) ?? ''
  t.equal(await store.push(commit, 'main', head), 'accepted')
  t.same(await repository.paths(), ['a.json', 'b.json'])
  t.equal(server.requests.filter(({ url }) => url.startsWith('/old/')).length, 1, 'the new address is remembered')
  t.equal(server.connections(), 1, 'all on one connection')

  const loop = await served(t, repository, {
    intercept: (request, response) => {
      response.writeHead(302, { location: request.url }).end()
      return true
    },
  })
  await fails(t, probe(loop.remote), { reason: 'RepositoryNotFound', class: 'definite' })
})

t.test('E2 a server that stalls ends at the deadline, while it answers and before', async t => {
  const repository = await bareRepository(t, { 'a.json': '1' })
  for (const method of ['GET', 'POST']) {
    let arrived: () => void = () => {}
    const waiting = new Promise<void>(resolve => {
      arrived = resolve
    })
    const { remote } = await served(t, repository, {
      intercept: (request, response) => {
        if (request.method !== method) return false
        if (method === 'POST') response.writeHead(200).write('0')
        arrived()
        return true
      },
    })
    const deadline = new AbortController()
    const store = await engine.open(remote, await temporaryDirectory(t), deadline.signal)
    const fetching = store.fetch({ branch: 'main' })
    await Promise.race([waiting, fetching])
    deadline.abort(new Failure('DeadlineExceeded', 'transient', 'the run took too long'))
    await fails(t, fetching, { reason: 'DeadlineExceeded', class: 'transient' }, method)
  }
})

t.test('a proxy is used, and its password appears nowhere', async t => {
  const repository = await bareRepository(t, { 'a.json': '1' })
  const { remote, server } = await served(t, repository)
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const proxy = createServer().on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '')
    const onward = connect(Number(server.host.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(onward).pipe(client)
    })
    for (const socket of [client, onward]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  const { port } = proxy.address() as AddressInfo
  const named = { ...remote, url: remote.url.replace('127.0.0.1', 'git.test') }
  const through = (url: string) =>
    isomorphicEngine({ allowHttp: false, ambient: { https_proxy: url } }).probe(named, { branch: 'main' }, signal())
  t.match(await through(`http://127.0.0.1:${port}`), { commit: await repository.head() })
  t.strictSame(asked, [server.host.replace('127.0.0.1', 'git.test')])
  const failure = await fails(t, through(`http://user:${encodeURIComponent(password)}@127.0.0.1:9`), {
    reason: 'NetworkFailed',
    class: 'transient',
  })
  t.notMatch(failure.message, /s3cr3t/)
})

t.test('a server that only knows older protocols is told from one that is no git server', async t => {
  const repository = await bareRepository(t, { 'a.json': '1' })
  const { remote } = await served(t, repository, {
    intercept: request => {
      delete request.headers['git-protocol']
      return false
    },
  })
  await fails(t, probe(remote), {
    reason: 'GitMissing',
    class: 'definite',
    message: /does not speak version 2 of git's protocol/,
  })
})

t.test('a small pack that unpacks to much is refused before it is unpacked, plain or as a delta', async t => {
  const limited = isomorphicEngine({ ambient: {}, allowHttp: false, maxFetchBytes: 100_000 })
  const line = Buffer.from('all lines are alike but one\n'.repeat(40_000))
  const repository = await bareRepository(
    t,
    { 'a.json': line, 'b.json': Buffer.concat([line, Buffer.from('one')]), 'small.json': '1' },
    { config: { 'pack.depth': '50' } },
  )
  await repository.git(['repack', '-a', '-d', '-f', '-q'])
  const { remote } = await served(t, repository)
  const store = await limited.open(remote, await temporaryDirectory(t), signal())
  const files = await store.list((await store.fetch({ branch: 'main' })) ?? '', '')
  const read = async (wanted: typeof files) => {
    const sizes: number[] = []
    for await (const { bytes } of store.read(wanted, 10_000_000)) sizes.push(bytes.length)
    return sizes
  }
  await fails(t, read(files.slice(0, 2)), {
    reason: 'LimitExceeded',
    class: 'definite',
    message: /an object of .* has 11200\d\d bytes, more than 100000/,
  })
  t.same(await read(files.slice(2)), [1], 'and the store is still good')
})

t.test('a commit on a commit that nobody has pushed: listed, and sent as one pack', async t => {
  const repository = await bareRepository(t, { 'a.json': '1' })
  const { remote } = await served(t, repository)
  const store = await engine.open(remote, await temporaryDirectory(t), signal())
  const head = (await store.fetch({ branch: 'main' })) ?? ''
  const person = { name: 'R', email: 'r@example.com', date: new Date() }
  const changes = [{ path: 'b.json', content: [Buffer.from('2')] }]
  const input = { parents: [head], base: head, changes, message: 'm', author: person, committer: person }
  const first = (await store.commit(input)) ?? ''
  const more = [{ path: 'c.json', content: [Buffer.from('3')] }]
  const onTop = (await store.commit({ ...input, parents: [first], base: first, changes: more })) ?? ''
  t.same(
    (await store.list(onTop, '')).map(({ path }) => path),
    ['a.json', 'b.json', 'c.json'],
  )
  t.equal(await store.push(onTop, 'main', head), 'accepted')
  t.equal(await repository.git(['fsck', '--strict', '--full']), '')
  t.equal(await repository.git(['rev-list', '--count', 'main']), '3')
})

function probe(remote: Parameters<typeof engine.probe>[0]) {
  return engine.probe(remote, { branch: 'main' }, signal())
}

function signal(): AbortSignal {
  return new AbortController().signal
}

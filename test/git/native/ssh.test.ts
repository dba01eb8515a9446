// The native engine over ssh: keys, host keys, read-only keys, and a server that never speaks.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t, { type Test } from 'tap'
import type { GitCredentials } from '../../../src/git/engine.ts'
import { nativeEngine } from '../../../src/git/native/engine.ts'
import { Failure } from '../../../src/lib/failure.ts'
import { fails } from '../../helpers/fails.ts'
import { bareRepository, temporaryDirectory } from '../../helpers/git-repository.ts'
import { type GitSshServer, gitSshServer, type SshServerOptions, sshKey } from '../../helpers/git-ssh-server.ts'
import { needSsh } from '../../helpers/needs.ts'
import { processLines } from '../../helpers/processes.ts'

const engine = nativeEngine({ ambient: process.env, allowFile: false, allowHttp: false })
const key = sshKey()
const person = { name: 'R', email: 'r@example.com', date: new Date() }

t.test('reads, writes and looks back; B4 hashed known_hosts are accepted', async t => {
  if (!needSsh(t)) return
  const { repository, server } = await served(t)
  const remote = { url: server.url, credentials: { identity: key.private, knownHosts: server.hashedKnownHosts } }
  const store = await engine.open(remote, await temporaryDirectory(t), signal())
  const base = (await store.fetch({ branch: 'main' })) ?? ''
  t.equal(base, await repository.head())
  const [file] = await store.list(base, 'a.json')
  for await (const { bytes } of store.read(file === undefined ? [] : [file], 100)) t.equal(bytes.toString(), 'one')
  const changes = [{ path: 'b.json', content: [Buffer.from('two')] }]
  const message = 'm\n\nRollbook-Run: r1'
  const made =
    (await store.commit({ parents: [base], base, changes, message, author: person, committer: person })) ?? ''
  t.equal(await store.push(made, 'main', base), 'accepted')
  t.equal(await repository.read('b.json'), 'two')
  t.equal((await store.findTrailer(made, 'Rollbook-Run: r1', { notBefore: undefined }))?.commit, made)
})

t.test('B1 a key that the server does not know, and no key at all', async t => {
  if (!needSsh(t)) return
  const { server } = await served(t)
  const stranger = sshKey()
  const refused = await fails(t, probe(server, { identity: stranger.private }), {
    reason: 'AuthenticationFailed',
    class: 'definite',
  })
  t.notMatch(refused.message, /PRIVATE KEY/)
  await fails(t, probe(server, { identity: 'garbage' }), { reason: 'AuthenticationFailed', class: 'definite' })
  await fails(
    t,
    engine.probe({ url: server.url, credentials: { knownHosts: server.knownHosts } }, { branch: 'main' }, signal()),
    {
      reason: 'AuthenticationFailed',
      message: /identity/,
    },
  )
  t.equal(server.logins(), 0)
})

t.test('B3 an encrypted key: without, with a wrong and with the right passphrase', async t => {
  if (!needSsh(t)) return
  const passphrase = `open 'sesame" $(touch pwned) ${process.pid}`
  const encrypted = sshKey(passphrase)
  const { repository, server } = await served(t, { authorized: [encrypted.public] })
  await fails(t, probe(server, { identity: encrypted.private }), {
    reason: 'AuthenticationFailed',
    message: /encrypted and no passphrase/,
  })
  const wrong = await fails(t, probe(server, { identity: encrypted.private, identityPassphrase: 'wr0ng-one' }), {
    reason: 'AuthenticationFailed',
    class: 'definite',
    message: /passphrase/,
  })
  t.notMatch(wrong.message, /wr0ng-one/)
  t.equal(server.logins(), 0)
  t.match(await probe(server, { identity: encrypted.private, identityPassphrase: passphrase }), {
    commit: await repository.head(),
  })
})

t.test('B4 known_hosts missing, for another host, or of a key that changed', async t => {
  if (!needSsh(t)) return
  const { server } = await served(t)
  const other = await served(t)
  await fails(t, probe(server, { knownHosts: '' }), {
    reason: 'HostKeyUnknown',
    class: 'definite',
    message: /no known_hosts is given/,
  })
  await fails(t, probe(server, { knownHosts: other.server.knownHosts }), {
    reason: 'HostKeyUnknown',
    class: 'definite',
    message: /has no key for/,
  })
  const [host = ''] = server.knownHosts.split(' ')
  const [, ...otherKey] = other.server.knownHosts.split(' ')
  const changed = `${host} ${otherKey.join(' ')}`
  await fails(t, probe(server, { knownHosts: changed }), {
    reason: 'HostKeyUnknown',
    class: 'definite',
    message: /another host key/,
  })
  t.equal(server.logins(), 0)
})

t.test('B7 a read-only deploy key', async t => {
  if (!needSsh(t)) return
  const { repository, server } = await served(t, { readOnly: true })
  const remote = { url: server.url, credentials: { identity: key.private, knownHosts: server.knownHosts } }
  const store = await engine.open(remote, await temporaryDirectory(t), signal())
  const base = (await store.fetch({ branch: 'main' })) ?? ''
  const changes = [{ path: 'b.json', content: [Buffer.from('two')] }]
  const made =
    (await store.commit({ parents: [base], base, changes, message: 'm', author: person, committer: person })) ?? ''
  await fails(t, store.push(made, 'main', base), { reason: 'PushDenied', class: 'definite', message: /read only/ })
  t.equal(await repository.head(), base)
})

t.test('a repository that is not there', async t => {
  if (!needSsh(t)) return
  const { server } = await served(t)
  const missing = engine.probe(
    { url: `${server.url}-not`, credentials: { identity: key.private, knownHosts: server.knownHosts } },
    { branch: 'main' },
    signal(),
  )
  await fails(t, missing, { reason: 'RepositoryNotFound', class: 'definite' })
})

t.test('E2 a server that never speaks ends at the deadline, and no ssh is left', async t => {
  if (!needSsh(t)) return
  const silent = createServer(socket => socket.on('error', () => {}))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const { port } = silent.address() as AddressInfo
  const connected = once(silent, 'connection')
  const deadline = new AbortController()
  const credentials = { identity: key.private, knownHosts: `[127.0.0.1]:${port} ${key.public}` }
  const probing = engine.probe(
    { url: `ssh://git@127.0.0.1:${port}/r.git`, credentials },
    { branch: 'main' },
    deadline.signal,
  )
  const [socket] = await Promise.race([connected, probing.then(() => [undefined])])
  t.ok(processLines().some(line => line.startsWith('ssh ') && line.includes(String(port))))
  deadline.abort(new Failure('DeadlineExceeded', 'transient', 'too late'))
  await fails(t, probing, { reason: 'DeadlineExceeded', class: 'transient' })
  t.notOk(processLines().some(line => line.startsWith('ssh ') && line.includes(String(port))))
  socket?.destroy()
})

t.test('E3 nobody listens', async t => {
  if (!needSsh(t)) return
  const credentials = { identity: key.private, knownHosts: `127.0.0.1 ${key.public}` }
  await fails(t, engine.probe({ url: 'ssh://git@127.0.0.1:9/r.git', credentials }, { branch: 'main' }, signal()), {
    reason: 'NetworkFailed',
    class: 'transient',
  })
})

async function served(t: Test, options: Partial<SshServerOptions> = {}) {
  const repository = await bareRepository(t, { 'a.json': 'one' })
  return { repository, server: await gitSshServer(t, repository, { authorized: [key.public], ...options }) }
}

function probe(server: GitSshServer, credentials: GitCredentials) {
  const given = { identity: key.private, knownHosts: server.knownHosts, ...credentials }
  return engine.probe({ url: server.url, credentials: given }, { branch: 'main' }, signal())
}

function signal(): AbortSignal {
  return new AbortController().signal
}

// The native engine among hostile things: environments, configuration, objects, sizes, and processes that don't want to end.
import { readFileSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { nativeEngine } from '../../../src/git/native/engine.ts'
import { startGit } from '../../../src/git/native/process.ts'
import { Failure } from '../../../src/lib/failure.ts'
import { selfSignedCertificate } from '../../helpers/certificate.ts'
import { fails } from '../../helpers/fails.ts'
import { basic, gitHttpServer } from '../../helpers/git-http-server.ts'
import { bareRepository, temporaryDirectory } from '../../helpers/git-repository.ts'
import { gitSshServer, sshKey } from '../../helpers/git-ssh-server.ts'
import { needSsh } from '../../helpers/needs.ts'

const engine = nativeEngine({ ambient: process.env, allowFile: true, allowHttp: false })
const person = { name: 'R', email: 'r@example.com', date: new Date() }

t.test(
  'nothing of the user decides: configuration, variables, hooks, a repository around the scratch directory',
  async t => {
    const repository = await bareRepository(t, { 'a.json': 'right' })
    const decoy = await bareRepository(t, { 'a.json': 'wrong' })
    const home = await temporaryDirectory(t)
    const canary = join(home, 'canary')
    const hook = `#!/bin/sh\ntouch '${canary}'\n`
    for (const name of ['pre-push', 'post-index-change', 'reference-transaction']) {
      await writeFile(join(home, name), hook)
      await chmod(join(home, name), 0o755)
    }
    const hostile = `[url "${decoy.url}"]\n\tinsteadOf = ${repository.url}\n[core]\n\thooksPath = ${home}\n[user]\n\tname = Mallory\n[credential]\n\thelper = "!touch '${canary}'"\n`
    await writeFile(join(home, '.gitconfig'), hostile)
    await mkdir(join(home, '.git'))
    await writeFile(join(home, '.git', 'config'), hostile)
    const ambient = {
      PATH: process.env['PATH'],
      HOME: home,
      XDG_CONFIG_HOME: home,
      GIT_DIR: decoy.directory,
      GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
      GIT_TRACE: canary,
      GIT_AUTHOR_NAME: 'Mallory',
    }
    const guarded = nativeEngine({
      allowFile: true,
      allowHttp: false,
      ambient,
      tmpDirectory: home,
    })

    const head = await repository.head()
    t.match(await guarded.probe({ url: repository.url }, { branch: 'main' }, signal()), { commit: head })
    const scratch = join(home, 'scratch')
    await mkdir(scratch)
    const store = await guarded.open({ url: repository.url }, scratch, signal())
    t.equal(await store.fetch({ branch: 'main' }), head)
    const made = await store.commit({
      parents: [head ?? ''],
      base: head,
      changes: [write('b', 'x')],
      message: 'm',
      author: person,
      committer: person,
    })
    t.equal(await store.push(made ?? '', 'main', head), 'accepted')
    t.equal(await repository.git(['log', '-1', '--format=%an %cn']), 'R R')
    t.notOk((await readdir(home)).includes('canary'))

    t.comment('a file URL needs no credentials, so asking for those of the user changes nothing')
    const again = join(home, 'again')
    await mkdir(again)
    const owned = await guarded.open({ url: repository.url, userConfig: true }, again, signal())
    const next = await owned.commit({ ...commitOn(await owned.fetch({ branch: 'main' })), changes: [write('c', 'x')] })
    t.equal(await owned.push(next ?? '', 'main', made), 'accepted')
    t.notOk((await readdir(home)).includes('canary'))
  },
)

t.test("the user's own credentials answer only when asked for (userConfig), and never by a prompt", async t => {
  const repository = await bareRepository(t, { 'a.json': '1' })
  const server = await gitHttpServer(t, repository, { tls: true, authorization: basic('me', 'mine') })
  const home = await temporaryDirectory(t)
  await writeFile(join(home, 'ca.pem'), server.ca)
  const config = (helper: string) =>
    `[core]\n\thooksPath = ${home}\n[http]\n\tsslCAInfo = ${home}/ca.pem\n[credential]\n\thelper = "${helper}"\n`
  await writeFile(join(home, '.gitconfig'), config('!f() { echo username=me; echo password=mine; }; f'))
  const ambient = { PATH: process.env['PATH'], HOME: home, GIT_ASKPASS: '/bin/cat', DISPLAY: ':0' }
  const local = nativeEngine({ allowFile: false, allowHttp: false, ambient })
  const own = { url: server.url, userConfig: true }
  await writeFile(join(home, 'reference-transaction'), `#!/bin/sh\ntouch '${home}/canary'\n`, { mode: 0o755 })
  const store = await local.open(own, await temporaryDirectory(t), signal())
  const base = await store.fetch({ branch: 'main' })
  const made = await store.commit({ ...commitOn(base), changes: [write('b', 'x')] })
  t.equal(await store.push(made ?? '', 'main', base), 'accepted')
  t.notOk((await readdir(home)).includes('canary'), 'and no hook of the user runs')
  t.match(await local.probe(own, { branch: 'main' }, signal()), { commit: await repository.head() })
  await fails(t, local.probe({ url: server.url }, { branch: 'main' }, signal()), { reason: 'CertificateInvalid' })
  const trusting = { url: server.url, credentials: { caCertificate: server.ca } }
  await fails(t, local.probe(trusting, { branch: 'main' }, signal()), { reason: 'AuthenticationFailed' })
  await writeFile(join(home, '.gitconfig'), config(''))
  await fails(t, local.probe(own, { branch: 'main' }, signal()), { reason: 'AuthenticationFailed', class: 'definite' })
})

t.test('the address that was checked is the one connected to', async t => {
  const repository = await bareRepository(t, { 'a.json': '1' })
  const certificate = selfSignedCertificate()
  const server = await gitHttpServer(t, repository, { tls: true, certificate })
  const named = { url: server.url.replace('127.0.0.1', 'git.test'), credentials: { caCertificate: server.ca } }
  await fails(t, engine.probe(named, { branch: 'main' }, signal()), { reason: 'NetworkFailed' })
  const addressed = { ...named, addresses: ['127.0.0.1'] }
  t.match(await engine.probe(addressed, { branch: 'main' }, signal()), { commit: await repository.head() })
  t.match(server.requests.at(0), { authorization: undefined })

  if (!needSsh(t)) return
  const key = sshKey()
  const ssh = await gitSshServer(t, repository, { authorized: [key.public] })
  const knownHosts = ssh.knownHosts.replace('127.0.0.1', 'git.test')
  const remote = { url: ssh.url.replace('127.0.0.1', 'git.test'), credentials: { identity: key.private, knownHosts } }
  await fails(t, engine.probe(remote, { branch: 'main' }, signal()), { reason: 'NetworkFailed' })
  const known = { ...remote, addresses: ['127.0.0.1'] }
  t.match(await engine.probe(known, { branch: 'main' }, signal()), { commit: await repository.head() })
})

t.test('a damaged store is a transient failure', async t => {
  const repository = await bareRepository(t, { 'a.json': 'x'.repeat(5000), 'b.json': 'y' })
  const directory = await temporaryDirectory(t)
  const store = await engine.open({ url: repository.url }, directory, signal())
  const head = (await store.fetch({ branch: 'main' })) ?? ''
  const files = await store.list(head, '')
  const read = async () => {
    for await (const _ of store.read(files, 10_000));
  }
  await read()
  const packs = join(directory, 'store.git', 'objects', 'pack')
  for (const name of (await readdir(packs)).filter(each => each.endsWith('.pack'))) {
    const bytes = await readFile(join(packs, name))
    await chmod(join(packs, name), 0o600)
    await writeFile(join(packs, name), bytes.fill(0xaa, 13, bytes.length - 20))
  }
  await fails(t, read(), { reason: 'GitFailed', class: 'transient' })
})

t.test("objects that git's own checks refuse are a definite failure", async t => {
  const repository = await bareRepository(t, { 'a.json': '1' })
  const blob = await repository.git(['rev-parse', 'main:a.json'])
  const bytes = Buffer.concat([Buffer.from('100644 .git\0'), Buffer.from(blob, 'hex')])
  const tree = await repository.git(['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], bytes)
  const commit = await repository.git(['commit-tree', '-m', 'evil', tree])
  await repository.git(['update-ref', 'refs/heads/main', commit])
  const store = await engine.open({ url: repository.url }, await temporaryDirectory(t), signal())
  await fails(t, store.fetch({ branch: 'main' }), { reason: 'GitFailed', class: 'definite', message: /hasDotgit/ })
})

t.test('large contents pass in pieces, whatever their size', async t => {
  const repository = await bareRepository(t)
  const store = await engine.open({ url: repository.url }, await temporaryDirectory(t), signal())
  const mebibyte = 1024 * 1024
  const sizes = [0, 1, mebibyte - 1, mebibyte, mebibyte + 1, 10 * mebibyte + 7]
  const changes = sizes.map(size => ({ path: `size-${size}`, content: pieces(size) }))
  const made =
    (await store.commit({ parents: [], base: undefined, changes, message: 'm', author: person, committer: person })) ??
    ''
  t.equal(await store.push(made, 'main', undefined), 'accepted')
  t.equal(await repository.git(['fsck', '--full', '--strict']), '')
  for (const size of sizes) {
    const expected = await repository.git(['hash-object', '--stdin'], Buffer.concat([...pieces(size)]))
    t.equal(await repository.git(['rev-parse', `main:size-${size}`]), expected, `${size} bytes`)
  }
})

t.test('a process group that ignores the request to end is killed, children too', async t => {
  const directory = await temporaryDirectory(t)
  const script = `#!/bin/sh\ntrap '' TERM\n(trap '' TERM; while :; do sleep 1; done) &\necho $$ $!\nwhile :; do sleep 1; done\n`
  await writeFile(join(directory, 'git'), script, { mode: 0o755 })
  const abort = new AbortController()
  const env = { PATH: `${directory}:${process.env['PATH']}` }
  const git = startGit({ args: [], env, cwd: directory, signal: abort.signal, graceMs: 50 })
  const ids = await new Promise<number[]>(resolve => {
    git.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim().split(' ').map(Number)))
  })
  t.equal(ids.length, 2)
  for (const id of ids) t.ok(isAlive(id))
  abort.abort(new Failure('DeadlineExceeded', 'transient', 'too late'))
  await fails(t, git.ended, { reason: 'DeadlineExceeded' })
  for (const id of ids) t.notOk(isAlive(id))
})

function* pieces(size: number): Iterable<Buffer> {
  for (let at = 0; at < size; at += 100_000) yield Buffer.alloc(Math.min(100_000, size - at), `${at} bytes before `)
}

function commitOn(base: string | undefined) {
  return { parents: base === undefined ? [] : [base], base, message: 'm', author: person, committer: person }
}

function write(path: string, content: string) {
  return { path, content: [Buffer.from(content)] }
}

function signal(): AbortSignal {
  return new AbortController().signal
}

/** Signal 0 asks whether a process is there; one that ended and waits to be collected is gone all the same. */
function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${id}/status`, 'utf8'))
  } catch (error) {
    return error instanceof Error && 'path' in error && process.platform !== 'linux'
  }
}

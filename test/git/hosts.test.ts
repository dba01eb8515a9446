// Hosts and git: a source or target whose name leads to a denied address is refused before a connection, and what was checked
// is what both engines connect to, whatever the name means a moment later.
import t, { type Test } from 'tap'
import { remoteOf } from '../../src/git/credentials.ts'
import { isomorphicEngine } from '../../src/git/isomorphic/engine.ts'
import { nativeEngine } from '../../src/git/native/engine.ts'
import { DEFAULT_HOSTS, type HostPolicy, LOCAL_HOSTS } from '../../src/lib/hosts.ts'
import { GitTarget } from '../../src/run/git-target.ts'
import { openGitSource } from '../../src/sources/git.ts'
import { fails } from '../helpers/fails.ts'
import { gitHttpServer } from '../helpers/git-http-server.ts'
import { bareRepository } from '../helpers/git-repository.ts'
import { testAccess } from '../helpers/source-access.ts'

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'metadata.test': ['169.254.169.254'],
  'inside.test': ['203.0.113.7', '127.0.0.1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'service.test': ['10.96.0.1'],
  'git.test': ['127.0.0.1'],
}
const CLUSTER: HostPolicy = { ...DEFAULT_HOSTS, denyCidrs: ['10.96.0.0/12'] }
/** Loopback is where the test's servers are; with one denied range, addresses are checked all the same. */
const LOCAL: HostPolicy = { ...LOCAL_HOSTS, denyCidrs: ['10.96.0.0/12'] }
const TARGET = { type: 'git', branch: 'main', path: 'r.json', layout: 'File', format: 'upstream', commit: {} } as const
const ENGINES = [
  nativeEngine({ allowFile: false, allowHttp: true, ambient: process.env }),
  isomorphicEngine({ allowHttp: true, ambient: {} }),
]

const resolve = async (name: string) =>
  (NAMES[name] ?? []).map(address => ({ address, family: address.includes(':') ? (6 as const) : (4 as const) }))

function access(t: Test, hosts: HostPolicy) {
  return testAccess(t, { hosts, resolve })
}

t.test('G4 a source or target that leads to a denied address is refused, over https and ssh', async t => {
  for (const host of ['metadata.test', 'inside.test', 'mapped.test', 'service.test'])
    for (const repository of [`https://${host}/team/catalog.git`, `ssh://git@${host}/team/catalog.git`]) {
      const source = { type: 'git', repository, ref: { branch: 'main' }, path: 'registry.json' } as const
      const opening = openGitSource(source, undefined, await access(t, CLUSTER))
      const denied = { reason: 'HostDenied', class: 'definite', message: new RegExp(`^${host} is or leads to`) }
      await fails(t, opening, denied, repository)
      const target = { ...TARGET, repository }
      await fails(t, GitTarget.open(target, await access(t, CLUSTER), undefined), denied, repository)
    }
})

t.test('the checked address is the connected one: no engine looks the name up again', async t => {
  const repository = await bareRepository(t, { 'registry.json': '[]' })
  const server = await gitHttpServer(t, repository)
  const url = server.url.replace('127.0.0.1', 'git.test')
  const remote = await remoteOf(url, undefined, await access(t, LOCAL))
  t.strictSame(remote, { url, userConfig: false, addresses: ['127.0.0.1'] })
  for (const engine of ENGINES) {
    const probing = engine.probe(remote, { branch: 'main' }, new AbortController().signal)
    t.match(await probing, { commit: await repository.head() }, engine.name)
    const unchecked = engine.probe({ url }, { branch: 'main' }, new AbortController().signal)
    await fails(t, unchecked, { reason: 'NetworkFailed' }, `${engine.name}: the system does not know the name`)
  }
})

t.test('a redirect of a checked host is asked for at the checked address too', async t => {
  const repository = await bareRepository(t, { 'registry.json': '[]' })
  const server = await gitHttpServer(t, repository, {
    intercept: (_, response) => {
      response.writeHead(302, { location: 'http://metadata.test/latest' }).end()
      return true
    },
  })
  const remote = await remoteOf(server.url.replace('127.0.0.1', 'git.test'), undefined, await access(t, LOCAL))
  for (const engine of ENGINES)
    await fails(t, engine.probe(remote, { branch: 'main' }, new AbortController().signal), {
      reason: 'RepositoryNotFound',
      message: /redirects to metadata\.test \(302\)/,
    })
})

t.test('where no address is denied, names are left to git: a proxy or ssh may know them', async t => {
  const url = 'ssh://git@my-alias/team/catalog.git'
  t.strictSame(await remoteOf(url, undefined, await access(t, LOCAL_HOSTS)), { url, userConfig: false })
  await fails(t, remoteOf(url, undefined, await access(t, CLUSTER)), { reason: 'NetworkFailed', class: 'transient' })
})

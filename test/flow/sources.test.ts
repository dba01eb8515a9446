// The whole way of an entry through the program from every kind of source: real servers, real repositories, real processes.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sha256Hex } from '../../src/lib/hash.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { importManifest, listOf, server } from '../helpers/entries.ts'
import { bareRepository, type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { gzipped, redirect, reply, status, webServer } from '../helpers/http-server.ts'
import { program, programJson } from '../helpers/in-process.ts'

const ONE = server('io.example/one', '1.0.0')
const TWO = server('io.example/two', '1.0.0')
const OLD = server('io.example/two', '0.9.0')
const TOKEN = 'planted-token-7f3a91c2'

interface Workplace {
  readonly directory: string
  readonly target: TestRepository
  run(...args: string[]): Promise<{ code: number | null; data: RunResult; stderr: string }>
}

/** A manifest with this source (or other fields of spec), and whatever it refers to. */
async function workplace(t: Test, spec: object, others: readonly object[] = []): Promise<Workplace> {
  const directory = await temporaryDirectory(t)
  const target = await bareRepository(t)
  const job = importManifest({ source: target.url, target: target.url, spec: { ...spec } })
  const manifests = [job, ...others.map(item => JSON.stringify(item))]
  await writeFile(join(directory, 'all.yaml'), manifests.join('\n---\n'))
  return {
    directory,
    target,
    run: (...args) => programJson<RunResult>(['run', '-f', 'all.yaml', ...args], { cwd: directory }),
  }
}

function plain(kind: 'Secret' | 'ConfigMap', name: string, fields: object): object {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'test' }, ...fields }
}

function registry(name: string, spec: object): object {
  const metadata = { name, namespace: 'test' }
  return { apiVersion: 'toolhive.stacklok.io/v1alpha1', kind: 'MCPRegistry', metadata, spec }
}

async function namesIn(target: TestRepository, path = 'catalog/registry.json'): Promise<string[]> {
  const { data } = JSON.parse(await target.read(path)) as { data: { servers: { name: string; version: string }[] } }
  return data.servers.map(({ name, version }) => `${name} ${version}`)
}

t.test('url: a document behind a token and a private authority, and its trailer (G1)', async t => {
  const body = listOf(ONE, TWO)
  const web = await webServer(
    t,
    { '/c.json': gzipped(body), '/denied.json': status(403, { 'content-type': 'text/plain' }, `no ${TOKEN}`) },
    { tls: true, authorization: `Bearer ${TOKEN}` },
  )
  const secret = plain('Secret', 'web', { stringData: { bearerToken: TOKEN, 'ca.crt': web.ca } })
  const source = (path: string) => ({
    source: { type: 'url', url: { url: `${web.url}${path}?sig=planted-signature`, authSecret: { name: 'web' } } },
  })
  const { run, target } = await workplace(t, source('/c.json'), [secret])

  const { code, data, stderr } = await run('--report', 'report.jsonl')

  t.equal(code, 0)
  t.match(data, { outcome: 'Completed', counts: { added: 2 }, source: { revision: `sha256:${sha256Hex(body)}` } })
  t.strictSame(await namesIn(target), ['io.example/one 1.0.0', 'io.example/two 1.0.0'])
  const [message = ''] = await target.log()
  t.match(message, `Rollbook-Source: url ${web.url}/c.json?sig=*** sha256:${sha256Hex(body)}\n`)
  t.notMatch(`${message}${JSON.stringify(data)}${stderr}`, 'planted')
  t.match((await run()).data, { outcome: 'Unchanged' })

  const denied = await workplace(t, source('/denied.json'), [secret])
  const refused = await denied.run('--report', 'report.jsonl')
  t.equal(refused.code, 10)
  t.match(refused.data, { outcome: 'Failed', reason: 'AuthenticationFailed', message: /\(403\): no \*\*\*/ })
  const report = await readFile(join(denied.directory, 'report.jsonl'), 'utf8')
  t.notMatch(`${JSON.stringify(refused.data)}${refused.stderr}${report}`, 'planted')
  t.equal(await denied.target.head(), undefined)
})

t.test('B6 url: the token stays at home when a redirect leads away', async t => {
  const other = await webServer(t, { '/c.json': reply(listOf(ONE)) })
  const web = await webServer(t, { '/c.json': redirect(`${other.url}/c.json`) })
  const secret = plain('Secret', 'web', { stringData: { bearerToken: TOKEN } })
  const { run } = await workplace(t, { source: { type: 'url', url: { url: `${web.url}/c.json` } } }, [secret])
  t.equal((await run()).data.outcome, 'Completed')

  const authSecret = { name: 'web' }
  const insecure = await workplace(t, { source: { type: 'url', url: { url: `${web.url}/c.json`, authSecret } } }, [
    secret,
  ])
  const { code, data } = await insecure.run()
  t.equal(code, 10)
  t.equal(data.reason, 'InsecureCredentials')
  t.equal(web.requests.length, 1)
  t.equal(other.requests[0]?.headers.authorization, undefined)
})

t.test('configmap: a key among the manifests, also as binaryData', async t => {
  const body = listOf(ONE)
  const configMap = plain('ConfigMap', 'catalog', {
    data: { 'registry.json': body },
    binaryData: { 'other.json': Buffer.from(listOf(TWO)).toString('base64') },
  })
  const source = (key?: string) => ({ source: { type: 'configmap', configMap: { name: 'catalog', key } } })
  const first = await workplace(t, source(), [configMap])
  t.match((await first.run()).data, { outcome: 'Completed', counts: { added: 1 } })
  t.match(
    (await first.target.log())[0],
    `Rollbook-Source: configmap test/catalog/registry.json sha256:${sha256Hex(body)}\n`,
  )
  const binary = await workplace(t, source('other.json'), [configMap])
  await binary.run()
  t.strictSame(await namesIn(binary.target), ['io.example/two 1.0.0'])

  const missing = await workplace(t, source())
  const { code, data } = await missing.run()
  t.equal(code, 10)
  t.match(data, { reason: 'ReferenceNotFound', message: /ConfigMap test\/catalog does not exist/ })
})

t.test('registry: an API with pages; a page that is none writes nothing, also with prune', async t => {
  const record = (item: object) => ({ server: item, _meta: {} })
  const page = (items: object[], nextCursor?: string) =>
    JSON.stringify({ servers: items.map(record), metadata: { nextCursor } })
  const web = await webServer(t, {
    '/v0.1/servers': (request, response) =>
      reply(request.url?.includes('cursor=2') ? page([TWO]) : page([ONE], '2'))(request, response),
  })
  const spec = { source: { type: 'registry', registry: { url: `${web.url}/v0.1` } }, merge: { prune: 'Missing' } }
  const { run, target } = await workplace(t, spec)
  const first = await run()
  t.match(first.data, { outcome: 'Completed', counts: { added: 2 } })
  t.strictSame(await namesIn(target), ['io.example/one 1.0.0', 'io.example/two 1.0.0'])
  t.match((await target.log())[0], `Rollbook-Source: registry ${web.url}/v0.1 ${first.data.source.revision}\n`)

  web.routes['/v0.1/servers'] = (request, response) =>
    reply(request.url?.includes('cursor=2') ? '<html>maintenance</html>' : page([ONE], '2'))(request, response)
  const head = await target.head()
  const broken = await run()
  t.equal(broken.code, 10)
  t.match(broken.data, { reason: 'SourceInvalid', message: /page-2 .* is no list of servers/ })

  web.routes['/v0.1/servers'] = reply('<html>maintenance</html>')
  t.match((await run()).data, { reason: 'SourceInvalid', message: /page-1/ })
  t.equal(await target.head(), head)
})

t.test('registryRef: the source of the registry, through its filter and policy first', async t => {
  const bad = server('io.example/bad', 'latest')
  const hidden = server('io.example/hidden', 'latest')
  const source = await bareRepository(t, { 'registry.json': listOf(ONE, OLD, TWO, bad, hidden) })
  const git = { type: 'git', git: { repository: source.url } }
  const raw = registry('raw', { source: git, filter: { exclude: { names: ['io.example/one'] } } })
  const from = (name: string) => ({ type: 'registry', registry: { registryRef: { name } } })
  const latest = registry('latest', { source: from('raw'), filter: { versions: 'latest' } })
  // The registries skip what is invalid, so that this job's stricter policy sees none of it.
  const { run, target } = await workplace(t, { source: from('latest'), policy: { onInvalid: 'Fail' } }, [raw, latest])

  const { data } = await run('--report', 'report.jsonl')

  t.match(data, { outcome: 'PartiallyCompleted', counts: { total: 5, invalid: 2, filtered: 2, added: 1 } })
  t.match(data.issues, [{ document: 'registry.json', name: 'io.example/bad' }, { name: 'io.example/hidden' }])
  t.equal(data.source.revision, `main@sha1:${await source.head()}`)
  t.strictSame(await namesIn(target), ['io.example/two 1.0.0'])
  t.match((await target.log())[0], `Rollbook-Source: git ${source.url} main@sha1:${await source.head()}\n`)

  const strict = registry('raw', { source: git, policy: { onInvalid: 'Fail' } })
  const refused = await workplace(t, { source: from('raw') }, [strict])
  t.match((await refused.run()).data, { outcome: 'Failed', reason: 'EntriesInvalid' })

  const none = registry('raw', { source: git, filter: { include: { names: ['nothing/*'] } } })
  const empty = await workplace(t, { source: from('raw') }, [none])
  t.match((await empty.run()).data, { outcome: 'PartiallyCompleted', reason: 'FilterMatchesNothing' })

  const unknown = await workplace(t, { source: from('gone') })
  const { code, stderr } = await program(['run', '-f', 'all.yaml'], { cwd: unknown.directory })
  t.equal(code, 10)
  t.match(stderr, /MCPRegistry test\/gone does not exist[\s\S]*\[ReferenceNotFound\]/)
})

t.test("target.registryRef: the entries stand in the registry's own source", async t => {
  const web = await webServer(t, { '/c.json': reply(listOf(TWO)) })
  const team = await bareRepository(t, { 'registry.json': listOf(ONE) })
  const catalog = registry('team', { source: { type: 'git', git: { repository: team.url } } })
  const { run } = await workplace(
    t,
    { source: { type: 'url', url: { url: `${web.url}/c.json` } }, target: { registryRef: { name: 'team' } } },
    [catalog],
  )
  t.match((await run()).data, {
    outcome: 'Completed',
    counts: { added: 1, stale: 1 },
    target: { repository: team.url },
  })
  t.strictSame(await namesIn(team, 'registry.json'), ['io.example/one 1.0.0', 'io.example/two 1.0.0'])
})

t.test('worker: hosts come with the request or from its settings, ConfigMaps from a folder', async t => {
  const web = await webServer(t, { '/c.json': reply(listOf(ONE)) })
  const { target, directory } = await workplace(t, {})
  const request = {
    runId: 'worker-run',
    attempt: 1,
    resource: { kind: 'MCPRegistryImportJob', namespace: 'test', name: 'import', uid: 'local', generation: 1 },
    mode: 'Apply',
    startTime: '2026-03-01T12:00:00Z',
    searchWholeHistory: false,
    source: { type: 'url', url: `${web.url}/c.json` },
    filter: { versions: 'all' },
    policy: {
      onInvalid: 'Skip',
      checks: ['schema'],
      profile: 'generic',
      namespace: 'io.example',
      longDescription: 'Fail',
      strictToolHive: false,
    },
    merge: { onConflict: 'Replace', prune: 'Never', allowEmpty: false },
    target: {
      type: 'git',
      repository: target.url,
      branch: 'main',
      path: 'catalog/registry.json',
      layout: 'File',
      format: 'upstream',
      commit: {},
    },
    activeDeadlineSeconds: 60,
    requestHash: '0'.repeat(64),
  }
  const work = async (change: object, ...args: string[]) => {
    const env = { ROLLBOOK_REQUEST: JSON.stringify({ ...request, ...change }) }
    const { code, stdout } = await program(['worker', ...args], { cwd: directory, env })
    return { code, data: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as RunResult }
  }
  const hosts = { denyCidrs: [], allowPlainHttp: 'all', local: true }

  t.match(await work({}), { code: 10, data: { reason: 'HostDenied' } })
  t.match(await work({}, '--allow-file-urls'), { code: 10, data: { reason: 'HostDenied', message: /plain http/ } })
  const listed = { ...hosts, allowHosts: ['registry.example'] }
  t.match(await work({ hosts: listed }), { code: 10, data: { message: /not among the allowed hosts/ } })
  t.equal(web.requests.length, 0)
  t.match(await work({}, '--allow-file-urls', '--allow-plain-http', '127.0.0.1'), {
    code: 0,
    data: { outcome: 'Completed' },
  })

  const source = { type: 'configmap', namespace: 'test', name: 'catalog', key: 'registry.json' }
  const missing = await work({ hosts, source, runId: 'second' }, '--config-dir', directory)
  t.match(missing, { code: 10, data: { reason: 'ReferenceNotFound', message: /ConfigMap test\/catalog/ } })
})

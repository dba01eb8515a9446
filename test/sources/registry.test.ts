// Source registry against servers that page, refuse, repeat and break off as real ones do.
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { listUrl } from '../../src/sources/registry/list-url.ts'
import { openRegistrySource } from '../../src/sources/registry.ts'
import { server } from '../helpers/entries.ts'
import { fails } from '../helpers/fails.ts'
import { type Answer, cut, inTurn, reply, status, type WebServer, webServer } from '../helpers/http-server.ts'
import { needSharedData } from '../helpers/needs.ts'
import { contentOf, type TestAccessOptions, testAccess } from '../helpers/source-access.ts'

/** A record of a list. */
interface Listed {
  readonly server: { readonly name?: unknown; readonly version?: unknown }
  readonly _meta?: unknown
}

const RECORDS: readonly Listed[] = ['a', 'b', 'c', 'd', 'e'].map(name => ({
  server: server(`io.example/${name}`, '1.0.0+build'),
  _meta: { 'io.modelcontextprotocol.registry/official': { status: 'active', isLatest: true } },
}))
const NAMES = RECORDS.map((_, index) => `io.example/${'abcde'[index]} 1.0.0+build`)

/** Pages as the official registry cuts them: the cursor is `name:version` of the last record. */
function paged(records: readonly Listed[], size: number): Answer {
  return (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://server')
    const cursors = records.map(({ server: { name, version } }) => `${name}:${version}`)
    const cursor = searchParams.get('cursor')
    const start = cursor === null ? 0 : cursors.indexOf(cursor) + 1
    if (cursor !== null && start === 0) return void response.writeHead(400).end('unknown cursor')
    const page = records.slice(start, start + size)
    const nextCursor = page.length === size ? cursors[start + size - 1] : undefined
    reply(JSON.stringify({ servers: page, metadata: { count: page.length, nextCursor } }))(request, response)
  }
}

async function read(t: Test, url: string, options: TestAccessOptions = {}) {
  const access = await testAccess(t, options)
  return { access, opened: openRegistrySource({ type: 'registry', url }, undefined, access) }
}

function asked(web: WebServer): string[] {
  return web.requests.map(({ url }) => url)
}

t.test('all pages are read, with cursors percent-encoded', async t => {
  const web = await webServer(t, { '/v0.1/servers': paged(RECORDS, 2) })
  const source = await (await read(t, web.url)).opened
  t.strictSame(await contentOf(source), NAMES)
  t.strictSame(await contentOf(source), NAMES, 'and again')
  t.match(source.revision, /^sha256:[0-9a-f]{64}$/)
  t.strictSame(asked(web), [
    '/v0.1/servers?limit=100&include_deleted=true',
    '/v0.1/servers?limit=100&include_deleted=true&cursor=io.example%2Fb%3A1.0.0%2Bbuild',
    '/v0.1/servers?limit=100&include_deleted=true&cursor=io.example%2Fd%3A1.0.0%2Bbuild',
  ])
})

t.test('the revision is that of the records: not of their order, pages or cursors', async t => {
  const changed = RECORDS.map((record, index) => (index === 2 ? { ...record, _meta: {} } : record))
  const web = await webServer(t, {
    '/a/v0.1/servers': paged(RECORDS, 2),
    '/b/v0.1/servers': paged(RECORDS.toReversed(), 5),
    '/c/v0.1/servers': paged(changed, 2),
  })
  const revision = async (path: string) => (await (await read(t, `${web.url}${path}`)).opened).revision
  t.equal(await revision('/a'), await revision('/b'))
  t.not(await revision('/a'), await revision('/c'))
})

t.test('the address may end before or after the version, or name the list', async t => {
  const wanted: Readonly<Record<string, string>> = {
    'https://registry.example': 'https://registry.example/v0.1/servers?limit=100',
    'https://registry.example/': 'https://registry.example/v0.1/servers?limit=100',
    'https://registry.example/v0.1': 'https://registry.example/v0.1/servers?limit=100',
    'https://registry.example/v0/': 'https://registry.example/v0/servers?limit=100',
    'https://registry.example/registries/a/b': 'https://registry.example/registries/a/b/v0.1/servers?limit=100',
    'http://api.svc:8080/api/v1/servers': 'http://api.svc:8080/api/v1/servers?limit=100',
    'https://registry.example/v0.1/servers/': 'https://registry.example/v0.1/servers?limit=100',
  }
  for (const [url, list] of Object.entries(wanted)) t.equal(listUrl(url, { includeDeleted: false }).href, list)
})

t.test('a server that knows no include_deleted is asked without it', async t => {
  for (const code of [400, 422]) {
    const pages = paged(RECORDS, 3)
    const web = await webServer(t, {
      '/v0.1/servers': (request, response) =>
        (request.url?.includes('include_deleted') ? status(code) : pages)(request, response),
    })
    t.strictSame(await contentOf(await (await read(t, web.url)).opened), NAMES, String(code))
    t.strictSame(asked(web), [
      '/v0.1/servers?limit=100&include_deleted=true',
      '/v0.1/servers?limit=100',
      '/v0.1/servers?limit=100&cursor=io.example%2Fc%3A1.0.0%2Bbuild',
    ])
  }
  const web = await webServer(t, { '/v0.1/servers': status(400) })
  await fails(t, (await read(t, web.url)).opened, { reason: 'UrlInvalid', message: /400/ }, 'refuses everything')
})

t.test('E1 a page is tried again by itself', async t => {
  const pages = paged(RECORDS, 2)
  const flaky: Answer[] = [pages, status(429, { 'retry-after': '3' }), cut(), pages, pages]
  const web = await webServer(t, { '/v0.1/servers': inTurn(pages, ...flaky.slice(1)) })
  const { opened, access } = await read(t, web.url)
  t.strictSame(await contentOf(await opened), NAMES)
  t.strictSame(access.waits, [3000, 1500])
  t.equal(web.requests.length, 5)
})

t.test('a list that breaks off is never half a registry', async t => {
  const first = JSON.stringify({ servers: RECORDS.slice(0, 2), metadata: { nextCursor: 'next' } })
  const after = (answer: Answer) => inTurn(reply(first), answer)
  const web = await webServer(t, {
    '/html/servers': after(reply('<html>planted page</html>')),
    '/cut-json/servers': after(reply('{"servers":[{"server"')),
    '/object/servers': after(reply('{"error":"oops"}')),
    '/denied/servers': after(status(403)),
    '/down/servers': after(status(500)),
    '/loop/servers': reply(first),
  })
  const cases = [
    { path: '/html', reason: 'SourceInvalid', message: /^page-2 of 127\.0\.0\.1:\d+ is no list of servers/ },
    { path: '/cut-json', reason: 'SourceInvalid', message: /page-2 .* is no list of servers/ },
    { path: '/object', reason: 'SourceInvalid', message: /page-2 .* is no list of servers/ },
    { path: '/denied', reason: 'AuthenticationFailed', message: /403/ },
    { path: '/down', reason: 'NetworkFailed', message: /500/ },
    { path: '/loop', reason: 'SourceInvalid', message: /in a circle/ },
  ]
  for (const { path, reason, message } of cases) {
    await fails(t, (await read(t, `${web.url}${path}/servers`)).opened, { reason, message }, path)
  }
})

t.test('pages and their bytes are limited', async t => {
  let page = 0
  const web = await webServer(t, {
    '/servers': (request, response) =>
      reply(JSON.stringify({ servers: RECORDS, metadata: { nextCursor: `c${page++}` } }))(request, response),
  })
  const url = `${web.url}/servers`
  await fails(t, (await read(t, url, { limits: { files: 4 } })).opened, { reason: 'LimitExceeded', message: /4 pages/ })
  t.equal(web.requests.length, 4)
  await fails(t, (await read(t, url, { limits: { totalBytes: 5000 } })).opened, { reason: 'LimitExceeded' })
})

t.test('an empty registry has no entries, and null is empty', async t => {
  const web = await webServer(t, {
    '/a/servers': reply('{"servers":[],"metadata":{"count":0}}'),
    '/b/servers': reply('{"servers":null,"metadata":{"count":0}}'),
  })
  for (const path of ['/a', '/b'])
    t.strictSame(await contentOf(await (await read(t, `${web.url}${path}/servers`)).opened), [], path)
})

t.test("ToolHive's registry.json, the envelope, and cursors of 2025 are read too", async t => {
  const legacy = { version: '1.0.0', last_updated: '2026-01-01T00:00:00Z', servers: { fetch: { image: 'a/b:1' } } }
  const envelope = { version: '1.0.0', meta: {}, data: { servers: [server('io.example/one', '1.0.0')] } }
  const web = await webServer(t, {
    '/legacy/servers': reply(JSON.stringify(legacy)),
    '/envelope/servers': reply(JSON.stringify(envelope)),
    '/old/servers': inTurn(
      reply(JSON.stringify({ servers: RECORDS.slice(0, 2), metadata: { next_cursor: 'x' } })),
      reply(JSON.stringify({ servers: RECORDS.slice(2), metadata: {} })),
    ),
    '/html/servers': reply('<html></html>'),
  })
  const content = async (path: string) => contentOf(await (await read(t, `${web.url}${path}/servers`)).opened)
  t.strictSame(await content('/legacy'), ['fetch'])
  t.strictSame(await content('/envelope'), ['io.example/one 1.0.0'])
  t.strictSame(await content('/old'), NAMES)
  t.match(await content('/html'), [/^page-1: /], 'is a document that can not be read')
})

t.test('the real registry of December 2025 comes through whole', async t => {
  const file = needSharedData(t, 'real/official-2025-12-12.json')
  if (!file) return
  const { servers } = JSON.parse(readFileSync(file, 'utf8')) as { servers: Listed[] }
  const web = await webServer(t, { '/v0.1/servers': paged(servers, 100) })
  const source = await (await read(t, web.url)).opened
  t.equal((await contentOf(source)).length, servers.length)
  t.equal(web.requests.length, Math.floor(servers.length / 100) + 1)
})

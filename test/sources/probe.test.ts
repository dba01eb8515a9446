// Probes: one request that says whether a source changed, and never that it did not when it did.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { sha256Hex } from '../../src/lib/hash.ts'
import { probeRegistry, probeUrl, type SeenSource } from '../../src/sources/probe.ts'
import { fails } from '../helpers/fails.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { type Answer, gzipped, reply, status, webServer } from '../helpers/http-server.ts'
import { testAccess } from '../helpers/source-access.ts'

const BODY = '{"servers":[]}'
const REVISION = `sha256:${sha256Hex(BODY)}`
const OTHER = `sha256:${sha256Hex('other')}`

function conditional(headers: Readonly<Record<string, string>>): Answer {
  return (request, response) => {
    const asked = request.headers
    const isSame = asked['if-none-match'] === headers['etag'] && headers['etag'] !== undefined
    const isOlder = asked['if-modified-since'] === headers['last-modified'] && headers['last-modified'] !== undefined
    ;(isSame || isOlder ? status(304, headers) : reply(BODY, headers))(request, response)
  }
}

t.test('A8 an unchanged document is one request without a body', async t => {
  const etag = { etag: '"v1"' }
  const modified = { 'last-modified': 'Sun, 01 Mar 2026 12:00:00 GMT' }
  const web = await webServer(t, { '/etag': conditional(etag), '/modified': conditional(modified) })
  const access = await testAccess(t)
  const probe = (path: string, seen: SeenSource) => probeUrl({ type: 'url', url: `${web.url}${path}` }, seen, access)

  t.strictSame(await probe('/etag', {}), { state: 'changed', revision: REVISION, etag: '"v1"' })
  const seen = { revision: REVISION, etag: '"v1"' }
  t.strictSame(await probe('/etag', seen), { state: 'unchanged', ...seen })
  t.equal(web.requests.at(-1)?.headers['if-none-match'], '"v1"')

  const byDate = { revision: REVISION, lastModified: modified['last-modified'] }
  t.strictSame(await probe('/modified', { ...byDate, fullReadTime: 'kept elsewhere' }), {
    state: 'unchanged',
    ...byDate,
  })
  t.equal(web.requests.length, 3)
})

t.test('another ETag, or none, and the same content is unchanged; other content is changed', async t => {
  const web = await webServer(t, { '/etag': conditional({ etag: '"v2"' }), '/none': gzipped(BODY) })
  const access = await testAccess(t)
  const probe = (path: string, seen: SeenSource) => probeUrl({ type: 'url', url: `${web.url}${path}` }, seen, access)

  const moved = await probe('/etag', { revision: REVISION, etag: '"v1"' })
  t.strictSame(moved, { state: 'unchanged', revision: REVISION, etag: '"v2"' })
  t.strictSame(await probe('/none', { revision: REVISION }), { state: 'unchanged', revision: REVISION })
  t.strictSame(await probe('/none', { revision: OTHER }), { state: 'changed', revision: REVISION })
  t.equal((await probe('/etag', { etag: '"v2"' })).state, 'changed', 'an ETag without its revision is not asked for')
})

t.test('a file is compared by its content', async t => {
  const directory = await temporaryDirectory(t)
  const path = join(directory, 'registry.json')
  await writeFile(path, BODY)
  const source = { type: 'url', url: pathToFileURL(path).href } as const
  const access = await testAccess(t)
  t.equal((await probeUrl(source, { revision: REVISION }, access)).state, 'unchanged')
  t.equal((await probeUrl(source, { revision: OTHER }, access)).state, 'changed')
})

t.test('a registry is asked what was updated since, and believed for fullInterval only', async t => {
  const empty = reply('{"servers":[],"metadata":{"count":0}}')
  const web = await webServer(t, {
    '/quiet/servers': empty,
    '/busy/servers': reply('{"servers":[{}],"metadata":{"count":1}}'),
    '/old/servers': status(422),
    '/legacy/servers': reply('{"servers":{}}'),
    '/down/servers': status(500),
  })
  const hour = 3_600_000
  const now = new Date('2026-03-02T12:00:00Z')
  const access = { ...(await testAccess(t, { now })), fullInterval: 24 * hour }
  const probe = async (path: string, hoursAgo: number) => {
    const seen = { fullReadTime: new Date(now.getTime() - hoursAgo * hour).toISOString() }
    return (await probeRegistry({ type: 'registry', url: `${web.url}${path}/servers` }, seen, access)).state
  }

  t.equal(await probe('/quiet', 3), 'unchanged')
  t.match(web.requests[0]?.url, 'include_deleted=true&updated_since=2026-03-02T08%3A59%3A00.000Z')
  t.equal(await probe('/busy', 3), 'changed')
  t.equal(await probe('/old', 3), 'changed')
  t.equal(await probe('/legacy', 3), 'changed')
  const asked = web.requests.length
  t.equal(await probe('/quiet', 24), 'changed')
  t.equal(await probe('/quiet', -1), 'changed', 'a time to come is no time')
  t.equal((await probeRegistry({ type: 'registry', url: web.url }, {}, access)).state, 'changed')
  t.equal(web.requests.length, asked, 'without a request')
  await fails(t, probe('/down', 3), { reason: 'NetworkFailed', class: 'transient' })
})

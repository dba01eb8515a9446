// Source url against real servers: what comes back, and everything that can go wrong between two machines.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { sha256Hex } from '../../src/lib/hash.ts'
import type { UrlSourceRequest } from '../../src/resources/request.ts'
import { openUrlSource } from '../../src/sources/url.ts'
import { selfSignedCertificate } from '../helpers/certificate.ts'
import { listOf, server } from '../helpers/entries.ts'
import { fails } from '../helpers/fails.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import {
  cut,
  drip,
  gzipped,
  inTurn,
  redirect,
  reply,
  stall,
  status,
  stopInTheMiddle,
  webServer,
} from '../helpers/http-server.ts'
import { contentOf, type TestAccessOptions, testAccess } from '../helpers/source-access.ts'

const ONE = server('io.example/one', '1.0.0')
const TWO = server('io.example/two', '2.0.0')
const CATALOG = listOf(ONE, TWO)
const NAMES = ['io.example/one 1.0.0', 'io.example/two 2.0.0']
const TOKEN = 'planted-token-7f3a91c2'
const PASSWORD = 'planted-password-c44d'

async function open(t: Test, url: string, more: Partial<UrlSourceRequest> = {}, options: TestAccessOptions = {}) {
  const access = await testAccess(t, options)
  return { access, opened: openUrlSource({ type: 'url', url, ...more }, undefined, access) }
}

/** A TLS server that wants the credentials, and the Secret that has them. */
async function guarded(t: Test, routes: Parameters<typeof webServer>[1], authorization: string) {
  const web = await webServer(t, routes, { tls: true, authorization })
  const secrets = {
    bearer: { bearerToken: `${TOKEN}\n`, 'ca.crt': web.ca },
    basic: { username: 'reader', password: PASSWORD, 'ca.crt': web.ca },
    named: { user: 'reader', pass: PASSWORD, password: 'not this one', 'ca.crt': web.ca },
    wrong: { bearerToken: 'expired-0123456789', 'ca.crt': web.ca },
    both: { bearerToken: TOKEN, username: 'reader', password: PASSWORD, 'ca.crt': web.ca },
    ca: { 'ca.crt': web.ca },
  }
  return { web, secrets }
}

const basic = `Basic ${Buffer.from(`reader:${PASSWORD}`).toString('base64')}`

t.test('a document is read with its digest as revision, whatever its form', async t => {
  const lines = `${JSON.stringify(ONE)}\n${JSON.stringify(TWO)}\n`
  const yaml = `servers:\n${[ONE, TWO].map(entry => `  - server: ${JSON.stringify(entry)}\n`).join('')}`
  const web = await webServer(t, { '/a.json': reply(CATALOG), '/lines': reply(lines), '/b.yaml': reply(yaml) })
  for (const [path, text] of [['/a.json', CATALOG] as const, ['/lines', lines] as const, ['/b.yaml', yaml] as const]) {
    const source = await (await open(t, `${web.url}${path}?team=a`)).opened
    t.strictSame(await contentOf(source), NAMES, path)
    t.strictSame(await contentOf(source), NAMES, `${path} again`)
    t.equal(source.revision, `sha256:${sha256Hex(text)}`)
  }
  t.equal(web.requests[0]?.url, '/a.json?team=a')
})

t.test('gzip, deflate and br are undone, and do not change the revision', async t => {
  const encoded = { gzip: gzipSync(CATALOG), deflate: deflateSync(CATALOG), br: brotliCompressSync(CATALOG) }
  for (const [encoding, body] of Object.entries(encoded)) {
    const web = await webServer(t, { '/c': reply(body, { 'content-encoding': encoding }) })
    const source = await (await open(t, `${web.url}/c`)).opened
    t.strictSame(await contentOf(source), NAMES, encoding)
    t.equal(source.revision, `sha256:${sha256Hex(CATALOG)}`, encoding)
    t.equal(web.requests[0]?.headers['accept-encoding'], 'gzip, deflate, br')
  }
})

t.test('limits hold before and after decoding, while the body streams', async t => {
  const bomb = gzipSync(Buffer.alloc(10_000_000, 0x20))
  const hollow = Buffer.concat(Array<Buffer>(6000).fill(gzipSync('')))
  const web = await webServer(t, {
    '/plain': reply(Buffer.alloc(200_000)),
    '/bomb': reply(bomb, { 'content-encoding': 'gzip' }),
    '/hollow': reply(hollow, { 'content-encoding': 'gzip' }),
    '/endless': (_request, response) => {
      const more = () => response.destroyed || response.write(Buffer.alloc(65_536), more)
      response.writeHead(200)
      more()
    },
  })
  for (const path of ['/plain', '/bomb', '/hollow', '/endless']) {
    const { opened, access } = await open(t, `${web.url}${path}`, {}, { limits: { fileBytes: 100_000 } })
    await fails(t, opened, { reason: 'LimitExceeded', class: 'definite', message: /100000 bytes/ }, path)
    t.strictSame(access.waits, [], `${path} is not asked again`)
  }
})

t.test('B1 B2 credentials: Flux keys, named keys, and what is wrong with others', async t => {
  const bearer = await guarded(t, { '/c.json': reply(CATALOG) }, `Bearer ${TOKEN}`)
  const basics = await guarded(t, { '/c.json': reply(CATALOG) }, basic)
  const named = { name: 'named', usernameKey: 'user', passwordKey: 'pass' }
  const cases = [
    { ...bearer, authSecret: { name: 'bearer' } },
    { ...basics, authSecret: { name: 'basic' } },
    { ...basics, authSecret: named },
  ]
  for (const { web, secrets, authSecret } of cases) {
    const { opened } = await open(t, `${web.url}/c.json`, { authSecret }, { secrets })
    t.strictSame(await contentOf(await opened), NAMES, authSecret.name)
  }

  const { web, secrets } = bearer
  const refused = [
    { authSecret: { name: 'wrong' }, reason: 'AuthenticationFailed', message: /refused access .*401/ },
    { authSecret: { name: 'ca' }, reason: 'AuthenticationFailed', message: /401/ },
    { authSecret: { name: 'missing' }, reason: 'SecretNotFound', message: /Secret missing/ },
    { authSecret: { name: 'both' }, reason: 'SecretInvalid', message: /Secret both has both/ },
    {
      authSecret: { name: 'basic', tokenKey: 'pat' },
      reason: 'SecretInvalid',
      message: /Secret basic lacks the key pat/,
    },
  ]
  for (const { authSecret, reason, message } of refused) {
    const { opened, access } = await open(t, `${web.url}/c.json`, { authSecret }, { secrets })
    const failure = await fails(t, opened, { reason, class: 'definite', message }, authSecret.name)
    t.notMatch(`${failure.message} ${failure.hint} ${failure.stack}`, /planted|expired-/)
    t.strictSame(access.waits, [], 'not tried again')
  }
})

t.test('B5 credentials with plain http are refused before any byte is sent', async t => {
  const web = await webServer(t, { '/c.json': reply(CATALOG) })
  const secrets = { bearer: { bearerToken: TOKEN } }
  const { opened } = await open(t, `${web.url}/c.json`, { authSecret: { name: 'bearer' } }, { secrets })
  await fails(t, opened, { reason: 'InsecureCredentials', class: 'definite' })
  t.equal(web.requests.length, 0)
})

t.test('B6 a redirect keeps credentials on its host, and never takes them to another one', async t => {
  const certificate = selfSignedCertificate()
  const other = await webServer(t, { '/c.json': reply(CATALOG) }, { tls: true, certificate })
  const { web, secrets } = await guarded(
    t,
    { '/here': redirect('/c.json', 308), '/c.json': reply(CATALOG), '/away': redirect(`${other.url}/c.json`) },
    `Bearer ${TOKEN}`,
  )
  const more = { authSecret: { name: 'bearer' }, headers: { 'X-Team': 'platform' } }

  t.strictSame(await contentOf(await (await open(t, `${web.url}/here`, more, { secrets })).opened), NAMES)
  t.match(web.requests, [
    { url: '/here', headers: { authorization: `Bearer ${TOKEN}`, 'x-team': 'platform' } },
    { url: '/c.json', headers: { authorization: `Bearer ${TOKEN}`, 'x-team': 'platform' } },
  ])

  // The Secret's authority is the source's, not the other host's: over there it is as unknown as to any browser.
  const away = await open(t, `${web.url}/away`, more, { secrets })
  const message = new RegExp(`the certificate of ${other.host} is not trusted`)
  const unknown = await fails(t, away.opened, { reason: 'CertificateInvalid', class: 'definite', message })
  t.match(unknown.hint, /a redirect leads there: name that address in the source itself/)
  t.equal(other.requests.length, 0)
})

t.test('B6 without TLS too: headers stay, redirects are checked and counted', async t => {
  const other = await webServer(t, { '/c.json': reply(CATALOG) })
  const web = await webServer(t, {
    '/away': redirect(`${other.url}/c.json`),
    '/loop': redirect('/loop'),
    '/nowhere': status(302),
    '/file': redirect('file:///etc/passwd'),
    '/credentials': redirect('http://user:planted-password@127.0.0.1/'),
    '/inside': redirect('http://169.254.169.254/latest/meta-data'),
  })

  const away = await open(t, `${web.url}/away`, { headers: { 'X-Team': 'platform' } })
  t.strictSame(await contentOf(await away.opened), NAMES)
  t.equal(other.requests[0]?.headers['x-team'], undefined)

  await fails(t, (await open(t, `${web.url}/loop`)).opened, { reason: 'UrlInvalid', message: /more than 5 times/ })
  t.equal(web.requests.filter(({ url }) => url === '/loop').length, 6)
  for (const path of ['/nowhere', '/file', '/credentials']) {
    const failure = await fails(t, (await open(t, `${web.url}${path}`)).opened, { reason: 'UrlInvalid' }, path)
    t.notMatch(failure.message, 'planted')
  }
  const hosts = { allowHosts: ['127.0.0.1'], denyCidrs: [], allowPlainHttp: 'all', local: true } as const
  await fails(t, (await open(t, `${web.url}/inside`, {}, { hosts })).opened, { reason: 'HostDenied' })
})

t.test('a redirect from https to http is not followed', async t => {
  const plain = await webServer(t, { '/c.json': reply(CATALOG) })
  const web = await webServer(t, { '/c.json': redirect(`${plain.url}/c.json`) }, { tls: true })
  const secrets = { ca: { 'ca.crt': web.ca } }
  const { opened } = await open(t, `${web.url}/c.json`, { authSecret: { name: 'ca' } }, { secrets })
  await fails(t, opened, { reason: 'HostDenied', message: /from https to http/, hint: /with https/ })
  t.equal(plain.requests.length, 0)
})

t.test('B11 an authority of the Secret works while it is given, and leaves nothing behind', async t => {
  const web = await webServer(t, { '/c.json': reply(CATALOG) }, { tls: true })
  const secrets = { ca: { 'ca.crt': web.ca }, other: { 'ca.crt': selfSignedCertificate().certificate } }
  const read = async (name?: string) =>
    (await open(t, `${web.url}/c.json`, name === undefined ? {} : { authSecret: { name } }, { secrets })).opened

  t.strictSame(await contentOf(await read('ca')), NAMES)
  const unknown = await fails(t, read(), { reason: 'CertificateInvalid', class: 'definite' }, 'none given')
  t.match(unknown.hint, /into key ca\.crt of the Secret/)
  await fails(t, read('other'), { reason: 'CertificateInvalid', class: 'definite' }, 'another one given')
  const broken = await open(t, web.url, { authSecret: { name: 'x' } }, { secrets: { x: { 'ca.crt': 'no PEM' } } })
  await fails(t, broken.opened, { reason: 'SecretInvalid', message: /ca\.crt/ })
})

t.test('E1 429 and 503 are waited for as told, at most 30 seconds, three times in all', async t => {
  const now = new Date('2026-03-01T12:00:00Z')
  const later = new Date(now.getTime() + 7000).toUTCString()
  const busy = (retryAfter: string, code = 429) => status(code, { 'retry-after': retryAfter })
  const web = await webServer(t, {
    '/seconds': inTurn(busy('2'), busy('3600', 503), reply(CATALOG)),
    '/date': inTurn(busy(later), gzipped(CATALOG)),
    '/silent': inTurn(status(503), status(502), reply(CATALOG)),
    '/always': busy('1'),
  })
  const seconds = await open(t, `${web.url}/seconds`, {}, { now })
  t.strictSame(await contentOf(await seconds.opened), NAMES)
  t.strictSame(seconds.access.waits, [2000, 30_000])
  const date = await open(t, `${web.url}/date`, {}, { now })
  t.strictSame(await contentOf(await date.opened), NAMES)
  t.strictSame(date.access.waits, [7000])
  const silent = await open(t, `${web.url}/silent`)
  t.strictSame(await contentOf(await silent.opened), NAMES)
  t.strictSame(silent.access.waits, [750, 1500])
  const always = await open(t, `${web.url}/always`)
  const message = /slow down \(429\), and to come back in 1 s$/
  await fails(t, always.opened, { reason: 'NetworkFailed', class: 'transient', message, hint: /less often/ })
  t.equal(web.requests.filter(({ url }) => url === '/always').length, 3)
})

t.test('E1 a cut connection is tried again from the beginning', async t => {
  const truncated = gzipSync(CATALOG).subarray(0, 100)
  const web = await webServer(t, {
    '/once': inTurn(cut(), reply(CATALOG)),
    '/gzip': inTurn(reply(truncated, { 'content-encoding': 'gzip' }), gzipped(CATALOG)),
    '/always': cut(),
    '/reset': (_request, response) => void response.socket?.destroy(),
  })
  for (const path of ['/once', '/gzip']) {
    t.strictSame(await contentOf(await (await open(t, `${web.url}${path}`)).opened), NAMES, path)
  }
  for (const path of ['/always', '/reset']) {
    const { opened } = await open(t, `${web.url}${path}`)
    const wanted = { reason: 'NetworkFailed', class: 'transient', message: /cut the connection/, hint: /proxies/ }
    await fails(t, opened, wanted, path)
    t.equal(web.requests.filter(({ url }) => url === path).length, 3)
  }
})

t.test('a body that is not in the encoding that it names, and one that names none', async t => {
  const web = await webServer(t, {
    '/gzip': reply(CATALOG, { 'content-encoding': 'gzip' }),
    '/br': reply(CATALOG, { 'content-encoding': 'br' }),
    '/unnamed.json': reply(gzipSync(CATALOG)),
  })
  const wanted = { reason: 'NetworkFailed', message: /not in the encoding which/, hint: /leave the header out/ }
  for (const path of ['/gzip', '/br']) await fails(t, (await open(t, `${web.url}${path}`)).opened, wanted, path)
  const { documents } = await (await open(t, `${web.url}/unnamed.json`)).opened
  for await (const { issues } of documents()) t.match(issues, [{ message: /gzip/, hint: /content-encoding: gzip/ }])
})

t.test('E1 a server that says nothing, or stops in the middle, ends in a timeout', async t => {
  const web = await webServer(t, { '/stall': stall(), '/middle': stopInTheMiddle() })
  const timeouts = { headers: 80, idle: 80 }
  const stalled = await open(t, `${web.url}/stall`, {}, { timeouts })
  const middle = await open(t, `${web.url}/middle`, {}, { timeouts })
  await Promise.all([
    fails(t, stalled.opened, { reason: 'NetworkFailed', class: 'transient', message: /too long to answer/ }),
    fails(t, middle.opened, { reason: 'NetworkFailed', class: 'transient', message: /stopped in the middle/ }),
  ])
})

t.test('E1 a slow drip ends with the run', async t => {
  const web = await webServer(t, { '/drip': drip() })
  const ending = new AbortController()
  const { opened } = await open(t, `${web.url}/drip`, {}, { signal: ending.signal })
  while (web.requests.length === 0) await new Promise(resolve => setImmediate(resolve))
  ending.abort(new Error('the deadline'))
  await t.rejects(opened, { message: 'the deadline' })
})

t.test('E3 names that do not resolve and refused connections are transient', async t => {
  await fails(t, (await open(t, 'https://gone.invalid/c.json')).opened, {
    reason: 'NetworkFailed',
    class: 'transient',
    message: /gone\.invalid can't be resolved/,
  })
  const web = await webServer(t, {})
  const port = Number(new URL(web.url).port)
  // A port on which nobody listens: the test server's own number on another loopback address.
  const { opened } = await open(t, `http://127.0.0.77:${port}/c.json`)
  const failure = await fails(t, opened, {
    reason: 'NetworkFailed',
    class: 'transient',
    message: /refuses the connection/,
  })
  t.match(failure.hint, /look at host and port of the address/)
})

t.test('what a server refuses is told with its own words, cleaned, and without secrets (G1, B8)', async t => {
  const words = `\u001b[31mno\u0007 entry for ${TOKEN}, see https://user:${PASSWORD}@host/\u202e`
  const problem = JSON.stringify({ title: 'Bad', detail: words })
  const { web, secrets } = await guarded(
    t,
    {
      '/json': status(403, { 'content-type': 'application/problem+json' }, problem),
      '/text': status(404, { 'content-type': 'text/plain' }, `${words}\nsecond line`),
      '/html': status(410, { 'content-type': 'text/html' }, `<html>${words}</html>`),
      '/echo': status(400, { 'content-type': 'application/json' }, JSON.stringify({ error: basic })),
    },
    basic,
  )
  const more = { authSecret: { name: 'basic' } }
  const cases = [
    { path: '/json', reason: 'AuthenticationFailed', message: /\(403\): no entry for/ },
    { path: '/text', reason: 'PathNotFound', message: /\(404\): no entry for/ },
    { path: '/html', reason: 'PathNotFound', message: /\(410\)$/ },
    { path: '/echo', reason: 'UrlInvalid', message: /\(400\): Basic \*\*\*/ },
  ]
  for (const { path, reason, message } of cases) {
    const { opened } = await open(t, `${web.url}${path}?sig=planted-signature`, more, { secrets })
    const failure = await fails(t, opened, { reason, class: 'definite', message }, path)
    t.notMatch(failure.message, /planted-(password|signature)|[\u0000-\u001f\u202e]|second line/)
    t.notMatch(failure.message, Buffer.from(`reader:${PASSWORD}`).toString('base64'))
  }
})

t.test('what is asked of a person depends on whether credentials were sent', async t => {
  const { web, secrets } = await guarded(t, {}, basic)
  for (const [name, hint] of [
    ['wrong', 'check the Secret that authSecret names'],
    ['ca', 'no credentials were sent: name a Secret that has them in authSecret'],
  ] as const) {
    const { opened } = await open(t, `${web.url}/c.json`, { authSecret: { name } }, { secrets })
    t.equal((await fails(t, opened, { reason: 'AuthenticationFailed' }, name)).hint, hint)
  }
})

t.test('of a long complaint the beginning is told', async t => {
  const complaint = `no such catalog\n${'x'.repeat(100_000)}`
  const web = await webServer(t, {
    '/long': status(404, { 'content-type': 'text/plain' }, complaint),
    '/odd': status(404, { 'content-type': 'text/plain', 'content-encoding': 'zstd' }, complaint),
  })
  for (const [path, message] of [
    ['/long', /\(404\): no such catalog$/],
    ['/odd', /\(404\)$/],
  ] as const)
    await fails(t, (await open(t, `${web.url}${path}`)).opened, { reason: 'PathNotFound', message }, path)
})

t.test('a status nobody can read content from is a failure of its kind', async t => {
  const web = await webServer(t, { '/500': status(500), '/418': status(418), '/304': status(304) })
  const cases = [
    { path: '/missing', reason: 'PathNotFound', class: 'definite' },
    { path: '/418', reason: 'UrlInvalid', class: 'definite' },
    { path: '/500', reason: 'NetworkFailed', class: 'transient', hint: /log/ },
    { path: '/304', reason: 'UrlInvalid', class: 'definite' },
  ]
  for (const { path, ...wanted } of cases) await fails(t, (await open(t, `${web.url}${path}`)).opened, wanted, path)
})

t.test('the connection goes to the address that was checked', async t => {
  const web = await webServer(t, { '/c.json': reply(CATALOG) })
  const { port } = new URL(web.url)
  let lookups = 0
  const resolve = async () => {
    lookups++
    return [{ address: '127.0.0.1', family: 4 as const }]
  }
  const named = `http://catalog.example:${port}/c.json`
  t.strictSame(await contentOf(await (await open(t, named, {}, { resolve })).opened), NAMES)
  t.equal(lookups, 1)
  t.equal(web.requests[0]?.headers.host, `catalog.example:${port}`)

  // G4: the same words, and not one connection, whether a server is there or not.
  const asked = web.requests.length
  const hosts = { denyCidrs: [], allowPlainHttp: 'all', local: false } as const
  const up = await fails(t, (await open(t, named, {}, { resolve, hosts })).opened, { reason: 'HostDenied' })
  const down = await open(t, 'http://catalog.example:1/c.json', {}, { resolve, hosts })
  t.equal((await fails(t, down.opened, { reason: 'HostDenied' })).message, up.message)
  t.equal(web.requests.length, asked)
})

t.test('headers of the resource are sent; those of ours and credentials are refused', async t => {
  const web = await webServer(t, { '/c.json': reply(CATALOG) })
  await (await open(t, `${web.url}/c.json`, { headers: { 'X-Team': 'platform', Accept: 'text/yaml' } })).opened
  t.match(web.requests[0]?.headers, { 'x-team': 'platform', accept: 'text/yaml' })
  for (const name of ['Authorization', 'X-Api-Key', 'Cookie', 'Host', 'Transfer-Encoding', 'Range', 'no header']) {
    const { opened } = await open(t, `${web.url}/c.json`, { headers: { [name]: 'planted' } })
    t.notMatch((await fails(t, opened, { reason: 'ManifestInvalid' }, name)).message, 'planted')
  }
  t.equal(web.requests.length, 1)
})

t.test('URLs with credentials in them, and no URLs, are refused without repeating them', async t => {
  for (const url of ['https://user:planted@host/c.json', 'planted', 'https://']) {
    const failure = await fails(t, (await open(t, url)).opened, { reason: 'UrlInvalid', class: 'definite' }, url)
    t.notMatch(`${failure.message} ${failure.hint}`, 'planted')
  }
})

t.test('file URLs are read in local mode', async t => {
  const directory = await temporaryDirectory(t)
  await writeFile(join(directory, 'registry.json'), CATALOG)
  const url = pathToFileURL(join(directory, 'registry.json')).href
  const source = await (await open(t, url)).opened
  t.strictSame(await contentOf(source), NAMES)
  t.equal(source.revision, `sha256:${sha256Hex(CATALOG)}`)

  await fails(t, (await open(t, `${url}x`)).opened, { reason: 'PathNotFound' })
  await fails(t, (await open(t, pathToFileURL(directory).href)).opened, { reason: 'PathNotFound' }, 'a folder')
  await fails(t, (await open(t, url, {}, { limits: { fileBytes: 10 } })).opened, { reason: 'LimitExceeded' })
  const hosts = { denyCidrs: [], allowPlainHttp: [], local: false }
  await fails(t, (await open(t, url, {}, { hosts })).opened, { reason: 'HostDenied' })
})

// What a policy does to entries: rewritten images and registries, digests, long descriptions, the official profile.
import t from 'tap'
import { toToolhive } from '../../src/entries/convert/upstream-to-toolhive.ts'
import { isPinned } from '../../src/entries/policy/image-reference.ts'
import { type RewriteOptions, rewrittenDocument } from '../../src/entries/policy/rewrite.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts'
import type { RewriteRequest } from '../../src/resources/request.ts'
import { listOf, server } from '../helpers/entries.ts'
import { prepared } from '../helpers/prepared.ts'

const PUBLISHER = 'io.modelcontextprotocol.registry/publisher-provided'
const DIGEST = `sha256:${'0'.repeat(64)}`
const stdio = { transport: { type: 'stdio' } }

function oci(identifier: string, parts: JsonObject = {}): JsonObject {
  return { registryType: 'oci', identifier, ...stdio, ...parts }
}

function image(from: string, to: string): RewriteRequest {
  return { field: 'image', from, to }
}

function documentWith(packages: JsonValue[], parts: JsonObject = {}): JsonObject {
  return server('com.acme/weather', '1.0.0', { remotes: undefined, packages, ...parts }) as JsonObject
}

function packagesAfter(packages: JsonValue[], options: RewriteOptions): JsonValue {
  return rewrittenDocument(documentWith(packages), options)['packages'] ?? null
}

t.test('images by host and leading path segments', async t => {
  const table = [
    { given: 'ghcr.io/acme/x:1', rule: image('ghcr.io', 'mirror.example/ghcr'), want: 'mirror.example/ghcr/acme/x:1' },
    { given: `ghcr.io/acme/x:1@${DIGEST}`, rule: image('ghcr.io/acme', 'm.example'), want: `m.example/x:1@${DIGEST}` },
    { given: 'ghcr.io/acme2/x', rule: image('ghcr.io/acme', 'm.example'), want: 'ghcr.io/acme2/x' },
    { given: 'ghcr.io/acme/x:1', rule: image('ghcr.io/acme/x', 'm.example/y'), want: 'm.example/y:1' },
    { given: 'GHCR.io/acme/x', rule: image('ghcr.IO/', 'm.example/'), want: 'm.example/acme/x' },
    { given: 'ghcr.io/Acme/x', rule: image('ghcr.io/acme', 'm.example'), want: 'ghcr.io/Acme/x' },
    { given: 'redis', rule: image('docker.io', 'm.example'), want: 'm.example/library/redis' },
    { given: 'redis:7', rule: image('docker.io/library', 'm.example/hub'), want: 'm.example/hub/redis:7' },
    { given: 'acme/x:1', rule: image('docker.io', 'm.example'), want: 'm.example/acme/x:1' },
    { given: 'index.docker.io/acme/x', rule: image('docker.io', 'm.example'), want: 'm.example/acme/x' },
    { given: 'localhost:5000/x:1', rule: image('localhost:5000', 'm.example'), want: 'm.example/x:1' },
    { given: 'evil.ghcr.io/x', rule: image('ghcr.io', 'm.example'), want: 'evil.ghcr.io/x' },
    { given: 'ghcr.io.evil/x', rule: image('ghcr.io', 'm.example'), want: 'ghcr.io.evil/x' },
  ]
  for (const { given, rule, want } of table) {
    t.strictSame(packagesAfter([oci(given)], { rewrite: [rule] }), [oci(want)], `${given} by ${rule.from}`)
  }
  const rewrite = [image('ghcr.io/acme', 'first.example'), image('ghcr.io', 'second.example')]
  const several = packagesAfter([oci('ghcr.io/acme/x'), oci('ghcr.io/b/y'), oci('quay.io/z')], { rewrite })
  t.strictSame(
    several,
    [oci('first.example/x'), oci('second.example/b/y'), oci('quay.io/z')],
    'the first rule that matches',
  )
  const old = oci('acme/x', { registryBaseUrl: 'https://ghcr.io', version: '1' })
  t.strictSame(
    packagesAfter([old], { rewrite: [image('docker.io', 'm.example')] }),
    [old],
    'a host beside the identifier',
  )
  t.strictSame(packagesAfter([old], { rewrite: [image('ghcr.io', 'm.example')] }), [
    oci('m.example/acme/x', { version: '1' }),
  ])
})

t.test('base URLs of package registries', async t => {
  const npm = { registryType: 'npm', identifier: 'weather', version: '1.0.0', ...stdio }
  const base = 'https://npm.registry.example'
  const rewrite: RewriteRequest[] = [{ field: 'registryBaseUrl', from: base, to: 'https://m.example/npm/' }]
  const after = (pkg: JsonObject, options: Partial<RewriteOptions> = {}) =>
    packagesAfter([pkg], { rewrite, ...options })
  t.strictSame(after({ ...npm, registryBaseUrl: base }), [{ ...npm, registryBaseUrl: 'https://m.example/npm' }])
  t.strictSame(after({ ...npm, registryBaseUrl: `${base}/sub` }), [
    { ...npm, registryBaseUrl: 'https://m.example/npm/sub' },
  ])
  t.strictSame(after({ ...npm, registryBaseUrl: `${base}.evil` }), [{ ...npm, registryBaseUrl: `${base}.evil` }])
  t.strictSame(after(npm), [npm], 'nobody said where a package without one comes from')
  t.strictSame(
    after(npm, { officialBaseUrls: { npm: base } }),
    [{ ...npm, registryBaseUrl: 'https://m.example/npm' }],
    'unless the setting says it',
  )
  t.strictSame(after(oci('ghcr.io/x'), { officialBaseUrls: { oci: base } }), [oci('ghcr.io/x')])
  const snake = { registry_type: 'npm', identifier: 'weather', registry_base_url: base }
  t.match(after(snake), [{ registry_base_url: 'https://m.example/npm' }], 'documents of 2025-07-09')
})

t.test('the extension moves with its image', async t => {
  const rewrite = [image('ghcr.io', 'm.example')]
  const moved = (extensions: JsonObject, ...images: string[]) => {
    const _meta = { [PUBLISHER]: { 'io.github.stacklok': extensions, other: 1 } }
    const document = rewrittenDocument(
      documentWith(
        images.map(item => oci(item)),
        { _meta },
      ),
      { rewrite },
    )
    const meta = document['_meta']
    const publisher = isJsonObject(meta) ? meta[PUBLISHER] : undefined
    return isJsonObject(publisher) ? publisher['io.github.stacklok'] : undefined
  }
  t.strictSame(moved({ 'ghcr.io/x:1': { tier: 'Official' } }, 'ghcr.io/x:1'), { 'm.example/x:1': { tier: 'Official' } })
  t.strictSame(moved({ 'ghcr.io/x:0': {} }, 'ghcr.io/x:1'), { 'm.example/x:0': {} }, 'under an older tag too')
  const others = { 'https://ghcr.io/x': {}, 'ghcr.io/y:1': {}, 'quay.io/x:1': {}, __proto__x: {} }
  t.strictSame(moved(others, 'ghcr.io/x:1'), others, 'those of others stay')
  const both = { 'ghcr.io/x:1': { a: 1 }, 'm.example/x:1': { b: 1 } }
  t.strictSame(moved(both, 'ghcr.io/x:1'), both, 'and none gives way')

  const text = listOf(
    documentWith([oci('ghcr.io/acme/x:1')], {
      _meta: { [PUBLISHER]: { 'io.github.stacklok': { 'ghcr.io/acme/x:1': { status: 'active', tools: ['now'] } } } },
    }),
  )
  const { documents } = await prepared(text, { policy: { rewrite } })
  const entry = toToolhive(documents[0] ?? {}, { namespace: 'com.acme', strict: true, isLegalKeyFree: () => true })
  t.match(entry, { ok: true, key: 'weather', value: { image: 'm.example/acme/x:1', tools: ['now'] } })
})

t.test('entries are judged as read, then rewritten, and name and version stay', async t => {
  const rewrite = [image('ghcr.io', 'm.example')]
  const text = listOf(documentWith([oci('ghcr.io/acme/x:1')]), server('com.acme/bad', 'latest'))
  const { documents, reasons } = await prepared(text, {
    policy: { rewrite, checks: ['schema', 'semantic', 'publish'] },
  })
  t.match(documents, [{ name: 'com.acme/weather', version: '1.0.0', packages: [{ identifier: 'm.example/acme/x:1' }] }])
  t.strictSame(reasons, ['com.acme/bad@latest reserved-version-string'])

  const breaking: RewriteRequest[] = [{ field: 'registryBaseUrl', from: 'https://a.example', to: 'https://b .example' }]
  const npm = { registryType: 'npm', identifier: 'x', version: '1.0.0', registryBaseUrl: 'https://a.example', ...stdio }
  const broken = await prepared(listOf(documentWith([npm])), { policy: { rewrite: breaking } })
  t.match(broken.issues, [{ pointer: '/packages/0/registryBaseUrl', message: /^after policy.rewrite: / }])
  t.equal(broken.accepted.entries.length, 0)
})

t.test('ToolHive entries are rewritten as well', async t => {
  const weather = { description: 'Reads the weather', image: 'ghcr.io/acme/x:1', status: 'Active', tier: 'Community' }
  const servers = { weather: { ...weather, tools: ['now'], transport: 'stdio' } }
  const text = JSON.stringify({ last_updated: '2026-01-01T00:00:00Z', version: '1.0.0', servers })
  const { documents } = await prepared(text, { policy: { rewrite: [image('ghcr.io', 'm.example')] } })
  t.match(documents, [
    {
      packages: [{ identifier: 'm.example/acme/x:1' }],
      _meta: { [PUBLISHER]: { 'io.github.stacklok': { 'm.example/acme/x:1': { tools: ['now'] } } } },
    },
  ])
})

t.test('requireDigest wants every container pinned', async t => {
  t.ok(isPinned(`ghcr.io/x@${DIGEST}`))
  t.ok(isPinned(`ghcr.io/x:1@${DIGEST}`))
  for (const image of [
    'ghcr.io/x',
    'ghcr.io/x:latest',
    `ghcr.io/x@${DIGEST}0`,
    `ghcr.io/x@sha512:${'0'.repeat(128)}`,
  ]) {
    t.notOk(isPinned(image), image)
  }
  const pinned = oci(`ghcr.io/x@${DIGEST}`)
  const npm = { registryType: 'npm', identifier: 'x', version: '1.0.0', ...stdio }
  const text = listOf(
    documentWith([pinned, npm]),
    server('com.acme/tag', '1.0.0', { packages: [pinned, oci('ghcr.io/x:1')] }),
    server('com.acme/remote', '1.0.0'),
  )
  const { reasons, issues } = await prepared(text, { policy: { requireDigest: true } })
  t.strictSame(reasons, ['com.acme/tag@1.0.0 DigestRequired'])
  const place = { pointer: '/packages/1/identifier', path: 'packages[1].identifier', document: 'registry.json' }
  t.match(issues, [{ code: 'DigestRequired', tier: 'policy', severity: 'error', message: /ghcr.io\/x:1/, ...place }])
  t.strictSame((await prepared(text)).reasons, [])

  const toolhive = (image: string) => {
    const value = { description: 'Reads the weather', image, status: 'Active', tier: 'Community', tools: ['now'] }
    const servers = { weather: { ...value, transport: 'stdio' } }
    const text = JSON.stringify({ last_updated: '2026-01-01T00:00:00Z', version: '1.0.0', servers })
    return prepared(text, { policy: { requireDigest: true } })
  }
  t.match((await toolhive('ghcr.io/x:1')).issues, [{ code: 'DigestRequired', pointer: '/image', line: 1 }])
  t.strictSame((await toolhive(`ghcr.io/x@${DIGEST}`)).issues, [], 'which runs hold to the relaxed schema')
})

t.test('a long description in an upstream document', async t => {
  const description = `Reads the weather${' of a place'.repeat(20)}`
  const text = listOf(server('com.acme/long', '1.0.0', { description }))
  t.strictSame((await prepared(text)).reasons, ['com.acme/long@1.0.0 maxLength'], 'Fail: an invalid entry as any other')

  const skipped = await prepared(text, { policy: { longDescription: 'Skip' } })
  t.strictSame(skipped.reasons, ['com.acme/long@1.0.0 LongDescription'])
  t.match(skipped.issues, [{ code: 'LongDescription', severity: 'warning', pointer: '/description' }])
  const worse = listOf(server('com.acme/long', 'latest', { description }))
  const alsoWrong = await prepared(worse, { policy: { longDescription: 'Skip' } })
  t.strictSame(alsoWrong.reasons, ['com.acme/long@latest reserved-version-string'], 'another error stays an error')

  const { documents, issues } = await prepared(text, { policy: { longDescription: 'Truncate' } })
  t.match(issues, [{ code: 'LongDescription', severity: 'info' }])
  const [document = {}] = documents
  const shortened = document['description']
  t.ok(typeof shortened === 'string' && shortened.length <= 100 && description.startsWith(shortened.slice(0, -1)))
  t.match(document['_meta'], { [PUBLISHER]: { rollbook: { description: { shortened, original: description } } } })
  const entry = toToolhive(document, { namespace: 'com.acme', strict: false, isLegalKeyFree: () => true })
  t.equal(entry.ok && entry.value['description'], description, 'ToolHive, which allows more, gets the original')
  t.strictSame((await prepared(listOf(document))).issues, [], 'the shortened document is valid by itself')

  const record = JSON.stringify({
    servers: [
      { server: server('com.acme/long', '1.0.0', { description }), _meta: { [PUBLISHER]: { mine: { x: 1 } } } },
    ],
  })
  const beside = await prepared(record, { policy: { longDescription: 'Truncate' } })
  t.match(beside.documents[0]?.['_meta'], { [PUBLISHER]: { mine: { x: 1 }, rollbook: {} } }, "beside the record's own")
  const broken = listOf(server('com.acme/long', '1.0.0', { description, _meta: 5 }))
  t.equal(
    (await prepared(broken, { policy: { longDescription: 'Truncate', checks: ['semantic'] } })).documents.length,
    0,
  )
})

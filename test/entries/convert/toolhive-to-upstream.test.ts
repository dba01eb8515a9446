// ToolHive to upstream, rule by rule: what each field becomes, what is kept for the way back, what is refused.
import t from 'tap'
import { type ToUpstreamOptions, toUpstream } from '../../../src/entries/convert/toolhive-to-upstream.ts'
import { toToolhive } from '../../../src/entries/convert/upstream-to-toolhive.ts'
import { isJsonObject, type JsonObject, own } from '../../../src/lib/json.ts'

const namespace = 'com.acme'
const container: JsonObject = {
  description: 'Reads the weather of a place',
  image: 'ghcr.io/acme/weather:1.2.0',
  status: 'Active',
  tier: 'Official',
  tools: ['forecast'],
  transport: 'stdio',
}
const remote: JsonObject = {
  description: 'Reads the weather of a place',
  url: 'https://weather.example/mcp',
  status: 'Active',
  tier: 'Official',
  tools: ['forecast'],
  transport: 'streamable-http',
}

/** The upstream document of a container entry with some fields changed; undefined removes a field. */
function convertContainer(changes: JsonObject = {}, key = 'weather'): JsonObject {
  return convert('servers', key, { ...container, ...changes })
}

function convertRemote(changes: JsonObject = {}): JsonObject {
  return convert('remote_servers', 'weather', { ...remote, ...changes })
}

function convert(section: 'servers' | 'remote_servers', key: string, value: JsonObject): JsonObject {
  const plain = JSON.parse(JSON.stringify(value))
  const { document, findings } = toUpstream({ section, key, value: plain }, { namespace, longDescription: 'Truncate' })
  if (document === undefined) throw new Error(`not converted: ${JSON.stringify(findings)}`)
  const back = toToolhive(document, { namespace, strict: false, isLegalKeyFree: () => true })
  // Every case of this file is also a case of the way back.
  t.match(back, { ok: true, section, key }, 'section and key come back')
  t.strictSame(back.ok && back.value, plain, 'the entry comes back')
  return document
}

function extensionOf(document: JsonObject): JsonObject {
  const meta = own(document, '_meta')
  const publisher = isJsonObject(meta) ? meta['io.modelcontextprotocol.registry/publisher-provided'] : undefined
  const stacklok = isJsonObject(publisher) ? publisher['io.github.stacklok'] : undefined
  const extension = isJsonObject(stacklok) ? Object.values(stacklok)[0] : undefined
  return isJsonObject(extension) ? extension : {}
}

function firstPackage(document: JsonObject): JsonObject {
  const packages = document['packages']
  return Array.isArray(packages) && isJsonObject(packages[0]) ? packages[0] : {}
}

t.test('a container entry becomes a document with one oci package', async t => {
  t.strictSame(convertContainer(), {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: 'com.acme/weather',
    description: 'Reads the weather of a place',
    version: '1.0.0',
    packages: [{ registryType: 'oci', identifier: 'ghcr.io/acme/weather:1.2.0', transport: { type: 'stdio' } }],
    _meta: {
      'io.modelcontextprotocol.registry/publisher-provided': {
        'io.github.stacklok': {
          'ghcr.io/acme/weather:1.2.0': { status: 'Active', tier: 'Official', tools: ['forecast'] },
        },
      },
    },
  })
})

t.test('a remote entry becomes a document with one remote', async t => {
  const headers = [
    { name: 'X-Key', description: 'Your own key', required: true, secret: true },
    { name: 'X-Unit', description: 'Unit of measurement', required: false, default: 'C', choices: ['C', 'F'] },
  ]
  t.strictSame(convertRemote({ headers }), {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: 'com.acme/weather',
    description: 'Reads the weather of a place',
    version: '1.0.0',
    remotes: [
      {
        type: 'streamable-http',
        url: 'https://weather.example/mcp',
        headers: [
          { name: 'X-Key', description: 'Your own key', isRequired: true, isSecret: true },
          { name: 'X-Unit', description: 'Unit of measurement', default: 'C', choices: ['C', 'F'] },
        ],
      },
    ],
    _meta: {
      'io.modelcontextprotocol.registry/publisher-provided': {
        'io.github.stacklok': {
          'https://weather.example/mcp': { status: 'Active', tier: 'Official', tools: ['forecast'] },
        },
      },
    },
  })
})

t.test('an npm or PyPI image becomes a package', async t => {
  const stdio = { transport: { type: 'stdio' } }
  const table = [
    { image: 'npx://weather@1.0.0', want: { registryType: 'npm', identifier: 'weather', version: '1.0.0' } },
    {
      image: 'npx://@acme/weather@1.0.0',
      want: { registryType: 'npm', identifier: '@acme/weather', version: '1.0.0' },
    },
    { image: 'npx://@acme/weather', want: { registryType: 'npm', identifier: '@acme/weather' } },
    { image: 'npx://weather@latest', want: { registryType: 'npm', identifier: 'weather' } },
    { image: 'uvx://weather@1.0.0', want: { registryType: 'pypi', identifier: 'weather', version: '1.0.0' } },
    { image: 'uvx://weather==1.0.0', want: { registryType: 'pypi', identifier: 'weather', version: '1.0.0' } },
    { image: 'uvx://weather', want: { registryType: 'pypi', identifier: 'weather' } },
    { image: 'uvx://weather@', want: { registryType: 'pypi', identifier: 'weather@' } },
  ]
  for (const { image, want } of table) {
    t.strictSame(convertContainer({ image })['packages'], [{ ...want, ...stdio }], image)
  }
  const { document } = toUpstream(
    { section: 'servers', key: 'weather', value: { ...container, image: 'uvx://weather==1.0.0' } },
    { namespace, longDescription: 'Fail' },
  )
  const bumped = JSON.parse(
    JSON.stringify(document).replace('"version":"1.0.0","transport"', '"version":"2.0.0","transport"'),
  )
  const back = toToolhive(bumped, { namespace, strict: false, isLegalKeyFree: () => true })
  t.equal(
    back.ok && back.value['image'],
    'uvx://weather@2.0.0',
    'a bumped version wins over the form it was written in',
  )
  t.strictSame(extensionOf(bumped)['tools'], ['forecast'])
  t.strictSame(back.ok && back.value['tools'], ['forecast'])
})

t.test('names', async t => {
  t.equal(convertContainer({}, 'weather')['name'], 'com.acme/weather', 'a simple key gets the namespace')
  t.equal(convertContainer({}, 'org.other/weather')['name'], 'org.other/weather', 'a full key stays')
  t.equal(convertContainer({ name: 'org.other/w' })['name'], 'org.other/w', 'a full name wins over the key')
  t.equal(convertContainer({ name: 'storm' })['name'], 'com.acme/storm', 'a simple name gets the namespace too')
  t.equal(convertContainer({ name: '' })['name'], 'com.acme/weather', 'an empty name is none')
  t.equal(convertContainer({}, 'ab')['name'], 'com.acme/ab', 'a key that the pattern refuses is kept')
  t.strictSame(extensionOf(convertContainer({}, 'ab'))['rollbook/toolhive'], { for: 'com.acme/ab', key: 'ab' })
  t.notOk('rollbook/toolhive' in extensionOf(convertContainer()), 'nothing is kept when nothing needs it')
})

t.test('transports and ports of a container', async t => {
  const table = [
    { transport: 'stdio', port: undefined, want: { type: 'stdio' } },
    { transport: 'stdio', port: 8080, want: { type: 'stdio' } },
    { transport: '', port: undefined, want: { type: 'stdio' } },
    { transport: undefined, port: undefined, want: { type: 'stdio' } },
    { transport: 'sse', port: 8080, want: { type: 'sse', url: 'http://localhost:8080' } },
    { transport: 'sse', port: undefined, want: { type: 'sse', url: 'http://localhost' } },
    { transport: 'streamable-http', port: 80, want: { type: 'streamable-http', url: 'http://localhost:80' } },
    { transport: 'streamable-http', port: 0, want: { type: 'streamable-http', url: 'http://localhost' } },
  ]
  for (const { transport, port, want } of table) {
    const document = convertContainer({ transport, target_port: port })
    t.strictSame(firstPackage(document)['transport'], want, `${transport} ${port}`)
  }
  t.equal(
    JSON.stringify(convertRemote({ transport: undefined })['remotes']),
    JSON.stringify([{ type: 'sse', url: 'https://weather.example/mcp' }]),
    "a remote without transport gets the legacy schema's default",
  )
})

t.test('repository sources are the truth', async t => {
  const table = [
    { url: 'https://github.com/acme/weather', source: 'github' },
    { url: 'https://www.github.com/acme/weather', source: 'github' },
    { url: 'https://gitlab.com/acme/weather', source: 'gitlab' },
    { url: 'https://git.acme.example:8443/acme/weather', source: 'git.acme.example' },
    { url: 'https://github.com.evil.example/acme', source: 'github.com.evil.example' },
    { url: 'weather', source: 'unknown' },
  ]
  for (const { url, source } of table) {
    t.strictSame(convertContainer({ repository_url: url })['repository'], { url, source }, url)
  }
  t.notOk('repository' in convertContainer({ repository_url: '' }), 'an empty one is none')
})

t.test('environment variables keep their order, false and empty values go', async t => {
  const env_vars = [
    { name: 'TOKEN', description: 'Your token', required: true, secret: true },
    { name: 'LANG', description: 'Language of texts', required: false, default: 'en' },
    { name: 'NONE', description: 'Nothing at all', required: false, secret: false, default: '' },
  ]
  t.strictSame(firstPackage(convertContainer({ env_vars }))['environmentVariables'], [
    { name: 'TOKEN', description: 'Your token', isRequired: true, isSecret: true },
    { name: 'LANG', description: 'Language of texts', default: 'en' },
    { name: 'NONE', description: 'Nothing at all' },
  ])
  const twice = [env_vars[0] ?? {}, { name: 'TOKEN', description: 'Another one', required: false }]
  const document = convertContainer({ env_vars: twice })
  t.match(firstPackage(document)['environmentVariables'], [{ name: 'TOKEN' }, { name: 'TOKEN' }])
})

t.test('the extension carries what has a field there', async t => {
  const shared = {
    tags: ['weather', 'europe'],
    overview: '# Weather',
    tool_definitions: [{ name: 'forecast', inputSchema: { type: 'object' } }],
    metadata: { stars: 7, pulls: 9, last_updated: '2026-01-01T00:00:00Z' },
    custom_metadata: { team: 'sky' },
    proxy_port: 9000,
    stateless: true,
  }
  const ofContainer = {
    permissions: {
      name: 'weather',
      network: { mode: 'bridge', outbound: { allow_host: ['.example'], allow_port: [443] } },
      read: ['/data:/data'],
    },
    args: ['--verbose'],
    provenance: { sigstore_url: 'tuf-repo-cdn.sigstore.dev', attestation: { predicate: null } },
    docker_tags: ['1.2.0', 'latest'],
  }
  const ofRemote = {
    oauth_config: { issuer: 'https://login.example', scopes: ['read'] },
    env_vars: [{ name: 'TOKEN', description: 'Your token', required: true }],
  }
  const always = { status: 'Active', tier: 'Official', tools: ['forecast'] }
  const document = convertContainer({ ...shared, ...ofContainer, title: 'Weather' })
  t.strictSame(extensionOf(document), { ...always, ...shared, ...ofContainer })
  t.equal(document['title'], 'Weather')
  t.notOk('packageArguments' in firstPackage(document), 'args never become packageArguments')
  t.strictSame(extensionOf(convertRemote({ ...shared, ...ofRemote })), { ...always, ...shared, ...ofRemote })
})

t.test('status and tier keep their case, an empty status is active', async t => {
  t.equal(extensionOf(convertContainer({ status: 'Deprecated' }))['status'], 'Deprecated')
  t.equal(extensionOf(convertContainer({ status: 'active' }))['status'], 'active')
  t.equal(extensionOf(convertContainer({ status: '' }))['status'], 'active')
  t.equal(extensionOf(convertContainer({ status: undefined }))['status'], 'active')
  t.equal(extensionOf(convertContainer({ tier: 'community' }))['tier'], 'community')
  t.notOk('tier' in extensionOf(convertContainer({ tier: '' })))
})

t.test('what upstream cannot say is kept, as small as it is', async t => {
  const kept = (changes: JsonObject) => extensionOf(convertContainer(changes))['rollbook/toolhive']
  t.strictSame(kept({ target_port: 8080 }), { edits: [{ path: '/target_port', value: 8080 }] })
  t.strictSame(kept({ status: 'active' }), { edits: [{ path: '/status', was: 'Active', value: 'active' }] })
  t.strictSame(kept({ tools: undefined }), { edits: [{ path: '/tools', was: [] }] })
  t.strictSame(kept({ tags: [] }), { edits: [{ path: '/tags', value: [] }] })
  t.strictSame(kept({ custom_metadata: {} }), { edits: [{ path: '/custom_metadata', value: {} }] })
  t.strictSame(kept({ 'x-own': null }), { edits: [{ path: '/x-own', value: null }] }, 'unknown fields')
  t.strictSame(kept({ name: 'weather' }), { for: 'com.acme/weather', name: 'weather' })
  t.strictSame(kept({ headers: [{ name: 'X' }] }), { edits: [{ path: '/headers', value: [{ name: 'X' }] }] })
  t.strictSame(kept({ tools: 'forecast' }), { edits: [{ path: '/tools', was: [], value: 'forecast' }] }, 'wrong types')
})

t.test('a description that is too long', async t => {
  const description =
    'Reads the weather of a place, of every place on this planet and of some on others, for a month ahead.'
  const entry = { section: 'servers' as const, key: 'weather', value: { ...container, description } }
  const under = (longDescription: ToUpstreamOptions['longDescription'], value: JsonObject = entry.value) =>
    toUpstream({ ...entry, value }, { namespace, longDescription })

  t.equal(description.length, 101)
  for (const [policy, severity] of [
    ['Fail', 'error'],
    ['Skip', 'warning'],
  ] as const) {
    const { document, findings } = under(policy)
    t.equal(document, undefined, `${policy} refuses the entry`)
    t.match(findings, [{ code: 'LongDescription', severity, pointer: '/description', path: 'description' }])
  }
  const { document, findings } = under('Truncate')
  t.match(findings, [{ code: 'LongDescription', severity: 'info' }])
  t.equal(
    document?.['description'],
    'Reads the weather of a place, of every place on this planet and of some on others, for a month…',
    'cut at a word, with an ellipsis',
  )
  t.strictSame(convertContainer({ description }), document)

  const edited = { ...document, description: 'Reads the weather' }
  const back = toToolhive(edited, { namespace, strict: false, isLegalKeyFree: () => true })
  t.equal(back.ok && back.value['description'], 'Reads the weather', 'an upstream edit wins over the kept original')

  // Code points count, not UTF-16 units.
  const suns = '\u{1f31e}'.repeat(100)
  t.equal(under('Fail', { ...container, description: suns }).document?.['description'], suns)
  const shortened = under('Truncate', { ...container, description: `${suns}!` }).document?.['description']
  t.equal(shortened, `${'\u{1f31e}'.repeat(99)}…`, 'one long word is cut anywhere')
  const endsAtWord = `${'a'.repeat(48)} ${'b'.repeat(50)} c`
  t.equal(convertContainer({ description: endsAtWord })['description'], `${'a'.repeat(48)} ${'b'.repeat(50)}…`)
})

t.test('what upstream edits leave of the kept parts', async t => {
  const value = { ...container, target_port: 8080, status: 'active', name: 'weather', 'x-own': 1 }
  const { document } = toUpstream({ section: 'servers', key: 'w', value }, { namespace, longDescription: 'Fail' })
  const image = 'ghcr.io/acme/weather:2.0.0'
  const moved = JSON.parse(JSON.stringify(document).replace(/"identifier":"[^"]*"/, `"identifier":"${image}"`))
  moved.name = 'com.acme/storm'
  moved.packages[0].transport = { type: 'sse', url: 'http://localhost:9090' }
  const back = toToolhive(moved, { namespace, strict: false, isLegalKeyFree: () => true })
  if (!back.ok) throw new Error('not converted')
  const { custom_metadata: _, ...rest } = back.value
  t.equal(back.key, 'storm', 'key and name belong to the old name')
  t.strictSame(rest, { ...container, image, transport: 'sse', target_port: 9090, status: 'active', 'x-own': 1 })
})

t.test('refused with a sentence', async t => {
  const table = [
    { what: 'no image', changes: { image: undefined }, pointer: '/image' },
    { what: 'an image that is no text', changes: { image: 5 }, pointer: '/image' },
    { what: 'a Go package as image', changes: { image: 'go://acme.example/weather@v1' }, pointer: '/image' },
    { what: 'a package without a name', changes: { image: 'npx://' }, pointer: '/image' },
    { what: 'a package name with a space', changes: { image: 'uvx://a b' }, pointer: '' },
    { what: 'no description', changes: { description: undefined }, pointer: '/description' },
    { what: 'an unknown transport', changes: { transport: 'pigeon' }, pointer: '' },
  ]
  for (const { what, changes, pointer } of table) {
    const value = JSON.parse(JSON.stringify({ ...container, ...changes }))
    const result = toUpstream({ section: 'servers', key: 'weather', value }, { namespace, longDescription: 'Fail' })
    t.match(result, { document: undefined, findings: [{ code: 'NotConvertible', severity: 'error', pointer }] }, what)
  }
  const nameless = toUpstream({ section: 'servers', key: '', value: container }, { namespace, longDescription: 'Fail' })
  t.match(nameless, { document: undefined, findings: [{ code: 'NotConvertible' }] })
  const both = toUpstream({ section: 'remote_servers', key: 'x', value: {} }, { namespace, longDescription: 'Fail' })
  t.strictSame(
    both.findings.map(finding => finding.pointer),
    ['/description', '/url'],
    'all problems at once',
  )
})

t.test('nothing is changed in place, and no dates are invented', async t => {
  const value = { ...container, metadata: { stars: 1 }, target_port: 1 }
  const before = JSON.stringify(value)
  const { document } = toUpstream({ section: 'servers', key: 'weather', value }, { namespace, longDescription: 'Fail' })
  t.equal(JSON.stringify(value), before)
  t.notMatch(JSON.stringify(document), /publishedAt|updatedAt|last_updated/)
})

// Upstream to ToolHive, rule by rule: what runs, under which key, with which defaults, and what is left out of it.
import t from 'tap'
import { toUpstream } from '../../../src/entries/convert/toolhive-to-upstream.ts'
import { type ToToolhiveOptions, toToolhive } from '../../../src/entries/convert/upstream-to-toolhive.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/lib/json.ts'

const image = 'ghcr.io/acme/weather:1.2.0'
const url = 'https://weather.example/mcp'
const options: ToToolhiveOptions = { namespace: 'com.acme', strict: false, isLegalKeyFree: () => true }

function documentWith(parts: JsonObject): JsonObject {
  return { name: 'com.acme/weather', description: 'Reads the weather of a place', version: '2.1.0', ...parts }
}

function oci(parts: JsonObject = {}): JsonObject {
  return { registryType: 'oci', identifier: image, transport: { type: 'stdio' }, ...parts }
}

function extended(target: string, extension: JsonValue): JsonObject {
  const publisher = { 'io.github.stacklok': { [target]: extension } }
  return { _meta: { 'io.modelcontextprotocol.registry/publisher-provided': publisher } }
}

/** The entry without what it keeps of its document; every case is checked to lead back to that document. */
function convert(document: JsonObject, changes: Partial<ToToolhiveOptions> = {}) {
  const given = JSON.parse(JSON.stringify(document))
  const result = toToolhive(given, { ...options, ...changes })
  if (!result.ok) throw new Error(`not converted: ${JSON.stringify(result.findings)}`)
  const back = toUpstream(result, { namespace: 'com.acme', longDescription: 'Fail' })
  t.strictSame(back, { document: given, findings: [] }, 'the document comes back')

  const { custom_metadata: custom, ...rest } = result.value
  const leftOut = result.findings.map(finding => finding.pointer)
  if (!isJsonObject(custom) || !Object.hasOwn(custom, 'rollbook/upstream')) return { ...result, leftOut }
  const elsewhere = toUpstream(result, { namespace: 'org.other', longDescription: 'Fail' })
  t.strictSame(elsewhere.document, given, 'also under another namespace')
  const { 'rollbook/upstream': _, ...others } = custom
  const value: JsonObject = Object.keys(others).length === 0 ? rest : { ...rest, custom_metadata: others }
  return { ...result, value, leftOut }
}

function refusalOf(document: JsonObject, changes: Partial<ToToolhiveOptions> = {}) {
  const result = toToolhive(JSON.parse(JSON.stringify(document)), { ...options, ...changes })
  return result.ok ? undefined : result.findings
}

t.test('a container without extension gets the defaults', async t => {
  const { section, key, value, leftOut } = convert(documentWith({ packages: [oci()] }))
  t.strictSame({ section, key, leftOut }, { section: 'servers', key: 'weather', leftOut: [] })
  t.strictSame(value, {
    description: 'Reads the weather of a place',
    image,
    status: 'Active',
    tier: 'Community',
    tools: [],
    transport: 'stdio',
  })
  t.strictSame(Object.keys(value), ['description', 'image', 'status', 'tier', 'tools', 'transport'], 'written order')
})

t.test('the kept object is the difference and a fingerprint', async t => {
  const document = documentWith({ packages: [oci({ version: '2.1.0' })], icons: [{ src: 'https://i.example/x.png' }] })
  const result = toToolhive(document, options)
  t.match(result.ok && result.value['custom_metadata'], {
    'rollbook/upstream': {
      edits: [
        { path: '/$schema' },
        { path: '/_meta' },
        { path: '/icons', value: [{ src: 'https://i.example/x.png' }] },
        { path: '/packages/0/version', value: '2.1.0' },
        { path: '/version', value: '2.1.0' },
      ],
      entry: /^sha256:[0-9a-f]{64}$/,
      namespace: 'com.acme',
    },
  })
})

t.test('what runs', async t => {
  const other = { type: 'sse', url: 'https://weather.example/sse' }
  const remotes = [{ type: 'streamable-http', url }, other]
  const both = convert(documentWith({ remotes, packages: [oci(), { registryType: 'npm', identifier: 'weather' }] }))
  t.equal(both.section, 'remote_servers', 'a remote wins over packages')
  t.equal(both.value['url'], url, 'the first remote')
  t.strictSame(both.leftOut, ['/packages/0', '/packages/1', '/remotes/1'], 'the others are reported')
  t.match(both.findings, [{ code: 'LeftOut', severity: 'info', path: 'packages[0]' }, {}, {}])

  const mixed = convert(documentWith({ packages: [{ registryType: 'pypi', identifier: 'weather' }, oci()] }))
  t.equal(mixed.value['image'], image, 'the one container among other packages')
  t.strictSame(mixed.leftOut, ['/packages/0'])
  t.equal(convert(documentWith({ remotes: [], packages: [oci()] })).section, 'servers', 'no remotes in the list')

  const templated = { type: 'sse', url: 'https://{place}.example/mcp', variables: { place: {} } }
  const plain = convert(documentWith({ remotes: [templated, other] }))
  t.equal(plain.value['url'], other.url, 'the first remote that ToolHive can run')
  t.strictSame(plain.leftOut, ['/remotes/0'])
  t.equal(convert(documentWith({ remotes: [templated], packages: [oci()] })).value['image'], image, 'else a package')
  const second = oci({ identifier: 'ghcr.io/acme/weather-slim:1.2.0' })
  t.equal(convert(documentWith({ packages: [oci(), second] })).value['image'], image, 'the first of several containers')
  const broken = oci({ transport: { type: 'pigeon' } })
  t.equal(convert(documentWith({ packages: [broken, second] })).value['image'], second['identifier'], 'that can run')
})

t.test('npm and PyPI packages', async t => {
  const npm = { registryType: 'npm', identifier: '@acme/weather', version: '2.1.0', transport: { type: 'stdio' } }
  const pypi = { registryType: 'pypi', identifier: 'weather[all]', version: '2.1.0', transport: { type: 'stdio' } }
  const nuget = { registryType: 'nuget', identifier: 'Acme.Weather', version: '2.1.0', transport: { type: 'stdio' } }
  const imageOf = (...packages: JsonValue[]) => convert(documentWith({ packages })).value['image']
  t.equal(imageOf(npm), 'npx://@acme/weather@2.1.0')
  t.equal(imageOf(pypi), 'uvx://weather[all]@2.1.0')
  t.equal(imageOf({ ...npm, version: undefined }), 'npx://@acme/weather', 'no version is the newest')
  t.equal(imageOf(nuget, pypi, npm, nuget, oci()), image, 'a container is preferred')
  t.equal(imageOf(nuget, pypi, npm, { ...npm, version: '1.0.0' }), 'npx://@acme/weather@2.1.0', 'then the first of npm')

  const runtimeArguments = [
    { type: 'positional', value: '-y' },
    { type: 'named', name: '-e', value: 'X=1' },
  ]
  const environmentVariables = [{ name: 'TOKEN', description: 'Your token' }, { name: 'x-token' }]
  const base = 'https://npm.registry.example'
  const full = { ...npm, registryBaseUrl: base, runtimeHint: 'npx', runtimeArguments, environmentVariables }
  const transport = { type: 'streamable-http', url: 'http://localhost:80/mcp' }
  const { value, leftOut } = convert(documentWith({ packages: [{ ...full, transport }, nuget] }))
  t.match(value, { transport: 'streamable-http', target_port: 80 })
  t.strictSame(value['env_vars'], [{ name: 'TOKEN', description: 'Your token', required: false }])
  t.strictSame(leftOut, [
    '/packages/1',
    '/packages/0/registryBaseUrl',
    '/packages/0/runtimeArguments/0',
    '/packages/0/runtimeArguments/1',
    '/packages/0/environmentVariables/1',
  ])
  t.match(refusalOf(documentWith({ packages: [npm] }), { strict: true }), [
    { pointer: '/image' },
    { pointer: '/tools' },
  ])

  const toolsOf = (key: string) =>
    convert(documentWith({ packages: [npm, nuget], ...extended(key, { tools: ['forecast'] }) })).value['tools']
  t.strictSame(toolsOf('@acme/weather'), ['forecast'], 'the extension stands under the identifier')
  t.strictSame(toolsOf('npx://@acme/weather@2.1.0'), ['forecast'], 'or under the image')
})

t.test('what does not run is refused with a sentence that says what was found', async t => {
  const nuget = { registryType: 'nuget', identifier: 'Weather', transport: { type: 'stdio' } }
  const table = [
    { parts: {}, pointer: '', message: /neither a package nor a remote/ },
    {
      parts: { packages: [nuget, { registryType: 'mcpb' }, nuget] },
      pointer: '/packages',
      message: /found nuget, mcpb\)/,
    },
    { parts: { packages: [{ registry_type: 'oci' }] }, pointer: '/packages', message: /registry_type oci/ },
    {
      parts: { packages: [{ registryType: 'npm' }] },
      pointer: '/packages/0/identifier',
      message: /npm package has no/,
    },
    {
      parts: { packages: [{ registryType: 'pypi', identifier: 'a b' }] },
      pointer: '/packages/0/identifier',
      message: /a b/,
    },
    { parts: { packages: [oci({ identifier: '' })] }, pointer: '/packages/0/identifier', message: /no identifier/ },
    { parts: { packages: [oci({ identifier: 'uvx://w' })] }, pointer: '/packages/0/identifier', message: /uvx:\/\/w/ },
    { parts: { packages: [oci({ transport: { type: 'x' } })] }, pointer: '/packages/0/transport', message: /"x"/ },
    { parts: { remotes: [{ type: 'http', url }] }, pointer: '/remotes/0/type', message: /"http"/ },
    { parts: { remotes: [{ type: 'sse' }] }, pointer: '/remotes/0', message: /no url/ },
    { parts: { remotes: ['x'] }, pointer: '/remotes/0', message: /no url/ },
    {
      parts: { remotes: [{ type: 'sse', url: 'https://{place}.example' }] },
      pointer: '/remotes/0/url',
      message: /complete/,
    },
  ]
  for (const { parts, pointer, message } of table) {
    const findings = refusalOf(documentWith(parts))
    t.match(findings, [{ code: 'NotConvertible', severity: 'error', pointer, message }], JSON.stringify(parts))
    t.equal(findings?.length, 1)
  }
  const nothing = refusalOf({ packages: [] })
  t.strictSame(
    nothing?.map(finding => finding.pointer),
    ['', '/name', '/description'],
    'all problems at once',
  )
})

t.test('a description that is too short for ToolHive, and one that was shortened for upstream', async t => {
  const described = (description: string, parts: JsonObject = {}) =>
    convert(documentWith({ description, packages: [oci()], ...parts })).value['description']
  t.equal(described('Ok'), 'MCP server com.acme/weather: Ok')
  t.equal(described('Ten chars.'), 'Ten chars.')
  const rollbook = { description: { shortened: 'Reads the weather…', original: 'Reads the weather of a place' } }
  const _meta = { 'io.modelcontextprotocol.registry/publisher-provided': { rollbook } }
  t.equal(described('Reads the weather…', { _meta }), 'Reads the weather of a place', 'the original comes back')
  t.equal(described('Reads the news', { _meta }), 'Reads the news', 'unless it was edited since')
})

t.test('keys', async t => {
  const keyOf = (name: string, changes: Partial<ToToolhiveOptions> = {}) =>
    convert(documentWith({ name, packages: [oci()] }), changes).key
  t.equal(keyOf('com.acme/weather'), 'weather', 'the simple name under the namespace')
  t.equal(keyOf('org.other/weather'), 'org.other/weather', 'the full name elsewhere')
  t.equal(keyOf('com.acme.sub/weather'), 'com.acme.sub/weather', 'a prefix is a whole part')
  t.equal(keyOf('com.acme/ab'), 'com.acme/ab', 'two characters are no legal key')
  t.equal(keyOf('com.acme/Weather'), 'com.acme/Weather', 'upper case is no legal key')
  t.equal(keyOf('com.acme/weather.x'), 'com.acme/weather.x', 'nor is a dot')
  t.equal(keyOf('com.acme/weather', { isLegalKeyFree: () => false }), 'com.acme/weather', 'nor a key that is taken')
  const asked: string[] = []
  const isLegalKeyFree = (key: string) => asked.push(key) > 0
  keyOf('com.acme/weather', { isLegalKeyFree })
  keyOf('com.acme/ab', { isLegalKeyFree })
  t.strictSame(asked, ['weather'], 'only legal keys are asked for')
})

t.test('status and tier', async t => {
  const fieldsOf = (extension: JsonObject) =>
    convert(documentWith({ packages: [oci()], ...extended(image, extension) })).value
  t.match(fieldsOf({ status: 'active', tier: 'official' }), { status: 'Active', tier: 'Official' })
  t.match(fieldsOf({ status: 'DEPRECATED', tier: 'Community' }), { status: 'Deprecated', tier: 'Community' })
  t.match(fieldsOf({ status: 'beta', tier: 'Partner' }), { status: 'beta', tier: 'Partner' }, 'unknown words stay')
  t.match(fieldsOf({ status: 5, tools: 'x' }), { status: 'Active', tier: 'Community', tools: [] }, 'wrong types')
  const official = { 'io.modelcontextprotocol.registry/official': { status: 'deprecated', isLatest: true } }
  t.equal(convert(documentWith({ packages: [oci()], _meta: official })).value['status'], 'Deprecated')
})

t.test('ports', async t => {
  const table = [
    { url: 'http://localhost:8080', port: 8080 },
    { url: 'http://localhost:8080/mcp?x=1', port: 8080 },
    { url: 'http://localhost:80', port: 80 },
    { url: 'http://localhost', port: undefined },
    { url: 'http://localhost/mcp:9000', port: undefined },
    { url: 'http://[::1]:9000/', port: 9000 },
    { url: 'http://user:1@host:9000/', port: 9000 },
    { url: 'http://localhost:{PORT}/mcp', port: undefined },
    { url: 'http://localhost:99999', port: undefined },
    { url: 'http://localhost:0', port: undefined },
    { url: 'not a url', port: undefined },
  ]
  for (const { url, port } of table) {
    const { value } = convert(documentWith({ packages: [oci({ transport: { type: 'streamable-http', url } })] }))
    t.equal(value['target_port'], port, url)
  }
})

t.test('environment variables', async t => {
  const environmentVariables = [
    { name: 'TOKEN', description: 'Your token', isRequired: true, isSecret: true, format: 'string' },
    { name: 'UNIT', description: 'Unit of measurement', default: 'C', choices: ['C', 'F'] },
    { name: 'PLAIN' },
    { name: 'ID', description: 'Id' },
    { name: 'TOKEN', description: 'The same again' },
    { name: 'FIXED', description: 'Always this', value: 'x' },
  ]
  const runtimeArguments: JsonObject[] = [
    { type: 'named', name: '-e', value: 'UNIT=F' },
    {
      type: 'named',
      name: '--env',
      description: 'Key of the weather',
      value: 'KEY={key}',
      variables: { key: { isRequired: true, isSecret: true, default: 'none', description: 'ignored' } },
    },
    { type: 'named', name: '-e', value: 'MODE=a=b', isRequired: true },
    {
      type: 'named',
      name: '-e',
      value: 'LOOSE={loose}',
      isRequired: false,
      variables: { loose: { isRequired: true } },
    },
    { type: 'named', name: '-e', value: 'URL=https://{host}/x' },
    { type: 'named', name: '-e', value: '=x' },
    { type: 'named', name: '-e', value: 'NOEQUALS' },
    { type: 'named', name: '-e' },
    { type: 'positional', value: '--rm' },
  ]
  const { value, leftOut } = convert(documentWith({ packages: [oci({ environmentVariables, runtimeArguments })] }))
  t.strictSame(value['env_vars'], [
    { name: 'TOKEN', description: 'Your token', required: true, secret: true },
    { name: 'UNIT', description: 'Unit of measurement', required: false, default: 'C' },
    { name: 'PLAIN', description: 'Environment variable PLAIN', required: false },
    { name: 'ID', description: 'Environment variable ID: Id', required: false },
    { name: 'FIXED', description: 'Always this', required: false },
    { name: 'KEY', description: 'Key of the weather', required: true, secret: true, default: 'none' },
    { name: 'MODE', description: 'Environment variable MODE', required: true, default: 'a=b' },
    { name: 'LOOSE', description: 'Environment variable LOOSE', required: false },
    { name: 'URL', description: 'Environment variable URL', required: false, default: 'https://{host}/x' },
  ])
  t.strictSame(leftOut, [
    '/packages/0/runtimeArguments/5',
    '/packages/0/runtimeArguments/6',
    '/packages/0/runtimeArguments/7',
    '/packages/0/runtimeArguments/8',
    '/packages/0/environmentVariables/5/value',
  ])
  const long = `${'word '.repeat(50)}end`
  const shortened = convert(
    documentWith({ packages: [oci({ environmentVariables: [{ name: 'A', description: long }] })] }),
  )
  t.match(shortened.value['env_vars'], [{ description: /^(word ){39}word…$/ }], 'at most 200 characters')
})

t.test('arguments', async t => {
  const packageArguments = [
    { type: 'named', name: '--unit', value: 'C' },
    { type: 'named', name: '--quiet' },
    { type: 'positional', value: 'serve', valueHint: 'command' },
    { type: 'positional', valueHint: 'place' },
    { type: 'named', name: '--place', default: 'Ulm' },
  ]
  const withBoth = documentWith({ packages: [oci({ packageArguments })], ...extended(image, { args: ['x'] }) })
  t.strictSame(convert(withBoth).value['args'], ['--unit', 'C', '--quiet', 'serve', '--place'])
  const extensionOnly = documentWith({ packages: [oci()], ...extended(image, { args: ['x'] }) })
  t.strictSame(convert(extensionOnly).value['args'], ['x'], "else the extension's")
})

t.test('a remote with headers', async t => {
  const headers = [
    { name: 'Authorization', description: 'Bearer and a token', value: 'Bearer {token}', isRequired: true },
    { name: 'X-Unit', description: 'Unit of measurement', default: 'C', choices: ['C', 'F'], format: 'string' },
    { name: 'X-Id', isSecret: true },
  ]
  const remotes = [{ type: 'sse', url: 'https://ulm.example/mcp', headers: [...headers, { name: 'no_header' }] }]
  const { value, leftOut } = convert(documentWith({ remotes, title: 'Weather', websiteUrl: 'https://weather.example' }))
  t.strictSame(value, {
    description: 'Reads the weather of a place',
    url: 'https://ulm.example/mcp',
    status: 'Active',
    tier: 'Community',
    tools: [],
    transport: 'sse',
    title: 'Weather',
    headers: [
      { name: 'Authorization', description: 'Bearer and a token', required: true },
      {
        name: 'X-Unit',
        description: 'Unit of measurement',
        required: false,
        default: 'C',
        choices: ['C', 'F'],
      },
      { name: 'X-Id', description: 'Header X-Id', required: false, secret: true },
    ],
  })
  t.strictSame(leftOut, ['/remotes/0/headers/0/value', '/remotes/0/headers/3'])
})

t.test('the repository url, without what ToolHive cannot say', async t => {
  const repository = { url: 'https://gitlab.com/acme/w', source: 'gitlab', id: '7', subfolder: 'src' }
  t.equal(convert(documentWith({ packages: [oci()], repository })).value['repository_url'], repository.url)
  const empty = convert(documentWith({ packages: [oci()], repository: { url: '', source: '' } }))
  t.notOk('repository_url' in empty.value)
  t.notOk('repository_url' in convert(documentWith({ packages: [oci()], repository: {} })).value)
})

t.test('the extension is found by image or url, never by position', async t => {
  const publisher = (extensions: JsonObject) => ({
    _meta: { 'io.modelcontextprotocol.registry/publisher-provided': { 'io.github.stacklok': extensions } },
  })
  const toolsOf = (extensions: JsonObject) =>
    convert(documentWith({ packages: [oci()], ...publisher(extensions) })).value['tools']
  const stale = { 'ghcr.io/acme/weather:1.1.0': { tools: ['old'] } }
  t.strictSame(toolsOf({ a: { tools: ['other'] }, [image]: { tools: ['this'] }, ...stale }), ['this'])
  t.strictSame(toolsOf({ a: { tools: ['other'] }, ...stale }), ['old'], 'a bumped tag still finds its own')
  t.strictSame(toolsOf({ a: { tools: ['only'] } }), ['only'], 'an only one is meant')
  t.strictSame(toolsOf({ a: { tools: ['one'] }, b: { tools: ['two'] } }), [], 'none of several others')
})

t.test('an image bumped in ToolHive form moves the extension with it', async t => {
  const document = documentWith({ packages: [oci()], ...extended(image, { status: 'active', tools: ['forecast'] }) })
  const converted = toToolhive(document, options)
  if (!converted.ok) throw new Error('not converted')
  const value = { ...converted.value, image: 'ghcr.io/acme/weather:1.3.0' }
  const back = toUpstream({ ...converted, value }, { namespace: 'com.acme', longDescription: 'Fail' })
  t.match(back.findings, [{ code: 'EditedInToolHive', severity: 'info' }])
  t.strictSame(
    back.document?.['_meta'],
    extended('ghcr.io/acme/weather:1.3.0', { status: 'Active', tier: 'Community', tools: ['forecast'] })['_meta'],
  )
})

t.test('strict refuses what the legacy schema refuses', async t => {
  const extension = extended(image, { status: 'active', tools: ['forecast'] })
  const codes = (document: JsonObject) => refusalOf(document, { strict: true })?.map(finding => finding.pointer)
  t.equal(refusalOf(documentWith({ packages: [oci()], ...extension }), { strict: true }), undefined)
  t.strictSame(codes(documentWith({ packages: [oci()] })), ['/tools'])
  t.strictSame(codes(documentWith({ name: 'org.other/x', packages: [oci()], ...extension })), [''])
  const pinned = `ghcr.io/acme/weather@sha256:${'0'.repeat(64)}`
  t.strictSame(codes(documentWith({ packages: [oci({ identifier: pinned })], ...extension })), ['/image'])
  const upper = documentWith({ name: 'org.other/x', packages: [oci({ identifier: 'ghcr.io/Acme/w' })] })
  t.strictSame(codes(upper), ['', '/image', '/tools'], 'all problems at once')
  t.match(refusalOf(upper, { strict: true }), [{ code: 'StrictToolHive', severity: 'error' }, {}, {}])
  const remote = documentWith({ remotes: [{ type: 'sse', url }], ...extended(url, { tools: ['forecast'] }) })
  t.equal(refusalOf(remote, { strict: true }), undefined)
})

t.test('a custom_metadata of the extension stays beside ours, and ours cannot be forged there', async t => {
  const forged = { team: 'sky', 'rollbook/upstream': { edits: [], entry: 'x', namespace: 'y' } }
  const { value } = convert(documentWith({ packages: [oci()], ...extended(image, { custom_metadata: forged }) }))
  t.strictSame(value['custom_metadata'], { team: 'sky' })
})

t.test('what a ToolHive entry kept gives way where it has to', async t => {
  const value = { description: 'Reads the weather', image, status: 'Active', tier: 'Official', tools: ['x'] }
  const entry = { section: 'servers' as const, key: 'ab', value: { ...value, transport: 'stdio', custom_metadata: {} } }
  const { document } = toUpstream(entry, { namespace: 'com.acme', longDescription: 'Fail' })
  if (document === undefined) throw new Error('not converted')
  t.equal(convert(document).key, 'ab')
  t.equal(convert(document, { isLegalKeyFree: key => key !== 'ab' }).key, 'com.acme/ab', 'a key that is taken')
  t.strictSame(convert(document).value, entry.value, 'an empty custom_metadata comes back')
  const { value: newer } = convert({ ...document, version: '3.0.0' })
  t.notOk('custom_metadata' in newer, 'unless ours needs its place')
})

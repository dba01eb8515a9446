import { readFileSync } from 'node:fs'
import t from 'tap'
import { templateVariables, withSamples } from '../../../src/entries/validate/semantic/template-url.ts'
import { looksLikeRange } from '../../../src/entries/validate/semantic/version.ts'
import { semanticFindings } from '../../../src/entries/validate/semantic.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/lib/json.ts'
import { needSharedData } from '../../helpers/needs.ts'

/** Every rule of the official registry's table but those about `$schema`. */
const RULES = [
  'argument-default-starts-with-name',
  'argument-value-starts-with-name',
  'icon-src-invalid-scheme',
  'icon-src-invalid-url',
  'icon-src-not-absolute',
  'invalid-named-argument-name',
  'invalid-remote-url',
  'invalid-repository-url',
  'invalid-server-name',
  'invalid-subfolder-path',
  'invalid-templated-url',
  'invalid-website-url',
  'named-argument-name-required',
  'package-name-has-spaces',
  'remote-transport-url-required',
  'reserved-version-string',
  'stdio-transport-url-not-empty',
  'streamable-transport-url-required',
  'title-whitespace-only',
  'unsupported-remote-transport-type',
  'unsupported-transport-type',
  'version-looks-like-range',
  'website-url-invalid-scheme',
  'website-url-must-be-absolute',
]

const MIB = 1 << 20

/** A record that breaks no rule, with every part that a rule looks at. */
function record(change: JsonObject = {}): JsonObject {
  return {
    name: 'io.example/weather',
    description: 'Weather by city',
    version: '1.2.3',
    title: 'Weather',
    websiteUrl: 'https://example.com/weather?a=%zz',
    repository: { url: 'https://github.com/example/weather', source: 'github', subfolder: 'servers/weather-1.0' },
    icons: [{ src: 'https://example.com/icon.png' }],
    packages: [pkg()],
    remotes: [{ type: 'sse', url: 'https://{region}.example.com/sse', variables: { region: {} } }],
    ...change,
  }
}

function pkg(change: JsonObject = {}): JsonObject {
  return {
    registryType: 'npm',
    identifier: '@example/weather',
    version: '1.2.3-rc.1',
    transport: { type: 'streamable-http', url: 'http://localhost:{PORT}/mcp' },
    environmentVariables: [{ name: 'PORT' }],
    runtimeArguments: [{ type: 'named', name: '--network', value: 'host' }],
    packageArguments: [{ type: 'positional', valueHint: 'city', value: 'Bern' }],
    ...change,
  }
}

const packages = (change: JsonObject): JsonObject => ({ packages: [pkg(), pkg(change)] })
const transport = (change: JsonObject): JsonObject => packages({ transport: change })
const argument = (change: JsonObject): JsonObject => packages({ packageArguments: [{ type: 'named', ...change }] })
const remote = (change: JsonObject): JsonObject => ({ remotes: [{ type: 'sse', url: 'https://a.example' }, change] })
const repository = (change: JsonObject): JsonObject => ({ repository: change })

/** `code at path` of every finding. */
function codesOf(document: JsonObject): string[] {
  return semanticFindings(document).map(finding => `${finding.code} at ${finding.path}`)
}

interface Case {
  readonly why: string
  readonly change: JsonObject
  readonly found: readonly string[]
}

const URL_AT = 'packages[1].transport.url'
const ARGUMENT_AT = 'packages[1].packageArguments[0]'
const GITHUB = 'https://github.com/a/b'

const CASES: readonly Case[] = [
  { why: 'name empty', change: { name: '' }, found: ['invalid-server-name at name'] },
  { why: 'name null', change: { name: null }, found: ['invalid-server-name at name'] },
  { why: 'name without slash', change: { name: 'io.example' }, found: ['invalid-server-name at name'] },
  { why: 'name of one letter', change: { name: 'io.example/w' }, found: ['invalid-server-name at name'] },
  { why: 'name with an end of line', change: { name: 'io.example/weather\n' }, found: ['invalid-server-name at name'] },

  { why: 'latest', change: { version: 'latest' }, found: ['reserved-version-string at version'] },
  {
    why: 'latest package',
    change: packages({ version: 'latest' }),
    found: ['reserved-version-string at packages[1].version'],
  },
  { why: 'caret', change: { version: '^1.2' }, found: ['version-looks-like-range at version'] },
  { why: 'wildcard', change: packages({ version: '1.x' }), found: ['version-looks-like-range at packages[1].version'] },
  { why: 'no version passes here', change: { version: null }, found: [] },

  { why: 'no repository fields', change: repository({}), found: [] },
  { why: 'subfolder alone is passed over', change: repository({ subfolder: '/x' }), found: [] },
  { why: 'a www host', change: repository({ url: 'http://www.github.com/a/b.c/', source: 'github' }), found: [] },
  { why: 'gitlab', change: repository({ url: 'https://gitlab.com/a/b', source: 'gitlab' }), found: [] },
  {
    why: 'wrong host',
    change: repository({ url: 'https://gitlab.com/a/b', source: 'github' }),
    found: repositoryUrl(),
  },
  { why: 'a file', change: repository({ url: `${GITHUB}/tree/main`, source: 'github' }), found: repositoryUrl() },
  { why: 'source unknown', change: repository({ url: GITHUB, source: 'constructor' }), found: repositoryUrl() },
  { why: 'source alone', change: repository({ source: 'github' }), found: repositoryUrl() },
  { why: 'url alone', change: repository({ url: GITHUB }), found: repositoryUrl() },
  { why: 'letters beyond ASCII', change: repository({ url: `${GITHUB}é`, source: 'github' }), found: repositoryUrl() },

  ...['/a', 'a/', 'a//b', './a', 'a/..', '..', '.', 'a b', 'ä', 'a\\b', 'a\n'].map(subfolder => ({
    why: `subfolder ${JSON.stringify(subfolder)}`,
    change: repository({ url: GITHUB, source: 'github', subfolder }),
    found: ['invalid-subfolder-path at repository.subfolder'],
  })),
  { why: 'dots', change: repository({ url: GITHUB, source: 'github', subfolder: '.a/...' }), found: [] },

  { why: 'website with a space', change: { websiteUrl: 'https://a b' }, found: ['invalid-website-url at websiteUrl'] },
  { why: 'ht tp', change: { websiteUrl: 'ht tp://x' }, found: ['invalid-website-url at websiteUrl'] },
  { why: 'website escape', change: { websiteUrl: 'https://h/%' }, found: ['invalid-website-url at websiteUrl'] },
  { why: 'website path', change: { websiteUrl: '/docs' }, found: relativeWebsite() },
  { why: 'website without scheme', change: { websiteUrl: 'example.com' }, found: relativeWebsite() },
  { why: 'http', change: { websiteUrl: 'http://x' }, found: ['website-url-invalid-scheme at websiteUrl'] },
  { why: 'mail', change: { websiteUrl: 'mailto:a@b' }, found: ['website-url-invalid-scheme at websiteUrl'] },
  { why: 'upper case scheme', change: { websiteUrl: 'HTTPS://x' }, found: [] },
  { why: 'a scheme alone', change: { websiteUrl: 'https:example.com' }, found: [] },
  { why: 'empty website', change: { websiteUrl: '' }, found: [] },

  { why: 'title of spaces', change: { title: '  ' }, found: ['title-whitespace-only at title'] },
  { why: 'title U+0085', change: { title: '\u0085\u3000\v' }, found: ['title-whitespace-only at title'] },
  { why: 'title U+FEFF is no space in Go', change: { title: '\ufeff' }, found: [] },
  { why: 'empty title', change: { title: '' }, found: [] },

  { why: 'icon with a bad port', change: icons('https://h:x/'), found: ['icon-src-invalid-url at icons[1].src'] },
  { why: 'icon with a tab', change: icons('https://h/\t'), found: ['icon-src-invalid-url at icons[1].src'] },
  { why: 'icon path', change: icons('icon.png'), found: relativeIcon() },
  { why: 'icon empty', change: icons(''), found: relativeIcon() },
  { why: 'icon without src', change: icons(null), found: relativeIcon() },
  { why: 'data icon', change: icons('data:image/png;base64,AA=='), found: ['icon-src-invalid-scheme at icons[1].src'] },
  { why: 'http icon', change: icons('http://h/i.png'), found: ['icon-src-invalid-scheme at icons[1].src'] },

  {
    why: 'space in identifier',
    change: packages({ identifier: 'a b' }),
    found: ['package-name-has-spaces at packages[1].identifier'],
  },
  {
    why: 'space after identifier',
    change: packages({ identifier: 'a ' }),
    found: ['package-name-has-spaces at packages[1].identifier'],
  },
  { why: 'a tab in an identifier', change: packages({ identifier: 'a\tb' }), found: [] },

  { why: 'no argument name', change: argument({}), found: [`named-argument-name-required at ${ARGUMENT_AT}.name`] },
  {
    why: 'empty name, so every value starts with it',
    change: argument({ name: '', value: 'v' }),
    found: [
      `named-argument-name-required at ${ARGUMENT_AT}.name`,
      `argument-value-starts-with-name at ${ARGUMENT_AT}.value`,
    ],
  },
  ...['--port <n>', '--port 80', '$X', 'a>b'].map(name => ({
    why: `argument name ${name}`,
    change: argument({ name }),
    found: [`invalid-named-argument-name at ${ARGUMENT_AT}.name`],
  })),
  {
    why: 'in runtime arguments too',
    change: packages({ runtimeArguments: [{ type: 'named', name: 'a b' }] }),
    found: ['invalid-named-argument-name at packages[1].runtimeArguments[0].name'],
  },
  {
    why: 'positional arguments have no rule',
    change: packages({ packageArguments: [{ type: 'positional' }] }),
    found: [],
  },
  {
    why: 'value with name',
    change: argument({ name: '--a', value: '--a=1' }),
    found: [`argument-value-starts-with-name at ${ARGUMENT_AT}.value`],
  },
  {
    why: 'default with name',
    change: argument({ name: '--a', default: '--a' }),
    found: [`argument-default-starts-with-name at ${ARGUMENT_AT}.default`],
  },
  {
    why: 'both with name',
    change: argument({ name: 'a', value: 'ab', default: 'ac' }),
    found: [
      `argument-value-starts-with-name at ${ARGUMENT_AT}.value`,
      `argument-default-starts-with-name at ${ARGUMENT_AT}.default`,
    ],
  },
  { why: 'name inside a value', change: argument({ name: '--a', value: 'x--a' }), found: [] },

  {
    why: 'stdio url',
    change: transport({ type: 'stdio', url: 'x' }),
    found: [`stdio-transport-url-not-empty at ${URL_AT}`],
  },
  {
    why: 'stdio with a good url',
    change: transport({ type: 'stdio', url: 'https://a.example' }),
    found: [`stdio-transport-url-not-empty at ${URL_AT}`],
  },
  { why: 'stdio', change: transport({ type: 'stdio' }), found: [] },
  { why: 'http without url', change: transport({ type: 'streamable-http' }), found: urlRequired() },
  { why: 'sse with an empty url', change: transport({ type: 'sse', url: '' }), found: urlRequired() },
  { why: 'no transport type', change: transport({}), found: transportType() },
  { why: 'no transport', change: packages({ transport: null }), found: transportType() },
  { why: 'websocket', change: transport({ type: 'websocket' }), found: transportType() },
  { why: 'upper case', change: transport({ type: 'STDIO' }), found: transportType() },
  ...['ftp://h/', 'h:80', '/mcp', 'https:h', 'http://', 'http://h:p/', 'http://a b/', 'http://{HOST}/'].map(url => ({
    why: `package url ${url}`,
    change: transport({ type: 'sse', url }),
    found: [`invalid-templated-url at ${URL_AT}`],
  })),
  ...['http://localhost/', 'http://:8080', 'http://h/{PORT}/{--network}/{city}', 'HTTP://[::1]/{}'].map(url => ({
    why: `package url ${url}`,
    change: transport({ type: 'sse', url }),
    found: [],
  })),

  {
    why: 'no remote type',
    change: remote({ url: 'https://h' }),
    found: ['unsupported-remote-transport-type at remotes[1].type'],
  },
  {
    why: 'stdio remote',
    change: remote({ type: 'stdio' }),
    found: ['unsupported-remote-transport-type at remotes[1].type'],
  },
  { why: 'remote without url', change: remote({ type: 'sse' }), found: remoteWithoutUrl() },
  { why: 'remote with an empty url', change: remote({ type: 'streamable-http', url: '' }), found: remoteWithoutUrl() },
  ...['http://h', 'https://localhost', 'https://127.0.0.1:443/', 'https://a.localhost/', 'https://u@localhost'].map(
    url => ({
      why: `remote ${url}`,
      change: remote({ type: 'sse', url }),
      found: ['invalid-remote-url at remotes[1].url'],
    }),
  ),
  ...['ftp://h', 'https://', 'h', 'https://h:1:2', 'https://a b'].map(url => ({
    why: `remote ${url} breaks two rules`,
    change: remote({ type: 'sse', url }),
    found: ['invalid-remote-url at remotes[1].url', 'invalid-templated-url at remotes[1].url'],
  })),
  ...['https://[::1]', 'https://0.0.0.0', 'https://LOCALHOST', 'https://localhost.', 'https://10.0.0.1'].map(url => ({
    why: `remote ${url} is not checked upstream`,
    change: remote({ type: 'sse', url }),
    found: [],
  })),
  {
    why: 'an open scheme',
    change: remote({ type: 'sse', url: '{scheme}://h', variables: { scheme: {} } }),
    found: ['invalid-remote-url at remotes[1].url'],
  },
  {
    why: 'a base URL as variable',
    change: remote({ type: 'sse', url: '{baseUrl}/mcp', variables: { baseUrl: {} } }),
    found: ['invalid-remote-url at remotes[1].url', 'invalid-templated-url at remotes[1].url'],
  },
  {
    why: 'an undefined variable',
    change: remote({ type: 'sse', url: 'https://{a}.h:{b}/{c}', variables: { a: {}, b: {}, C: {} } }),
    found: ['invalid-templated-url at remotes[1].url'],
  },
  {
    why: 'a variable that only the prototype has',
    change: remote({ type: 'sse', url: 'https://h/{constructor}', variables: {} }),
    found: ['invalid-templated-url at remotes[1].url'],
  },
  {
    why: 'variables named like parts of objects',
    change: remote({
      type: 'sse',
      url: 'https://h/{__proto__}/{constructor}',
      variables: JSON.parse('{"__proto__":{},"constructor":{}}'),
    }),
    found: [],
  },
]

function repositoryUrl(): string[] {
  return ['invalid-repository-url at repository.url']
}
function relativeWebsite(): string[] {
  return ['website-url-must-be-absolute at websiteUrl', 'website-url-invalid-scheme at websiteUrl']
}
function relativeIcon(): string[] {
  return ['icon-src-not-absolute at icons[1].src', 'icon-src-invalid-scheme at icons[1].src']
}
function icons(src: JsonValue): JsonObject {
  return { icons: [{ src: 'https://h/i.png' }, { src }] }
}
function urlRequired(): string[] {
  return [`streamable-transport-url-required at ${URL_AT}`]
}
function transportType(): string[] {
  return ['unsupported-transport-type at packages[1].transport.type']
}
function remoteWithoutUrl(): string[] {
  return ['remote-transport-url-required at remotes[1].url', 'invalid-templated-url at remotes[1].url']
}

t.test('each rule finds what it is for, at its place', async t => {
  t.same(codesOf(record()), [], 'a clean record')
  for (const { why, change, found } of CASES) t.same(codesOf(record(change)), found, why)
})

t.test('every rule of the table has at least two failing cases', async t => {
  const counts = new Map<string, number>()
  for (const { found } of CASES) {
    for (const code of found.map(text => text.split(' at ')[0] ?? '')) counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  t.same([...counts.keys()].sort(), RULES)
  t.same(
    [...counts].filter(([, count]) => count < 2),
    [],
  )
})

t.test('a finding says tier, place, value and what to do', async t => {
  t.same(semanticFindings(record({ version: '^1.2' })), [
    {
      code: 'version-looks-like-range',
      tier: 'semantic',
      severity: 'error',
      pointer: '/version',
      path: 'version',
      message: 'the version "^1.2" looks like a range',
      hint: 'name one specific version, without operators and wildcards',
    },
  ])
  const [finding] = semanticFindings(
    record(transport({ type: 'sse', url: `http://h/${'x'.repeat(99)}{A}{B}{C}{D}{A}` })),
  )
  t.equal(finding?.pointer, '/packages/1/transport/url')
  t.equal(
    finding?.message,
    `the URL "http://h/${'x'.repeat(51)}…" uses variables that nothing defines: "A", "B", "C" and 1 more`,
  )
  const [hostile] = semanticFindings(record({ name: 'a\u001b[31m"\u202e\u{e0041}\ud800/b/c' }))
  t.equal(
    hostile?.message,
    'the server name "a\\u001b[31m\\"\\u202e\\u{e0041}\\ud800/b/c" has more than one slash',
    'control and direction characters are escaped',
  )
})

t.test('the name has seven messages, asked in order', async t => {
  const messages: readonly { name: string; message: string }[] = [
    { name: '', message: 'the server name is missing or empty' },
    { name: '-', message: 'the server name "-" has no namespace' },
    { name: '//', message: 'the server name "//" has more than one slash' },
    { name: '/', message: 'the server name "/" has an empty namespace' },
    { name: '-/', message: 'the server name "-/" is empty after the slash' },
    { name: '-a/-', message: 'the namespace "-a" of the server name is not allowed' },
    { name: 'io.example/-', message: 'the part "-" of the server name is not allowed after the slash' },
  ]
  for (const { name, message } of messages) t.equal(semanticFindings(record({ name }))[0]?.message, message)
  for (const name of ['aa/bb', 'io.github.A-b/c_d.e', '00/11']) t.same(codesOf(record({ name })), [], name)
  for (const name of ['a_a/bb', 'aa./bb', 'aa/bb_', 'é0é/bb', 'a/bb'])
    t.equal(codesOf(record({ name })).length, 1, name)
})

t.test('ranges are told from versions as upstream does', async t => {
  const ranges = [
    ...['^1.2', '~1.2.3', '>=1.0.0', '<= 1', '>v1', '<1.2.3.4', '=1.0.0-rc.1', ' ^1 ', '\u0085^1\u00a0'],
    ...['1 - 2', '1.2.3 - v2.0.0', '1\t-2', '1 -2', '1.2 || 1.3', '1||2||3', 'v1.0.0-a || 2'],
    ...['1.x', '1.2.*', '1.2.X', 'x.1', '*.*', 'v1.x', '1.x-rc.1', ' 1.x'],
    // False positives of upstream, kept: the wildcard is looked for in the whole text.
    ...['1.0.0-next.1', '2.0.0-experimental', '1.2.3-hotfix.1', '1.0-xyz'],
  ]
  const versions = [
    ...[
      '',
      ' ',
      '1.0.0',
      'v1',
      '1.0.1º',
      '{{VERSION}}',
      '1.0+build/2',
      'latest',
      ' latest',
      'LATEST',
      'snapshot - 2025.09',
    ],
    ...[
      '*',
      'x',
      'X',
      '>=1 <2',
      '>=1,<2',
      '1.2.3+x',
      '1.2.3.x',
      'next.1',
      '1.0.0-next.1+b',
      '1- 2',
      '||1',
      '1||',
      '1 | 2',
    ],
    ...['^', '==1', '^1.2.3.4.5', '^1.x', '^1.2 || ^1.3', 'vx.1', '^١', '1\v-\v2', '1.2.3 -', '2025-10-01', '>=latest'],
  ]
  for (const version of ranges) t.equal(looksLikeRange(version), true, JSON.stringify(version))
  for (const version of versions) t.equal(looksLikeRange(version), false, JSON.stringify(version))
  t.same(codesOf(record({ version: ' latest' })), [], 'the reserved word is not trimmed')
  t.same(codesOf(record({ version: 'Latest' })), [], 'and case-sensitive')
})

t.test('variables are found and replaced in upstream order', async t => {
  const samples: readonly { url: string; sampled: string; names: readonly string[] }[] = [
    { url: 'https://h/a', sampled: 'https://h/a', names: [] },
    {
      url: '{scheme}://{host}:{port}/{path}',
      sampled: 'http://example.com:8080/api',
      names: ['scheme', 'host', 'port', 'path'],
    },
    { url: '{protocol}://{HOST}', sampled: 'http://placeholder', names: ['protocol', 'HOST'] },
    { url: 'http://h:{p}', sampled: 'http://h:8080', names: ['p'] },
    { url: 'http://h:{p}/{p}', sampled: 'http://h:8080/placeholder', names: ['p', 'p'] },
    { url: 'http://h:{p}x/', sampled: 'http://h:placeholderx/', names: ['p'] },
    { url: 'http://h:{p}?q', sampled: 'http://h:placeholder?q', names: ['p'] },
    { url: 'a:{b:{c}/', sampled: 'a:8080/', names: ['b:{c'] },
    { url: '{{host}}', sampled: 'placeholder', names: ['{host'] },
    { url: '{}{a}{', sampled: '{}placeholder{', names: ['a'] },
    { url: ':{}:{a}', sampled: ':{}:8080', names: ['a'] },
    { url: '{{}}', sampled: 'placeholder}', names: ['{'] },
  ]
  for (const { url, sampled, names } of samples) {
    t.equal(withSamples(url), sampled, url)
    t.same(templateVariables(url), names, url)
  }
})

t.test('wrong types are left to the schema tier and nothing throws', async t => {
  const wrong: readonly JsonValue[] = [
    5,
    true,
    'text',
    [],
    ['a'],
    [[]],
    [null],
    {},
    null,
    { type: [] },
    JSON.parse('{"__proto__":1}'),
  ]
  const keys = ['name', 'version', 'title', 'websiteUrl', 'repository', 'icons', 'packages', 'remotes', '__proto__']
  for (const key of keys) {
    for (const value of wrong) t.doesNotThrow(() => semanticFindings(JSON.parse(`{"${key}":${JSON.stringify(value)}}`)))
  }
  // Each string, list and object of a full record replaced in turn, at every depth.
  let replaced = 0
  for (const value of wrong) {
    for (const document of replacements(record(packages({})), value)) {
      replaced++
      if (!isJsonObject(document)) continue
      t.ok(semanticFindings(document).length <= 4)
    }
  }
  t.ok(replaced > 500, `${replaced} documents`)

  const typed = { name: 1, version: [], title: {}, websiteUrl: 1, repository: [], icons: {}, packages: 'p', remotes: 1 }
  t.same(codesOf(typed), [], 'nothing to say about values of the wrong type')
  t.same(codesOf(packages({ identifier: 1, version: 1, transport: 'stdio' })), ['invalid-server-name at name'])
  t.same(codesOf(JSON.parse('{"__proto__":{"name":"aa/bb"}}')), ['invalid-server-name at name'], 'own keys only')
})

/** The value with each part of it replaced in turn. */
function* replacements(value: JsonValue, by: JsonValue): Generator<JsonValue> {
  yield by
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      for (const other of replacements(item, by)) yield value.with(index, other)
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) for (const other of replacements(item, by)) yield { ...value, [key]: other }
    }
  }
}

t.test('keys of the first schema are invisible, as to the Go struct', async t => {
  const old = {
    website_url: 'no',
    runtime_arguments: [{ type: 'named' }],
    package_arguments: [{ type: 'named', name: '<' }],
  }
  t.same(codesOf(record({ ...old, ...packages(old) })), [])
})

t.test('a mebibyte of anything takes linear time', async t => {
  const long = (text: string): string => text.repeat(Math.ceil(MIB / text.length))
  const hostile = [
    ...['1', '1.', ' ', '0-', '1||', '1 ||  ', '1 - ', 'x.', '-', '^1', '1.1.1.1-', '\u00a0'].map(long),
    ...['{', '}', '{}', '{a', ':{', ':{}', ':{a}', '{a}', '%', '%25', 'a/', '/', './', '[', ':', '@', '#', '?'].map(
      long,
    ),
    ...['a', 'a.', 'é', '\ud800', '\n', '__proto__'].map(long),
  ]
  const before = performance.now()
  for (const text of hostile) {
    const value = `${text}!`
    const url = `https://h/${value}`
    const document = record({
      name: `${value}/${value}`,
      version: value,
      title: value,
      websiteUrl: value,
      repository: { url: `${GITHUB}${value}`, source: 'github', subfolder: value },
      icons: [{ src: `https://${value}` }, { src: url }],
      packages: [pkg({ version: `1${value}`, transport: { type: 'sse', url: `http://h:${value}` } })],
      remotes: [{ type: 'sse', url }],
    })
    t.ok(semanticFindings(document).every(finding => finding.message.length < 700))
  }
  // Quadratic time would take hours: the limit only has to tell the two apart on a busy machine.
  t.ok(performance.now() - before < 60_000)
})

t.test('the real registry keeps its own rules', async t => {
  for (const date of ['2025-10-20', '2025-12-12']) {
    const path = needSharedData(t, `real/official-${date}.json`)
    if (path === undefined) return
    const dump: { servers: { server: JsonObject }[] } = JSON.parse(readFileSync(path, 'utf8'))
    const counts = new Map<string, number>()
    const expected = new Map<string, number>()
    for (const { server } of dump.servers) {
      for (const { code } of semanticFindings(server)) counts.set(code, (counts.get(code) ?? 0) + 1)
      for (const code of simpleFindings(server)) expected.set(code, (expected.get(code) ?? 0) + 1)
    }
    t.same([...counts].sort(), [...expected].sort(), date)
    t.comment(`${date}: ${JSON.stringify([...counts])}`)
  }
})

interface SimpleServer {
  readonly version: string
  readonly name: string
  readonly websiteUrl?: string
  readonly repository?: { url?: string; source?: string }
  readonly packages?: { version?: string; transport?: { type?: string; url?: string } }[]
  readonly remotes?: { type: string; url: string }[]
}

/** A second, simple computation of the rules that a text search can judge on served records. */
function simpleFindings(document: JsonObject): string[] {
  const server = document as unknown as SimpleServer
  const found: string[] = []
  const { url = '', source = '' } = server.repository ?? {}
  if (url + source !== '' && !new RegExp(`^https?://(www.)?${source}.com/[^/]+/[^/]+/?$`).test(url)) {
    found.push('invalid-repository-url')
  }
  if (!/^[\w.-]{2,}\/[\w.-]{2,}$/.test(server.name)) found.push('invalid-server-name')
  if (server.websiteUrl && !server.websiteUrl.startsWith('https://')) found.push('website-url-invalid-scheme')
  for (const version of [server.version, ...(server.packages ?? []).map(each => each.version ?? '')]) {
    if (version === 'latest') found.push('reserved-version-string')
    if (/^[\^~<>=]|\|\||[xX*]/.test(version) && !/[+ ]|SNAPSHOT/.test(version)) found.push('version-looks-like-range')
  }
  for (const each of server.packages ?? []) {
    if (each.transport?.type === 'stdio' && each.transport.url) found.push('stdio-transport-url-not-empty')
  }
  for (const each of server.remotes ?? []) if (!each.url.startsWith('https://')) found.push('invalid-remote-url')
  return found
}

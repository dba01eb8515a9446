// What a run writes into users' repositories, paragraph by paragraph (git-contract.md). The golden files are the contract:
// a change of one is a breaking change.
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { hasTrailer } from '../../src/git/trailer.ts'
import type { RunRequest } from '../../src/resources/request.ts'
import type { EntryOutcome, RunResult } from '../../src/resources/result.ts'
import { commitMessage, type MessageInput } from '../../src/run/message.ts'
import { readTrailers, runTrailer, writeTrailers } from '../../src/run/trailers.ts'
import { importManifest, listOf, type ServerOptions, server } from '../helpers/entries.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { matchesGolden } from '../helpers/golden.ts'
import { programJson } from '../helpers/in-process.ts'
import { type Pipeline, pipe } from '../helpers/pipeline.ts'

const OFFICIAL = 'io.modelcontextprotocol.registry/official'
const PUBLISHER = 'io.modelcontextprotocol.registry/publisher-provided'
const DATES = { publishedAt: '2026-01-02T03:04:05Z', updatedAt: '2026-01-03T03:04:05Z' }

function one(options: ServerOptions = {}) {
  return server('io.example/one', '1.0.0', options)
}

function record(document: object, official: object | undefined, more: object = {}) {
  return { server: document, _meta: { ...(official && { [OFFICIAL]: official }), ...more } }
}

function list(...servers: readonly object[]) {
  return { servers }
}

/** The text that a run writes into an empty target, every entry of the source. */
async function written(given: Pipeline): Promise<string> {
  const { text, outcomes } = await pipe(given)
  const refused = outcomes.filter(({ outcome }) => outcome !== 'added')
  if (refused.length > 0) throw new Error(`not written: ${refused.map(lineOf).join('')}`)
  if (text === undefined) throw new Error('nothing was written')
  return text
}

t.test('Equal entries', async t => {
  const dated = record(one(), { status: 'active', ...DATES, isLatest: true }, { 'com.example/own': { rank: 1 } })
  const target = await written({ source: [list(dated)] })

  const cases = [
    {
      name: 'isLatest is never compared',
      entry: record(one(), { ...DATES, isLatest: false }, dated._meta),
      outcome: 'unchanged',
    },
    {
      name: 'dates and status that the source lacks',
      entry: record(one(), undefined, { 'com.example/own': { rank: 1 } }),
      outcome: 'unchanged',
    },
    { name: 'the same _meta inside the document', entry: one({ _meta: dated._meta }), outcome: 'unchanged' },
    {
      name: 'another order of keys',
      entry: record(Object.fromEntries(Object.entries(one()).reverse()), undefined, { 'com.example/own': { rank: 1 } }),
      outcome: 'unchanged',
    },
    {
      name: 'another status',
      entry: record(one(), { status: 'deprecated' }, { 'com.example/own': { rank: 1 } }),
      outcome: 'updated',
    },
    {
      name: 'another date',
      entry: record(one(), { updatedAt: '2026-01-04T03:04:05Z' }, { 'com.example/own': { rank: 1 } }),
      outcome: 'updated',
    },
    {
      name: 'another _meta of somebody else',
      entry: record(one(), DATES, { 'com.example/own': { rank: 2 } }),
      outcome: 'updated',
    },
    { name: 'a _meta key less', entry: record(one(), DATES), outcome: 'updated' },
    {
      name: 'another order in a list',
      entry: one({
        remotes: [
          { type: 'sse', url: 'https://two.example.com' },
          { type: 'sse', url: 'https://one.example.com' },
        ],
      }),
      outcome: 'updated',
    },
  ] as const
  for (const { name, entry, outcome } of cases) {
    const { counts, text } = await pipe({ source: [list(entry)], target })
    t.match(counts, { [outcome]: 1 }, name)
    t.equal(
      text === undefined,
      outcome === 'unchanged',
      `${name}: ${outcome === 'unchanged' ? 'nothing' : 'a file'} is written`,
    )
  }
})

t.test('Equal entries: dates are added, kept and never taken', async t => {
  const first = await written({ source: [list({ server: one() })], startTime: '2026-03-01T12:00:00.000Z' })
  t.strictSame(
    officialIn(first),
    { publishedAt: '2026-03-01T12:00:00.000Z', updatedAt: '2026-03-01T12:00:00.000Z' },
    'added',
  )

  const better = one({ description: 'better words' })
  const second = await pipe({
    source: [list({ server: better })],
    target: first,
    startTime: '2026-03-02T12:00:00.000Z',
  })
  t.strictSame(
    officialIn(second.text),
    { publishedAt: '2026-03-01T12:00:00.000Z', updatedAt: '2026-03-02T12:00:00.000Z' },
    'changed',
  )

  const stated = record(better, { status: 'deprecated', publishedAt: '2020-01-01T00:00:00Z' })
  const third = await pipe({ source: [list(stated)], target: first, startTime: '2026-03-03T12:00:00.000Z' })
  t.strictSame(
    officialIn(third.text),
    { publishedAt: '2020-01-01T00:00:00Z', status: 'deprecated', updatedAt: '2026-03-03T12:00:00.000Z' },
    "the source's dates are kept",
  )
  t.notMatch(
    await written({ source: [list({ server: withOci() })], format: 'toolhive' }),
    '2026-03',
    'never in ToolHive form',
  )
})

t.test(
  'Equal entries: the sibling _meta moves inside; where both speak the inner one wins, and that is told',
  async t => {
    const inner = { 'com.example/own': { from: 'inside' } }
    const outer = {
      [OFFICIAL]: { ...DATES, isLatest: true },
      'com.example/own': { from: 'outside' },
      'com.example/other': [1],
    }
    const { text, outcomes } = await pipe({ source: [list({ server: one({ _meta: inner }), _meta: outer })] })

    t.strictSame(entriesOf(text)[0]?._meta, {
      [OFFICIAL]: DATES,
      'com.example/own': { from: 'inside' },
      'com.example/other': [1],
    })
    t.match(outcomes, [
      { outcome: 'added', issues: [{ code: 'MetaConflict', pointer: '/_meta', message: /com\.example\/own/ }] },
    ])
  },
)

t.test('Bytes: an upstream catalog in layout File', async t => {
  const everything = {
    unknown: { '10': 'ten', '9': 'nine', b: [3, 1, 2], a: null },
    _meta: {
      'com.example/zeta': {
        '2': 'two',
        '10': 'ten',
        '\u{1f600}': 'surrogates',
        '\uff5e': 'U+FF5E',
        ä: 'umlaut',
        z: 'ascii',
      },
      [PUBLISHER]: { tool: 'ours', nested: { b: 1, a: [{ d: 1, c: 2 }] } },
      [OFFICIAL]: {
        updatedAt: DATES.updatedAt,
        isLatest: true,
        status: 'active',
        publishedAt: DATES.publishedAt,
        statusMessage: 'fine',
      },
    },
    remotes: [
      {
        variables: { b: { default: 'x', description: 'second' }, a: { isSecret: true, description: 'first' } },
        zulu: 1,
        headers: [
          {
            name: 'X-Key',
            value: '{key}',
            variables: { key: { description: 'the key', isRequired: true } },
            isSecret: true,
            description: 'a key',
          },
        ],
        url: 'https://{a}.example.com/{b}',
        type: 'sse',
      },
    ],
    packages: [
      {
        environmentVariables: [
          {
            name: 'LEVEL',
            default: 'info',
            choices: ['info', 'debug'],
            format: 'string',
            isRequired: false,
            placeholder: 'level',
          },
        ],
        packageArguments: [
          { type: 'positional', valueHint: 'path', isRepeated: true, description: 'where' },
          { name: '--mode', value: 'fast', type: 'named' },
        ],
        runtimeArguments: [{ name: '-v', type: 'named', value: '{v}', variables: { v: { default: '1' } } }],
        runtimeHint: 'npx',
        fileSha256: 'a'.repeat(64),
        version: '1.2.3',
        registryBaseUrl: 'https://npm.registry.example',
        transport: { headers: [], url: 'https://localhost:8080/mcp', type: 'streamable-http' },
        identifier: '@example/one',
        registryType: 'npm',
      },
    ],
    icons: [{ theme: 'dark', sizes: ['48x48', 'any'], mimeType: 'image/png', src: 'https://example.com/icon.png' }],
    repository: { subfolder: 'a/b', id: 'R_1', source: 'github', url: 'https://github.com/example/one' },
    websiteUrl: 'https://example.com/docs?q=%3C&x',
    title: 'Quotes " and \\ and / and \t and \u007f and \u2028 and é \u{1f600} and <&>',
  }
  const source = list(
    { server: server('io.example/two', '1.0.0') },
    { server: server('io.example/one', '1.10.0', everything) },
    {
      server: server('io.example/one', '1.9.0', {
        description: 'numbers',
        _meta: { 'com.example/n': [1.5, 1e21, -0, 100, 1e-7] },
      }),
    },
    { server: server('IO.example/zwei', '1.0.0') },
  )
  const text = await written({ source: [source] })

  matchesGolden(t, 'upstream-file', text)
  t.equal(text.at(-1), '\n')
  t.notMatch(text, '\r')
  const { text: again } = await pipe({ source: [source], target: text })
  t.equal(again, undefined, 'written again from its own source: nothing to do')
  t.equal(await written({ source: [text] }), text, 'a catalog of ours as source gives the same bytes')
})

t.test('Bytes: registry.json of ToolHive', async t => {
  const container = {
    provenance: {
      cert_issuer: 'https://issuer.example',
      attestation: { predicate: {}, predicate_type: 'https://slsa.example/v1' },
      sigstore_url: 'tuf.example',
      signer_identity: '/ci.yml',
    },
    docker_tags: ['2', '1'],
    permissions: {
      write: ['/tmp'],
      read: ['/data'],
      network: { outbound: { insecure_allow_all: false, allow_port: [443], allow_host: ['b.example', 'a.example'] } },
    },
    target_port: 8080,
    args: ['serve', '--fast'],
    env_vars: [{ secret: true, default: 'x', required: true, description: 'the key of it', name: 'KEY' }],
    custom_metadata: { '10': 1, '9': 2, é: 3, '\u{1f600}': 4, '\uff5e': 5, z: { b: 1, a: 2 } },
    metadata: { last_updated: '2026-02-01T00:00:00Z', stars: 3 },
    repository_url: 'https://github.com/example/tides',
    tags: ['sea', 'moon'],
    overview: '# Tides\nand "more"',
    title: 'Tides',
    transport: 'streamable-http',
    tools: ['b_tool', 'a_tool'],
    tier: 'Official',
    status: 'Active',
    image: 'ghcr.io/example/tides:1.0.0',
    description: 'Times and heights of tides',
  }
  const remote = {
    oauth_config: {
      scopes: ['b', 'a'],
      client_id: 'id',
      issuer: 'https://issuer.example',
      oauth_params: { b: '1', a: '2' },
    },
    headers: [{ choices: ['a'], required: false, description: 'which sky', name: 'X-Sky' }],
    tools: ['stars'],
    tier: 'Community',
    status: 'Active',
    transport: 'sse',
    url: 'https://stars.example/mcp',
    description: 'Which stars are up tonight',
  }
  const group = { description: 'what sailors need', name: 'sailors', remote_servers: {}, servers: { tides: container } }
  const source = {
    groups: [group],
    remote_servers: { stars: remote },
    servers: { tides: container, 'one-more': { ...container, metadata: { stars: 1 } } },
    zulu: true,
    last_updated: '2020-01-01T00:00:00Z',
    version: '1.2.0',
    $schema: 'https://example.com/registry.schema.json',
    alpha: { b: 1, a: 2 },
  }
  const text = await written({ source: [source], format: 'toolhive' })

  matchesGolden(t, 'toolhive-file', text)
  t.equal((await pipe({ source: [source], target: text, format: 'toolhive' })).text, undefined, 'nothing to do')
  const later = { ...source, last_updated: '2026-12-31T00:00:00Z' }
  t.equal(
    (await pipe({ source: [later], target: text, format: 'toolhive' })).text,
    undefined,
    'a date alone changes nothing',
  )
})

t.test('Bytes: a number that does not survive makes the entry invalid', async t => {
  for (const number of ['12345678901234567890', '1e400', '0.1234567890123456789']) {
    const text = JSON.stringify(list({ server: one({ _meta: { 'com.example/n': 'NUMBER' } }) })).replace(
      '"NUMBER"',
      number,
    )
    const { outcomes } = await pipe({ source: [text] })
    t.match(outcomes, [{ outcome: 'invalid', issues: [{ code: 'NumberNotExact' }] }], number)
  }
})

t.test('Bytes: never rewritten when content is the same', async t => {
  const source = [list(record(one(), DATES), record(server('io.example/two', '1.0.0'), DATES))]
  const ours = await written({ source })
  const pretty = JSON.stringify(JSON.parse(ours), null, 4)
  const bareList = JSON.stringify(list(record(server('io.example/two', '1.0.0'), DATES), record(one(), DATES)))

  for (const [name, target] of Object.entries({ 'four spaces': pretty, 'a bare list in another order': bareList })) {
    t.equal((await pipe({ source, target })).text, undefined, name)
    const changed = await pipe({ source: [list({ server: one({ description: 'better words' }) })], target })
    const lines = changed.text?.split('\n') ?? []
    t.equal(lines.length, 5, `${name}: once something changes, all of it is in our form`)
  }
  const dated = {
    version: '9.9.9',
    meta: { last_updated: '2030-01-01T00:00:00Z' },
    data: { servers: [record(one(), DATES)] },
  }
  t.equal(
    (await pipe({ source: [dated], target: ours })).text,
    undefined,
    "the source's version and date change nothing",
  )
})

t.test('Bytes: last_updated', async t => {
  const toolhiveEntry = {
    description: 'Times and heights of tides',
    image: 'ghcr.io/example/tides:1',
    status: 'Active',
    tier: 'Community',
    tools: ['x'],
    transport: 'stdio',
  }
  const undated = { server: one() }
  const fresh = {
    [PUBLISHER]: {
      'io.github.stacklok': { 'https://one.example.com/mcp': { metadata: { last_updated: '2026-02-09T00:00:00Z' } } },
    },
  }
  const envelope = (date: string | undefined, ...servers: object[]) => ({
    version: '1.0.0',
    meta: date === undefined ? {} : { last_updated: date },
    data: { servers },
  })
  const known = {
    statusChangedAt: '2025-01-09T00:00:00Z',
    publishedAt: '2025-01-07T00:00:00Z',
    updatedAt: '2025-01-08T00:00:00Z',
  }

  const cases: { name: string; given: Pipeline; date: string }[] = [
    {
      name: 'newest of the official dates',
      given: { source: [list(record(one(), known))] },
      date: known.statusChangedAt,
    },
    {
      name: 'a date with a fraction and an offset',
      given: { source: [list(record(one(), { ...DATES, updatedAt: '2026-01-03T05:04:05.1234567+01:00' }))] },
      date: '2026-01-03T05:04:05.1234567+01:00',
    },
    {
      name: 'metadata.last_updated in the extension',
      given: { source: [list(record(one({ _meta: fresh }), known))] },
      date: '2026-02-09T00:00:00Z',
    },
    {
      name: 'what is no date is passed over',
      given: { source: [list(record(one(), { ...known, statusChangedAt: 'yesterday' }))] },
      date: known.updatedAt,
    },
    {
      name: 'the run, where an entry has no dates',
      given: { source: [list(undated)] },
      date: '2026-03-01T12:00:00.000Z',
    },
    {
      name: "without dates the target's",
      given: { source: [envelope('2024-01-01T00:00:00Z')], target: envelopeText('2023-01-01T00:00:00Z') },
      date: '2023-01-01T00:00:00Z',
    },
    {
      name: "else the source's",
      given: { source: [envelope('2024-01-01T00:00:00Z')], target: envelopeText(undefined) },
      date: '2024-01-01T00:00:00Z',
    },
    {
      name: 'else the epoch',
      given: { source: [envelope(undefined)], target: envelopeText(undefined) },
      date: '1970-01-01T00:00:00Z',
    },
    {
      name: "a ToolHive source's, in an upstream target",
      given: {
        source: [{ version: '1.0.0', last_updated: '2024-02-02T00:00:00Z', servers: {} }],
        target: envelopeText(undefined),
      },
      date: '2024-02-02T00:00:00Z',
    },
    {
      name: "an upstream source's, in a ToolHive target",
      given: { format: 'toolhive', source: [envelope('2024-03-03T00:00:00Z', { server: withOci() })] },
      date: '2024-03-03T00:00:00Z',
    },
    {
      name: 'official dates that a ToolHive entry keeps',
      given: { format: 'toolhive', source: [list(record(withOci(), known))] },
      date: known.statusChangedAt,
    },
    {
      name: 'metadata.last_updated of a ToolHive entry',
      given: {
        format: 'toolhive',
        source: [
          {
            version: '1.0.0',
            last_updated: '2020-01-01T00:00:00Z',
            servers: { tides: { ...toolhiveEntry, metadata: { last_updated: '2026-02-03T00:00:00Z' } } },
          },
        ],
      },
      date: '2026-02-03T00:00:00Z',
    },
  ]
  for (const { name, given, date } of cases) {
    // A skill that is new makes a change where entries alone would not.
    const target =
      given.target === undefined ? {} : { target: given.target.replace('"servers"', '"skills":[],"servers"') }
    const [first] = given.source
    const { text } = await pipe({
      ...given,
      ...target,
      source: target.target === undefined ? given.source : [first as object, skillsOnly('new')],
    })
    const data = JSON.parse(text ?? '{}')
    t.equal(given.format === 'toolhive' ? data.last_updated : data.meta?.last_updated, date, name)
  }
})

t.test('Bytes: skills, plugins and unknown keys of the envelope pass through', async t => {
  const skill = (name: string, version: string, words: string) => ({
    version,
    name,
    namespace: 'io.example',
    description: words,
  })
  const target = JSON.stringify({
    version: '1.0.0',
    meta: { last_updated: DATES.updatedAt, region: 'eu' },
    data: {
      servers: [record(one(), DATES)],
      skills: [skill('b', '1', 'target'), skill('a', '1', 'target')],
      plugins: [skill('p', '1', 'target')],
      zulu: { kept: 1 },
      alpha: 'target',
    },
    owner: 'target',
    note: 'target',
  })
  const source = {
    version: '3.0.0',
    $schema: 'https://example.com/envelope.json',
    meta: { last_updated: '2030-01-01T00:00:00Z', region: 'us' },
    data: {
      servers: [record(one(), DATES)],
      skills: [skill('a', '1', 'source'), skill('a', '2', 'source')],
      alpha: 'source',
      '10': 'ten',
      '9': 'nine',
    },
    owner: 'source',
  }
  const combinations = [
    { onConflict: 'Replace', prune: 'Never' },
    { onConflict: 'Replace', prune: 'Missing' },
    { onConflict: 'Keep', prune: 'Never' },
    { onConflict: 'Keep', prune: 'Missing' },
  ] as const
  let all = ''
  for (const merge of combinations) {
    const { text } = await pipe({ source: [source], target, merge })
    all += `== ${merge.onConflict} ${merge.prune}\n${text ?? 'unchanged\n'}`
    if (text !== undefined)
      t.equal((await pipe({ source: [source], target: text, merge })).text, undefined, 'settled after one run')
  }
  matchesGolden(t, 'envelope-merge', all)
  await t.rejects(pipe({ source: [source], target, merge: { onConflict: 'Fail' } }), {
    reason: 'MergeConflict',
    message: /owner/,
  })

  const { text } = await pipe({
    source: [
      one(),
      { data: { servers: [], skills: [skill('a', '1', 'one')] } },
      { data: { servers: [], skills: [skill('a', '1', 'two'), skill('c', '1', 'two')] } },
    ],
  })
  t.strictSame(
    JSON.parse(text ?? '{}').data.skills,
    [skill('a', '1', 'one'), skill('c', '1', 'two')],
    'of all documents, the first one wins',
  )
})

t.test('Bytes: what a format has no place for is told', async t => {
  const envelope = {
    version: '1.0.0',
    meta: {},
    owner: 'x',
    data: { servers: [{ server: withOci() }], skills: [], 'a.b/c': 1 },
  }
  const toToolhive = await pipe({ source: [envelope], format: 'toolhive' })
  t.match(toToolhive.issues, [
    { code: 'NotConvertible', severity: 'info', document: 'source-0.json', pointer: '/data/skills' },
    { code: 'NotConvertible', severity: 'info', pointer: '/data/a.b~1c' },
    { code: 'NotConvertible', severity: 'info', pointer: '/owner' },
  ])
  const groups = await pipe({ source: [{ version: '1.0.0', last_updated: DATES.updatedAt, servers: {}, groups: [] }] })
  t.match(groups.issues, [{ code: 'NotConvertible', severity: 'info', pointer: '/groups' }])
})

function packaged(name: string, pkg: object) {
  return server(name, '1.0.0', { remotes: undefined, packages: [{ ...pkg, transport: { type: 'stdio' } }] })
}

function extensionOf(image: string, extension: object) {
  return { 'io.modelcontextprotocol.registry/publisher-provided': { 'io.github.stacklok': { [image]: extension } } }
}

t.test('To ToolHive', async t => {
  const oci = (name: string, version: string, more: object = {}) =>
    server(name, version, {
      remotes: undefined,
      packages: [
        {
          registryType: 'oci',
          identifier: `ghcr.io/example/${name.split('/')[1]}:${version}`,
          transport: { type: 'stdio' },
        },
      ],
      ...more,
    })
  const source = list(
    { server: oci('io.example/weather', '1.9.0') },
    { server: oci('io.example/weather', '1.10.0') },
    { server: oci('io.example/UPPER', '1.0.0') },
    { server: oci('io.example/ab', '1.0.0') },
    { server: oci('org.other/weather', '1.0.0') },
    { server: server('io.example/remote', '1.0.0') },
    {
      server: oci('io.example/digest', '1.0.0', {
        packages: [
          {
            registryType: 'oci',
            identifier: `ghcr.io/example/d@sha256:${'0'.repeat(64)}`,
            transport: { type: 'stdio' },
          },
        ],
      }),
    },
    { server: oci('io.example/short', '1.0.0', { description: 'short' }) },
    {
      server: oci('io.example/tier', '1.0.0', {
        _meta: extensionOf('ghcr.io/example/tier:1.0.0', { tier: 'Partner' }),
      }),
    },
    { server: packaged('io.example/npm', { registryType: 'npm', identifier: '@example/npm', version: '1.2.0' }) },
    { server: packaged('io.example/pypi', { registryType: 'pypi', identifier: 'example', version: '1.2.0' }) },
    { server: server('io.example/nothing', '1.0.0', { remotes: [] }) },
    {
      server: server('io.example/nuget', '1.0.0', {
        remotes: [],
        packages: [{ registryType: 'nuget', identifier: 'Nu.Get', version: '1.0.0', transport: { type: 'stdio' } }],
      }),
    },
  )
  const { text, outcomes, counts } = await pipe({ source: [source], format: 'toolhive' })

  matchesGolden(t, 'to-toolhive', text ?? '')
  matchesGolden(t, 'to-toolhive-outcomes', outcomes.map(lineOf).join(''))
  t.match(counts, { total: 13, added: 9, filtered: 1, invalid: 3 })
  t.equal(
    (await pipe({ source: [text ?? ''], format: 'toolhive', target: text ?? '' })).text,
    undefined,
    'reads what it wrote',
  )

  const strict = await pipe({ source: [source], format: 'toolhive', policy: { strictToolHive: true } })
  t.match(strict.counts, { added: 0, filtered: 1, invalid: 12 })
})

t.test('Digest: the SHA-256 of the bytes', async t => {
  const { text, digest } = await pipe({ source: [list({ server: one() })] })
  t.equal(
    digest,
    createHash('sha256')
      .update(text ?? '')
      .digest('hex'),
  )
})

t.test('Bytes, Paths and Digest: layouts Namespace and Directory', async t => {
  const envelope = {
    version: '2.0.0',
    meta: { last_updated: DATES.updatedAt, region: 'eu' },
    data: {
      servers: [
        record(server('io.example/two', '1.0.0-ä b'), DATES),
        record(server('io.example/one', '1.10.0'), DATES),
        record(server('io.example/one', '1.9.0'), DATES),
        record(server('io.EXAMPLE/one', '1.0.0'), DATES),
        record(server('org.other/one', `1.0.0-${'y'.repeat(200)}`), DATES),
      ],
      skills: [{ namespace: 'io.example', name: 'a', version: '1' }],
    },
  }
  for (const layout of ['Namespace', 'Directory'] as const) {
    const { files, digest, counts } = await pipe({ source: [envelope], layout })
    t.equal(counts.added, 5)
    const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
    matchesGolden(t, `layout-${layout.toLowerCase()}`, sorted.map(([path, text]) => `== ${path}\n${text}`).join(''))
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    const lines = files.map(([path, text]) => `${hash(text)}  ${path.replace('target.json/', '')}\n`)
    t.equal(digest, hash(lines.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join('')), 'the digest')
  }
})

const REQUEST = {
  runId: 'run-1',
  attempt: 2,
  resource: { kind: 'MCPRegistryImportJob', namespace: 'team', name: 'import', uid: 'local', generation: 0 },
  mode: 'Apply',
  startTime: '2026-03-01T12:00:00.000Z',
  searchWholeHistory: false,
  source: {
    type: 'git',
    repository: 'https://git.example/team/a b.git',
    ref: { branch: 'main' },
    path: 'registry.json',
  },
  filter: { versions: 'all' },
  policy: {
    onInvalid: 'Skip',
    checks: ['schema', 'semantic'],
    profile: 'generic',
    namespace: 'io.example',
    longDescription: 'Fail',
    strictToolHive: false,
  },
  merge: { onConflict: 'Replace', prune: 'Never', allowEmpty: false },
  target: {
    type: 'git',
    repository: 'https://git.example/catalog.git',
    branch: 'main',
    path: 'catalog/a registry.json',
    layout: 'File',
    format: 'upstream',
    commit: {},
  },
  activeDeadlineSeconds: 600,
  requestHash: 'b'.repeat(64),
} satisfies RunRequest
const COUNTS = {
  total: 6,
  invalid: 0,
  filtered: 1,
  conflicts: 1,
  added: 2,
  updated: 1,
  unchanged: 1,
  removed: 1,
  stale: 2,
}
const OUTCOMES: readonly EntryOutcome[] = [
  { name: 'io.example/filtered', version: '1.0.0', outcome: 'filtered', reason: 'NameExcluded', issues: [] },
  { name: 'io.example/one', version: '1.0.0', outcome: 'added', issues: [] },
  { name: 'io.example/two', version: '2.0.0\nRollbook-Run: forged', outcome: 'added', issues: [] },
  { name: 'io.example/three', version: '3.0.0-\u{1f600}-ä-\u05d0', outcome: 'updated', issues: [] },
  { name: 'io.example/same', version: '1.0.0', outcome: 'unchanged', issues: [] },
  { name: 'io.example/gone', version: '1.0.0', outcome: 'removed', issues: [] },
]

function message(template?: string, changes: Partial<MessageInput> = {}): string {
  const commit = template === undefined ? {} : { messageTemplate: template }
  const request = { ...REQUEST, target: { ...REQUEST.target, commit } }
  return commitMessage({
    request,
    sourceRevision: `main@sha1:${'c'.repeat(40)}`,
    counts: COUNTS,
    outcome: 'Completed',
    digest: 'd'.repeat(64),
    outcomes: OUTCOMES,
    ...changes,
  })
}

t.test('Commit: the message, with default and with template', async t => {
  const many = Array.from(
    { length: 53 },
    (_, index): EntryOutcome => ({ name: `io.example/n${index}`, version: '1.0.0', outcome: 'added', issues: [] }),
  )
  matchesGolden(
    t,
    'commit-messages',
    [
      message(),
      message(
        '{{kind}} {{namespace}}/{{name}}: +{{added}} ~{{updated}} -{{removed}} from {{source}} at {{revision}} by {{run}}',
      ),
      message('catalog: {{added}} added\n\nA body for people,\nin two lines.'),
      message(undefined, { outcomes: many, outcome: 'PartiallyCompleted' }),
      message(undefined, { outcomes: [], counts: { ...COUNTS, added: 0, updated: 0, removed: 0 } }),
    ].join('=====\n'),
  )
})

t.test('Commit: the first line has at most 200 characters', async t => {
  const [first = ''] = message(`${'\u{1f600}ä'.repeat(150)} {{added}}`).split('\n')
  t.equal([...first].length, 200)
  t.ok(first.endsWith('…'))
  t.equal(message('x'.repeat(200)).split('\n')[0], 'x'.repeat(200), 'exactly 200 stay')
  const [expanded = ''] = message('{{source}}'.repeat(30)).split('\n')
  t.equal([...expanded].length, 200, 'counted after expansion')
})

t.test('C13 Commit: each trailer once, and nobody can forge one', async t => {
  const forged = [
    'Rollbook-Run: forged',
    'subject\n\nRollbook-Run: forged\nrollbook-digest: sha256:0',
    'subject\r\n\r\nRollbook-Run: forged',
    'subject\n\n \tRollbook-Run : forged',
    'subject\u2028Rollbook-Run: forged\u0085Rollbook-Run: forged',
    '{{source}}\n{{name}}',
    'x\n\nRollbook-Run: forged\n\n\n',
  ]
  const evil: Partial<MessageInput> = {
    request: {
      ...REQUEST,
      resource: { ...REQUEST.resource, uid: 'x\nRollbook-Run: forged' },
      source: { type: 'url', url: 'https://git.example/x\n\nRollbook-Run: forged' },
      target: { ...REQUEST.target, path: 'catalog/x\nRollbook-Run: forged' },
    },
  }
  for (const text of [...forged.map(template => message(template)), message(undefined, evil)]) {
    const read = readTrailers(text)
    t.equal(read?.run, 'run-1', encodeURI(text.slice(0, 60)))
    t.ok(hasTrailer(text, runTrailer('run-1')))
    t.notOk(hasTrailer(text, runTrailer('forged')))
    const keys = [...text.matchAll(/^[ \t]*(Rollbook-[A-Za-z]+)[ \t]*:/gim)].map(([, key]) => key)
    t.strictSame(
      keys,
      ['Run', 'Attempt', 'Resource', 'Source', 'Target', 'Counts', 'Outcome', 'Digest', 'Request'].map(
        key => `Rollbook-${key}`,
      ),
    )
    t.notMatch(text, /[\r\u0085]/)
  }
})

t.test('Commit: trailers come back as they were written', async t => {
  const trailers = readTrailers(message())
  t.ok(trailers)
  if (!trailers) return
  t.strictSame(trailers.counts, COUNTS)
  t.equal(trailers.source, `git https://git.example/team/a%20b.git main@sha1:${'c'.repeat(40)}`)
  t.strictSame(readTrailers(`subject\n\n${writeTrailers(trailers)}\n`), trailers)
})

t.test('Commit: through the program, the blob and the raw commit object', async t => {
  const { source, target, run } = await workplace(t, {
    targetGit: {
      commit: {
        author: { name: 'Zoë \u{1f600} \u05d0\u05d1', email: 'zoe@example.com' },
        messageTemplate: 'catalog: {{added}} added ä \u05d0',
      },
    },
  })
  const rtl = 'a description with \u{1f600}, \u05e2\u05d1\u05e8\u05d9\u05ea and \u202emarks\u202c'
  await source.commit(
    { 'registry.json': listOf(one({ description: rtl }), server('io.example/two', '1.0.0-\u202e')) },
    'first',
    { date: new Date('2026-01-01T00:00:00Z') },
  )

  const { code, data } = await run('--run-id', 'golden', '--now', '2026-03-01T12:00:00Z')

  t.equal(code, 0)
  const blob = await target.git(['cat-file', 'blob', 'main:catalog/registry.json'])
  matchesGolden(t, 'program-blob', `${blob}\n`)
  t.equal(data.digest, `sha256:${createHash('sha256').update(`${blob}\n`).digest('hex')}`)
  const commit = await target.git(['cat-file', 'commit', 'main'])
  const hash = /^Rollbook-Request: sha256:([0-9a-f]{64})$/m.exec(commit)?.[1] ?? 'no request'
  matchesGolden(t, 'program-commit', `${commit.replaceAll(source.url, 'file:///SOURCE').replace(hash, 'REQUEST')}\n`)
  t.equal(
    await target
      .git(['log', '-1', '--format=%(trailers:key=Rollbook-Run,valueonly)', 'main'])
      .then(text => text.trim()),
    'golden',
    'git finds the trailers too',
  )
})

t.test('Commit: author and committer by default, both dates of the attempt', async t => {
  const { source, target, run } = await workplace(t)
  await source.commit({ 'registry.json': listOf(one()) })
  await run('--now', '2026-03-01T12:00:00Z')
  const who = await target.git(['log', '-1', '--date=iso-strict', '--format=%an <%ae> %ad%n%cn <%ce> %cd', 'main'])
  const ours = 'Rollbook <rollbook@noreply.invalid> 2026-03-01T12:00:00+00:00'
  t.strictSame(who.split('\n'), [ours, ours])
})

t.test('Exactly once: found means done, whatever happened since', async t => {
  const { source, target, run } = await workplace(t)
  await source.commit({ 'registry.json': listOf(one(), server('io.example/bad', 'latest')) })
  const first = await run('--run-id', 'once', '--now', '2026-03-01T12:00:00Z')
  for (let i = 0; i < 3; i++) await target.commit({ [`other-${i}`]: 'x' }, `Talks of it\n\nRollbook-Run: once-${i}`)
  const head = await target.head()

  const again = await run('--run-id', 'once')

  t.match(again.data, {
    outcome: 'PartiallyCompleted',
    reason: 'AlreadyCommitted',
    counts: first.data.counts,
    digest: first.data.digest,
    target: first.data.target,
  })
  t.equal(await target.head(), head)
})

async function workplace(t: Test, options: { targetGit?: Record<string, unknown> } = {}) {
  const [directory, source, target] = await Promise.all([temporaryDirectory(t), bareRepository(t), bareRepository(t)])
  await writeFile(
    join(directory, 'import.yaml'),
    importManifest({ source: source.url, target: target.url, ...options }),
  )
  const run = (...args: string[]) => programJson<RunResult>(['run', '-f', 'import.yaml', ...args], { cwd: directory })
  return { source, target, run }
}

interface Written {
  readonly _meta: Record<string, unknown>
}

function entriesOf(text: string | undefined): Written[] {
  return JSON.parse(text ?? '{}').data.servers
}

function officialIn(text: string | undefined): unknown {
  return entriesOf(text)[0]?._meta[OFFICIAL]
}

function withOci() {
  return server('io.example/boxed', '1.0.0', {
    remotes: undefined,
    packages: [{ registryType: 'oci', identifier: 'ghcr.io/example/boxed:1', transport: { type: 'stdio' } }],
  })
}

function envelopeText(date: string | undefined): string {
  return JSON.stringify({
    version: '1.0.0',
    meta: date === undefined ? {} : { last_updated: date },
    data: { servers: [] },
  })
}

function skillsOnly(name: string) {
  return { data: { servers: [], skills: [{ namespace: 'io.example', name, version: '1' }] } }
}

function lineOf({ name, version, outcome, reason, issues }: EntryOutcome): string {
  const told = issues.map(
    issue => `\n    ${issue.severity} ${issue.code} ${issue.document}${issue.pointer}: ${issue.message}`,
  )
  return `${name} ${version} ${outcome}${reason === undefined ? '' : ` ${reason}`}${told.join('')}\n`
}

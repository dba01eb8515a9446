// YAML catalogs: every form that JSON has, read to the same documents, with the guards that YAML needs besides.
import t from 'tap'
import { stringify } from 'yaml'
import { cpuTime } from '../../helpers/cpu-time.ts'
import { readText, verdicts } from '../../helpers/documents.ts'
import { listOf, server } from '../../helpers/entries.ts'

const ONE = server('io.example/one', '1.0.0')
const TWO = server('io.example/two', '1.0.0', { _meta: { note: { 'a/b': ['x', 1.5, true, null] } } })
const one = JSON.stringify(ONE)

/** An API list in YAML: entries as JSON text, each on a line of its own, from line 2 on. */
function list(...entries: readonly string[]): string {
  return `servers:\n${entries.map(entry => `- ${entry}\n`).join('')}`
}

t.test('each form is read as from JSON', async t => {
  const envelope = {
    $schema: 'https://schema.example/x',
    version: '1.0.0',
    meta: { last_updated: '2026-01-01T00:00:00Z' },
    data: { servers: [ONE, TWO], skills: [{ name: 'a-skill' }] },
    more: { x: [1] },
  }
  const toolhive = {
    description: 'fetches pages of the web',
    image: 'ghcr.io/example/fetch:1.0.0',
    status: 'Active',
    tier: 'Official',
    tools: ['fetch'],
    transport: 'stdio',
  }
  const remote = { ...toolhive, image: undefined, url: 'https://docs.example.com/mcp', transport: 'sse' }
  const forms: Readonly<Record<string, unknown>> = {
    'server.json': ONE,
    record: { server: TWO, _meta: { other: { x: 1 } } },
    list: { servers: [{ server: ONE }, { server: TWO }], metadata: { count: 2 } },
    envelope,
    registry: {
      version: '1.0.0',
      last_updated: '2026-01-01T00:00:00Z',
      servers: { fetch: toolhive },
      remote_servers: { docs: remote },
      groups: [],
    },
  }
  for (const [form, value] of Object.entries(forms)) {
    const json = readText('a.json', JSON.stringify(value))
    t.ok(json.entries.length > 0 && json.entries.every(({ document }) => document), `${form} is valid`)
    const texts = {
      block: stringify(value),
      crlf: stringify(value).replaceAll('\n', '\r\n'),
      marked: `--- # a comment\n${stringify(value)}...\n`,
      flow: stringify(value, { collectionStyle: 'flow' }),
    }
    for (const [style, text] of Object.entries(texts)) {
      const yaml = readText('a.yaml', text)
      t.strictSame(yaml.issues, [], `${form} ${style}`)
      t.strictSame(yaml.formats, json.formats)
      t.strictSame(yaml.envelope, json.envelope)
      t.strictSame(
        yaml.entries.map(({ identity, pointer, document }) => ({ identity, pointer, document })),
        json.entries.map(({ identity, pointer, document }) => ({ identity, pointer, document })),
      )
    }
  }
})

t.test('content decides between JSON and YAML, unless the name says which', async t => {
  const rows: readonly { path: string; text: string; entries?: number; issue?: RegExp }[] = [
    { path: 'catalog', text: listOf(ONE), entries: 1 },
    { path: 'catalog', text: `\n\uFEFF${listOf(ONE)}`.slice(1), entries: 1, issue: /ByteOrderMark/ },
    { path: 'catalog', text: list(one), entries: 1 },
    { path: 'catalog.txt', text: list(one), entries: 1 },
    { path: 'a.yaml', text: listOf(ONE), entries: 1 },
    { path: 'a.yml', text: `{servers: [{server: ${one}}]}`, entries: 1 },
    { path: 'a.YAML', text: `{"servers": [{server: ${one}}, ], }`, entries: 1 },
    { path: 'catalog', text: `{servers: [${one}]}`, issue: /^1:2 JsonSyntax/ },
    { path: 'a.json', text: list(one), issue: /^1:1 JsonSyntax/ },
    { path: 'a.JSON', text: list(one), issue: /^1:1 JsonSyntax/ },
    { path: 'a.yaml', text: '{}', issue: /^1:1 FormatUnknown/ },
    { path: 'a.yml', text: '[1, 2', issue: /^1:6 YamlSyntax the YAML can't be read/ },
  ]
  for (const { path, text, entries = 0, issue } of rows) {
    const read = readText(path, text)
    t.equal(read.entries.filter(({ document }) => document).length, entries, `${path}: ${text.slice(0, 30)}`)
    t.match(read.issues, issue === undefined ? [] : [issue], `${path}: ${text.slice(0, 30)}`)
  }
})

t.test('a large JSON text is never taken for YAML', async t => {
  const text = `${listOf(ONE).slice(0, -2)}, {bad}]}`
  t.match(readText('a.yaml', text, { yamlBytes: 50 }).issues, [])
  t.match(readText('a.yaml', list(one), { yamlBytes: 50 }).issues, [
    /^1:1 YamlTooLarge the file has \d+ bytes, more than the 50 allowed for YAML/,
  ])
})

t.test('F5 each document of a stream is one for itself', async t => {
  const text = ['---', stringify(ONE), 'a: [', stringify({ server: TWO }), '', stringify({ servers: [ONE, ONE] })].join(
    '\n---\n',
  )
  const read = readText('a.yaml', text)
  t.match(read.issues, [/^\d+:\d+ YamlSyntax/])
  t.equal(read.all[0]?.line, text.slice(0, text.indexOf('a: [')).split('\n').length + 1)
  t.strictSame(verdicts(read), [
    'io.example/one 1.0.0 ok',
    'io.example/two 1.0.0 ok',
    'io.example/one 1.0.0 ok',
    'io.example/one 1.0.0 ok',
  ])
  t.strictSame(readText('a.yaml', '').issues, ['1:1 FormatUnknown this file is empty'])
  t.strictSame(readText('a.yaml', '# only a comment\n---\n---\nnull\n').issues, [
    '1:1 FormatUnknown this file is empty',
  ])
  t.match(readText('a.yaml', '- a\n- b\n').issues, [/^1:1 FormatUnknown this document has none/])
  t.match(readText('a.yaml', 'just words\n').issues, [/^1:1 FormatUnknown/])
})

t.test('one mistake is told once', async t => {
  t.match(readText('a.yaml', 'a:\n b: x\n  c: y\n').issues, { length: 1, 0: /^2:5 YamlSyntax/ })
})

t.test('a version that YAML reads as a number', async t => {
  const [issue] = readText('a.yaml', one.replace('"1.0.0"', '1.0')).entries[0]?.issues ?? []
  t.match(issue, { code: 'type', path: 'version', message: /expected a string/, hint: /^put it in quotes/ })
})

t.test('places are those of the node', async t => {
  const schema = String(ONE['$schema'])
  const text = `servers:\n- server:\n    name: io.example/one\n    description: é ok\n    version: 1.0\n    packages:\n    - registryType: oci\n    $schema: ${schema}\n- name: &n "x"\n`
  const { entries } = readText('a.yaml', text)
  const place = (pointer: string) => entries[0]?.issues.find(issue => issue.pointer === pointer)
  t.match(place('/version'), { line: 5, column: 14, code: 'type', document: 'a.yaml' })
  t.match(place('/packages/0'), { line: 7, column: 7 })
  t.match(
    entries[1]?.issues.find(issue => issue.pointer === '/name'),
    { line: 9, column: 12 },
  )
  const wide = readText('a.yaml', `servers: [{description: "é€𐐷", version: 1, $schema: "${schema}"}]`)
  const version = wide.entries[0]?.issues.find(issue => issue.pointer === '/version')
  t.equal(version?.column, Buffer.from('servers: [{description: "é€𐐷", version: ').length + 1, 'columns count bytes')
})

t.test('F5 what is no UTF-8 refuses the file; a byte order mark is read over', async t => {
  const bad = readText('a.yaml', Buffer.from('servers: []\nx: caf\u00e9\n', 'latin1'))
  t.strictSame(bad.issues, ['2:7 NotUtf8 this byte is not UTF-8'])
  t.equal(bad.all[0]?.hint, 'save the file as UTF-8')
  const rows = ['c080', 'c1bf', 'eda080', 'f4908080', 'f5808080', 'e28c', 'ff', '80', 'f0808080', 'e08080']
  for (const hex of rows) {
    const text = Buffer.concat([Buffer.from('é€😀: x\na: '), Buffer.from(hex, 'hex'), Buffer.from('\n')])
    t.strictSame(readText('a.yaml', text).issues, ['2:4 NotUtf8 this byte is not UTF-8'], hex)
  }
  const marked = readText('a.yaml', `\uFEFF${list(one)}`)
  t.strictSame(marked.issues, ['info 1:1 ByteOrderMark this file starts with a byte order mark, which is not kept'])
  t.strictSame(verdicts(marked), ['io.example/one 1.0.0 ok'])
})

t.test('F5 duplicate keys', async t => {
  t.match(readText('a.yaml', 'servers: []\nservers: []\n').issues, [
    '2:1 DuplicateKey the key "servers" is given twice, first in line 1',
  ])
  t.match(readText('a.yaml', 'data:\n  servers: []\n  skills: []\n  skills: []\n').issues, [/^4:3 DuplicateKey/])
  t.match(readText('a.yaml', 'servers: []\nmeta:\n  a: 1\n  a: 1\n').issues, [/^4:3 DuplicateKey/])
  const repeated = `{ "name": "io.example/other",\n  "name": "io.example/one" }`
  const read = readText('a.yaml', list(repeated, one))
  t.match(read.entries[0]?.issues, [{ code: 'DuplicateKey', pointer: '/name', line: 3, column: 3 }])
  t.equal(verdicts(read)[1], 'io.example/one 1.0.0 ok')
  const meta = `${one.slice(0, -1)}, "_meta": {"a": {"k": 1,\n   "k": 2}}}`
  t.match(readText('a.yaml', list(`{server: ${meta}}`, one)).entries[0]?.issues, [
    { code: 'DuplicateKey', pointer: '/_meta/a/k', line: 3, column: 4 },
  ])
  const map = readText('a.yaml', 'servers:\n  fetch: {a: 1}\n  fetch: {a: 2}\nremote_servers:\n  fetch: {}\n')
  t.match(map.entries[1]?.issues, [{ code: 'DuplicateKey', line: 3, column: 3, message: /first in line 2/ }])
  t.notMatch(map.entries[2]?.issues, [{ code: 'DuplicateKey' }])
})

t.test('F5 deep nesting ends soon', async t => {
  const texts = {
    brackets: '['.repeat(20_000),
    closed: `x: ${'['.repeat(200_000)}${']'.repeat(200_000)}`,
    braces: '{a: '.repeat(20_000),
    dashes: `${'- '.repeat(20_000)}x`,
    questions: '? '.repeat(20_000),
    indents: Array.from({ length: 2000 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'),
    'inside an entry': `${list(one)}- a: ${'['.repeat(20_000)}`,
    'inside _meta': list(`{_meta: {a: ${'['.repeat(20_000)}${']'.repeat(20_000)}}}`, one),
  }
  for (const [name, text] of Object.entries(texts)) {
    const time = cpuTime()
    t.match(readText('a.yaml', text).issues, [/^\d+:\d+ TooDeep must not be nested deeper than 250 levels/], name)
    t.ok(time() < 3000, name)
  }
  const at = (depth: number) => `${one.slice(0, -1)}, "_meta": {"a": ${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}}}`
  t.match(verdicts(readText('a.yaml', list(at(64), at(65), at(100), one))), [
    / ok$/,
    /^\? \? 3:\d+ TooDeep/,
    /TooDeep/,
    / ok$/,
  ])
  t.match(readText('a.yaml', `servers: []\nx: ${'['.repeat(65)}${']'.repeat(65)}\n`).issues, [/^2:68 TooDeep/])
  t.match(
    verdicts(readText('b.yaml', `---\n${stringify(ONE)}---\n${'['.repeat(20_000)}`)),
    [/ ok$/],
    'documents before it stand',
  )
})

t.test('F5 aliases are read, bombs are not', async t => {
  const shared = `x-shared: &schema ${JSON.stringify(ONE['$schema'])}\nservers:\n- &one ${one}\n- {<<: 1, $schema: *schema, name: io.example/two, description: d, version: 1.0.1}\n- *one\n`
  const read = readText('a.yaml', shared)
  t.strictSame(verdicts(read), ['io.example/one 1.0.0 ok', 'io.example/two 1.0.1 ok', 'io.example/one 1.0.0 ok'])
  t.equal(read.entries[1]?.document?.['<<'], 1, 'a merge key is a key like others')
  t.strictSame(read.entries[2]?.document, ONE)

  const levels = 'bcdefghi'
    .split('')
    .map((name, index) => `&${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]`)
  const bombs = {
    envelope: `x: [&a [x, x], ${levels.join(', ')}]\nservers: [${one}]\n`,
    entries: list('&a [x, x]', ...levels, one),
    meta: list(`{_meta: {a: [&a [x, x], ${levels.join(', ')}]}}`, one),
    'empty lists': list('&a [[], []]', ...levels, one),
    itself: list('&x {a: *x, b: *x}', one),
    'long text': list(`{a: &a ${'x'.repeat(100_000)}}`, ...Array(300).fill('{b: [*a, *a, *a, *a, *a]}')),
    'many aliases': list(`&a ${one}`, ...Array(3000).fill('*a')),
  }
  for (const [name, text] of Object.entries(bombs)) {
    const time = cpuTime()
    const { all } = readText('a.yaml', text, { yamlBytes: 2 * 1024 * 1024 })
    t.ok(
      all.some(({ code, severity }) => severity === 'error' && /^(AliasesTooLarge|TooDeep|EntryTooLarge)$/.test(code)),
      name,
    )
    t.ok(time() < 10_000, `${name} ends soon`)
  }
  t.match(verdicts(readText('a.yaml', list('{name: *nope}', one))), [
    /2:10 AliasUnknown the alias \*nope has no anchor/,
    / ok$/,
  ])
})

t.test('F5 tags, directives and keys that are no text', async t => {
  const rows: readonly { entry: string; code: string; place: [number, number] }[] = [
    { entry: '{name: !!js/function x}', code: 'TagRefused', place: [2, 10] },
    { entry: '{name: !foo x}', code: 'TagRefused', place: [2, 10] },
    { entry: '!foo {name: x}', code: 'TagRefused', place: [2, 3] },
    { entry: '{name: !!binary aGk=}', code: 'TagRefused', place: [2, 19] },
    { entry: '{name: !!set {a, b}}', code: 'TagRefused', place: [2, 16] },
    { entry: '{name: !!float x}', code: 'TagRefused', place: [2, 10] },
    { entry: '{? [a] : b}', code: 'KeyRefused', place: [2, 6] },
    { entry: '{? {a: b} : c}', code: 'KeyRefused', place: [2, 6] },
  ]
  for (const { entry, code, place } of rows) {
    const read = readText('a.yaml', list(entry, one))
    t.match(read.entries[0]?.issues[0], { code, severity: 'error', line: place[0], column: place[1] }, entry)
    t.equal(verdicts(read)[1], 'io.example/one 1.0.0 ok', entry)
  }
  t.match(verdicts(readText('a.yaml', list('{x: &a !foo y}', `{name: *a}`, one))), [/TagRefused/, /TagRefused/, /ok$/])
  t.match(readText('a.yaml', `servers: !foo []\n`).issues, [/^1:10 TagRefused/])
  t.match(readText('a.yaml', `x: !!binary aGk=\nservers: [${one}]\n`).issues, [/^1:13 TagRefused/])
  t.match(readText('a.yaml', `%YAML 1.1\n---\n${stringify(ONE)}`).issues, [/^2:1 DirectiveRefused/])
  t.match(readText('a.yaml', `%TAG ! tag:x,2026:\n---\n${stringify(ONE)}`).issues, [/DirectiveRefused/])
  t.match(
    readText('a.yaml', list(...Array(300).fill('{name: !foo x}'))).issues.length,
    20,
    'very many refuse the document',
  )
  t.strictSame(verdicts(readText('a.yaml', list(one.replace('"1.0.0"', '!!str 12')))), ['io.example/one 12 ok'])
})

t.test('values are those of JSON', async t => {
  const text = `
server:
  _meta:
    yes: yes
    no: no
    date: 2001-01-01
    time: 2001-01-01T00:00:00Z
    octal: 0o17
    hex: 0x1F
    zeros: 012
    plus: +1
    point: .5
    end: 1.
    empty:
    tilde: ~
    1: one
    true: yes
    block: |
      a
        b
    folded: >-
      a
      b
    __proto__: {polluted: true}
    constructor: {prototype: 1}
__proto__: {x: 1}
`
  const raw = JSON.stringify(
    readText(
      'a.yaml',
      text.replace(
        'server:',
        `server:\n  ${Object.entries(ONE)
          .map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
          .join('\n  ')}`,
      ),
    ).entries[0]?.document?.['_meta'],
  )
  t.equal(
    raw,
    '{"1":"one","yes":"yes","no":"no","date":"2001-01-01","time":"2001-01-01T00:00:00Z","octal":15,"hex":31,"zeros":12,"plus":1,"point":0.5,"end":1,"empty":null,"tilde":null,"true":"yes","block":"a\\n  b\\n","folded":"a b","__proto__":{"polluted":true},"constructor":{"prototype":1}}',
  )
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
  const envelope = readText('a.yaml', `__proto__: {q: 1}\nservers: [${one}]\n`).envelope.top
  t.equal(JSON.stringify(envelope), '{"__proto__":{"q":1}}')
  t.match(readText('a.yaml', 'servers:\n  __proto__: {}\n').entries, [{ pointer: '/servers/__proto__' }])

  for (const number of [
    '12345678901234567890',
    '.inf',
    '-.Inf',
    '.nan',
    '1e400',
    '0xFFFFFFFFFFFFFFFFF',
    '9007199254740993',
  ])
    t.match(
      readText('a.yaml', list(`{n: ${number}}`)).entries[0]?.issues,
      [{ code: 'NumberNotExact', pointer: '/n', line: 2 }],
      number,
    )
  t.match(readText('a.yaml', 'servers: []\nn: .inf\n').issues, [/^2:4 NumberNotExact/])
})

t.test('many problems and many places end soon', async t => {
  const time = cpuTime()
  const flow = `servers: [${Array(5000).fill('{name: 1, version: 2}').join(', ')}]\n`
  t.equal(readText('a.yaml', flow).entries.length, 5000)
  const keys = Array.from({ length: 5000 }, (_, n) => `  k${n}: {}\n`).join('')
  t.equal(readText('a.yaml', `servers:\n${keys}`).entries.length, 5000)
  t.match(readText('a.yaml', 'a: b: c\n'.repeat(5000)).issues, [/YamlSyntax|TooDeep/])
  t.ok(time() < 30_000)
})

// Bad JSON: each case has a stated reason at a place, and the entries beside it go on.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { cpuTime } from '../../helpers/cpu-time.ts'
import { readText, verdicts } from '../../helpers/documents.ts'
import { listOf, server } from '../../helpers/entries.ts'

const ONE = server('io.example/one', '1.0.0')
const TWO = server('io.example/two', '1.0.0')
const one = JSON.stringify(ONE)
const two = JSON.stringify(TWO)

/** An API list with each entry on a line of its own, from line 2 on. */
function lines(...entries: readonly string[]): string {
  return `{"servers":[\n${entries.join(',\n')}\n]}\n`
}

const EMPTY = '1:1 FormatUnknown this file is empty'
const UNKNOWN = '1:1 FormatUnknown this document has none of the forms of a catalog'

t.test('F5 texts that are no catalog', async t => {
  const rows: readonly { name: string; text: string; issue: string }[] = [
    { name: 'empty', text: '', issue: EMPTY },
    { name: 'blank', text: ' \r\n\t', issue: EMPTY },
    { name: 'words', text: 'hello world', issue: '1:1 JsonSyntax not JSON: hello is not a JSON value' },
    { name: 'HTML', text: '<html></html>', issue: '1:1 JsonSyntax not JSON: <html></html> is not a JSON value' },
    { name: 'comment', text: '// x\n{}', issue: '1:1 JsonSyntax not JSON: // is not a JSON value' },
    { name: 'unquoted', text: '{name: 1}', issue: "1:2 JsonSyntax not JSON: 'n' stands where a string should be" },
    { name: 'single quotes', text: "{'a': 1}", issue: "1:2 JsonSyntax not JSON: ''' stands where a string should be" },
    { name: 'comma', text: '{"servers":[1,]}', issue: "1:15 JsonSyntax not JSON: ']' stands where a value should be" },
    { name: 'wrong bracket', text: '[1,2}', issue: "1:5 JsonSyntax not JSON: '}' stands where ']' should be" },
    { name: 'two texts', text: '{"servers":[]} x', issue: '1:16 JsonSyntax not JSON: text follows the document' },
    { name: 'text behind', text: `${lines(one)}x`, issue: '4:1 JsonSyntax not JSON: text follows the document' },
    { name: 'object', text: '{}', issue: UNKNOWN },
    { name: 'other object', text: '{"a":{"servers":[]}}', issue: UNKNOWN },
    { name: 'array', text: '[]', issue: UNKNOWN },
    { name: 'array of entries', text: `[${one}]`, issue: UNKNOWN },
    { name: 'null', text: 'null', issue: UNKNOWN },
    { name: 'string', text: '"x"', issue: UNKNOWN },
    { name: 'number', text: '42', issue: UNKNOWN },
    {
      name: 'servers a text',
      text: '{"servers":"x"}',
      issue:
        '1:12 ContainerInvalid servers must be an array, or in a ToolHive registry.json an object: it holds the entries',
    },
    {
      name: 'servers beside groups',
      text: '{"groups":[],"servers":"x"}',
      issue: '1:24 ContainerInvalid servers must be an object: it holds the entries',
    },
    {
      name: 'data.servers a map',
      text: '{"data":{"servers":{"a":1}}}',
      issue: '1:20 ContainerInvalid data.servers must be an array: it holds the entries',
    },
    {
      name: 'remote_servers a list',
      text: '{"servers":{},\n"remote_servers":[1]}',
      issue: '2:18 ContainerInvalid remote_servers must be an object: it holds the entries',
    },
  ]
  for (const { name, text, issue } of rows) {
    const read = readText('catalog.json', text)
    t.strictSame(read.issues, [issue], name)
    t.strictSame(read.entries, [], name)
    t.equal(read.all[0]?.document, 'catalog.json')
  }
  t.strictSame(readText('a.json', '{"servers":null}').issues, [], 'Go writes an empty list as null')
})

t.test('a text cut off anywhere is refused with a place', async t => {
  const whole = JSON.stringify({ version: '1.0.0', meta: { a: [1, 'é'] }, data: { servers: [ONE, TWO] } }, null, 1)
  const bytes = Buffer.from(whole)
  for (let end = 1; end < bytes.length; end += 7) {
    const { formats, all, entries } = readText('catalog.json', bytes.subarray(0, end))
    t.strictSame([formats.length, formats[0], entries.length], [1, undefined, 0], `cut at ${end}`)
    t.match(all[0], { severity: 'error', line: Number, column: Number }, `cut at ${end}`)
    t.ok((all[0]?.line ?? 0) <= bytes.subarray(0, end).toString().split('\n').length)
  }
})

t.test('F5 bytes that are not UTF-8', async t => {
  const bad = Buffer.from(lines(one.replace('the server', 'the s\u00e9rver'), two), 'latin1')
  const read = readText('a.json', bad)
  t.strictSame(verdicts(read), [
    `? ? 2:${bad.indexOf(0xe9) - bad.indexOf(0x0a)} NotUtf8 this byte is not UTF-8`,
    'io.example/two 1.0.0 ok',
  ])

  const around = Buffer.from(`{"x":"a\u00e9",\n"servers":[${one}]}`, 'latin1')
  t.strictSame(readText('a.json', around).issues, ['1:8 NotUtf8 this byte is not UTF-8'])
  t.strictSame(readText('a.json', around).entries, [])
  const paging = Buffer.from(`{"servers":[${one}],"metadata":{"nextCursor":"\u00e9"}}`, 'latin1')
  t.match(readText('a.json', paging).issues, [/^1:\d+ NotUtf8/], 'what is not kept is text all the same')

  const key = Buffer.from('{"servers":{"caf\u00e9":{},"fetch":{}}}', 'latin1')
  t.match(verdicts(readText('a.json', key)), [/ 1:17 NotUtf8/, /^fetch \? .* required/], 'a key is part of its entry')

  for (const path of ['a.json', 'a.yaml', 'a']) {
    for (const encoding of ['utf16le', 'utf16be'] as const) {
      for (const mark of ['\uFEFF', '']) {
        const text = Buffer.from(`${mark}{"servers":[]}`, 'utf16le')
        if (encoding === 'utf16be') text.swap16()
        const [issue] = readText(path, text).all
        t.match(issue, { code: 'NotUtf8', line: 1, column: 1, hint: 'save the file as UTF-8' }, `${path} ${encoding}`)
      }
    }
  }
})

t.test('bytes of gzip are told as such', async t => {
  for (const path of ['a.json', 'a.yaml', 'page-1'])
    t.match(readText(path, gzipSync(listOf(ONE))).all, [{ code: 'NotUtf8', message: /gzip/, hint: /unpacked/ }], path)
})

t.test('F5 a byte order mark and CRLF are read over', async t => {
  const { issues, entries, all } = readText('a.json', `\uFEFF${listOf(ONE).replaceAll('\n', '\r\n')}`)
  t.strictSame(issues, ['info 1:1 ByteOrderMark this file starts with a byte order mark, which is not kept'])
  t.equal(all[0]?.document, 'a.json')
  t.strictSame(
    entries.map(({ document }) => document),
    [ONE],
  )
  const bad = readText('a.json', `\uFEFF{"servers":[{"name":1}],\r\n"servers":[]}`)
  t.equal(bad.issues[1], '2:1 DuplicateKey the key "servers" is given twice, first in line 1')
  t.match(verdicts(readText('a.json', '\uFEFF{"servers":[7]}')), [/ 1:13 type /], 'columns do not count the mark')
  const crlf = lines(one, '{"name":1}').replaceAll('\n', '\r\n')
  t.match(readText('a.json', crlf).entries[1]?.issues, [{ line: 3, column: 1 }])
})

t.test('F5 duplicate keys', async t => {
  const repeated = one.replace('"version"', '"name":"io.example/other",\n"version"')
  t.strictSame(verdicts(readText('a.json', lines(repeated, two))), [
    `io.example/other 1.0.0 2:${repeated.indexOf('"name":"io.example/other"') + 1} DuplicateKey the key "name" is given twice, first in line 2`,
    'io.example/two 1.0.0 ok',
  ])
  const meta = `${one.slice(0, -1)},"_meta":{"a":{"k":1,\n"k":2}}}`
  const [inMeta] = readText('a.json', lines(meta, two)).entries[0]?.issues ?? []
  t.match(inMeta, { code: 'DuplicateKey', pointer: '/_meta/a/k', path: '_meta.a.k', line: 3, column: 1 })
  const inRecord = readText('a.json', lines(`{"server":${repeated}}`)).entries[0]?.issues[0]
  t.match(inRecord, { code: 'DuplicateKey', pointer: '/name' }, 'the pointer counts from the server document')
  t.match(
    verdicts(readText('a.json', `${one.slice(0, -1)},"version":"2.0.0"}`)),
    [/DuplicateKey/],
    'a lone server.json',
  )

  const top = readText('a.json', `{"servers":[],\n"servers":[${one}]}`)
  t.strictSame(top.issues, ['2:1 DuplicateKey the key "servers" is given twice, first in line 1'])
  const inData = readText('a.json', '{"data":{"servers":[],"skills":[],\n"skills":[]}}')
  t.strictSame(inData.issues, ['2:1 DuplicateKey the key "skills" is given twice, first in line 1'])
  const below = readText('a.json', '{"servers":[],"meta":{"a":1,\n"a":2}}')
  t.strictSame(below.issues, ['2:1 DuplicateKey the key "a" is given twice, first in line 1'])

  const map = '{"servers":{"fetch":{"a":1},\n"fetch":{}},"remote_servers":{"fetch":{}}}'
  const found = readText('a.json', map).entries
  t.match(found[1]?.issues, [
    { code: 'DuplicateKey', line: 2, column: 1, message: /"fetch" is given twice, first in line 1/ },
  ])
  t.notMatch(found[0]?.issues, [{ code: 'DuplicateKey' }], 'the first one is judged by itself')
  t.notMatch(found[2]?.issues, [{ code: 'DuplicateKey' }], 'the other map is another map')
})

t.test('F5 deep nesting', async t => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  t.match(readText('a.json', '['.repeat(20_000)).issues, [/^1:1 JsonSyntax/])
  t.strictSame(readText('a.json', deep).issues, ['1:1 TooDeep this document is nested 20000 deep, the limit is 64'])
  t.match(readText('a.jsonl', `${deep}\n${two}`).entries, { length: 2 }, 'a line spoils no other')
  t.strictSame(verdicts(readText('a.json', lines(deep, two))), [
    '? ? 2:1 TooDeep this entry is nested 20000 deep, the limit is 64',
    'io.example/two 1.0.0 ok',
  ])
  t.match(verdicts(readText('a.json', lines(`${one.slice(0, -1)},"_meta":{"a":${deep}}}`, two))), [/TooDeep/, /ok$/])
  t.match(readText('a.json', `{"servers":[],"x":${deep}}`).issues, [/^1:19 TooDeep this value is nested 20000 deep/])
  t.match(readText('a.json', `{"servers":[${one}],"data":[${deep}]}`).issues, [/TooDeep/])
  const at = (depth: number) => `${one.slice(0, -1)},"_meta":{"a":${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}}}`
  t.match(verdicts(readText('a.json', lines(at(64), at(65)))), [/ ok$/, /nested 65 deep/])
})

t.test('numbers that are not exact', async t => {
  const withNumber = (number: string) => lines(`${one.slice(0, -1)},"_meta":{"n":${number}}}`)
  for (const number of ['12345678901234567890', '9007199254740993', '1e400', '0.1000000000000000055511151231257827'])
    t.match(readText('a.json', withNumber(number)).entries[0]?.issues, [
      { code: 'NumberNotExact', pointer: '/_meta/n' },
    ])
  for (const number of ['9007199254740992', '0.1', '1e21', '1.50', '-0', '123456789012345680000'])
    t.match(verdicts(readText('a.json', withNumber(number))), [/ ok$/], number)
  t.match(readText('a.json', '{"servers":[],"n":12345678901234567890}').issues, [/^1:19 NumberNotExact/])
})

t.test('entries that are no objects, too large, too many', async t => {
  const read = readText('a.json', `{"servers":[null,[],"x",1,true,{"server":null},${one}]}`)
  t.match(verdicts(read).slice(0, 5), Array(5).fill(/ type an entry must be a JSON object/))
  t.match(read.entries[5]?.issues, [{ code: 'type', pointer: '/server', line: 1, column: 42 }])
  const records = readText(
    'a.json',
    '{"servers":[{"server":"nonsense"},{"server":1,"_meta":{}},{"server":1,"name":"x/y"}]}',
  )
  t.match(verdicts(records), [
    '? ? 1:23 type "server" of an API record must be an object',
    '? ? 1:45 type "server" of an API record must be an object',
    /is missing/,
  ])
  t.equal(records.entries[0]?.issues.length, 1)
  t.equal(verdicts(read)[6], 'io.example/one 1.0.0 ok')

  const large = JSON.stringify({ ...ONE, _meta: { text: 'x'.repeat(1024 * 1024) } })
  t.strictSame(verdicts(readText('a.json', lines(large, two))), [
    `? ? 2:1 EntryTooLarge this entry has ${large.length} bytes, the limit is 1048576`,
    'io.example/two 1.0.0 ok',
  ])
  t.match(readText('a.json', lines(large)).entries[0]?.issues, [{ hint: /^take out/ }])
  t.strictSame(readText('a.json', '{"servers":[0,0,0]}', { entries: 2 }).issues, [
    '1:17 TooManyEntries this file has over 2 entries',
  ])
  t.match(readText('a.json', `{"servers":[],"x":"${'y'.repeat(100)}"}`, { envelopeBytes: 50 }).issues, [
    /EnvelopeTooLarge what stands around the entries has 102 bytes, the limit is 50/,
  ])
  const keys = Array.from({ length: 10_001 }, (_, n) => `"k${n}":0`).join(',')
  t.match(readText('a.json', `{${keys}}`).issues, [/TooManyEntries an object has over 10000 keys/])
})

t.test('F5 __proto__ and constructor are keys like others', async t => {
  const meta = '"_meta":{"__proto__":{"y":1},"constructor":{"z":1},"toString":"w"}'
  const text = `{"__proto__":{"q":1},"constructor":2,"servers":[\n{"server":${one.slice(0, -1)},"__proto__":{"x":1},${meta}}}]}`
  const { entries, envelope } = readText('a.json', text)
  t.equal(JSON.stringify(envelope.top), '{"__proto__":{"q":1},"constructor":2}')
  const document = entries[0]?.document ?? {}
  t.equal(JSON.stringify(document['_meta']), '{"__proto__":{"y":1},"constructor":{"z":1},"toString":"w"}')
  t.ok(Object.hasOwn(document, '__proto__'), 'the entry keeps its key')
  t.equal(Object.getPrototypeOf(document), Object.prototype)
  t.match(readText('a.json', '{"servers":{"__proto__":{},"constructor":{}}}').entries, [
    { pointer: '/servers/__proto__' },
    { pointer: '/servers/constructor' },
  ])
  t.equal(({} as Record<string, unknown>)['q'], undefined)
})

t.test('a bad line of JSON Lines spoils only itself', async t => {
  const text = `{"name": "cut\n${one}\n\n[1]\nbroken\n${two}`
  t.strictSame(verdicts(readText('a.jsonl', text)), [
    '? ? 1:10 JsonSyntax not JSON: the text ends inside this string',
    'io.example/one 1.0.0 ok',
    '? ? 4:1 type an entry must be a JSON object',
    '? ? 5:1 JsonSyntax not JSON: broken is not a JSON value',
    'io.example/two 1.0.0 ok',
  ])
  t.match(verdicts(readText('catalog', `${one}\nbroken\n`)), [/ok$/, /JsonSyntax/], 'whatever the name')
  t.match(readText('a.json', text).issues, [/JsonSyntax/], 'a broken JSON text is not taken for lines')
})

t.test('versions and names are accepted as the official rules say, and come through unchanged', async t => {
  const rows: readonly { version: string; code?: string }[] = [
    { version: '1.0.1º' },
    { version: '{{VERSION}}' },
    { version: '1.0+build/2' },
    { version: '2025-06-18' },
    { version: 'latest', code: 'reserved-version-string' },
    { version: '^1.0.0', code: 'version-looks-like-range' },
    { version: '1.x', code: 'version-looks-like-range' },
    { version: '' },
  ]
  for (const { version, code } of rows) {
    const [entry] = readText('a.json', listOf({ ...ONE, version })).entries
    if (code === undefined) t.equal(entry?.document?.['version'], version, version)
    else t.match(entry?.issues, [{ code, pointer: '/version' }], version)
  }
})

t.test('many findings end soon and stay few', async t => {
  const entry = JSON.stringify({ ...ONE, packages: Array(300_000).fill(0) })
  const time = cpuTime()
  const { entries } = readText('a.json', lines(entry, two))
  t.ok(time() < 10_000, 'time grows with the entry, not with its square')
  t.ok((entries[0]?.issues.length ?? 0) <= 201)
  t.ok(entries[1]?.document)

  const bad = JSON.stringify({ name: 1, version: 2, $schema: 3, title: 4 }, null, 1)
  const timeOfMany = cpuTime()
  const all = readText('a.json', lines(...Array(20_000).fill(bad)))
  t.equal(all.entries.length, 20_000)
  const title = all.entries[19_999]?.issues.find(({ pointer }) => pointer === '/title')
  t.equal(title?.line, 2 + 19_999 * 6 + 4)
  t.ok(timeOfMany() < 20_000, 'places in a long file do not count from its start')
})

// Damaged catalogs: whatever becomes of the bytes, reading ends soon, says what is wrong, and makes nothing up.
import t from 'tap'
import { stringify } from 'yaml'
import { cpuTime } from '../../helpers/cpu-time.ts'
import { readText } from '../../helpers/documents.ts'
import { server } from '../../helpers/entries.ts'
import { seededRandom } from '../../helpers/random.ts'

/** Of JSON, and of YAML. */
const MUTATIONS = 2000
/** Milliseconds a text. */
const LONGEST = 1000

/** Escapes of JSON and YAML that stand for another character than their own. */
const ESCAPED = /\\[0abefnrtuvxNLP_]/i

const INTERESTING = [...Buffer.from('{}[]:,"\'\\&*!|>%@`#?-~\n\r\t 019eE.')].concat([0, 0x7f, 0x80, 0xc0, 0xef, 0xff])

const catalog = {
  version: '1.0.0',
  meta: { last_updated: '2026-01-01T00:00:00Z' },
  data: {
    servers: [
      server('io.example/one', '1.0.0'),
      { server: server('io.example/two', '2.1.0-beta.1'), _meta: { 'com.example/x': { n: 1.5, list: [true, null] } } },
      server('io.example/three', '2026.1', { title: 'Drei é 😀' }),
    ],
    skills: [{ namespace: 'io.example', name: 'a-skill', version: '1.0.0' }],
  },
}
const registry = {
  version: '1.0.0',
  last_updated: '2026-01-01T00:00:00Z',
  servers: {
    fetch: {
      description: 'fetches pages of the web',
      image: 'ghcr.io/example/fetch:1.0.0',
      status: 'Active',
      tier: 'Official',
      tools: ['fetch'],
      transport: 'stdio',
    },
  },
}
const records = catalog.data.servers.map(entry => JSON.stringify(entry)).join('\n')
const shared = `x: &x {a: 1}\n${stringify(catalog)}y: [*x, *x]\n`

const texts: readonly { path: string; text: string }[] = [
  { path: 'catalog.json', text: JSON.stringify(catalog, null, 1) },
  { path: 'catalog.json', text: JSON.stringify(catalog) },
  { path: 'registry.json', text: JSON.stringify(registry, null, 1) },
  { path: 'records.jsonl', text: records },
  { path: 'catalog.yaml', text: shared },
  { path: 'registry.yaml', text: stringify(registry) },
  { path: 'flow.yaml', text: stringify(catalog, { collectionStyle: 'flow' }) },
]

for (const [index, { path, text }] of texts.entries()) {
  t.test(`${path} ${index}, damaged`, async t => {
    const chance = seededRandom(t)
    const random = (below: number) => Math.floor(chance() * below)
    const original = Buffer.from(text)
    t.ok(readText(path, original).entries.every(({ document }) => document))
    const ofItsKind = texts.filter(other => isYaml(other.path) === isYaml(path)).length
    const count = Math.ceil(MUTATIONS / ofItsKind)
    for (let round = 0; round < count; round++) {
      const bytes = damaged(original, random)
      const problem = problemOf(path, bytes, text)
      if (problem !== undefined) {
        t.fail(`round ${round}: ${problem}`, { text: bytes.toString('latin1') })
        return
      }
    }
    t.pass(`${count} texts`)
  })
}

t.equal(({} as Record<string, unknown>)['polluted'], undefined, 'no prototype was touched')

function isYaml(path: string): boolean {
  return path.endsWith('.yaml')
}

/** What is wrong with how a damaged text was read, if anything. */
function problemOf(path: string, bytes: Buffer, original: string): string | undefined {
  const time = cpuTime()
  let read: ReturnType<typeof readText>
  try {
    read = readText(path, bytes)
  } catch (error) {
    return `threw ${error instanceof Error ? error.stack : error}`
  }
  if (time() > LONGEST) return `took ${time()} ms`
  const lines = bytes.toString('latin1').split('\n').length
  for (const { document, message, line, column, severity } of read.all) {
    if (document !== path || message === '') return 'an issue without document or message'
    if (line === undefined || column === undefined || line < 1 || column < 1 || line > lines)
      return `an issue at ${line}:${column} of ${lines} lines: ${message}`
    if (!['error', 'warning', 'info'].includes(severity)) return `severity ${severity}`
  }
  if (read.entries.length === 0 && read.formats[0] === undefined && read.issues.length === 0) return 'refused silently'
  const now = bytes.toString()
  for (const { identity, document, issues } of read.entries) {
    if (!document && !issues.some(({ severity }) => severity === 'error'))
      return `${identity} is invalid without a reason`
    if (!document) continue
    for (const part of [document['name'], document['version']]) {
      if (typeof part !== 'string') return `accepted without identity: ${identity}`
      if (!stands(part.replace('io.github.stacklok/', ''), [original, now]))
        return `accepted ${identity}, which stands nowhere`
    }
  }
  return undefined
}

/** True when one of the texts holds it, apart from escapes and folded lines. Conversion gives every ToolHive entry version 1.0.0. */
function stands(part: string, texts: readonly string[]): boolean {
  const wanted = condensed(part)
  return part === '1.0.0' || texts.some(text => condensed(text).includes(wanted) || ESCAPED.test(text))
}

function condensed(text: string): string {
  return text.replaceAll(/[\s\\]/g, '')
}

/** One to four changes: a bit flipped, a byte set, cut, repeated, or a piece moved. */
function damaged(original: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(original)
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(bytes.length)
    const length = 1 + random(20)
    const kind = random(8)
    if (kind < 4) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
    else if (kind === 4) bytes[at] = INTERESTING[random(INTERESTING.length)] ?? 0
    else if (kind === 5) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    else if (kind === 6) bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
    else {
      const to = random(bytes.length)
      bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(at, at + length), bytes.subarray(to)])
    }
    if (bytes.length === 0) bytes = Buffer.from(' ')
  }
  return bytes
}

// Random damage for documents, aware of their structure: what people and programs really get wrong, at any depth.
import { isJsonObject, type JsonObject, type JsonValue, setOwn } from '../../../src/lib/json.ts'
import { pick, type Random } from '../../helpers/random.ts'

/** A damaged copy: one to three changes at random places. */
export function mutated(random: Random, document: JsonObject): JsonObject {
  const copy = structuredClone(document)
  for (let change = 0; change < pick(random, [1, 1, 2, 3]); change++) {
    const holder = pick(random, holdersIn(copy))
    if (Array.isArray(holder)) mutateList(random, holder)
    else mutateObject(random, holder)
  }
  return copy
}

/** Every single change: each field left out or added, each field and item replaced by each odd value, each list doubled. */
export function* everyChange(document: JsonObject): Generator<JsonObject> {
  yield { ...document, extra: 1 }
  for (const [key, value] of Object.entries(document)) {
    const { [key]: _left, ...others } = document
    yield others
    for (const other of changesOf(value)) yield { ...document, [key]: other }
  }
}

function* changesOf(value: JsonValue | undefined): Generator<JsonValue> {
  yield* allOdd
  if (isJsonObject(value)) yield* everyChange(value)
  if (!Array.isArray(value)) return
  yield [...value, ...value]
  for (const [index, item] of value.entries()) {
    for (const other of changesOf(item)) yield value.with(index, other)
  }
}

/** Every object and list in a document. Deep ones count as often as the top level, which has most of the fields. */
function holdersIn(value: JsonValue | undefined): (JsonObject | JsonValue[])[] {
  if (Array.isArray(value)) return [value, ...value.flatMap(holdersIn)]
  if (isJsonObject(value)) return [value, ...Object.values(value).flatMap(holdersIn)]
  return []
}

function mutateObject(random: Random, object: JsonObject): void {
  const key = pick(random, [...Object.keys(object), 'extra'])
  const value = object[key]
  const change = random()
  if (change < 0.2) delete object[key]
  else if (change < 0.25)
    setOwn(object, pick(random, ['extra', '__proto__', 'constructor', 'X']), odd(random, undefined))
  else if (change < 0.3 && value !== undefined) {
    delete object[key]
    setOwn(object, otherCase(random, key), value)
  } else setOwn(object, key, odd(random, value))
}

function mutateList(random: Random, list: JsonValue[]): void {
  const change = random()
  const index = Math.floor(random() * list.length)
  if (change < 0.15) list.length = 0
  else if (change < 0.4 && list.length > 0) list.push(structuredClone(list[index] as JsonValue))
  else list[index] = odd(random, list[index])
}

function otherCase(random: Random, key: string): string {
  const snake = key.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
  const camel = key.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
  return pick(random, [snake, camel, key.toUpperCase(), `${key} `, `${key.split('/').at(-1)}.x`])
}

/** Another value for a field: often of the right type and at the edge of what is allowed. */
function odd(random: Random, value: JsonValue | undefined): JsonValue {
  if (random() < 0.25) return structuredClone(pick(random, otherTypes))
  if (typeof value === 'boolean') return pick<JsonValue>(random, [!value, 'true', 1])
  if (typeof value === 'number') return pick<JsonValue>(random, [...numbers, '1'])
  if (typeof value === 'string' && random() < 0.3) return edited(random, value)
  return pick(random, [...texts, ...texts, ...lengths.map(length => pick(random, ['a', '😀', 'é']).repeat(length))])
}

function edited(random: Random, text: string): string {
  const at = Math.floor(random() * (text.length + 1))
  const insert = pick(random, [' ', '/', '\n', '{x}', '%', '\0', '😀', '<', 'A', '_', '@', ''])
  return pick(random, [text.toUpperCase(), `${text} `, text.slice(0, at) + insert + text.slice(at), text.slice(at)])
}

const numbers = [-1, 0, 1, 1.5, 65535, 65536, 1e300]
const otherTypes: readonly JsonValue[] = [null, 0, 1.5, '', true, [], {}, [1], 'text', { a: 1 }]
const lengths = [1, 2, 3, 4, 5, 9, 10, 63, 64, 65, 100, 101, 128, 129, 199, 200, 201, 255, 256, 500, 501, 1024, 1025]

const texts = [
  ...[
    'latest',
    'LATEST',
    'stdio',
    'sse',
    'streamable-http',
    'http',
    'named',
    'positional',
    'string',
    'boolean',
    'filepath',
  ],
  ...['active', 'Active', 'deprecated', 'Deprecated', 'archived', 'deleted', 'Official', 'Community', 'community'],
  ...[
    'oci',
    'git',
    'npm',
    'light',
    'dark',
    'any',
    '48x48',
    '48x',
    'image/png',
    'image/jpeg',
    'image/jpg',
    'image/svg+xml',
    'image/webp',
    'image/gif',
    '1.0.0',
    '1.0',
    'v1.0.0',
  ],
  ...[
    'https://example.com',
    'http://x',
    'http://',
    'https://a b',
    'ftp://x/y',
    'mailto:a@b',
    'example.com',
    '/a/b',
    'a:',
  ],
  ...[
    'https://{host}/x',
    '{base}/x',
    'https://[::1]/x',
    'https://ü.example',
    'https://x/%zz',
    'HTTPS://EXAMPLE.COM/a#b',
  ],
  ...[
    'a/b',
    'io.example/x',
    'io.example/x/y',
    'io example/x',
    '/x',
    'x/',
    'ab',
    'a-b',
    'a_b',
    '-ab',
    'ab-',
    '.a.b',
    '.',
  ],
  ...['*', 'a.example', 'A_B', '1A', 'X-Key', 'x key', '/data', '/data/', '/data//x', 'data', '/', '0'.repeat(64)],
  ...[
    'F'.repeat(64),
    'abcdef01'.repeat(8),
    'ghcr.io/a/b:1',
    'ghcr.io/a/b@sha256:1',
    'Ghcr.io/a',
    'npx://a@1',
    'a:5/b:C',
  ],
  ...['2025-12-11T10:00:00Z', '2025-12-11T10:00:00', '2025-12-11', '2025-02-30T10:00:00Z', '2025-12-11T25:00:00+01:00'],
  ...['123e4567-e89b-12d3-a456-426614174000', 'urn:uuid:123e4567-e89b-12d3-a456-426614174000', '123e4567'],
]

/** Text at the longest allowed length and one more, where a pattern or format holds too. */
const longest = [
  ...[200, 201].map(length => `io.example/${'x'.repeat(length - 11)}`),
  ...[255, 256].map(length => `https://example.com/${'x'.repeat(length - 20)}`),
]

const allOdd: readonly JsonValue[] = [
  ...[...otherTypes, ...numbers, ...texts, ...longest],
  ...lengths.map(length => 'a'.repeat(length)),
  ...[100, 101].map(length => '😀'.repeat(length)),
]

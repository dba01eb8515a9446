// There and back: nothing of an entry is lost over real catalogs, edits win over what was kept, and nothing throws.
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import t from 'tap'
import type { Section, ToolhiveEntry } from '../../../src/entries/convert/toolhive-fields.ts'
import { type ToUpstreamOptions, toUpstream } from '../../../src/entries/convert/toolhive-to-upstream.ts'
import { toToolhive } from '../../../src/entries/convert/upstream-to-toolhive.ts'
import { schemaFindings } from '../../../src/entries/validate/schema.ts'
import { semanticFindings } from '../../../src/entries/validate/semantic.ts'
import { toolhiveEntryFindings } from '../../../src/entries/validate/toolhive-schema.ts'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../../src/lib/json.ts'
import { needSharedData, projectRoot } from '../../helpers/needs.ts'
import { pick, type Random, seededRandom } from '../../helpers/random.ts'

const namespace = 'io.github.stacklok'
const toToolhiveOptions = { namespace, strict: false, isLegalKeyFree: () => true }

/** Pointers of a ToolHive entry that don't come back from upstream: none. docs/conversion.md has the same list. */
const LOST_ON_THE_WAY_BACK: string[] = []

/** Why converted catalog entries break the published schemas although the source says so itself: no case so far. */
const SOURCE_BREAKS_SCHEMA: string[] = []

const catalogs = [
  { file: 'real/toolhive-legacy-2025-08-31.json', entries: 67, refused: 21 },
  { file: 'real/toolhive-legacy-2026-02-18.json', entries: 102, refused: 0 },
]
const dumps = [
  { file: 'real/official-2025-10-20.json', records: 1273, convertible: 1179 },
  { file: 'real/official-2025-12-12.json', records: 2628, convertible: 2472 },
]

const publisherProvided = 'io.modelcontextprotocol.registry/publisher-provided'

function readCatalog(path: string): ToolhiveEntry[] {
  const catalog = JSON.parse(readFileSync(path, 'utf8'))
  const sections: Section[] = ['servers', 'remote_servers']
  return sections.flatMap(section =>
    Object.entries<JsonObject>(catalog[section] ?? {}).map(([key, value]) => ({ section, key, value })),
  )
}

/** The records of a dump as documents: the record's `_meta` inside, as git-contract.md keeps it. */
function readDump(path: string): JsonObject[] {
  const dump = JSON.parse(readFileSync(path, 'utf8'))
  return dump.servers.map((record: { server: JsonObject; _meta: JsonObject }) => {
    const inner = own(record.server, '_meta')
    return { ...record.server, _meta: { ...record._meta, ...(isJsonObject(inner) ? inner : {}) } }
  })
}

/** By the schema and the rules of the official registry. */
function isValid(document: JsonObject): boolean {
  return schemaFindings(document).findings.length + semanticFindings(document).length === 0
}

function upstreamOf(entry: ToolhiveEntry, longDescription: ToUpstreamOptions['longDescription'] = 'Truncate') {
  return toUpstream(entry, { namespace, longDescription }).document
}

t.test('every entry of the ToolHive catalogs comes back', async t => {
  for (const { file, entries: count, refused } of catalogs) {
    const path = needSharedData(t, file)
    if (path === undefined) continue
    const entries = readCatalog(path)
    t.equal(entries.length, count, file)
    t.equal(entries.filter(entry => upstreamOf(entry, 'Fail') === undefined).length, refused, 'long descriptions')

    const changed = entries.filter(entry => {
      const document = JSON.parse(JSON.stringify(upstreamOf(entry)))
      const back = toToolhive(document, toToolhiveOptions)
      return !back.ok || back.section !== entry.section || back.key !== entry.key || !same(back.value, entry.value)
    })
    t.strictSame(
      changed.map(entry => entry.key),
      LOST_ON_THE_WAY_BACK,
    )
  }
})

t.test('converted catalogs follow the rules field by field', async t => {
  for (const { file } of catalogs) {
    const path = needSharedData(t, file)
    if (path === undefined) continue
    const wrong = readCatalog(path).filter(entry => !same(upstreamOf(entry), expectedDocument(entry)))
    t.strictSame(
      wrong.map(entry => entry.key),
      [],
      file,
    )
  }
})

t.test('converted catalogs are valid under the published schemas', async t => {
  const schemaPath = needSharedData(t, 'schemas/official/2025-12-11.json')
  const extensionPath = needSharedData(t, 'schemas/toolhive/publisher-provided.json')
  if (schemaPath === undefined || extensionPath === undefined) return
  const ajv = new Ajv({ strict: false, allErrors: true })
  formats.default(ajv)
  const ajv2020 = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv2020)
  const validDocument = ajv.compile(JSON.parse(readFileSync(schemaPath, 'utf8')))
  const validExtension = ajv2020.compile(JSON.parse(readFileSync(extensionPath, 'utf8')))

  for (const { file } of catalogs) {
    const path = needSharedData(t, file)
    if (path === undefined) continue
    const problems = readCatalog(path).flatMap(entry => {
      const document = upstreamOf(entry) ?? {}
      const meta = own(document, '_meta')
      const errors = validDocument(document) ? [] : (validDocument.errors ?? [])
      const inside = validExtension(isJsonObject(meta) && meta[publisherProvided]) ? [] : (validExtension.errors ?? [])
      return [...errors, ...inside].map(error => `${entry.key} ${error.instancePath} ${error.message}`)
    })
    t.strictSame(problems, SOURCE_BREAKS_SCHEMA, file)
  }
})

t.test('every record of the official registry that has something to run comes back', async t => {
  for (const { file, records, convertible } of dumps) {
    const path = needSharedData(t, file)
    if (path === undefined) continue
    const documents = readDump(path)
    t.equal(documents.length, records, file)
    let converted = 0
    const changed: JsonValue[] = []
    for (const document of documents) {
      const before = JSON.stringify(document)
      const result = toToolhive(document, toToolhiveOptions)
      if (result.ok !== runsInToolhive(document)) changed.push({ name: document['name'] ?? null, why: 'convertible' })
      if (!result.ok) continue
      converted++
      const entry = JSON.parse(JSON.stringify({ section: result.section, key: result.key, value: result.value }))
      if (!same(upstreamOf(entry, 'Fail'), document)) changed.push({ name: document['name'] ?? null, why: 'lost' })
      const refused = toolhiveEntryFindings(entry.section, entry.key, entry.value, { relaxed: true })
      for (const { message } of refused)
        if (isValid(document)) changed.push({ name: document['name'] ?? null, why: message })
      if (JSON.stringify(document) !== before) changed.push({ name: document['name'] ?? null, why: 'input changed' })
    }
    t.equal(converted, convertible)
    t.strictSame(changed, [])
  }
})

t.test('a document that ToolHive entries became, dated by a run, comes back through ToolHive form', async t => {
  for (const { file } of catalogs) {
    const path = needSharedData(t, file)
    if (path === undefined) continue
    const official = { status: 'active', publishedAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z' }
    const lost = readCatalog(path).filter(entry => {
      const document: JsonObject = JSON.parse(JSON.stringify(upstreamOf(entry)))
      const meta = own(document, '_meta')
      if (isJsonObject(meta)) meta['io.modelcontextprotocol.registry/official'] = official
      const back = toToolhive(document, toToolhiveOptions)
      return !back.ok || !same(upstreamOf(back, 'Fail'), document)
    })
    t.strictSame(
      lost.map(entry => entry.key),
      [],
      file,
    )
  }
})

t.test('a ToolHive entry edited after conversion wins over what it kept', async t => {
  const random = seededRandom(t)
  const documents = dumps.flatMap(({ file }) => {
    const path = needSharedData(t, file)
    return path === undefined ? [] : readDump(path)
  })
  let edited = 0
  const wrong: JsonValue[] = []
  while (documents.length > 0 && edited < 500) {
    const result = toToolhive(pick(random, documents), toToolhiveOptions)
    if (!result.ok) continue
    edited++
    const entry: ToolhiveEntry = JSON.parse(
      JSON.stringify({ section: result.section, key: result.key, value: result.value }),
    )
    const change = edit(entry, random)
    const { custom_metadata: _, ...bare } = change.entry.value
    const { document, findings } = toUpstream(change.entry, { namespace, longDescription: 'Truncate' })
    const plain = upstreamOf({ ...change.entry, value: bare })
    if (!same(document, plain) || findings[0]?.code !== 'EditedInToolHive') wrong.push(change.what)
  }
  t.strictSame(wrong, [], `${edited} edits`)
})

t.test('hostile values never throw, and what converts comes back', async t => {
  const random = seededRandom(t)
  let converted = 0
  for (let round = 0; round < 1500; round++) {
    const entry = mutatedEntry(random)
    const { document } = toUpstream(entry, { namespace, longDescription: 'Truncate' })
    const back = document && toToolhive(JSON.parse(JSON.stringify(document)), toToolhiveOptions)
    if (document !== undefined) converted++
    const keepsItself = isJsonObject(entry.value) && !JSON.stringify(entry.value).includes('rollbook/upstream')
    if (back !== undefined && keepsItself) {
      if (!back.ok || back.key !== entry.key || !same(back.value, entry.value)) {
        t.fail('an entry is lost', { entry, back, diagnostic: true })
        break
      }
    }
  }
  t.ok(converted > 250, `${converted} of 1500 entries converted`)

  let runnable = 0
  for (let round = 0; round < 1500; round++) {
    const document = mutate(sampleDocument(), random)
    const result = toToolhive(document as JsonObject, toToolhiveOptions)
    if (!result.ok) continue
    runnable++
    const entry = JSON.parse(JSON.stringify({ section: result.section, key: result.key, value: result.value }))
    if (!same(upstreamOf(entry, 'Fail'), document)) {
      t.fail('a document is lost', { document, entry, diagnostic: true })
      break
    }
  }
  t.ok(runnable > 250, `${runnable} of 1500 documents converted`)
})

t.test('kept parts edited by hand into nonsense never throw', async t => {
  const random = seededRandom(t)
  const base = toToolhive(sampleDocument(), toToolhiveOptions)
  if (!base.ok) throw new Error('the sample converts')
  for (let round = 0; round < 1000; round++) {
    const value = JSON.parse(JSON.stringify(base.value))
    const kept = value.custom_metadata['rollbook/upstream']
    // The fingerprint stays right, so that the broken edits are really applied.
    value.custom_metadata['rollbook/upstream'] = { ...kept, edits: mutate(kept.edits, random) }
    toUpstream({ ...base, value }, { namespace, longDescription: 'Fail' })
    value.custom_metadata['rollbook/upstream'] = mutate(kept, random)
    toUpstream({ ...base, value }, { namespace, longDescription: 'Fail' })
  }
  t.equal(({} as JsonObject)['polluted'], undefined)
})

t.test('__proto__ and constructor are keys like any other', async t => {
  const value = JSON.parse(`{
    "description": "Reads the weather", "image": "weather:1", "status": "Active", "tier": "Official", "tools": ["x"],
    "transport": "stdio", "__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}},
    "metadata": {"__proto__": {"polluted": 1}}, "custom_metadata": {"__proto__": 1, "toString": 2}
  }`)
  const document = upstreamOf({ section: 'servers', key: 'weather', value })
  const back = toToolhive(JSON.parse(JSON.stringify(document)), toToolhiveOptions)
  t.equal(JSON.stringify(sorted(back.ok && back.value)), JSON.stringify(sorted(value)))

  const upstream = JSON.parse(`{"name": "a.b/c", "description": "d", "version": "1", "__proto__": {"polluted": 1},
    "remotes": [{"type": "sse", "url": "https://x.example", "__proto__": 1, "constructor": []}],
    "_meta": {"__proto__": {"x": 1}}}`)
  const entry = toToolhive(upstream, toToolhiveOptions)
  const again = entry.ok ? upstreamOf(JSON.parse(JSON.stringify(entry))) : undefined
  t.equal(JSON.stringify(sorted(again)), JSON.stringify(sorted(upstream)))
  t.equal(({} as JsonObject)['polluted'], undefined)

  const named = { ...value, image: '__proto__' }
  const extension = upstreamOf({ section: 'servers', key: 'weather', value: named })
  t.match(JSON.stringify(extension), /"io.github.stacklok":\{"__proto__":\{"status"/)
})

t.test('the list of losses is the one that docs/conversion.md promises', async t => {
  const page = readFileSync(`${projectRoot}/docs/conversion.md`, 'utf8')
  const list = /```json lost-on-the-way-back\n([^`]*)```/.exec(page)?.[1]
  t.strictSame(JSON.parse(list ?? 'null'), LOST_ON_THE_WAY_BACK)
})

/** What toolhive-formats.md 2a says, written a second time and the simple way. */
function expectedDocument({ section, key, value }: ToolhiveEntry): JsonValue {
  // biome-ignore lint/suspicious/noExplicitAny: real catalog entries, known to be well formed
  const entry = value as any
  const inputs = (list: JsonObject[] | undefined) =>
    list?.map(item => ({
      name: item['name'],
      description: item['description'],
      ...(item['required'] ? { isRequired: true } : {}),
      ...(item['secret'] ? { isSecret: true } : {}),
      ...(item['default'] ? { default: item['default'] } : {}),
      ...(item['choices'] ? { choices: item['choices'] } : {}),
    }))
  const long = Array.from(entry.description).length > 100
  const cut = long
    ? `${/^(.{1,99})(?=\s)/su.exec(entry.description)?.[1]?.replace(/[\s,;:]+$/u, '')}…`
    : entry.description
  const port = entry.target_port === undefined ? '' : `:${entry.target_port}`
  const transport =
    entry.transport === 'stdio' ? { type: 'stdio' } : { type: entry.transport, url: `http://localhost${port}` }
  const { description, image, url, transport: _, target_port, repository_url, title, headers, ...extension } = entry
  if (section === 'servers') delete extension.env_vars
  if (long) extension['rollbook/toolhive'] = { edits: [{ path: '/description', was: cut, value: description }] }
  return JSON.parse(
    JSON.stringify({
      $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
      name: `io.github.stacklok/${key}`,
      title,
      description: cut,
      version: '1.0.0',
      repository: repository_url && { url: repository_url, source: 'github' },
      packages:
        section === 'servers'
          ? [{ registryType: 'oci', identifier: image, transport, environmentVariables: inputs(entry.env_vars) }]
          : undefined,
      remotes: section === 'servers' ? undefined : [{ type: entry.transport, url, headers: inputs(headers) }],
      _meta: { [publisherProvided]: { 'io.github.stacklok': { [image ?? url]: extension } } },
    }),
  )
}

/** The contract's rule, written a second time: a remote, a container, an npm or a PyPI package. */
function runsInToolhive({ remotes, packages }: JsonObject): boolean {
  const isRunnable = (item: JsonValue) =>
    isJsonObject(item) && ['oci', 'npm', 'pypi'].includes(String(item['registryType']))
  const isComplete = (item: JsonValue) => isJsonObject(item) && !/[[{]/.test(String(item['url']))
  return (Array.isArray(remotes) && remotes.some(isComplete)) || (Array.isArray(packages) && packages.some(isRunnable))
}

/** One small edit that a person could make. */
function edit(entry: ToolhiveEntry, random: Random): { what: string; entry: ToolhiveEntry } {
  const value = { ...entry.value }
  const what = pick(random, ['description', 'tools', 'tier', 'status', 'key', 'target', 'tags', 'title'])
  if (what === 'key') return { what, entry: { ...entry, key: `${entry.key}-2` } }
  if (what === 'description') value['description'] = `${value['description']}.`
  if (what === 'tools') value['tools'] = ['added']
  if (what === 'tier') value['tier'] = 'Official'
  if (what === 'status') value['status'] = value['status'] === 'Active' ? 'Deprecated' : 'Active'
  if (what === 'target') value[entry.section === 'servers' ? 'image' : 'url'] = 'https://other.example/x'
  if (what === 'tags') value['tags'] = ['added']
  if (what === 'title') value['title'] = `${value['title']} (edited)`
  return { what, entry: { ...entry, value } }
}

function sampleDocument(): JsonObject {
  const toolhive = {
    edits: [{ path: '/target_port', value: 7 }],
    for: 'io.github.stacklok/weather',
    key: 'w',
    name: 'w',
  }
  const extension = {
    status: 'active',
    tools: ['x'],
    args: ['y'],
    metadata: { stars: 1 },
    'rollbook/toolhive': toolhive,
  }
  return {
    name: 'io.github.stacklok/weather',
    description: 'Reads the weather',
    version: '2.0.0',
    repository: { url: 'https://github.com/acme/weather', source: 'github' },
    packages: [
      {
        registryType: 'oci',
        identifier: 'weather:1',
        transport: { type: 'sse', url: 'http://localhost:8080/x' },
        environmentVariables: [{ name: 'A', description: 'An A of yours', isRequired: true, format: 'string' }],
        runtimeArguments: [{ type: 'named', name: '-e', value: 'B={b}', variables: { b: { isSecret: true } } }],
        packageArguments: [{ type: 'positional', value: 'serve' }],
      },
      { registryType: 'npm', identifier: 'weather' },
    ],
    _meta: { [publisherProvided]: { 'io.github.stacklok': { 'weather:1': extension } } },
  }
}

function mutatedEntry(random: Random): ToolhiveEntry {
  const container = {
    ...{ description: 'Reads the weather', image: 'weather:1', status: 'Active', tier: 'Official', tools: ['x'] },
    ...{
      transport: 'sse',
      target_port: 80,
      title: 'W',
      overview: 'o',
      tags: ['aa'],
      repository_url: 'https://x.example',
    },
    ...{ env_vars: [{ name: 'A', description: 'An A of yours', required: true, secret: false, default: 'x' }] },
    ...{ metadata: { stars: 1 }, custom_metadata: { team: 'sky' }, permissions: { read: ['/x'] }, args: ['y'] },
  }
  const remote = {
    ...{ description: 'Reads the weather', url: 'https://x.example', status: 'Active', tier: 'Official', tools: ['x'] },
    ...{ transport: 'sse', headers: [{ name: 'A', description: 'An A of yours', required: true, choices: ['x'] }] },
    ...{ oauth_config: { scopes: ['x'] }, env_vars: [{ name: 'B' }] },
  }
  const section: Section = random() < 0.5 ? 'servers' : 'remote_servers'
  const value = mutate(section === 'servers' ? container : remote, random)
  return { section, key: pick(random, ['weather', 'ab', 'a.b/c', 'A B']), value: value as JsonObject }
}

/** A copy with one to three places replaced, removed or added. */
function mutate(original: JsonValue, random: Random): JsonValue {
  let copy: JsonValue = JSON.parse(JSON.stringify(original))
  const times = 1 + Math.floor(random() * 3)
  for (let i = 0; i < times; i++) {
    const holders: (JsonObject | JsonValue[])[] = []
    collectHolders(copy, holders)
    if (holders.length === 0 || random() < 0.02) copy = junk(random)
    else change(pick(random, holders), random)
  }
  return copy
}

function change(holder: JsonObject | JsonValue[], random: Random): void {
  if (Array.isArray(holder)) {
    if (random() < 0.5 && holder.length > 0) holder[Math.floor(random() * holder.length)] = junk(random)
    else holder.push(junk(random))
    return
  }
  const keys = Object.keys(holder)
  const key =
    random() < 0.2 || keys.length === 0 ? pick(random, ['x-own', 'name', 'constructor', 'edits']) : pick(random, keys)
  if (random() < 0.25) delete holder[key]
  else holder[key] = junk(random)
}

function junk(random: Random): JsonValue {
  const values = [null, 0, -1, 1.5, true, false, '', 'x', '/', 'Active', '\ud800', [], {}, [null], [[]], { name: 'x' }]
  const objects = JSON.parse(
    '[{"__proto__":{"polluted":1}},{"rollbook/upstream":{"entry":"x"}},{"path":"/__proto__/polluted","value":1}]',
  )
  return JSON.parse(JSON.stringify(pick<JsonValue>(random, [...values, ...objects])))
}

function collectHolders(value: JsonValue, holders: (JsonObject | JsonValue[])[]): void {
  if (Array.isArray(value)) {
    holders.push(value)
    for (const item of value) collectHolders(item, holders)
  } else if (isJsonObject(value)) {
    holders.push(value)
    for (const key of Object.keys(value)) collectHolders(own(value, key) ?? null, holders)
  }
}

/** Equal as JSON, whatever the order of keys. Not the code under test's own comparison. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const pairs = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const)
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))
}

// Our schemas against the published ones: the same verdict for every real record and for thousands of damaged ones.
import { readdir, readFile } from 'node:fs/promises'
import { Ajv, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import t, { type Test } from 'tap'
import { schemaFindings } from '../../../src/entries/validate/schema.ts'
import {
  envelopeFindings,
  extensionFindings,
  pluginFindings,
  skillFindings,
  type ToolhiveSection,
  toolhiveEntryFindings,
  toolhiveGroupFindings,
  toolhiveRegistryFindings,
} from '../../../src/entries/validate/toolhive-schema.ts'
import type { Finding } from '../../../src/lib/issue.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/lib/json.ts'
import { needSharedData } from '../../helpers/needs.ts'
import { pick, printedSeed, randomFrom } from '../../helpers/random.ts'
import { everyChange, mutated } from './mutate.ts'
import {
  inSnakeCase,
  richContainer,
  richExtension,
  richGroup,
  richPlugin,
  richRemote,
  richServer,
  richSkill,
} from './rich-documents.ts'

const current = '2025-12-11'
const versions = ['2025-07-09', '2025-09-16', '2025-09-29', '2025-10-11', '2025-10-17', current]
const urlOf = (version: string) => `https://static.modelcontextprotocol.io/schemas/${version}/server.schema.json`

const data = needSharedData(t, 'schemas')?.replace(/schemas$/, '')
if (data !== undefined) await compareVerdicts(data)

async function compareVerdicts(data: string): Promise<void> {
  const seed = printedSeed(t)
  const official = await publishedOfficial(data)
  const dumps = await Promise.all(['2025-10-20', '2025-12-12'].map(date => dumpOf(data, date)))
  const examples = await examplesOf(data)
  const catalogs = await Promise.all(['2025-08-31', '2026-02-18'].map(date => catalogOf(data, date)))
  const judgeOfficial: Judge = document => judgeByNamedVersion(official, document)
  const ourOfficial: Ours = document => schemaFindings(document).findings

  for (const dump of dumps) {
    t.test(`records of ${dump.name}: the verdict of the schema that each names`, async t => {
      const counts = compare(t, dump.records, judgeOfficial, ourOfficial)
      t.comment(`${dump.name}: ${counts.valid} valid, ${counts.invalid} invalid of ${dump.records.length}`)
      t.same(counts, dump.expected)
    })
  }

  t.test('every example of the documentation is valid under 2025-12-11', async t => {
    t.equal(examples.length, 30)
    t.same(compare(t, examples, judgeOfficial, ourOfficial), { valid: 30, invalid: 0 })
  })

  for (const version of versions) {
    // To keep the test short, each run looks at another part. The older versions share most rules with the current one.
    const share = version === current ? 2 : 12
    t.test(`1/${share} of all single changes of a server.json with all fields, under ${version}`, async t => {
      const start = named(version === '2025-07-09' ? inSnakeCase(richServer) : richServer, version)
      t.same(ourOfficial(start), [], 'the start is valid')
      comment(t, compare(t, oneIn(share, seed, everyChange(start)), judgeOfficial, ourOfficial))
    })
  }

  t.test(`10,000 damaged server.json documents (seed ${seed})`, async t => {
    const random = randomFrom(seed)
    const real = dumps.flatMap(dump => dump.records)
    const rich = [...versions.slice(1).map(at => named(richServer, at)), named(inSnakeCase(richServer), '2025-07-09')]
    const documents = Array.from({ length: 10_000 }, () => {
      const base = pick(random, [pick(random, real), pick(random, examples), pick(random, rich), pick(random, rich)])
      const damaged = random() < 0.02 ? base : mutated(random, base)
      return random() < 0.2 ? named(damaged, pick(random, [...versions, 'draft'])) : damaged
    })
    comment(t, compare(t, documents, judgeOfficial, ourOfficial))
  })

  const legacy = await publishedToolhive(data, 'registry-legacy')

  t.test('the real catalogs of ToolHive', async t => {
    t.same(compare(t, catalogs, legacy, registryFindings), { valid: 2, invalid: 0 })
  })

  t.test('a quarter of all single changes of a registry.json with all fields', async t => {
    const start = registryOf({ servers: {}, remote_servers: {}, groups: [richGroup] })
    t.same(registryFindings(start), [], 'the start is valid')
    comment(t, compare(t, oneIn(4, seed, everyChange(start)), legacy, registryFindings))
  })

  t.test(`3,000 damaged entries, groups and top levels of registry.json (seed ${seed})`, async t => {
    const random = randomFrom(seed + 1)
    const containers = [richContainer, richContainer, ...catalogs.flatMap(catalog => valuesOf(catalog['servers']))]
    const remotes = [richRemote, richRemote, ...catalogs.flatMap(catalog => valuesOf(catalog['remote_servers']))]
    const documents = Array.from({ length: 3000 }, (_, index) => {
      const entry = () => pick(random, [richContainer, pick(random, containers)])
      const remote = () => pick(random, [richRemote, pick(random, remotes)])
      const keys = ['github', 'github', 'github', 'a-b-c', 'ab', 'Github', 'io.github/x', '__proto__', '']
      if (index % 10 === 0) return mutated(random, registryOf({ servers: {}, groups: [richGroup] }))
      if (index % 10 === 1) return registryOf({ servers: {}, groups: [mutated(random, richGroup)] })
      if (index % 2 === 0) return registryOf({ servers: { [pick(random, keys)]: mutated(random, entry()) } })
      return registryOf({ servers: {}, remote_servers: { [pick(random, keys)]: mutated(random, remote()) } })
    })
    comment(t, compare(t, documents, legacy, registryFindings))
  })

  const others: readonly [file: string, start: JsonObject, ours: Ours][] = [
    ['publisher-provided', richExtension, extensionFindings],
    ['skill', richSkill, skillFindings],
    ['plugin', richPlugin, pluginFindings],
  ]
  for (const [file, start, ours] of others) {
    t.test(`a quarter of all single changes and 1,000 damaged documents for ${file} (seed ${seed})`, async t => {
      const random = randomFrom(seed + 2)
      const judge = await publishedToolhive(data, file)
      t.same(ours(start), [], 'the start is valid')
      comment(t, compare(t, oneIn(4, seed, everyChange(start)), judge, ours))
      const documents = Array.from({ length: 1000 }, () => mutated(random, start))
      comment(t, compare(t, documents, judge, ours))
    })
  }

  t.test(`1,000 damaged catalogs in upstream form (seed ${seed})`, async t => {
    const random = randomFrom(seed + 3)
    const judge = await publishedToolhive(data, 'upstream-registry')
    const catalog = {
      $schema: 'https://example.com/catalog.schema.json',
      version: '1.0.0',
      meta: { last_updated: '2025-12-11T10:00:00Z' },
      data: { servers: [] as JsonValue[], skills: [richSkill], plugins: [richPlugin] },
    }
    t.same(catalogFindings(catalog), [], 'the start is valid')
    // Servers are added after the damage: upstream's schema reads all of them as 2025-12-11, ours by what they name.
    const documents = Array.from({ length: 1000 }, () => {
      const { data, ...top } = mutated(random, { ...catalog, data: { servers: [] } })
      if (!isJsonObject(data) || !Array.isArray(data['servers']) || random() < 0.5)
        return { ...top, ...(data && { data }) }
      const server = named(mutated(random, named(richServer, '2025-12-11')), '2025-12-11')
      return { ...top, data: { ...data, ...mutated(random, catalog.data), servers: [server] } }
    })
    comment(t, compare(t, documents, judge, catalogFindings))
  })
}

type Judge = (document: JsonObject) => { valid: boolean; errors: unknown }
type Ours = (document: JsonObject) => readonly Finding[]

function* oneIn(share: number, seed: number, documents: Iterable<JsonObject>): Generator<JsonObject> {
  let index = seed
  for (const document of documents) if (index++ % share === 0) yield document
}

/** Asks both for every document, prints the first differences and counts the verdicts. */
function compare(t: Test, documents: Iterable<JsonObject>, judge: Judge, ours: Ours) {
  const counts = { valid: 0, invalid: 0 }
  let differences = 0
  for (const document of documents) {
    const published = judge(document)
    const findings = ours(document)
    counts[published.valid ? 'valid' : 'invalid']++
    if (published.valid === (findings.length === 0)) continue
    if (++differences <= 5) {
      t.comment(`published ${published.valid ? 'valid' : 'invalid'}: ${cut(document)}`)
      t.comment(`published says ${cut(published.errors)}`)
      t.comment(`we say ${cut(findings.map(finding => `${finding.path}: ${finding.message}`))}`)
    }
  }
  t.equal(differences, 0, `${counts.valid + counts.invalid} documents, same verdict`)
  return counts
}

function comment(t: Test, counts: { valid: number; invalid: number }): void {
  t.comment(`${counts.valid} valid, ${counts.invalid} invalid`)
  t.ok(counts.invalid > 0)
}

function judgeByNamedVersion(official: ReadonlyMap<string, ValidateFunction>, document: JsonObject) {
  const url = document['$schema']
  const version = typeof url === 'string' ? /\/schemas\/([\w~.-]+)\/server\.schema\.json/.exec(url)?.[1] : undefined
  const validate = version === undefined ? undefined : official.get(version)
  if (validate === undefined) return { valid: false, errors: 'no such version' }
  return { valid: validate(document), errors: validate.errors }
}

/** registry.json put together again from the checks of its parts. */
function registryFindings(document: JsonObject): Finding[] {
  const sections: readonly ToolhiveSection[] = ['servers', 'remote_servers']
  return [
    ...toolhiveRegistryFindings(document),
    ...sections.flatMap(section =>
      entriesOf(document[section]).flatMap(([key, entry]) => toolhiveEntryFindings(section, key, entry)),
    ),
    ...listOf(document['groups']).flatMap(group => toolhiveGroupFindings(group)),
  ]
}

function catalogFindings(document: JsonObject): Finding[] {
  const data = isJsonObject(document['data']) ? document['data'] : {}
  return [
    ...envelopeFindings(document),
    ...listOf(data['servers']).flatMap(server => schemaFindings(server).findings),
    ...listOf(data['skills']).flatMap(skillFindings),
    ...listOf(data['plugins']).flatMap(pluginFindings),
  ]
}

async function publishedOfficial(data: string): Promise<Map<string, ValidateFunction>> {
  const validators = new Map<string, ValidateFunction>()
  for (const version of versions) {
    const ajv = new Ajv({ allErrors: true, strict: false })
    ajvFormats.default(ajv)
    validators.set(version, ajv.compile(await json(`${data}schemas/official/${version}.json`)))
  }
  return validators
}

async function publishedToolhive(data: string, name: string): Promise<Judge> {
  const schema = await json(`${data}schemas/toolhive/${name}.json`)
  const ajv = new (name === 'registry-legacy' ? Ajv : Ajv2020)({ allErrors: true, strict: false })
  ajvFormats.default(ajv)
  if (name === 'upstream-registry') {
    const { $schema: _draft, ...server } = await json(`${data}schemas/official/2025-12-11.json`)
    ajv.addSchema([
      server,
      await json(`${data}schemas/toolhive/skill.json`),
      await json(`${data}schemas/toolhive/plugin.json`),
    ])
  }
  const validate = ajv.compile(schema)
  return document => ({ valid: validate(document), errors: validate.errors })
}

async function dumpOf(data: string, date: string) {
  const { servers } = await json(`${data}real/official-${date}.json`)
  const records = listOf(servers).map(record => objectOf(objectOf(record)['server']))
  const expected = date === '2025-10-20' ? { valid: 926, invalid: 347 } : { valid: 2227, invalid: 401 }
  return { name: `official-${date}`, records, expected }
}

async function examplesOf(data: string): Promise<JsonObject[]> {
  const files = await readdir(`${data}examples`)
  return Promise.all(files.map(async file => named(await json(`${data}examples/${file}`), '2025-12-11')))
}

async function catalogOf(data: string, date: string): Promise<JsonObject> {
  return json(`${data}real/toolhive-legacy-${date}.json`)
}

async function json(path: string): Promise<JsonObject> {
  return objectOf(JSON.parse(await readFile(path, 'utf8')))
}

function named(document: JsonObject, version: string): JsonObject {
  return { ...document, $schema: urlOf(version) }
}

function registryOf(sections: JsonObject): JsonObject {
  return { version: '1.0.0', last_updated: '2025-12-11T10:00:00Z', ...sections }
}

function objectOf(value: JsonValue | undefined): JsonObject {
  if (!isJsonObject(value)) throw new Error('expected an object')
  return value
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : []
}

function entriesOf(value: JsonValue | undefined): [string, JsonValue][] {
  return isJsonObject(value)
    ? Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, item]]))
    : []
}

function valuesOf(value: JsonValue | undefined): JsonObject[] {
  return entriesOf(value).flatMap(([, item]) => (isJsonObject(item) ? [item] : []))
}

function cut(value: unknown): string {
  return JSON.stringify(value).slice(0, 1500)
}

// The CRDs themselves: structural, bounded, portable, the same blocks everywhere, and the generated files are theirs.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { Environment } from '@marcbachmann/cel-js'
import t from 'tap'
import { parse } from 'yaml'
import { generatedFiles } from '../../scripts/generate-types.ts'
import { findKind, kindNames } from '../../src/resources/kinds.ts'
import { wordsFor } from '../../src/resources/pattern-words.ts'
import type { PrinterColumn, Rule, Schema } from '../../src/resources/schema.ts'
import { projectRoot } from '../helpers/needs.ts'

interface Crd {
  metadata: { name: string; labels: Record<string, string> }
  spec: {
    group: string
    scope: string
    names: { kind: string; plural: string; shortNames: string[]; categories: string[] }
    versions: {
      name: string
      served: boolean
      storage: boolean
      subresources: object
      additionalPrinterColumns: PrinterColumn[]
      schema: { openAPIV3Schema: Schema }
    }[]
  }
}

interface Place {
  readonly where: string
  readonly schema: Schema
}

const crds = readdirSync(`${projectRoot}/crds`)
  .sort()
  .map(file => parse(readFileSync(`${projectRoot}/crds/${file}`, 'utf8')) as Crd)

function schemaOf(crd: Crd): Schema {
  const schema = crd.spec.versions[0]?.schema.openAPIV3Schema
  if (!schema) throw new Error('no schema')
  return schema
}

function nodesOf(schema: Schema, where: string): Place[] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([key, node]) => nodesOf(node, `${where}.${key}`))
  const items = schema.items ? nodesOf(schema.items, `${where}[]`) : []
  const values = schema.additionalProperties ? nodesOf(schema.additionalProperties, `${where}{}`) : []
  return [{ where, schema }, ...inner, ...items, ...values]
}

const places = crds.flatMap(crd => nodesOf(schemaOf(crd), crd.spec.names.kind))
const rules: (Rule & { where: string })[] = places.flatMap(({ where, schema }) =>
  (schema['x-kubernetes-validations'] ?? []).map(rule => ({ ...rule, where })),
)

/** Places where the check says something, so that a failure lists them all. */
function complaints(check: (schema: Schema, where: string) => boolean): string[] {
  return places.filter(({ schema, where }) => check(schema, where)).map(({ where }) => where)
}

t.test('each kind has the names, scope and columns of the contract', async t => {
  const names = crds.map(({ spec }) => [spec.names.kind, spec.names.plural, ...spec.names.shortNames])
  t.strictSame(names, [
    ['MCPRegistry', 'mcpregistries', 'rbreg'],
    ['MCPRegistryExportJob', 'mcpregistryexportjobs', 'rbexport'],
    ['MCPRegistryImportJob', 'mcpregistryimportjobs', 'rbimport'],
    ['MCPRegistrySyncJob', 'mcpregistrysyncjobs', 'rbsync'],
  ])
  t.strictSame(
    kindNames,
    names.map(([kind]) => kind),
  )
  for (const crd of crds) {
    const { group, scope, names, versions } = crd.spec
    t.equal(crd.metadata.name, `${names.plural}.toolhive.stacklok.io`)
    t.match({ group, scope }, { group: 'toolhive.stacklok.io', scope: 'Namespaced' })
    t.strictSame(names.categories, ['rollbook'])
    t.equal(versions.length, 1)
    t.match(versions[0], { name: 'v1alpha1', served: true, storage: true, subresources: { status: {} } })
    const columns = versions[0]?.additionalPrinterColumns ?? []
    t.notOk(
      columns.some(column => column.type === 'date' && /next/i.test(column.jsonPath)),
      'a date in the future is a string column',
    )
    t.ok(columns.some(column => column.name === 'Phase') && columns.some(column => column.name === 'Age'))
    t.strictSame(schemaOf(crd).properties?.['metadata'], { type: 'object' }, 'the API server accepts nothing more')
    t.strictSame(schemaOf(crd).properties?.['status']?.default, { observedGeneration: -1 })
  }
  t.equal(findKind('rbimport')?.kind, 'MCPRegistryImportJob')
  t.equal(findKind('MCPRegistries.toolhive.stacklok.io')?.kind, 'MCPRegistry')
  t.equal(findKind('pods'), undefined)
})

t.test('every node has a type and a description, and nothing a structural schema forbids', async t => {
  const known = ['object', 'array', 'string', 'integer', 'boolean']
  t.strictSame(
    complaints(schema => schema['x-kubernetes-int-or-string'] !== true && !known.includes(schema.type ?? '')),
    [],
  )
  t.strictSame(
    complaints(
      (schema, where) => schema.description === undefined && !where.endsWith('[]') && !/^\w+\.metadata$/.test(where),
    ),
    [],
  )
  t.strictSame(
    complaints(schema => schema.properties !== undefined && schema.additionalProperties !== undefined),
    [],
  )
  const forbidden = ['$ref', 'nullable', 'x-kubernetes-preserve-unknown-fields', 'oneOf', 'allOf', 'not', 'uniqueItems']
  t.strictSame(
    complaints(schema => forbidden.some(keyword => Object.hasOwn(schema, keyword))),
    [],
  )
  t.strictSame(
    complaints(schema => (schema.required ?? []).some(key => !Object.hasOwn(schema.properties ?? {}, key))),
    [],
  )
})

t.test('every string, list, map and number has a limit', async t => {
  t.strictSame(
    complaints(schema => schema.type === 'string' && schema.maxLength === undefined && schema.enum === undefined),
    [],
  )
  t.strictSame(
    complaints(schema => schema.type === 'array' && (schema.maxItems ?? 65) > 64),
    [],
  )
  t.strictSame(
    complaints(schema => schema.additionalProperties !== undefined && (schema.maxProperties ?? 17) > 16),
    [],
  )
  t.strictSame(
    complaints(
      (schema, where) =>
        schema.type === 'integer' &&
        (schema.minimum === undefined || (!isStatus(where) && schema.maximum === undefined)),
    ),
    [],
  )
  t.strictSame(
    complaints(schema => schema['x-kubernetes-validations'] !== undefined && (schema.maxLength ?? 0) > 1024),
    [],
  )
})

function isStatus(where: string): boolean {
  return /^\w+\.status/.test(where)
}

t.test('every field of a spec says its default or that it is required, and gives an example', async t => {
  const fields = places.filter(({ where, schema }) => /\.spec\./.test(where) && schema.properties === undefined)
  const silent = fields.filter(
    ({ where, schema }) =>
      !/\[\]$|\{\}$/.test(where) && !/Required|Default|instead|Exactly one/.test(schema.description ?? ''),
  )
  t.strictSame(
    silent.map(({ where }) => where),
    [],
  )
  t.strictSame(
    fields
      .filter(({ where, schema }) => !/\[\]$/.test(where) && !/Example: /.test(schema.description ?? ''))
      .map(({ where }) => where),
    [],
  )
  const wrong = places.filter(({ schema }) => typeof schema.default === 'string' || typeof schema.default === 'number')
  t.strictSame(
    wrong
      .filter(({ schema }) => !schema.description?.includes(`Default: \`${schema.default}\``))
      .map(({ where }) => where),
    [],
    'the description names the default that the schema has',
  )
})

t.test('blocks of the same title are the same in all four files', async t => {
  const blocks = new Map<string, { where: string; text: string }>()
  for (const { where, schema } of places) {
    if (schema.title === undefined) continue
    const { description, default: _, ...block } = schema
    const text = JSON.stringify(block)
    const first = blocks.get(schema.title)
    if (first) t.equal(text, first.text, `${schema.title} at ${where} is the one at ${first.where}`)
    else blocks.set(schema.title, { where, text })
  }
  for (const title of ['Source', 'Filter', 'Policy', 'GitTarget', 'Retry', 'Runner', 'RunEntry', 'AuthSecret']) {
    t.ok(places.filter(({ schema }) => schema.title === title).length > 1, `${title} is shared`)
  }
})

t.test('patterns mean the same in Go and in JavaScript, and have words', async t => {
  const patterns = new Set(places.flatMap(({ schema }) => schema.pattern ?? []))
  for (const pattern of patterns) {
    t.doesNotThrow(() => new RegExp(pattern, 'u'), pattern)
    t.notMatch(pattern, /\(\?|\\[1-9dDwWsSbB]/, `${pattern} has only what RE2 and JavaScript share`)
    t.ok(pattern.startsWith('^') && pattern.endsWith('$'), `${pattern} is anchored`)
    t.ok(wordsFor(pattern), `${pattern} has words`)
  }
})

t.test('every CEL rule compiles offline, stays portable, and its message is a sentence', async t => {
  const environment = new Environment({ unlistedVariablesAreDyn: true })
  t.ok(rules.length > 30)
  for (const { rule, message, fieldPath, where } of rules) {
    t.equal(environment.check(rule).error, undefined, `${where}: ${rule}`)
    const calls = [...rule.replaceAll(/'[^']*'/g, "''").matchAll(/(\w+)\(/g)].map(([, name]) => name)
    const portable = ['has', 'size', 'all', 'filter', 'matches', 'contains', 'startsWith', 'endsWith', 'duration']
    t.strictSame(
      calls.filter(name => !portable.includes(name ?? '')),
      [],
      rule,
    )
    t.match(message, /^\S+ .*\bmust\b|^must .|^no part of it must/, `${where}: ${message}`)
    t.notMatch(message, /\n|\.$|\bshould\b/)
    t.match(fieldPath ?? '.x', /^\.\w/)
  }
})

t.test('the generated files are fresh', async t => {
  for (const [path, text] of await generatedFiles(projectRoot)) {
    t.equal(readFileSync(`${projectRoot}/${path}`, 'utf8'), text, `${path}: npm run generate`)
  }
  const check = spawnSync(process.execPath, [`${projectRoot}/dist/scripts/generate-types.js`, '--check'])
  t.equal(check.status, 0)
})

t.test('a changed CRD changes both generated files', async t => {
  const files = readdirSync(`${projectRoot}/crds`)
  const texts = files.map(file =>
    readFileSync(`${projectRoot}/crds/${file}`, 'utf8').replaceAll('[Apply, Plan]', '[Apply]'),
  )
  const root = t.testdir({ crds: Object.fromEntries(files.map((file, index) => [file, texts[index] ?? ''])) })
  for (const [path, text] of await generatedFiles(root)) {
    t.notOk(readFileSync(`${projectRoot}/${path}`, 'utf8') === text, path)
  }
})

// Build step: compiles every JSON Schema of src/entries/schemas ahead of time to one ES module of plain functions beside
// it, so that nothing is compiled (and no validator library loaded) when Rollbook starts. Its types: compiled.d.ts.
import { readFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Ajv } from 'ajv'
import ajvStandalone from 'ajv/dist/standalone/index.js'
import ajvFormats from 'ajv-formats'
import { build } from 'esbuild'
import type { JsonSchema } from '../src/entries/schemas/json-schema.ts'
import { officialSchema, officialVersions } from '../src/entries/schemas/official.ts'
import { registrySchema, toolhiveSchema } from '../src/entries/schemas/toolhive.ts'
import { envelopeSchema, extensionSchema, pluginSchema, skillSchema } from '../src/entries/schemas/toolhive-upstream.ts'

const strict = { relaxed: false }
const relaxed = { relaxed: true }

const toolhiveSchemas: Readonly<Record<string, JsonSchema>> = {
  registry: registrySchema,
  server: toolhiveSchema('server', strict),
  remoteServer: toolhiveSchema('remoteServer', strict),
  group: toolhiveSchema('group', strict),
  serverRelaxed: toolhiveSchema('server', relaxed),
  remoteServerRelaxed: toolhiveSchema('remoteServer', relaxed),
  groupRelaxed: toolhiveSchema('group', relaxed),
  envelope: envelopeSchema,
  extension: extensionSchema,
  skill: skillSchema,
  plugin: pluginSchema,
}

const officialSchemas = Object.fromEntries(officialVersions.map(version => [version, officialSchema(version) ?? {}]))

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const outfile = `${root}/dist/src/entries/schemas/compiled.js`

const ajv = new Ajv({
  allErrors: true,
  strict: true,
  strictRequired: false, // a positional argument requires one of two fields that are defined beside the choice
  discriminator: true,
  messages: false, // the sentences are ours: validate/schema-sentences.ts
  code: { source: true, esm: true },
})
ajvFormats.default(ajv)

// The same part of several schemas is compiled once: parts are registered under a name that stands for their content.
const partNames = new Map<string, string>()
const tables = {
  official: Object.entries(officialSchemas).map(([version, schema]) => [version, register(schema)] as const),
  toolhive: Object.entries(toolhiveSchemas).map(([name, schema]) => [name, register(schema)] as const),
}

await build({
  stdin: { contents: moduleCode(), resolveDir: root, loader: 'js' },
  outfile,
  bundle: true, // ajv's output still requires its formats and two helpers
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  logLevel: 'warning',
  plugins: [
    { name: 'plain ajv helpers', setup: plugin => plugin.onLoad({ filter: /ajv.dist.runtime/ }, withoutSource) },
  ],
})
await checkResult()

/** ajv's helpers carry the text `require("ajv/…")` for its code generator, which a later bundler could take for a call. */
async function withoutSource({ path }: { path: string }): Promise<{ contents: string }> {
  const code = await readFile(path, 'utf8')
  return { contents: code.replaceAll(/^\w+\.code = .*$/gm, '') }
}

/** Registers a schema and everything it refers to, and returns the name that its validator is exported by. */
function register(schema: JsonSchema): string {
  const { $schema: _draft, $id: _id, definitions = {}, ...top } = schema
  const linked = JSON.parse(JSON.stringify(top), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('$ref' in value)) return value
    const definition = definitions[String(value.$ref).replace('#/definitions/', '')]
    if (definition === undefined) throw new Error(`nothing is defined as ${value.$ref}`)
    return { $ref: register({ ...definition, definitions }) }
  })
  if (Object.keys(linked).length === 1 && typeof linked.$ref === 'string') return linked.$ref
  const content = JSON.stringify(linked)
  const known = partNames.get(content)
  if (known !== undefined) return known
  const name = `part${partNames.size}`
  partNames.set(content, name)
  ajv.addSchema({ $id: name, ...linked })
  return name
}

function moduleCode(): string {
  const exported = new Set(Object.values(tables).flatMap(table => table.map(([, part]) => part)))
  const validators = ajvStandalone.default(ajv, Object.fromEntries(Array.from(exported, part => [part, part])))
  const [versions, forms] = [tables.official, tables.toolhive].map(table =>
    table.map(([key, part]) => `[${JSON.stringify(key)}, ${part}]`).join(', '),
  )
  // ajv exports every validator by itself; only the two tables are of use.
  return `${inPlace(validators).replaceAll('export const ', 'const ')}
function joined(errors, more) { if (errors === null) return more; for (const error of more) errors.push(error); return errors }
export const official = new Map([${versions}])
export const toolhive = Object.fromEntries([${forms}])`
}

/**
 * ajv copies all errors so far for every part that has some: an entry of a megabyte with 400,000 bad items would take
 * minutes. Its other code pushes into the same list already.
 */
function inPlace(code: string): string {
  const joining = /vErrors === null \? (\w+)\.errors : vErrors\.concat\(\1\.errors\)/g
  const result = code.replaceAll(joining, 'joined(vErrors, $1.errors)')
  if (!joining.test(code) || result.includes('vErrors.concat'))
    throw new Error('ajv joins its errors in another way now')
  return result
}

async function checkResult(): Promise<void> {
  const code = await readFile(outfile, 'utf8')
  if (/\brequire\(|new Function|\beval\(/.test(code))
    throw new Error(`${outfile} still loads or builds code at run time`)
  const started = performance.now()
  await import(pathToFileURL(outfile).href)
  const cost = (performance.now() - started).toFixed(1)
  const parts = partNames.size
  if (process.argv.includes('--verbose'))
    process.stdout.write(`compiled ${parts} schema parts to ${Math.round(code.length / 1024)} KB, import ${cost} ms\n`)
}

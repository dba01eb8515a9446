// `rollbook validate` and `rollbook convert`: shapes, exit codes, inputs and options, as cli.md says them.
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { parse as parseYaml } from 'yaml'
import { importManifest, listOf, server } from '../helpers/entries.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import * as inProcess from '../helpers/in-process.ts'
import { needSharedData } from '../helpers/needs.ts'

const ONE = server('io.example/one', '1.0.0')
const LATEST = server('io.example/bad', 'latest')
const TIDES = {
  description: 'Times and heights of tides',
  image: 'ghcr.io/example/tides:1.0.0',
  status: 'Active',
  tier: 'Community',
  tools: ['next_tide'],
  transport: 'stdio',
}
const REGISTRY = JSON.stringify({ version: '1.0.0', last_updated: '2026-01-01T00:00:00Z', servers: { tides: TIDES } })

interface Validation {
  readonly kind: string
  readonly valid: boolean
  readonly counts: { readonly entries: number; readonly valid: number; readonly invalid: number }
  readonly documents: readonly {
    readonly path: string
    readonly format: string | null
    readonly issues: readonly { readonly code: string; readonly message: string }[]
    readonly entries: readonly {
      readonly name: string | null
      readonly valid: boolean
      readonly issues: readonly { readonly code: string; readonly severity: string }[]
    }[]
  }[]
}

// Progress tells of a slow machine; it has its own tests.
const program: typeof inProcess.program = (args, options) => inProcess.program([...args, '-q'], options)
const programJson: typeof inProcess.programJson = (args, options) => inProcess.programJson([...args, '-q'], options)

async function folder(t: Test, files: Record<string, string>): Promise<string> {
  const cwd = await temporaryDirectory(t)
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true })
    await writeFile(join(cwd, name), text)
  }
  return cwd
}

/** Codes of all issues of the entry on stdin. */
async function judged(entry: object, ...args: string[]) {
  const { code, data } = await programJson<Validation>(['validate', '-', ...args], { input: JSON.stringify(entry) })
  return { code, codes: data.documents[0]?.entries[0]?.issues.map(issue => `${issue.severity} ${issue.code}`) }
}

t.test('validate: the whole of a ValidationResult, in input order', async t => {
  const text = `${JSON.stringify({ server: ONE })}\n${JSON.stringify({ server: LATEST })}\n`
  const cwd = await folder(t, { 'b.jsonl': text, 'a.json': REGISTRY })

  const { code, data, stderr } = await programJson<Validation>(['validate', 'b.jsonl', 'a.json'], { cwd })

  t.equal(code, 10)
  t.equal(stderr, '')
  const column = JSON.stringify({ server: LATEST }).indexOf('"latest"') + 1
  t.strictSame(data, {
    kind: 'ValidationResult',
    valid: false,
    counts: { entries: 3, valid: 2, invalid: 1 },
    documents: [
      {
        path: 'b.jsonl',
        format: 'upstream',
        entries: [
          {
            name: 'io.example/one',
            version: '1.0.0',
            pointer: '/0',
            schemaVersion: '2025-12-11',
            valid: true,
            issues: [],
          },
          {
            name: 'io.example/bad',
            version: 'latest',
            pointer: '/1',
            schemaVersion: '2025-12-11',
            valid: false,
            issues: [
              {
                code: 'reserved-version-string',
                tier: 'semantic',
                severity: 'error',
                pointer: '/version',
                path: 'version',
                message: data.documents[0]?.entries[1]?.issues.map(issue => (issue as { message?: string }).message)[0],
                hint: data.documents[0]?.entries[1]?.issues.map(issue => (issue as { hint?: string }).hint)[0],
                document: 'b.jsonl',
                name: 'io.example/bad',
                version: 'latest',
                line: 2,
                column,
              },
            ],
          },
        ],
        issues: [],
      },
      {
        path: 'a.json',
        format: 'toolhive',
        entries: [
          {
            name: 'io.github.stacklok/tides',
            version: '1.0.0',
            pointer: '/servers/tides',
            schemaVersion: null,
            valid: true,
            issues: [],
          },
        ],
        issues: [],
      },
    ],
  })

  const yaml = await program(['validate', 'b.jsonl', 'a.json', '-o', 'yaml'], { cwd })
  t.equal(yaml.code, 10)
  t.strictSame(parseYaml(yaml.stdout), data, 'the same as YAML')
  const people = await program(['validate', 'b.jsonl', 'a.json'], { cwd })
  t.match(people.stdout, `b.jsonl:2:${column}: error: io.example/bad latest: version: `)
  t.match(people.stdout, /1 of 3 entries is not valid: 1 error in 2 documents\n$/)
})

t.test('validate: a document that is none, and paths that are none', async t => {
  const cwd = await folder(t, { 'broken.json': '{"servers": [', 'other.json': '{"a": 1}', 'empty/readme.md': 'x' })
  const { code, data } = await programJson<Validation>(['validate', 'broken.json', 'other.json'], { cwd })
  t.equal(code, 10)
  t.match(data, {
    valid: false,
    counts: { entries: 0, valid: 0, invalid: 0 },
    documents: [
      { path: 'broken.json', format: null, entries: [], issues: [{}] },
      { path: 'other.json', format: null, issues: [{ code: 'FormatUnknown' }] },
    ],
  })
  t.match(await program(['validate', 'none.json'], { cwd }), {
    code: 10,
    stdout: '',
    stderr: /none\.json does not exist \[PathNotFound\]/,
  })
  t.match(await program(['validate', 'empty'], { cwd }), { code: 10, stderr: /no catalog .* below empty \[\w+\]\n$/ })
  const inRepository = /\[PathNotFound\]\na file or folder in a repository is written <repository>@<revision>:<path>\n$/
  t.match(await program(['validate', 'https://git.example/a.git'], { cwd }), { code: 10, stderr: inRepository })
  const { directory } = await bareRepository(t, { 'a.json': '[]' })
  t.match(await program(['validate', directory], { cwd }), { code: 10, stderr: inRepository })
  t.match(await program(['validate', 'broken.json/x'], { cwd }), { code: 10 })
})

t.test('validate, run, diff: what stands in documents obeys nobody on a terminal', async t => {
  const evil = 'io.example/one\u001b[2J\n9 of 9 entries are valid\r\u009b31m\u202e'
  const file = 'a\u001b[31m\nb.json'
  const cwd = await folder(t, { [file]: JSON.stringify({ ...ONE, name: evil, version: 'latest\n' }) })
  const target = await bareRepository(t, {})
  const source = await bareRepository(t, { 'a\u001b[2J.json': JSON.stringify({ ...ONE, name: evil }) })
  const manifest = importManifest({ source: source.url, target: target.url, sourcePath: '.' })
  await writeFile(join(cwd, 'import.yaml'), manifest)

  for (const args of [
    ['validate', file],
    ['convert', file, '--to', 'toolhive'],
    ['diff', file, 'none\u001b[2J.json'],
    ['run', '-f', 'import.yaml'],
  ]) {
    const { stdout, stderr } = await program(args, { cwd })
    const all = `${stdout}${stderr}`
    t.match(all, /\\u001b\[/, `${args[0]} says it`)
    t.notMatch(all, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/, `${args[0]}`)
    t.notMatch(all, /^(9 of 9|b\.json)/m, `${args[0]}: no line of theirs`)
  }
})

t.test('validate: folders are read in byte order, links below them are not followed', async t => {
  const cwd = await folder(t, {
    'in/b/z.yaml': '',
    'in/b/a.json': JSON.stringify(ONE),
    'in/B.JSON': JSON.stringify(ONE),
    'in/c.txt': 'no',
    'out/d.json': '{',
  })
  await writeFile(
    join(cwd, 'in/b/z.yaml'),
    `name: io.example/yaml\nversion: 1.0.0\ndescription: in YAML\n$schema: ${ONE['$schema']}\n`,
  )
  await symlink(join(cwd, 'out'), join(cwd, 'in/link'))
  await symlink(join(cwd, 'out/d.json'), join(cwd, 'in/linked.json'))
  const { code, data } = await programJson<Validation>(['validate', 'in'], { cwd })
  t.strictSame(
    data.documents.map(({ path }) => path),
    ['in/B.JSON', 'in/b/a.json', 'in/b/z.yaml'],
  )
  t.equal(code, 0, JSON.stringify(data.documents.flatMap(({ issues }) => issues)))
})

t.test('validate: stdin, and --format against what is there', async t => {
  t.equal((await program(['validate', '-'], { input: REGISTRY })).code, 0)
  t.equal((await program(['validate', '-', '--format', 'toolhive'], { input: REGISTRY })).code, 0)
  const { code, data } = await programJson<Validation>(['validate', '-', '--format', 'upstream'], { input: REGISTRY })
  t.equal(code, 10)
  t.match(data.documents, [{ path: '-', entries: [], issues: [{ code: 'FormatMismatch' }] }])
})

t.test('validate: --checks, --allow-schema, --profile', async t => {
  const long = server('io.example/one', '1.0.0', { description: 'x'.repeat(101) })
  t.strictSame(await judged(long), { code: 10, codes: ['error maxLength'] })
  t.strictSame(await judged(long, '--checks', 'semantic'), { code: 0, codes: [] }, 'as the publish endpoint judges')
  t.strictSame(await judged(LATEST, '--checks', 'schema'), { code: 0, codes: [] })
  t.match(await judged(LATEST, '--checks', 'semantic'), { code: 10, codes: ['error reserved-version-string'] })

  const old = { ...ONE, $schema: 'https://static.modelcontextprotocol.io/schemas/2025-10-17/server.schema.json' }
  t.strictSame(await judged(old), { code: 0, codes: ['warning schema-version-deprecated'] })
  t.strictSame(await judged(old, '--allow-schema', 'current'), { code: 10, codes: ['error schema-version-deprecated'] })

  const pkg = { registryType: 'helm', identifier: 'one', version: '1.0.0', transport: { type: 'stdio' } }
  const unsupported = server('io.example/one', '1.0.0', { packages: [pkg] })
  t.strictSame(await judged(unsupported), { code: 0, codes: [] })
  t.strictSame(await judged(unsupported, '--profile', 'official'), {
    code: 10,
    codes: ['error package-registry-type-unsupported'],
  })
  t.strictSame(await judged(unsupported, '--checks', 'schema,semantic,publish'), {
    code: 10,
    codes: ['error package-registry-type-unsupported'],
  })
})

t.test('validate: the dumps of the official registry', async t => {
  const counts = {
    'real/official-2025-12-12.json': [2628, 2227, 401],
    'real/official-2025-10-20.json': [1273, 926, 347],
  }
  for (const [file, [entries, valid, invalid]] of Object.entries(counts)) {
    const path = needSharedData(t, file)
    if (!path) return
    const { code, data } = await programJson<Validation>(['validate', path])
    t.equal(code, 10)
    t.strictSame(data.counts, { entries, valid, invalid }, file)
  }
})

t.test('convert: to the other format and back, the same bytes each time', async t => {
  const cwd = await folder(t, { 'registry.json': REGISTRY })
  const there = await program(['convert', 'registry.json', '--to', 'upstream'], { cwd })
  t.equal(there.code, 0)
  t.equal(there.stderr, '')
  t.match(
    there.stdout,
    /^\{"version":"1\.0\.0","meta":\{"last_updated":"2026-01-01T00:00:00Z"\},"data":\{"servers":\[\n/,
  )
  t.equal(
    (await program(['convert', 'registry.json', '--to', 'upstream'], { cwd })).stdout,
    there.stdout,
    'the same bytes',
  )

  const back = await program(['convert', '-', '--to', 'toolhive'], { input: there.stdout })
  t.strictSame(JSON.parse(back.stdout), JSON.parse(REGISTRY))
  t.match(back.stdout, /^\{\n {2}"version": "1\.0\.0",\n {2}"last_updated"/)
  t.equal(
    (await program(['convert', '--to', 'toolhive'], { input: there.stdout })).stdout,
    back.stdout,
    'stdin without -',
  )

  const yaml = await program(['convert', '-', '--to', 'toolhive', '-o', 'yaml'], { input: there.stdout })
  t.strictSame(parseYaml(yaml.stdout), JSON.parse(REGISTRY))
  const named = await program(['convert', 'registry.json', '--to', 'upstream', '--namespace', 'com.example'], { cwd })
  t.match(named.stdout, '"name":"com.example/tides"')
})

t.test('convert: fail writes nothing, skip leaves out', async t => {
  const npm = server('io.example/nuget', '1.0.0', {
    remotes: [],
    packages: [{ registryType: 'nuget', identifier: 'N', version: '1.0.0', transport: { type: 'stdio' } }],
  })
  const cwd = await folder(t, { 'list.json': listOf(ONE, server('io.example/one', '0.9.0'), LATEST, npm) })

  const failed = await program(['convert', 'list.json', '--to', 'toolhive', '--out', 'out.json'], { cwd })
  t.equal(failed.code, 10)
  t.equal(failed.stdout, '')
  t.match(failed.stderr, /\[reserved-version-string\]\n/)
  t.match(failed.stderr, /\[NotConvertible\]\n/)
  t.match(failed.stderr, /2 entries have problems, so nothing was written/)
  await t.rejects(stat(join(cwd, 'out.json')))

  const skipped = await program(
    ['convert', 'list.json', '--to', 'toolhive', '--on-invalid', 'skip', '--out', 'out.json'],
    { cwd },
  )
  t.equal(skipped.code, 0)
  t.equal(skipped.stdout, '')
  t.match(skipped.stderr, 'io.example/one 0.9.0: an older version of this server, left out')
  const written = await readFile(join(cwd, 'out.json'), 'utf8')
  t.strictSame(Object.keys(JSON.parse(written).remote_servers), ['io.example/one'])

  const unreadable = await program(['convert', '-', '--to', 'upstream'], { input: '{' })
  t.match(unreadable, { code: 10, stdout: '' })
  const elsewhere = await program(
    ['convert', 'list.json', '--to', 'upstream', '--on-invalid', 'skip', '--out', 'no/where.json'],
    { cwd },
  )
  t.match(elsewhere, {
    code: 10,
    stderr: /no\/where\.json can't be written: ENOENT: no such file or directory \[OutputNotWritable\]/,
  })
})

t.test('convert: long descriptions and what has no place', async t => {
  const long = JSON.stringify({
    version: '1.0.0',
    last_updated: '2026-01-01T00:00:00Z',
    servers: { tides: { ...TIDES, description: 'wet '.repeat(30).trim() } },
    groups: [],
  })
  t.match(await program(['convert', '-', '--to', 'upstream'], { input: long }), {
    code: 10,
    stderr: /\[LongDescription\]/,
  })
  const cut = await program(['convert', '-', '--to', 'upstream', '--long-description', 'truncate'], { input: long })
  t.equal(cut.code, 0)
  t.match(cut.stderr, /-.*: groups: the format upstream has no place for groups; it was left out \[NotConvertible\]/)
  const back = await program(['convert', '-', '--to', 'toolhive'], { input: cut.stdout })
  t.equal(JSON.parse(back.stdout).servers.tides.description, 'wet '.repeat(30).trim(), 'the original comes back')
})

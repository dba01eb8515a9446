// Backup and restore: a catalog is exported, wiped and imported again, and every byte stands as before.
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import type { JsonObject } from '../../src/lib/json.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { importManifest, manifest, server } from '../helpers/entries.ts'
import { generatedDocument, isRunnable } from '../helpers/generated-documents.ts'
import { bareRepository, type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { programJson } from '../helpers/in-process.ts'
import { needSharedData } from '../helpers/needs.ts'
import { type Random, seededRandom } from '../helpers/random.ts'

interface Form {
  readonly format: 'upstream' | 'toolhive'
  readonly layout: 'File' | 'Namespace' | 'Directory'
}

const UPSTREAM = [
  { format: 'upstream', layout: 'File' },
  { format: 'upstream', layout: 'Namespace' },
  { format: 'upstream', layout: 'Directory' },
] as const satisfies readonly Form[]
const TOOLHIVE: Form = { format: 'toolhive', layout: 'File' }

const nameOf = ({ format, layout }: Form) => `${format} ${layout}`
const pathOf = (root: string, { layout }: Form) => (layout === 'File' ? `${root}/registry.json` : root)

/** Imports a text into a catalog of one form, and takes it through backups of others. */
async function restored(t: Test, text: string, { kept, backups }: { kept: Form; backups: readonly Form[] }) {
  const cwd = await temporaryDirectory(t)
  const first = await bareRepository(t, { 'registry.json': text })
  const catalog = await bareRepository(t)
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, ROLLBOOK_QUIET: 'true' }
  let minute = 0
  const run = async (...manifests: readonly string[]) => {
    await writeFile(join(cwd, 'all.yaml'), manifests.join('\n---\n'))
    // Every run has its own time: a date that a restore adds would be seen.
    const now = `2026-03-01T12:${String(minute++).padStart(2, '0')}:00Z`
    const { data } = await programJson<RunResult>(['run', '-f', 'all.yaml', '--now', now], { cwd, env })
    return data
  }
  const into = (source: TestRepository, sourcePath: string) =>
    importManifest({
      source: source.url,
      sourcePath,
      target: catalog.url,
      targetPath: pathOf('catalog', kept),
      targetGit: { ...kept },
    })
  const registry = manifest('MCPRegistry', 'catalog', {
    source: { type: 'git', git: { repository: catalog.url, path: pathOf('catalog', kept) } },
  })

  const made = await run(into(first, 'registry.json'))
  t.match(made, { outcome: /Completed/ }, `${nameOf(kept)}: ${made.message}`)
  const before = await filesOf(catalog)
  for (const form of backups) {
    const name = `${nameOf(kept)} through ${nameOf(form)}`
    const backup = await bareRepository(t)
    const git = { repository: backup.url, path: pathOf('backup', form), ...form }
    const saved = await run(
      manifest('MCPRegistryExportJob', 'backup', { registryRef: { name: 'catalog' }, target: { git } }),
      registry,
    )
    t.match(saved, { outcome: 'Completed', counts: { invalid: 0, filtered: 0 } }, `${name}: ${saved.message}`)
    await catalog.commit(Object.fromEntries([...Object.keys(before).map(path => [path, null]), ['README.md', 'gone']]))
    const back = await run(into(backup, pathOf('backup', form)))
    t.match(back, { outcome: 'Completed', reason: 'EntriesWritten' }, `${name}: ${back.message}`)
    const { 'README.md': _readme, ...after } = await filesOf(catalog)
    if (isDeepStrictEqual(form, kept)) t.strictSame([after, back.digest], [before, made.digest], name)
    else t.strictSame(withoutCatalogDate(after), withoutCatalogDate(before), name)
  }
}

/** A catalog file holds no entries, so that its date is the source's: the one thing that another layout says otherwise. */
function withoutCatalogDate(files: Readonly<Record<string, string>>) {
  const path = 'catalog/_catalog.json'
  const { [path]: text } = files
  return text === undefined ? files : { ...files, [path]: text.replace(/"last_updated":"[^"]*"/, '"last_updated":""') }
}

async function filesOf(repository: TestRepository): Promise<Record<string, string>> {
  const paths = await repository.paths()
  return Object.fromEntries(await Promise.all(paths.map(async path => [path, await repository.read(path)])))
}

/** Documents with names of their own. */
function documentsOf(random: Random, count: number): JsonObject[] {
  const found: JsonObject[] = []
  while (found.length < count) {
    const document = generatedDocument(random)
    if (isRunnable(document)) found.push({ ...document, name: `io.github.stacklok/weather-${found.length}` })
  }
  return found
}

t.test('an upstream catalog comes back from an upstream backup in each layout', async t => {
  const random = seededRandom(t)
  const servers: unknown[] = documentsOf(random, 12)
  const crossed = Math.floor(random() * UPSTREAM.length)
  servers.push(
    server('0.example/zero', '1.0.0'),
    server('Acme.example/Two', '1.0.0'),
    server('io.example/two', '1.0.0'),
    server('io.example/two', '2.0.0+b'),
  )
  const skills = [{ namespace: 'io.example', name: 'a-skill', description: 'does a thing', version: '1.0.0' }]
  const text = JSON.stringify({
    $schema: 'https://schema.example/registry.json',
    version: '1.2.0',
    meta: { last_updated: '2020-01-01T00:00:00Z', more: 1 },
    data: { servers, skills, unknown: { a: [1] } },
    further: true,
  })
  for (const [index, kept] of UPSTREAM.entries()) {
    // One of the other ways each time: every run of the program costs.
    const other = index === crossed ? [UPSTREAM[(index + 1) % UPSTREAM.length] ?? kept] : []
    await restored(t, text, { kept, backups: [kept, ...other] })
  }
})

t.test('a ToolHive catalog comes back, and an upstream one from a ToolHive backup of what that can hold', async t => {
  const documents = documentsOf(seededRandom(t), 12)
  const text = JSON.stringify({ servers: documents.map(item => ({ server: item })) })
  await restored(t, text, { kept: TOOLHIVE, backups: [TOOLHIVE] })
  await restored(t, text, { kept: UPSTREAM[0], backups: [TOOLHIVE] })
})

t.test('the real catalogs come back', async t => {
  const official = needSharedData(t, 'real/official-2025-12-12.json')
  const legacy = needSharedData(t, 'real/toolhive-legacy-2026-02-18.json')
  if (official === undefined || legacy === undefined) return
  const { servers } = JSON.parse(readFileSync(official, 'utf8')) as { servers: unknown[] }
  const some = JSON.stringify({ servers: servers.filter((_, index) => index % 20 === 0) })
  await restored(t, some, { kept: UPSTREAM[0], backups: [UPSTREAM[1]] })
  await restored(t, readFileSync(legacy, 'utf8'), { kept: TOOLHIVE, backups: [TOOLHIVE] })
})

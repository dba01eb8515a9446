// Layouts Namespace and Directory through the program: written, left alone, pruned, read back.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { sha256Hex } from '../../src/lib/hash.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { assertEngine, type EngineHost, onBothEngines } from '../helpers/engine-host.ts'
import { importManifest, listOf, server } from '../helpers/entries.ts'
import { type Files, type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { programJson } from '../helpers/in-process.ts'

const NOW = ['--now', '2026-03-01T12:00:00Z']
const ENTRIES = [
  server('io.example/one', '1.0.0'),
  server('io.example/one', '2.0.0+b'),
  server('com.other/two', '1.0.0'),
]
const SKILLS = [{ namespace: 'io.example', name: 'a-skill', description: 'does a thing', version: '1.0.0' }]
const SOURCE = JSON.stringify({
  version: '1.0.0',
  meta: { last_updated: '2026-01-01T00:00:00Z' },
  data: { servers: ENTRIES, skills: SKILLS },
})

async function workplace(host: EngineHost, layout: string, targetFiles: Files = {}) {
  const directory = await temporaryDirectory(host.t)
  const source = await host.repository({ 'registry.json': SOURCE })
  const target = await host.repository(targetFiles)
  const run = async (
    spec: Record<string, unknown> = {},
    from: TestRepository = source,
    sourcePath = 'registry.json',
  ) => {
    const options = {
      source: from.url,
      target: target.url,
      sourcePath,
      targetPath: 'catalog',
      targetGit: { layout },
      spec,
    }
    await writeFile(join(directory, 'import.yaml'), importManifest(options))
    const ran = await programJson<RunResult>(['run', '-f', 'import.yaml', ...NOW], { cwd: directory, env: host.env })
    assertEngine(host, ran.data)
    return ran
  }
  return { directory, source, target, run }
}

async function digestOfTree(target: TestRepository): Promise<string> {
  const lines: string[] = []
  for (const path of await target.paths()) {
    const blob = await target.git(['cat-file', 'blob', `main:${path}`])
    lines.push(`${sha256Hex(`${blob}\n`)}  ${path.slice('catalog/'.length)}\n`)
  }
  return `sha256:${sha256Hex(lines.sort().join(''))}`
}

for (const [layout, paths] of [
  ['Namespace', ['catalog/_catalog.json', 'catalog/com.other.json', 'catalog/io.example.json']],
  [
    'Directory',
    [
      'catalog/_catalog.json',
      'catalog/com.other/two/1.0.0.json',
      'catalog/io.example/one/1.0.0.json',
      'catalog/io.example/one/2.0.0%2Bb.json',
    ],
  ],
] as const) {
  onBothEngines(t, `layout ${layout} is written, then unchanged, with the digest of its files`, async (t, host) => {
    const { target, run } = await workplace(host, layout)

    const first = await run()
    t.match(first.data, { outcome: 'Completed', counts: { added: 3 } }, first.data.message)
    t.strictSame((await target.paths()).sort(), paths)
    t.equal(first.data.digest, await digestOfTree(target))

    const second = await run()
    t.match(
      second.data,
      { outcome: 'Unchanged', counts: { unchanged: 3 }, digest: first.data.digest },
      second.data.message,
    )
    t.equal((await target.log()).length, 1)
  })

  onBothEngines(t, `layout ${layout} rewrites only the files of what changed`, async (t, host) => {
    const { source, target, run } = await workplace(host, layout)
    await run()
    const before = await target.head()
    const changed = { ...ENTRIES[0], description: 'changed words' }
    await source.commit({ 'registry.json': listOf(changed, ENTRIES[1], ENTRIES[2]) })

    const { data } = await run()

    t.match(data, { outcome: 'Completed', counts: { updated: 1, unchanged: 2 } })
    const touched = await target.git(['diff-tree', '-r', '--name-only', '--no-commit-id', before ?? '', 'main'])
    t.equal(touched, layout === 'Namespace' ? 'catalog/io.example.json' : 'catalog/io.example/one/1.0.0.json')
  })

  onBothEngines(t, `C11 layout ${layout} prunes its own files and leaves others alone`, async (t, host) => {
    const strangers = {
      'catalog/README.md': 'hands off',
      'catalog/notes.json': '{"mine":true}',
      'catalog/x/y/z.json': '[]',
    }
    const { source, target, run } = await workplace(host, layout, strangers)
    await run()
    await source.commit({ 'registry.json': listOf(ENTRIES[0]) })

    const { data } = await run({ merge: { prune: 'Missing' } })

    t.match(data, { outcome: 'Completed', counts: { removed: 2, unchanged: 1 } }, data.message)
    const left = await target.paths()
    for (const path of Object.keys(strangers)) t.ok(left.includes(path), path)
    t.notOk(left.some(path => path.includes('com.other')))
  })

  onBothEngines(
    t,
    `layout ${layout} read back gives the same catalog as the source it was made from`,
    async (t, host) => {
      const direct = await workplace(host, 'Namespace')
      const written = await workplace(host, layout)
      await written.run()
      const twice = await workplace(host, 'Namespace')

      await direct.run()
      const { data } = await twice.run({}, written.target, 'catalog')

      t.match(data, { outcome: 'Completed', counts: { added: 3, invalid: 0 } }, data.message)
      for (const path of await direct.target.paths())
        t.equal(await twice.target.read(path), await direct.target.read(path), path)
    },
  )
}

onBothEngines(t, 'a file that is not ours where an entry has to be written is never overwritten', async (t, host) => {
  const { target, run } = await workplace(host, 'Directory', { 'catalog/io.example/one/1.0.0.json': '{"mine":true}' })
  const head = await target.head()

  const { code, data } = await run()

  t.equal(code, 10)
  t.match(data, { outcome: 'Failed', reason: 'TargetInvalid' })
  t.equal(await target.head(), head)
})

onBothEngines(t, 'files that another layout wrote below the same path stay, and every run says so', async (t, host) => {
  const other = JSON.stringify(server('io.example/old', '1.0.0'))
  const { target, run } = await workplace(host, 'Namespace', { 'catalog/io.example/old/1.0.0.json': other })

  const first = await run({ merge: { prune: 'Missing' } })
  const second = await run()

  for (const { data } of [first, second])
    t.match(data.issues, [
      {
        code: 'FilesNotManaged',
        severity: 'warning',
        document: 'catalog',
        message: /this layout did not write 1 JSON file below catalog,.*old/,
      },
    ])
  t.match(second.data, { outcome: 'Unchanged' })
  t.equal(await target.read('catalog/io.example/old/1.0.0.json'), other)
})

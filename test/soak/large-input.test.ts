// F4 files beyond the limits on the whole way: the run ends soon with the path, the size and the limit, and the process stays small.
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { catalogOf, importManifest, listOf, server } from '../helpers/entries.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { rollbookJson } from '../helpers/program.ts'

const MIB = 1024 * 1024
const SIZE = 300 * MIB
const MOST_MEMORY = 350 * MIB

interface Large {
  readonly name: string
  /** Start and end of the file; between them is nothing, which costs no disk. */
  readonly head?: string
  readonly tail?: string
  readonly size: number
}

async function runWith(t: Test, { name, head = '', tail = '', size }: Large) {
  const directory = await temporaryDirectory(t)
  const source = await bareRepository(t, { 'small.json': listOf(server('io.example/one', '1.0.0')) })
  const target = await bareRepository(t, { 'catalog/registry.json': catalogOf() })
  const path = join(directory, name)
  const file = await open(path, 'w')
  await file.truncate(size)
  await file.write(head, 0)
  await file.write(tail, size - Buffer.byteLength(tail))
  await file.close()
  const oid = await source.git(['-c', 'core.compression=1', 'hash-object', '-w', path])
  const tree = await source.git(['mktree'], `100644 blob ${oid}\t${name}\n`)
  await source.git(['update-ref', 'refs/heads/main', await source.git(['commit-tree', tree, '-m', 'large'])])

  const manifest = importManifest({ source: source.url, target: target.url, sourcePath: name })
  await writeFile(join(directory, 'import.yaml'), manifest)
  const memory = join(directory, 'memory')
  const probe = `process.on('exit',()=>process.getBuiltinModule('node:fs').writeFileSync(${JSON.stringify(memory)},String(process.resourceUsage().maxRSS)))`
  const before = await target.head()
  const { code, data } = await rollbookJson<RunResult>(['run', '-f', 'import.yaml'], {
    cwd: directory,
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(probe)}` },
  })
  t.equal(code, 10)
  t.equal(await target.head(), before, 'nothing was written')
  return { data, peak: Number(await readFile(memory, 'utf8')) * 1024 }
}

t.test('F4 a file of 300 MB is refused before it is read', async t => {
  const { data, peak } = await runWith(t, { name: 'registry.json', size: SIZE })

  t.match(data, { outcome: 'Failed', reason: 'LimitExceeded' })
  t.match(data.message, /"registry\.json" has 314572800 bytes, more than 268435456/)
  t.ok(peak > 0 && peak < MOST_MEMORY, `peak ${Math.round(peak / MIB)} MiB`)
})

t.test('F4 a large YAML file is refused before it is parsed', async t => {
  const { data, peak } = await runWith(t, { name: 'catalog.yaml', head: 'servers: []\n#', size: 128 * MIB })

  t.match(data, { outcome: 'Failed', reason: 'SourceInvalid' })
  t.match(data.issues, [
    { code: 'YamlTooLarge', document: 'catalog.yaml', line: 1, column: 1, message: /134217728 bytes/ },
  ])
  t.ok(peak < MOST_MEMORY, `peak ${Math.round(peak / MIB)} MiB`)
})

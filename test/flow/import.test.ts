// The whole way of an entry through the program: git to git, real repositories, real processes.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { assertEngine, type EngineHost, onBothEngines } from '../helpers/engine-host.ts'
import { importManifest, listOf, server } from '../helpers/entries.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { programJson } from '../helpers/in-process.ts'

const ONE = server('io.example/one', '1.0.0')
const TWO = server('io.example/two', '1.0.0')

async function workplace(host: EngineHost, sourceFiles: Record<string, string>, spec: Record<string, unknown> = {}) {
  const directory = await temporaryDirectory(host.t)
  const source = await host.repository(sourceFiles)
  const target = await host.repository()
  await writeFile(join(directory, 'import.yaml'), importManifest({ source: source.url, target: target.url, spec }))
  const run = async (...args: string[]) => {
    const ran = await programJson<RunResult>(['run', '-f', 'import.yaml', ...args], { cwd: directory, env: host.env })
    assertEngine(host, ran.data)
    return ran
  }
  return { directory, source, target, run }
}

onBothEngines(
  t,
  'A2 an empty target repository gets its first commit, with trailers that tell the run',
  async (t, host) => {
    const { source, target, run } = await workplace(host, { 'registry.json': listOf(ONE, TWO) })

    const { code, data } = await run('--run-id', 'first-run', '--now', '2026-03-01T12:00:00Z')

    t.equal(code, 0)
    t.match(data, {
      kind: 'RunResult',
      id: 'first-run',
      outcome: 'Completed',
      counts: { total: 2, added: 2, invalid: 0 },
    })
    t.equal(data.source.revision, `main@sha1:${await source.head()}`)
    t.equal(data.target.revision, `main@sha1:${await target.head()}`)
    const [message = '', ...older] = await target.log()
    t.equal(older.length, 0)
    t.equal(message.split('\n')[0], `import: 2 added from ${source.url}`)
    t.match(message, /^Rollbook-Run: first-run$/m)
    t.match(message, /^Rollbook-Resource: MCPRegistryImportJob\/test\/import uid=local generation=0$/m)
    t.match(message, `Rollbook-Digest: ${data.digest}`)
    t.match(await target.read('catalog/registry.json'), /"publishedAt":"2026-03-01T12:00:00.000Z"/)
  },
)

onBothEngines(t, 'C6 the second import of the same source makes no commit', async (t, host) => {
  const { target, run } = await workplace(host, { 'registry.json': listOf(ONE) })
  await run()
  const head = await target.head()

  const { code, data } = await run()

  t.equal(code, 0)
  t.match(data, { outcome: 'Unchanged', reason: 'NoChanges', counts: { unchanged: 1 } })
  t.equal(await target.head(), head)
})

onBothEngines(t, 'C7 another order and other white space make no commit', async (t, host) => {
  const { source, target, run } = await workplace(host, { 'registry.json': listOf(ONE, TWO) })
  await run()
  const head = await target.head()
  const reordered = Object.fromEntries(Object.entries(ONE).reverse())
  await source.commit({ 'registry.json': JSON.stringify({ servers: [{ server: TWO }, { server: reordered }] }) })

  const { data } = await run()

  t.equal(data.outcome, 'Unchanged')
  t.equal(await target.head(), head)
})

onBothEngines(t, 'F6 one bad entry is skipped with its place, the others go on', async (t, host) => {
  const { run } = await workplace(host, { 'registry.json': listOf(ONE, server('io.example/bad', 'latest'), TWO) })

  const { code, data } = await run()

  t.equal(code, 0)
  t.match(data, { outcome: 'PartiallyCompleted', reason: 'SkippedEntries', counts: { total: 3, added: 2, invalid: 1 } })
  t.match(data.issues, [
    { code: 'reserved-version-string', name: 'io.example/bad', document: 'registry.json', pointer: '/version' },
  ])
  const line =
    listOf(ONE, server('io.example/bad', 'latest'), TWO)
      .split('\n')
      .findIndex(text => text.includes('"latest"')) + 1
  t.equal(data.issues[0]?.line, line)
  t.equal((await run('--strict')).code, 1)
})

onBothEngines(t, 'onInvalid Fail stops the run and writes nothing', async (t, host) => {
  const { target, run } = await workplace(
    host,
    { 'registry.json': listOf(ONE, server('io.example/bad', 'latest')) },
    { policy: { onInvalid: 'Fail' } },
  )

  const { code, data } = await run()

  t.equal(code, 10)
  t.match(data, { outcome: 'Failed', reason: 'EntriesInvalid' })
  t.equal(await target.head(), undefined)
})

onBothEngines(t, 'C8 the id of another run is refused, and nothing is written', async (t, host) => {
  const { directory, source, target, run } = await workplace(host, { 'registry.json': listOf(ONE) })
  await run('--run-id', 'taken')
  const head = await target.head()
  for (const other of [{ name: 'other' }, { targetPath: 'elsewhere.json' }]) {
    const manifest = importManifest({ source: source.url, target: target.url, ...other })
    await writeFile(join(directory, 'import.yaml'), manifest)
    t.match(await run('--run-id', 'taken'), {
      code: 10,
      data: {
        outcome: 'Failed',
        reason: 'RequestInvalid',
        message: /run id taken is taken: commit \w+ has it, of MCPRegistryImportJob\/test\/import, which wrote catalog/,
      },
    })
    t.equal(await target.head(), head)
  }
})

onBothEngines(t, 'C8 the same run id again makes no second commit and reports the first', async (t, host) => {
  const { source, target, run } = await workplace(host, { 'registry.json': listOf(ONE) })
  const first = await run('--run-id', 'once')
  await source.commit({ 'registry.json': listOf(ONE, TWO) })

  const again = await run('--run-id', 'once')

  t.match(again.data, {
    outcome: 'Completed',
    reason: 'AlreadyCommitted',
    source: first.data.source,
    counts: first.data.counts,
    digest: first.data.digest,
  })
  t.equal(again.data.target.revision, first.data.target.revision)
  t.equal((await target.log()).length, 1)
})

onBothEngines(
  t,
  'C11 an entry gone from the source stays as stale, and is pruned when the policy says so',
  async (t, host) => {
    const { directory, source, target, run } = await workplace(host, { 'registry.json': listOf(ONE, TWO) })
    await run()
    await source.commit({ 'registry.json': listOf(ONE) })

    t.match((await run()).data, {
      outcome: 'Unchanged',
      message: 'nothing to write: 0 added, 0 updated, 1 unchanged, 1 stale',
      counts: { unchanged: 1, stale: 1 },
    })

    const pruning = importManifest({ source: source.url, target: target.url, spec: { merge: { prune: 'Missing' } } })
    await writeFile(join(directory, 'import.yaml'), pruning)
    t.match((await run()).data, { outcome: 'Completed', counts: { unchanged: 1, removed: 1, stale: 0 } })
    t.notMatch(await target.read('catalog/registry.json'), 'io.example/two')
  },
)

onBothEngines(t, 'a run that would empty the target is refused', async (t, host) => {
  const { directory, source, target, run } = await workplace(host, { 'registry.json': listOf(ONE) })
  await run()
  await source.commit({ 'registry.json': listOf() })
  await writeFile(
    join(directory, 'import.yaml'),
    importManifest({ source: source.url, target: target.url, spec: { merge: { prune: 'Missing' } } }),
  )
  const head = await target.head()

  const { code, data } = await run()

  t.equal(code, 10)
  t.equal(data.reason, 'WouldEmptyTarget')
  t.equal(await target.head(), head)
})

onBothEngines(t, 'a plan tells what would happen and writes nothing', async (t, host) => {
  const { target, run } = await workplace(host, { 'registry.json': listOf(ONE) })

  const { code, data } = await run('--mode', 'plan')

  t.equal(code, 0)
  t.match(data, { outcome: 'Planned', counts: { added: 1 }, target: { revision: null } })
  t.equal(await target.head(), undefined)
})

onBothEngines(t, 'an update keeps what the source does not say', async (t, host) => {
  const { source, target, run } = await workplace(host, { 'registry.json': listOf(ONE) })
  await run('--now', '2026-03-01T12:00:00Z')
  await source.commit({ 'registry.json': listOf({ ...ONE, description: 'better words' }) })

  const { data } = await run('--now', '2026-03-02T12:00:00Z')

  t.match(data, { outcome: 'Completed', counts: { updated: 1 } })
  const catalog = JSON.parse(await target.read('catalog/registry.json'))
  t.strictSame(catalog.data.servers[0]._meta['io.modelcontextprotocol.registry/official'], {
    publishedAt: '2026-03-01T12:00:00.000Z',
    updatedAt: '2026-03-02T12:00:00.000Z',
  })
  t.equal(catalog.meta.last_updated, '2026-03-02T12:00:00.000Z')
})

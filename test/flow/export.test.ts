// Export jobs through the program: what a registry holds, to git and to a ConfigMap.
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse as parseYaml } from 'yaml'
import { sha256Hex } from '../../src/lib/hash.ts'
import { readExportBlock } from '../../src/resources/export-block.ts'
import { exportRequest } from '../../src/resources/export-request.ts'
import type { ConfigMap } from '../../src/resources/kinds.ts'
import { loadManifests } from '../../src/resources/load.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { datedServer, listOf, manifest, server } from '../helpers/entries.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { program, programJson } from '../helpers/in-process.ts'

const NOW = ['--now', '2026-03-01T12:00:00Z']
const ONE = datedServer('io.example/one')
const TWO = datedServer('io.example/two')
const BAD = server('io.example/bad', 'latest')

type Spec = Readonly<Record<string, unknown>>

/** A folder with the registry `catalog` that reads a git repository, and whatever a test adds. */
async function workplace(t: Test, content: string, registry: Spec = {}) {
  const cwd = await temporaryDirectory(t)
  const source = await bareRepository(t, { 'registry.json': content })
  const target = await bareRepository(t)
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, ROLLBOOK_QUIET: 'true' }
  const catalog = manifest('MCPRegistry', 'catalog', {
    source: { type: 'git', git: { repository: source.url } },
    ...registry,
  })
  await writeFile(join(cwd, 'registry.yaml'), catalog)
  const give = (file: string, ...manifests: readonly string[]) => writeFile(join(cwd, file), manifests.join('\n---\n'))
  const args = (...more: readonly string[]) => ['run', '-f', '.', ...NOW, ...more]
  return {
    cwd,
    env,
    source,
    target,
    give,
    giveExport: (spec: Spec) =>
      give('export.yaml', manifest('MCPRegistryExportJob', 'export', { registryRef: { name: 'catalog' }, ...spec })),
    run: (...more: readonly string[]) => programJson<RunResult & { manifest?: ConfigMap }>(args(...more), { cwd, env }),
    runText: (...more: readonly string[]) => program(args(...more), { cwd, env }),
  }
}

t.test('an export reads through the filter and policy of its registry, then its own filter', async t => {
  const old = server('io.example/old', '1.0.0')
  const here = await workplace(t, listOf(ONE, TWO, BAD, old), { filter: { exclude: { names: ['*/old'] } } })
  await here.giveExport({
    filter: { include: { names: ['*/one', '*/old'] } },
    target: { git: { repository: here.target.url, path: 'out/registry.json' } },
  })

  const { code, data } = await here.run()

  t.equal(code, 0)
  t.match(data, {
    resource: { kind: 'MCPRegistryExportJob', name: 'export' },
    outcome: 'PartiallyCompleted',
    counts: { total: 4, invalid: 1, filtered: 2, added: 1 },
    source: { revision: `main@sha1:${await here.source.head()}` },
  })
  const { servers } = JSON.parse(await here.target.read('out/registry.json')).data
  t.strictSame(
    servers.map(({ name }: { name: string }) => name),
    ['io.example/one'],
  )
  t.match((await here.target.log())[0], 'Rollbook-Resource: MCPRegistryExportJob/test/export uid=local generation=0\n')
  t.match((await here.run()).data, { outcome: 'Unchanged' })
})

t.test('an export to a ConfigMap is a manifest on stdout, in one document with the result, or in a file', async t => {
  const here = await workplace(t, listOf(ONE, TWO))
  await here.giveExport({ target: { configMap: { name: 'mcp-catalog' } } })

  const text = await here.runText()
  t.equal(text.code, 0)
  const printed: ConfigMap = parseYaml(text.stdout)
  t.match(printed, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'mcp-catalog', namespace: 'test', labels: { 'app.kubernetes.io/managed-by': 'rollbook' } },
  })
  t.notOk('ownerReferences' in printed.metadata)
  const content = printed.data?.['registry.json'] ?? ''
  t.equal(JSON.parse(content).data.servers.length, 2)
  t.match(text.stderr, /Target: +ConfigMap test\/mcp-catalog\/registry\.json sha256:/)

  const { data } = await here.run()
  t.strictSame(data.manifest, printed)
  t.equal(data.digest, `sha256:${sha256Hex(content)}`)
  t.match(data, {
    outcome: 'Completed',
    counts: { added: 2 },
    target: { repository: null, branch: null, revision: data.digest, configMap: 'test/mcp-catalog/registry.json' },
  })

  const filed = await here.run('--out', 'deploy')
  t.notOk(filed.data.manifest)
  t.equal(await readFile(join(here.cwd, 'deploy/mcp-catalog.yaml'), 'utf8'), text.stdout)
  t.match((await here.run('--out', 'deploy')).data, { outcome: 'Unchanged', counts: { unchanged: 2 } })
  await here.source.commit({ 'registry.json': listOf(ONE) })
  t.match((await here.run('--out', 'deploy')).data, { outcome: 'Completed', counts: { removed: 1 } })
})

t.test('an export that a ConfigMap can not hold names the bytes, also in a plan, and writes nothing', async t => {
  const long = { 'io.example/long': 'x'.repeat(300 * 1024) }
  const large = [ONE, TWO, datedServer('io.example/three'), datedServer('io.example/four')].map(item => ({
    ...item,
    _meta: { ...(item['_meta'] as object), ...long },
  }))
  const here = await workplace(t, listOf(...large))
  await here.giveExport({ target: { configMap: { name: 'mcp-catalog' } } })
  for (const mode of ['apply', 'plan']) {
    const { code, data } = await here.run('--mode', mode, '--out', 'deploy')
    t.equal(code, 10)
    t.match(data, {
      reason: 'TargetTooLarge',
      message:
        /^test\/mcp-catalog\/registry\.json would have 12\d{5} bytes, more than the 1048576 that a ConfigMap holds; /,
    })
  }
  t.notOk(existsSync(join(here.cwd, 'deploy')))

  await here.source.commit({ 'registry.json': listOf(...large.slice(0, 2)) })
  t.match((await here.run()).data, { outcome: 'Completed' })
  await here.give('existing.yaml', ours({ data: { other: 'y'.repeat(600 * 1024) } }))
  t.match((await here.run()).data, {
    reason: 'TargetTooLarge',
    message: /more than the 434176 that its other keys leave of the 1048576 that a ConfigMap holds/,
  })
})

t.test(
  'a ConfigMap of others is never touched, of ours everything else stays, and what can not be read neither',
  async t => {
    const here = await workplace(t, listOf(ONE))
    await here.giveExport({ target: { configMap: { name: 'mcp-catalog', key: 'servers.json', format: 'toolhive' } } })

    await here.give('existing.yaml', ours({ metadata: { name: 'mcp-catalog', namespace: 'test', labels: {} } }))
    const foreign = await here.runText()
    t.equal(foreign.code, 10)
    t.match(
      foreign.stderr,
      /ConfigMap test\/mcp-catalog has no label app\.kubernetes\.io\/managed-by: rollbook[\s\S]*\[TargetNotOurs\]/,
    )

    await here.give('existing.yaml', ours({ data: { 'servers.json': '{"scripts": {}}' } }))
    t.match((await here.run()).data, { reason: 'TargetInvalid', message: /test\/mcp-catalog\/servers\.json/ })

    const metadata = {
      name: 'mcp-catalog',
      namespace: 'test',
      labels: { 'app.kubernetes.io/managed-by': 'rollbook', team: 'platform' },
      annotations: { note: 'keep' },
    }
    const more = { uid: 'u', resourceVersion: '7' }
    const data = { other: 'y' }
    const binaryData = { bytes: 'AAEC' }
    await here.give('existing.yaml', ours({ metadata: { ...metadata, ...more }, data, binaryData }))
    const { data: result } = await here.run()
    t.match(result, { outcome: 'Completed' }, result.message)
    const written = result.manifest?.data?.['servers.json'] ?? ''
    t.ok(JSON.parse(written).remote_servers['io.example/one'])
    t.strictSame(result.manifest, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { ...data, 'servers.json': written },
      binaryData,
    })
    t.notOk((await here.run('--mode', 'plan')).data.manifest, 'a plan writes nothing')

    await here.give('deploy.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: other, namespace: test}')
    const inTheWay = await here.runText('--out', 'deploy.yaml')
    t.match(inTheWay, { code: 10, stderr: /deploy\.yaml holds something else than ConfigMap test\/mcp-catalog/ })
  },
)

t.test('characters that other readers of YAML would break lines at come back', async t => {
  const strange = { ...ONE, title: 'a\u0085b\u2028c\u2029d\ufeffe\u{1f600}' }
  const here = await workplace(t, listOf(strange))
  await here.giveExport({ target: { configMap: { name: 'mcp-catalog' } } })
  const { stdout } = await here.runText()
  t.notMatch(stdout, /[\u0085\u2028\u2029\ufeff]/)
  const { data }: ConfigMap = JSON.parse(stdout)
  t.equal(JSON.parse(data?.['registry.json'] ?? '').data.servers[0].title, strange.title)
  await here.run('--out', 'deploy.json')
  t.equal(await readFile(join(here.cwd, 'deploy.json'), 'utf8'), stdout)
})

t.test('--out without a ConfigMap to write is wrong usage', async t => {
  const here = await workplace(t, listOf(ONE))
  t.match(await here.runText('--out', 'deploy'), { code: 2, stderr: /--out takes the ConfigMap of an export job/ })
})

t.test('a worker frames the export in its log, after the report and before the result', async t => {
  const here = await workplace(t, listOf(ONE, TWO))
  const resources = [
    manifest('MCPRegistryExportJob', 'export', {
      registryRef: { name: 'catalog' },
      target: { configMap: { name: 'mcp-catalog' } },
    }),
    manifest('MCPRegistry', 'catalog', { source: { type: 'git', git: { repository: here.source.url } } }),
  ].map(text => loadManifests([{ path: 'x.yaml', text }]).resources[0]?.resource)
  const [job, registry] = resources
  if (job?.kind !== 'MCPRegistryExportJob' || registry?.kind !== 'MCPRegistry') throw new Error('no manifests')
  const identity = { runId: 'run-1', attempt: 1, startTime: '2026-03-01T12:00:00Z', searchWholeHistory: false }
  const request = exportRequest(job, { ...identity, uid: 'local', generation: 0 }, { registries: [registry] })
  const work = () =>
    program(['worker', '--allow-file-urls', '--config-dir', 'mounted'], {
      cwd: here.cwd,
      env: { ...here.env, ROLLBOOK_REQUEST: JSON.stringify(request), ROLLBOOK_TERMINATION_LOG: 'end.json' },
    })

  const { code, stdout } = await work()

  t.equal(code, 0)
  const lines = stdout.trimEnd().split('\n')
  const result: RunResult = JSON.parse(lines.at(-1) ?? '')
  t.strictSame(
    lines.map(line => JSON.parse(line).kind ?? 'entry'),
    ['entry', 'entry', 'ExportBlock', 'ExportPart', 'RunResult'],
  )
  const content = readExportBlock(lines, result.digest ?? '')
  t.equal(JSON.parse(content.toString()).data.servers.length, 2)
  t.match(JSON.parse(await readFile(join(here.cwd, 'end.json'), 'utf8')), {
    outcome: 'Completed',
    digest: result.digest,
  })
})

/** A ConfigMap that stands in the cluster already. */
function ours(change: object): string {
  const labels = { 'app.kubernetes.io/managed-by': 'rollbook' }
  const metadata = { name: 'mcp-catalog', namespace: 'test', labels }
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, ...change })
}

// Export jobs through the program: what a registry holds, to git in each form and to a ConfigMap.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse as parseYaml } from 'yaml'
import { sha256Hex } from '../../src/lib/hash.ts'
import type { ConfigMap } from '../../src/resources/kinds.ts'
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

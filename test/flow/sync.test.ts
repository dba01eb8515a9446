// Syncs through the program: a registry from its source into its storage, declared by a sync job or run by name.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sha256Hex } from '../../src/lib/hash.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { datedServer, listOf, manifest, server } from '../helpers/entries.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { program, programJson } from '../helpers/in-process.ts'

const ONE = datedServer('io.example/one')
const TWO = datedServer('io.example/two')
const BAD = server('io.example/bad', 'latest')

type Spec = Readonly<Record<string, unknown>>

async function workplace(t: Test, content: string) {
  const cwd = await temporaryDirectory(t)
  const source = await bareRepository(t, { 'registry.json': content })
  const store = await bareRepository(t)
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, ROLLBOOK_QUIET: 'true' }
  const registry = (spec: Spec = {}) =>
    manifest('MCPRegistry', 'catalog', { source: { type: 'git', git: { repository: source.url } }, ...spec })
  const args = ['run', '-f', 'all.yaml', '--now', '2026-03-01T12:00:00Z']
  const give = (manifests: readonly string[]) => writeFile(join(cwd, 'all.yaml'), manifests.join('\n---\n'))
  return {
    source,
    store,
    storage: { repository: store.url, path: 'store/registry.json' },
    registry,
    async run(manifests: readonly string[], ...more: readonly string[]) {
      await give(manifests)
      return await programJson<RunResult>([...args, ...more], { cwd, env })
    },
    /** What a run says that does not start. */
    async refused(manifests: readonly string[]) {
      await give(manifests)
      const { code, stdout, stderr } = await program(args, { cwd, env })
      t.equal(code, 10)
      t.equal(stdout, '')
      return stderr
    },
  }
}

const SYNC_JOB = manifest('MCPRegistrySyncJob', 'now', { registryRef: { name: 'catalog' } })

async function namesIn(store: { read(path: string): Promise<string> }): Promise<string[]> {
  const { servers } = JSON.parse(await store.read('store/registry.json')).data
  return servers.map(({ name, description }: { name: string; description: string }) => `${name}: ${description}`)
}

t.test('a registry is synced into its storage, merged as onUpdate says', async t => {
  const changed = { ...ONE, description: 'changed words' }
  const cases = [
    { onUpdate: 'create', counts: { added: 0, conflicts: 1, stale: 1 }, one: 'the server io.example/one', two: true },
    { onUpdate: 'update', counts: { updated: 1, stale: 1 }, one: 'changed words', two: true },
    { onUpdate: 'recreate', counts: { updated: 1, removed: 1 }, one: 'changed words', two: false },
  ]
  for (const { onUpdate, counts, one, two } of cases) {
    const { source, store, storage, registry, run } = await workplace(t, listOf(ONE, TWO, BAD))
    const manifests = [registry({ storage, syncPolicy: { onUpdate } })]
    t.match((await run(manifests)).data, {
      resource: { kind: 'MCPRegistry', namespace: 'test', name: 'catalog' },
      outcome: 'PartiallyCompleted',
      counts: { added: 2, invalid: 1 },
      target: { repository: store.url },
    })
    await source.commit({ 'registry.json': listOf(changed) })
    t.match((await run(manifests)).data, { counts }, onUpdate)
    t.strictSame(await namesIn(store), [
      `io.example/one: ${one}`,
      ...(two ? ['io.example/two: the server io.example/two'] : []),
    ])
  }
})

t.test('a sync that would empty its storage says where a registry allows that', async t => {
  const { source, storage, registry, run } = await workplace(t, listOf(ONE))
  const manifests = (more: Spec = {}) => [registry({ storage, syncPolicy: { onUpdate: 'recreate' }, ...more })]
  await run(manifests())
  await source.commit({ 'registry.json': listOf() })
  t.match((await run(manifests())).data, {
    reason: 'WouldEmptyTarget',
    message: /set spec\.allowEmpty if that is meant$/,
  })
  t.match((await run(manifests({ allowEmpty: true }))).data, { counts: { removed: 1 } })
})

t.test('a sync job does the sync of its registry, in the name of that; --name chooses', async t => {
  const { store, storage, registry, run } = await workplace(t, listOf(ONE, TWO))
  const filter = { exclude: { names: ['*/two'] } }
  const manifests = [registry({ storage, filter }), SYNC_JOB]

  const { data } = await run(manifests)

  t.match(data, { resource: { kind: 'MCPRegistry', name: 'catalog' }, counts: { added: 1, filtered: 1 } })
  t.match((await store.log())[0], 'Rollbook-Resource: MCPRegistry/test/catalog uid=local generation=0\n')
  t.match((await run(manifests, '--name', 'rbreg/catalog')).data, { outcome: 'Unchanged' })
  t.match((await run(manifests, '--name', 'rbsync/now')).data, { outcome: 'Unchanged' })
})

t.test('a suspended registry, and one with a policy that nothing enforces yet, is not synced', async t => {
  const { store, storage, registry, refused } = await workplace(t, listOf(ONE))
  const suspended = registry({ storage, suspend: true })
  const unchecked = registry({ storage, validationPolicy: { approvalRequired: true } })
  const promoted = registry({
    storage,
    validationPolicy: { securityScanRequired: true },
    promotionCriteria: { approvedBy: ['security'] },
  })
  t.match(await refused([suspended, SYNC_JOB]), /MCPRegistry catalog is suspended[\s\S]*\[Suspended\]/)
  t.match(await refused([unchecked]), /validationPolicy\.approvalRequired is not enforced yet.*\[PolicyNotEnforced\]/)
  t.match(
    await refused([promoted]),
    'spec.validationPolicy.securityScanRequired, spec.promotionCriteria.approvedBy are not enforced yet',
  )
  t.match(
    await refused([registry({ source: { type: 'git', git: { repository: store.url, path: 'store' } }, storage })]),
    /the source store of .* holds the target store\/registry\.json: [\s\S]*\[ManifestInvalid\]/,
  )
  t.match(await refused([SYNC_JOB]), /MCPRegistry test\/catalog does not exist[\s\S]*\[ReferenceNotFound\]/)
  t.equal(await store.head(), undefined)
})

t.test('without storage a sync validates and counts, and its digest is that of the entries', async t => {
  const { registry, run } = await workplace(t, listOf(TWO, { ...ONE, description: 'changed words' }, BAD))

  const { code, data } = await run([registry()])

  t.equal(code, 0)
  t.match(data, {
    outcome: 'Unchanged',
    reason: 'SkippedEntries',
    message: 'the registry has no storage: its entries stay in the source; 2 valid, 1 invalid and left out',
    counts: { total: 3, invalid: 1, unchanged: 2, added: 0 },
    target: { repository: null, branch: null, revision: null },
  })
  const again = await workplace(t, listOf({ ...ONE, description: 'changed words' }, TWO))
  const { data: same } = await again.run([again.registry()])
  t.equal(same.digest, data.digest, 'whatever the order, and beside invalid ones')
  t.match(same, { reason: 'NoChanges' })
  const { data: none } = await again.run([again.registry({ filter: { include: { names: ['no/*'] } } })])
  t.match(none, { outcome: 'PartiallyCompleted', reason: 'FilterMatchesNothing' })
  const canonical = JSON.stringify({
    $schema: ONE['$schema'],
    name: ONE['name'],
    description: 'changed words',
    version: ONE['version'],
    remotes: ONE['remotes'],
    _meta: {
      'io.modelcontextprotocol.registry/official': {
        publishedAt: '2026-01-02T03:04:05Z',
        status: 'active',
        updatedAt: '2026-02-03T04:05:06Z',
      },
    },
  })
  const one = await workplace(t, listOf({ ...ONE, description: 'changed words' }))
  const wanted = sha256Hex(`${sha256Hex(canonical)}  io.example/one@1.0.0\n`)
  t.equal((await one.run([one.registry()])).data.digest, `sha256:${wanted}`)
})

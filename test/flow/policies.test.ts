// Policies through the whole program: git to git, with rewritten images, pinned images, the official profile, and filters.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { importManifest, listOf, server } from '../helpers/entries.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { program, programJson } from '../helpers/in-process.ts'

const DIGEST = `sha256:${'0'.repeat(64)}`
const NPM = 'https://npm.registry.example'
const stdio = { transport: { type: 'stdio' } }

function container(name: string, identifier: string): Record<string, unknown> {
  return server(name, '1.0.0', { remotes: undefined, packages: [{ registryType: 'oci', identifier, ...stdio }] })
}

function npmPackage(name: string, registryBaseUrl: string): Record<string, unknown> {
  const pkg = { registryType: 'npm', registryBaseUrl, identifier: 'x', version: '1.0.0', ...stdio }
  return server(name, '1.0.0', { remotes: undefined, packages: [pkg] })
}

async function workplace(t: Test, text: string, options: { spec: object; targetGit?: Record<string, unknown> }) {
  const directory = await temporaryDirectory(t)
  const source = await bareRepository(t, { 'registry.json': text })
  const target = await bareRepository(t)
  const { targetGit = {} } = options
  const write = (spec: object) =>
    writeFile(
      join(directory, 'import.yaml'),
      importManifest({ source: source.url, target: target.url, spec: { ...spec }, targetGit }),
    )
  await write(options.spec)
  const run = (args: string[] = [], env: Record<string, string> = {}) =>
    programJson<RunResult>(['run', '-f', 'import.yaml', ...args], { cwd: directory, env })
  return { directory, source, target, write, run }
}

t.test('images and registries become the mirrors, unpinned images stay out', async t => {
  const text = listOf(
    container('com.acme/pinned', `ghcr.io/acme/x:1@${DIGEST}`),
    container('com.acme/tagged', 'ghcr.io/acme/x:1'),
    npmPackage('com.acme/npm', NPM),
  )
  const rewrite = [
    { field: 'image', from: 'ghcr.io', to: 'mirror.example/ghcr' },
    { field: 'registryBaseUrl', from: NPM, to: 'https://mirror.example/npm' },
  ]
  const { target, run } = await workplace(t, text, { spec: { policy: { rewrite, requireDigest: true } } })

  const { data } = await run()

  t.match(data, { outcome: 'PartiallyCompleted', counts: { added: 2, invalid: 1 } })
  t.match(data.issues, [{ code: 'DigestRequired', name: 'com.acme/tagged', pointer: '/packages/0/identifier' }])
  const { servers } = JSON.parse(await target.read('catalog/registry.json')).data
  t.match(servers, [
    { name: 'com.acme/npm', packages: [{ registryBaseUrl: 'https://mirror.example/npm' }] },
    { name: 'com.acme/pinned', packages: [{ identifier: `mirror.example/ghcr/acme/x:1@${DIGEST}` }] },
  ])
  t.match((await run()).data, { outcome: 'Unchanged' })
})

t.test('profile official asks what the official registry asks, with the hosts that the setting names', async t => {
  const text = listOf(
    container('com.acme/elsewhere', 'registry.acme.example/acme/x:1'),
    npmPackage('com.acme/npm', NPM),
    npmPackage('com.acme/other', 'https://other.example'),
  )
  const { directory, run } = await workplace(t, text, { spec: { policy: { profile: 'official' } } })

  const unset = await run(['--mode', 'plan', '--report', 'unset.jsonl'])
  t.match(unset.data, { counts: { added: 2, invalid: 1 }, issues: [{ code: 'oci-host-unsupported' }] })

  const flag = await run(['--mode', 'plan', '--official-base-urls', `npm=${NPM}`])
  t.match(flag.data, { counts: { added: 1, invalid: 2 } })
  t.match(flag.data.issues, [{}, { code: 'package-registry-base-url-mismatch', name: 'com.acme/other' }])

  const env = await run(['--mode', 'plan'], {
    ROLLBOOK_OFFICIAL_BASE_URLS: `npm=${NPM},pypi=https://pypi.registry.example`,
  })
  t.equal(env.data.counts.invalid, 2, 'from the environment')
  await writeFile(join(directory, 'rollbook.yaml'), `official-base-urls:\n  npm: ${NPM}\n`)
  t.equal((await run(['--mode', 'plan'])).data.counts.invalid, 2, 'from the config file')

  const wrong = await program(['run', '-f', 'import.yaml', '--official-base-urls', 'npm'], { cwd: directory })
  t.equal(wrong.code, 2)
  t.match(wrong.stderr, /TYPE=URL/)
})

t.test('longDescription Skip leaves an entry out without failing the run', async t => {
  const text = listOf(
    server('com.acme/one', '1.0.0'),
    server('com.acme/long', '1.0.0', { description: 'x'.repeat(101) }),
  )
  const policy = { onInvalid: 'Fail', longDescription: 'Skip' }
  const { run, write } = await workplace(t, text, { spec: { policy } })

  const { code, data } = await run()
  t.equal(code, 0)
  t.match(data, {
    outcome: 'PartiallyCompleted',
    counts: { added: 1, invalid: 1 },
    issues: [{ code: 'LongDescription' }],
  })

  await write({ policy: { ...policy, longDescription: 'Fail' } })
  t.match((await run()).data, { outcome: 'Failed', reason: 'EntriesInvalid' })
})

t.test('a criterion that matches nothing leaves the target as it is, even where prune may empty it', async t => {
  const { run, write, target } = await workplace(t, listOf(server('com.acme/one', '1.0.0')), { spec: {} })
  await run()
  const head = await target.head()
  const merge = { prune: 'Missing', allowEmpty: true }

  await write({ merge, filter: { include: { tiers: ['Official'] } } })
  const { code, data } = await run()
  t.equal(code, 0)
  t.match(data, { outcome: 'PartiallyCompleted', reason: 'FilterMatchesNothing', counts: { filtered: 1, removed: 0 } })
  t.match(data.message, 'filter.include.tiers')
  t.equal(await target.head(), head)
})

t.test('criteria that only together match nothing need allowEmpty to empty the target', async t => {
  const text = listOf(server('com.acme/one', '1.0.0'), server('com.acme/two', '1.0.0'))
  const { run, write, target } = await workplace(t, text, { spec: {} })
  await run()
  const head = await target.head()
  const filter = { include: { names: ['*/one'] }, exclude: { names: ['*/one'] } }

  await write({ filter })
  t.match((await run()).data, { outcome: 'Unchanged', counts: { filtered: 2, stale: 2 } })
  await write({ filter, merge: { prune: 'Missing' } })
  t.match((await run()).data, { outcome: 'Failed', reason: 'WouldEmptyTarget' })
  t.equal(await target.head(), head)
})

t.test('npm packages go to a ToolHive target and come back as they were', async t => {
  const npm = npmPackage('com.acme/npm', NPM)
  const there = await workplace(t, listOf(npm, server('com.acme/none', '1.0.0', { remotes: [] })), {
    spec: {},
    targetGit: { format: 'toolhive' },
  })
  t.match((await there.run()).data, { counts: { added: 1, invalid: 1 }, issues: [{ code: 'NotConvertible' }] })
  const catalog = await there.target.read('catalog/registry.json')
  t.match(JSON.parse(catalog).servers, { 'com.acme/npm': { image: 'npx://x@1.0.0', tools: [] } })

  const back = await workplace(t, catalog, { spec: {} })
  t.match((await back.run()).data, { outcome: 'Completed', counts: { added: 1 } })
  const [entry] = JSON.parse(await back.target.read('catalog/registry.json')).data.servers
  const { _meta, ...document } = entry
  t.strictSame(document, JSON.parse(JSON.stringify(npm)))
})

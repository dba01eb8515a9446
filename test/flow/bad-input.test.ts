// Bad input on the whole way, git to git: each case ends with a stated reason at a place, and a failed run writes nothing.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { machineClock } from '../../src/commands/machine.ts'
import { importRequest } from '../../src/resources/import-request.ts'
import { loadManifests } from '../../src/resources/load.ts'
import type { GitTargetRequest, RunRequest } from '../../src/resources/request.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { execute } from '../../src/run/execute.ts'
import { assertEngine, type EngineHost, onBothEngines } from '../helpers/engine-host.ts'
import { catalogOf, importManifest, listOf, server } from '../helpers/entries.ts'
import { type Files, type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { program, programJson } from '../helpers/in-process.ts'
import { runEnvironment } from '../helpers/run-environment.ts'

const ONE = server('io.example/one', '1.0.0')
const TWO = server('io.example/two', '1.0.0')
const OLD = server('io.example/old', '1.0.0')

interface Place {
  readonly host: EngineHost
  readonly directory: string
  readonly source: TestRepository
  readonly target: TestRepository
}

/** A source, and a target that has a catalog already, so that "nothing was written" means something. */
async function place(
  host: EngineHost,
  files: Files,
  targetFiles: Files = { 'catalog/registry.json': catalogOf(OLD) },
): Promise<Place> {
  const directory = await temporaryDirectory(host.t)
  return { host, directory, source: await host.repository(files), target: await host.repository(targetFiles) }
}

type Changes = Omit<Parameters<typeof importManifest>[0], 'source' | 'target'>

/** Through the program. */
async function run({ host, directory, source, target }: Place, changes: Changes = {}) {
  await writeFile(
    join(directory, 'import.yaml'),
    importManifest({ source: source.url, target: target.url, ...changes }),
  )
  const args = ['run', '-f', 'import.yaml', '--report', 'report.jsonl']
  const ran = await programJson<RunResult>(args, { cwd: directory, env: host.env })
  assertEngine(host, ran.data)
  return ran
}

let runs = 0

/** The same run in this process, from a request that no manifest could give. */
async function runRequest(
  { host, directory, source, target }: Place,
  changes: Changes,
  edit: (request: RunRequest) => RunRequest,
) {
  const text = importManifest({ source: source.url, target: target.url, ...changes })
  const job = loadManifests([{ path: 'import.yaml', text }]).resources[0]?.resource
  if (job?.kind !== 'MCPRegistryImportJob') throw new Error('the manifest is not valid')
  const startTime = '2026-03-01T12:00:00.000Z'
  const identity = {
    runId: `run-${++runs}`,
    attempt: 1,
    startTime,
    searchWholeHistory: false,
    uid: 'local',
    generation: 0,
  }
  const temporary = join(directory, 'temporary')
  await mkdir(temporary, { recursive: true })
  const { result } = await execute(edit(importRequest(job, identity)), {
    ...runEnvironment(temporary, machineClock(new Date(startTime))),
    git: host.engine(),
  })
  return result
}

const asItIs = (request: RunRequest) => request

onBothEngines(t, 'F1 symbolic links are issues, and what they point at is nowhere', async (t, host) => {
  const canary = 'CANARY-5b1c'
  const outside = await temporaryDirectory(t)
  await writeFile(join(outside, 'canary.json'), listOf(server('io.example/canary', '1.0.0', { description: canary })))
  const here = await place(host, {
    'servers/good.json': listOf(ONE),
    'servers/inside.json': { symlink: 'good.json' },
    'servers/dangling.json': { symlink: 'nothing.json' },
    'servers/absolute.json': { symlink: join(outside, 'canary.json') },
    'servers/parent.json': { symlink: '../secret/canary.json' },
    'servers/folder': { symlink: '../secret' },
    'servers/loop-a.json': { symlink: 'loop-b.json' },
    'servers/loop-b.json': { symlink: 'loop-a.json' },
    'secret/canary.json': listOf(server('io.example/canary', '1.0.0', { description: canary })),
  })

  const { code, data, stderr } = await run(here, { sourcePath: 'servers' })

  t.equal(code, 0)
  t.match(data, { outcome: 'PartiallyCompleted', counts: { total: 8, added: 1, invalid: 7 } })
  t.strictSame([...new Set(data.issues.map(({ code: issue }) => issue))], ['Symlink'])
  const names = ['absolute.json', 'dangling.json', 'folder', 'inside.json', 'loop-a.json', 'loop-b.json', 'parent.json']
  t.strictSame(
    data.issues.map(({ document }) => document),
    names.map(name => `servers/${name}`),
  )
  const report = await readFile(join(here.directory, 'report.jsonl'), 'utf8')
  const written = await here.target.read('catalog/registry.json')
  for (const text of [JSON.stringify(data), stderr, report, written, ...(await here.target.log())])
    t.notMatch(text, canary)
  t.match(written, 'io.example/one')
})

onBothEngines(t, 'F2 F4 F5 of many files the bad ones are named, and the others go on', async (t, host) => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`
  const versions = ['1.0.1º', '{{VERSION}}', '1.0+build/2']
  const proto = `{"server":${JSON.stringify(TWO).slice(0, -1)},"__proto__":{"x":1},"_meta":{"__proto__":{"y":1}}}}`
  const here = await place(host, {
    'all/api.json': `{"servers":[${proto},{"server":${'['.repeat(20_000)}${']'.repeat(20_000)}}]}`,
    'all/bad.json': '{"servers": [\n  {"server": {"name": "io.example/cut',
    'all/bomb.yaml': `servers:\n- &a [x, x]\n${'bcdefghi'
      .split('')
      .map((name, n) => `- &${name} [${Array(9).fill(`*${'abcdefgh'[n]}`).join(',')}]\n`)
      .join('')}`,
    'all/empty.json': '',
    'all/latin.yml': Buffer.from('servers: []\nname: caf\u00e9\n', 'latin1'),
    'all/lfs.json': pointer,
    'all/marked.yaml':
      '\uFEFFserver:\r\n' +
      Object.entries(ONE)
        .map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\r\n`)
        .join(''),
    'all/module': { submodule: 'b'.repeat(40) },
    'all/README.md': 'no catalog',
    'all/versions.json': listOf(...versions.map(version => server('io.example/odd', version))),
    'all/wide.json': Buffer.from('\uFEFF{"servers":[]}', 'utf16le'),
  })
  await here.source.commit(
    Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`all/many/${n}.json`, listOf(server(`io.example/many-${n}`, '1.0.0'))]),
    ),
  )

  const { code, data } = await run(here, { sourcePath: 'all' })

  t.equal(code, 0)
  t.match(data, { outcome: 'PartiallyCompleted', reason: 'SkippedEntries', counts: { added: 105 } })
  const report = (await readFile(join(here.directory, 'report.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const refused = report
    .filter(({ outcome }) => outcome === 'invalid')
    .map(({ reason, issues: [issue] }) => `${issue.document}:${issue.line ?? '-'}:${issue.column ?? '-'} ${reason}`)
  const bomb = refused.filter(text => text.startsWith('all/bomb.yaml'))
  t.ok(bomb.length >= 8 && bomb.some(text => text.endsWith('AliasesTooLarge')))
  t.strictSame(
    refused.filter(text => !bomb.includes(text)),
    [
      'all/module:-:- Submodule',
      `all/api.json:1:${13 + proto.length + 1} TooDeep`,
      'all/bad.json:2:23 JsonSyntax',
      'all/empty.json:1:1 FormatUnknown',
      'all/latin.yml:2:10 NotUtf8',
      'all/lfs.json:-:- LfsPointer',
      'all/wide.json:1:1 NotUtf8',
    ],
  )
  t.ok(data.issues.every(({ document, message }) => document !== '' && message !== ''))

  const text = await here.target.read('catalog/registry.json')
  t.match(text, '"__proto__":{"x":1}')
  t.match(text, '"__proto__":{"y":1}')
  const servers: { name: string; version: string }[] = JSON.parse(text).data.servers
  t.strictSame(
    servers
      .filter(({ name }) => name === 'io.example/odd')
      .map(({ version }) => version)
      .sort(),
    [...versions].sort(),
  )
  t.match(
    (await run(here, { sourcePath: 'all' })).data,
    { outcome: 'Unchanged', counts: { unchanged: 105 } },
    'read back unchanged',
  )
})

onBothEngines(t, 'a source of which nothing can be read stops the run', async (t, host) => {
  const whole = listOf(ONE, TWO)
  const here = await place(host, { 'registry.json': whole })
  const head = await here.target.head()
  for (const end of [1, 13, 40, Math.floor(whole.length / 2), whole.length - 1]) {
    await here.source.commit({ 'registry.json': whole.slice(0, end) })
    const result = await runRequest(here, {}, asItIs)
    t.match(result, { outcome: 'Failed', reason: 'SourceInvalid', target: { revision: null } }, `cut at ${end}`)
    t.match(result.message, /; the first: registry\.json:\d+:\d+: not JSON: /, `cut at ${end}`)
    t.match(result.issues, [{ document: 'registry.json', code: 'JsonSyntax', line: Number, column: Number }])
    t.equal(await here.target.head(), head, 'nothing was written')
  }
  const { code, data } = await run(here)
  t.equal(code, 10)
  t.match(data, { outcome: 'Failed', reason: 'SourceInvalid' })
  t.equal(await here.target.head(), head)
})

onBothEngines(t, 'prune removes nothing while something of the source could not be read', async (t, host) => {
  const here = await place(host, {
    'registry.json': `{"servers":[\n${JSON.stringify(ONE)},\n{"nmae": "io.example/old"}]}`,
  })
  const spec = { merge: { prune: 'Missing' } }
  const held = await runRequest(here, { spec }, asItIs)
  t.match(held, { outcome: 'PartiallyCompleted', counts: { added: 1, invalid: 1, removed: 0, stale: 1 } })
  t.match(held.issues.at(-1), {
    code: 'NothingPruned',
    message: 'nothing is pruned: 1 entry of registry.json has no name, and may be any entry of the target',
  })
  const head = await here.target.head()
  await here.source.commit({ 'registry.json': '{"servers":[' })
  t.match(await runRequest(here, { spec }, asItIs), { outcome: 'Failed', reason: 'SourceInvalid' })
  t.equal(await here.target.head(), head)

  const legacy = { version: '1.0.0', last_updated: '2026-01-01T00:00:00Z', servers: { old: { description: 'short' } } }
  await here.source.commit({ 'registry.json': JSON.stringify(legacy) })
  const options = { spec: { ...spec, policy: { namespace: 'io.example' } } }
  t.match(
    await runRequest(here, options, asItIs),
    { counts: { invalid: 1, stale: 1, removed: 1 } },
    'a ToolHive key names its entry',
  )
})

onBothEngines(t, 'A1 A3 a repository, a ref and a path that are not there', async (t, host) => {
  const here = await place(host, { 'registry.json': listOf(ONE), 'docs/readme.md': 'x' })
  const empty = { ...here, source: await host.repository() }
  const head = await here.target.head()
  const rows: readonly { at?: Place; changes?: Changes; reason: string; message: RegExp }[] = [
    {
      at: empty,
      reason: 'EmptyRepository',
      message: /is empty: it has no branch and no commit; commit something to it first/,
    },
    {
      changes: { sourceGit: { branch: 'nope' } },
      reason: 'RefNotFound',
      message: /^source: branch nope does not exist in (file|http):/,
    },
    {
      changes: { sourceGit: { tag: 'v9' } },
      reason: 'RefNotFound',
      message: /^source: tag v9 does not exist in (file|http):/,
    },
    {
      changes: { sourceGit: { commit: 'c'.repeat(40) } },
      reason: 'RefNotFound',
      message: /^source: commit "c{40}" does not exist/,
    },
    { changes: { sourcePath: 'nope.json' }, reason: 'PathNotFound', message: /stands at nope\.json in (file|http):/ },
    { changes: { sourcePath: 'docs' }, reason: 'PathNotFound', message: /nothing that is a catalog stands at docs/ },
    { changes: { sourcePath: 'docs/*.json' }, reason: 'PathNotFound', message: /docs\/\*\.json/ },
    {
      changes: { targetGit: { branch: 'nope' } },
      reason: 'RefNotFound',
      message: /^target: branch nope does not exist in .*; create the branch, or correct spec\.target\.git\.branch/,
    },
  ]
  for (const { at = here, changes = {}, reason, message } of rows) {
    const result = await runRequest(at, changes, asItIs)
    t.match(result, { outcome: 'Failed', reason, message }, reason)
    t.equal(await here.target.head(), head, 'nothing was written')
  }
})

onBothEngines(t, 'A9 F3 option-like refs and paths out of the tree are refused twice', async (t, host) => {
  const here = await place(host, { 'registry.json': listOf(ONE) })
  const head = await here.target.head()
  const pwned = join(here.directory, 'pwned')
  const manifests: readonly { changes: Changes; field: string }[] = [
    { changes: { sourceGit: { branch: `--upload-pack=touch ${pwned}` } }, field: 'spec.source.git.branch' },
    { changes: { sourcePath: '../secret.json' }, field: 'spec.source.git.path' },
    { changes: { targetPath: 'catalog/../../registry.json' }, field: 'spec.target.git.path' },
  ]
  for (const [index, { changes }] of manifests.entries()) {
    const text = JSON.stringify(
      JSON.parse(
        importManifest({ source: here.source.url, target: here.target.url, name: `job-${index}`, ...changes }),
      ),
      null,
      2,
    )
    await writeFile(join(here.directory, `job-${index}.yaml`), text)
  }
  const { code, stderr } = await program(['run', '-f', '.'], { cwd: here.directory, env: host.env })
  t.equal(code, 10)
  for (const [index, { field }] of manifests.entries())
    t.match(stderr, new RegExp(`job-${index}\\.yaml:\\d+:\\d+: ${field.replaceAll('.', '\\.')}: `), field)

  const requests: readonly { edit: (request: RunRequest) => RunRequest; reason: string }[] = [
    { edit: given => withSource(given, { ref: { branch: `--upload-pack=touch ${pwned}` } }), reason: 'RefInvalid' },
    { edit: given => withSource(given, { ref: { tag: '-x' } }), reason: 'RefInvalid' },
    { edit: given => withSource(given, { ref: { commit: '--help' } }), reason: 'RefInvalid' },
    { edit: given => withSource(given, { path: '../secret.json' }), reason: 'PathInvalid' },
    { edit: given => withSource(given, { path: '/etc/passwd' }), reason: 'PathInvalid' },
    { edit: given => withSource(given, { path: 'a/.git/config' }), reason: 'PathInvalid' },
    { edit: given => withTarget(given, { path: '../x.json' }), reason: 'PathInvalid' },
    { edit: given => withTarget(given, { path: '.git/hooks/x.json' }), reason: 'PathInvalid' },
    { edit: given => withTarget(given, { branch: '--force' }), reason: 'RefInvalid' },
  ]
  for (const { edit, reason } of requests) {
    const result = await runRequest(here, {}, edit)
    t.match(result, { outcome: 'Failed', reason }, result.message)
    t.equal(await here.target.head(), head, 'nothing was written')
  }
  await t.rejects(readFile(pwned), { code: 'ENOENT' })
})

type GitSource = Extract<RunRequest['source'], { type: 'git' }>

function withSource(request: RunRequest, changes: Partial<GitSource>): RunRequest {
  return { ...request, source: { ...request.source, ...changes } as RunRequest['source'] }
}

function withTarget(request: RunRequest, changes: Partial<GitTargetRequest>): RunRequest {
  return { ...request, target: { ...request.target, ...changes } as GitTargetRequest }
}

onBothEngines(t, 'a target that is not ours, or in the way, is never written over', async (t, host) => {
  const bad = Buffer.from(catalogOf(OLD).replace('io.example/old', 'io.example/\u00e9'), 'latin1')
  const rows: readonly { name: string; files: Files; message: RegExp; changes?: Changes }[] = [
    { name: 'other JSON', files: { 'catalog/registry.json': '{"name": 1, "scripts": {}}' }, message: /registry\.json/ },
    {
      name: 'no catalog',
      files: { 'catalog/registry.json': '{"scripts": {}}\n' },
      message: /registry\.json:1:1 .*none of the forms/,
    },
    {
      name: 'broken',
      files: { 'catalog/registry.json': '{"data":\n{"servers":[{]}}' },
      message: /registry\.json:2:\d+ /,
    },
    {
      name: 'cut',
      files: { 'catalog/registry.json': catalogOf(OLD).slice(0, -20) },
      message: /registry\.json:1:\d+ .*not JSON/,
    },
    { name: 'empty', files: { 'catalog/registry.json': '' }, message: /registry\.json:1:1 .*empty/ },
    { name: 'not UTF-8', files: { 'catalog/registry.json': bad }, message: /registry\.json:1:\d+ .*not UTF-8/ },
    { name: 'twice', files: { 'catalog/registry.json': catalogOf(OLD, OLD) }, message: /for the second time/ },
    {
      name: 'duplicate key',
      files: { 'catalog/registry.json': catalogOf(OLD).replace('"name"', '"name":"x","name"') },
      message: /:1:\d+ .*given twice/,
    },
    { name: 'ToolHive', files: { 'catalog/registry.json': '{"version":"1.0.0","servers":{}}' }, message: /toolhive/ },
    { name: 'symlink', files: { 'catalog/registry.json': { symlink: '../x.json' } }, message: /symbolic link/ },
    { name: 'a folder', files: { 'catalog/registry.json/a.json': '{}' }, message: /registry\.json is a folder/ },
    { name: 'below a file', files: { catalog: 'a file' }, message: /lies below catalog, which is a file/ },
    {
      name: 'below a link',
      files: { catalog: { symlink: 'elsewhere' } },
      message: /lies below catalog, which is a file or a link/,
    },
    {
      name: 'layout Namespace on a file',
      files: { catalog: 'a file' },
      changes: { targetPath: 'catalog', targetGit: { layout: 'Namespace' } },
      message: /catalog is a file, and layout Namespace writes a folder/,
    },
  ]
  const source = await host.repository({ 'registry.json': listOf(ONE) })
  const directory = await temporaryDirectory(t)
  const target = await host.repository()
  for (const [index, { name, files, message, changes = {} }] of rows.entries()) {
    const branch = `row-${index}`
    await target.commit(files, name, { branch })
    const head = await target.head(branch)
    const { targetGit, ...others } = changes
    const result = await runRequest(
      { host, directory, source, target },
      { ...others, targetGit: { ...targetGit, branch } },
      asItIs,
    )
    t.match(result, { outcome: 'Failed', reason: 'TargetInvalid', message, counts: { added: 0 } }, name)
    t.equal(await target.head(branch), head, 'nothing was written')
  }
})

// `rollbook run` and `rollbook worker` as their callers see them: results field by field, exit codes, Secrets, requests.
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse as parseYaml } from 'yaml'
import { importRequest } from '../../src/resources/import-request.ts'
import { loadManifests } from '../../src/resources/load.ts'
import type { RunRequest } from '../../src/resources/request.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { importManifest, listOf, server } from '../helpers/entries.ts'
import { bareRepository, type Files, temporaryDirectory } from '../helpers/git-repository.ts'
import { program, programJson } from '../helpers/in-process.ts'

const ONE = server('io.example/one', '1.0.0')
const BAD = server('io.example/bad', 'latest')
const SECRET_VALUE = 'hunter2-is-not-in-any-message'

async function workplace(t: Test, sourceFiles: Files, more: Partial<Parameters<typeof importManifest>[0]> = {}) {
  const cwd = await temporaryDirectory(t)
  const source = await bareRepository(t, sourceFiles)
  const target = await bareRepository(t)
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, ROLLBOOK_QUIET: 'true' }
  const manifest = importManifest({ source: source.url, target: target.url, ...more })
  await writeFile(join(cwd, 'import.yaml'), manifest)
  return { cwd, env, source, target, manifest }
}

/** The environment of a worker with this request. */
function requestOf(manifest: string, change: (request: RunRequest) => unknown = request => request): string {
  const [loaded] = loadManifests([{ path: 'import.yaml', text: manifest }]).resources
  if (loaded?.resource.kind !== 'MCPRegistryImportJob') throw new Error('no import job')
  const identity = {
    runId: 'run-1',
    attempt: 3,
    startTime: '2026-03-01T12:00:00Z',
    searchWholeHistory: false,
    uid: 'u-1',
    generation: 7,
  }
  return JSON.stringify(change(importRequest(loaded.resource, identity)))
}

t.test('run: the whole of a RunResult, as JSON, YAML and text', async t => {
  const { cwd, env, source, target } = await workplace(t, { 'registry.json': listOf(ONE, BAD) })
  const args = ['run', '-f', 'import.yaml', '--run-id', 'run-1']

  const { code, data, stderr } = await programJson<RunResult>(
    [...args, '--now', '2026-03-01T12:00:00Z', '--report', 'report.jsonl'],
    { cwd, env },
  )

  t.equal(code, 0)
  t.equal(stderr, '')
  t.match(data.issues, [
    { code: 'reserved-version-string', document: 'registry.json', name: 'io.example/bad', severity: 'error' },
  ])
  t.match(data.digest, /^sha256:[0-9a-f]{64}$/)
  t.strictSame(data, {
    kind: 'RunResult',
    id: 'run-1',
    resource: { kind: 'MCPRegistryImportJob', namespace: 'test', name: 'import' },
    outcome: 'PartiallyCompleted',
    reason: 'SkippedEntries',
    message: '1 added, 0 updated, 1 invalid and skipped',
    startTime: '2026-03-01T12:00:00.000Z',
    completionTime: '2026-03-01T12:00:00.000Z',
    source: { revision: `main@sha1:${await source.head()}` },
    target: { repository: target.url, branch: 'main', revision: `main@sha1:${await target.head()}` },
    digest: data.digest,
    engine: 'native',
    counts: {
      total: 2,
      invalid: 1,
      filtered: 0,
      conflicts: 0,
      added: 1,
      updated: 0,
      unchanged: 0,
      removed: 0,
      stale: 0,
    },
    issues: data.issues,
  })
  const report = (await readFile(join(cwd, 'report.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.strictSame(report, [
    {
      name: 'io.example/bad',
      version: 'latest',
      outcome: 'invalid',
      reason: 'reserved-version-string',
      issues: data.issues,
    },
    { name: 'io.example/one', version: '1.0.0', outcome: 'added', reason: null, issues: [] },
  ])

  const yaml = await program([...args, '-o', 'yaml'], { cwd, env })
  t.match(parseYaml(yaml.stdout), { kind: 'RunResult', id: 'run-1', reason: 'AlreadyCommitted', digest: data.digest })
  const text = await program([...args, '--strict'], { cwd, env })
  t.equal(text.code, 1)
  const plan = ['run', '-f', 'import.yaml', '--mode', 'plan']
  t.equal((await program(plan, { cwd, env })).code, 0)
  t.equal((await program([...plan, '--strict'], { cwd, env })).code, 1, 'it would skip the same')
  t.match(
    text.stdout,
    /^Run: +run-1\nResource: +MCPRegistryImportJob\/test\/import\nOutcome: +PartiallyCompleted \(AlreadyCommitted\)\n/,
  )
})

t.test('run: a report that can not be written is told before anything is done', async t => {
  const { cwd, env, target } = await workplace(t, { 'registry.json': listOf(ONE) })
  const { code, stderr } = await program(['run', '-f', 'import.yaml', '--report', 'no/where.jsonl'], { cwd, env })
  t.equal(code, 10)
  t.match(stderr, /no\/where\.jsonl can't be written: ENOENT.* \[OutputNotWritable\]/)
  t.match(await program(['run', '-f', 'import.yaml', '--report', '-'], { cwd, env }), {
    code: 2,
    stderr: /--report takes a file; the result goes to stdout/,
  })
  await t.rejects(stat(join(cwd, '-')), { code: 'ENOENT' })
  t.equal(await target.head(), undefined)
})

t.test('run: which manifest is meant', async t => {
  const cwd = await temporaryDirectory(t)
  const job = (name: string) =>
    importManifest({ source: 'https://git.example/s.git', target: 'https://git.example/t.git', name })
  await writeFile(join(cwd, 'a.yaml'), job('a'))
  await writeFile(join(cwd, 'b.json'), job('b'))
  await writeFile(
    join(cwd, 'wrong.yml'),
    job('c').replace('"type":"git"', '"type":"gti"').replace('registry.json', '../registry.json'),
  )
  await mkdir(join(cwd, 'empty'))
  const cases: [string[], RegExp][] = [
    [
      ['-f', 'a.yaml', '-f', 'b.json'],
      /several resources could be run: MCPRegistryImportJob\/test\/a, MCPRegistryImportJob\/test\/b/,
    ],
    [['-f', 'a.yaml', '--name', 'rbimport/x'], /no resource rbimport\/x to run/],
    [['-f', 'none.yaml'], /none\.yaml does not exist \[ManifestInvalid\]/],
    [['-f', 'empty'], /no manifest .* in empty/],
    [
      ['-f', 'wrong.yml'],
      /the manifests have \d problems:\nwrong\.yml:1:\d+: spec\.source.*\n.*wrong\.yml:1:\d+: spec\./s,
    ],
    [['-f', '.'], /wrong\.yml:1/],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await program(['run', ...args], { cwd })
    t.equal(code, 10, args.join(' '))
    t.equal(stdout, '')
    t.match(stderr, message)
  }
  t.match(await program(['run', '-f', 'a.yaml', '--run-id', 'Not-One'], { cwd }), { code: 2, stderr: /--run-id takes/ })
})

t.test('run: a source that holds its target is refused, and nothing is written', async t => {
  const { cwd, env, source, manifest } = await workplace(t, { 'teams/a.json': listOf(ONE) })
  const job = JSON.parse(manifest)
  const given = { repository: source.url, path: 'teams' }
  const spec = { source: { type: 'git', git: given }, target: { git: { ...given, path: 'teams/all.json' } } }
  await writeFile(join(cwd, 'import.yaml'), JSON.stringify({ ...job, spec }))
  const before = await source.head()
  for (const mode of ['apply', 'plan']) {
    const { code, stdout, stderr } = await program(['run', '-f', 'import.yaml', '--mode', mode], { cwd, env })
    t.equal(code, 10)
    t.equal(stdout, '')
    t.match(stderr, `the source teams of ${source.url} holds the target teams/all.json`)
    t.match(stderr, '[ManifestInvalid]')
  }
  t.equal(await source.head(), before)
})

t.test('B2 run: a Secret that is missing, incomplete or double is named, its values never', async t => {
  const secret = (data: object, name = 'team-git') =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'test' }, stringData: data })
  const cases = [
    {
      name: 'missing',
      secret: secret({ password: SECRET_VALUE }, 'other'),
      ref: {},
      reason: 'SecretNotFound',
      message: /Secret team-git does not exist.*--secret-dir/,
    },
    {
      name: 'of another namespace',
      secret: secret({ password: SECRET_VALUE }).replace('"test"', '"prod"'),
      ref: {},
      reason: 'SecretNotFound',
      message: /Secret team-git/,
    },
    {
      name: 'a key named in the resource',
      secret: secret({ password: SECRET_VALUE }),
      ref: { tokenKey: 'token' },
      reason: 'SecretInvalid',
      message: /Secret team-git lacks the key token/,
    },
    {
      name: 'no key at all',
      secret: secret({ other: SECRET_VALUE }),
      ref: {},
      reason: 'SecretInvalid',
      message: /Secret team-git has neither bearerToken nor username and password/,
    },
    {
      name: 'basic and bearer',
      secret: secret({ password: SECRET_VALUE, bearerToken: SECRET_VALUE }),
      ref: {},
      reason: 'SecretInvalid',
      message: /Secret team-git has both a bearer token and a password/,
    },
  ]
  const cwd = await temporaryDirectory(t)
  for (const { name, secret, ref, reason, message } of cases) {
    const manifest = importManifest({
      source: 'https://git.invalid/s.git',
      target: 'https://git.invalid/t.git',
      sourceGit: { authSecret: { name: 'team-git', ...ref } },
      targetGit: { authSecret: { name: 'team-git', ...ref } },
    })
    await writeFile(join(cwd, 'import.yaml'), `${manifest}\n---\n${secret}\n`)
    const { code, data, stderr } = await programJson<RunResult>(['run', '-f', 'import.yaml', '--log-level', 'debug'], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '' },
    })
    t.equal(code, 10, name)
    t.match(data, { outcome: 'Failed', reason, message })
    t.notMatch(JSON.stringify(data) + stderr, SECRET_VALUE)
  }
})

t.test('run: --secret-dir comes before Secret manifests', async t => {
  const { cwd, env, manifest } = await workplace(
    t,
    { 'registry.json': listOf(ONE) },
    { sourceGit: { authSecret: { name: 'team-git', tokenKey: 'token' } } },
  )
  await writeFile(
    join(cwd, 'import.yaml'),
    `${manifest}\n---\n${JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'team-git', namespace: 'test' }, stringData: { other: 'x' } })}\n`,
  )
  await mkdir(join(cwd, 'secrets/team-git/..data'), { recursive: true })

  const empty = await programJson<RunResult>(['run', '-f', 'import.yaml', '--secret-dir', 'secrets'], { cwd, env })
  t.match(empty.data, { reason: 'SecretInvalid', message: /lacks the key token/ })
  await writeFile(join(cwd, 'secrets/team-git/token'), SECRET_VALUE)
  const given = await programJson<RunResult>(['run', '-f', 'import.yaml', '--secret-dir', 'secrets'], { cwd, env })
  t.notMatch(given.data.reason, /Secret/, 'the key of the folder is found')
  t.notMatch(JSON.stringify(given), SECRET_VALUE)
})

t.test('worker: does the run of its request', async t => {
  const { cwd, env, target, manifest } = await workplace(t, { 'registry.json': listOf(ONE, BAD) })
  const given = {
    ...env,
    ROLLBOOK_REQUEST: requestOf(manifest),
    ROLLBOOK_ALLOW_FILE_URLS: 'true',
    ROLLBOOK_TERMINATION_LOG: 'termination.json',
  }

  const { code, stdout, stderr } = await program(['worker'], { cwd, env: given })

  t.equal(code, 0)
  t.equal(stderr, '')
  const lines = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(lines, [
    { name: 'io.example/bad', outcome: 'invalid' },
    { name: 'io.example/one', outcome: 'added' },
    { kind: 'RunResult', id: 'run-1', outcome: 'PartiallyCompleted' },
  ])
  t.strictSame(JSON.parse(await readFile(join(cwd, 'termination.json'), 'utf8')), lines.at(-1))
  const [message = ''] = await target.log()
  t.match(message, 'Rollbook-Attempt: 3\nRollbook-Resource: MCPRegistryImportJob/test/import uid=u-1 generation=7\n')

  const again = await program(['worker'], { cwd, env: given })
  t.equal(again.code, 0)
  t.match(JSON.parse(again.stdout.trim().split('\n').at(-1) ?? ''), { reason: 'AlreadyCommitted' })
})

t.test('worker: a request that is too large for an environment comes as a file', async t => {
  const { cwd, env, manifest } = await workplace(t, { 'registry.json': listOf(ONE) })
  const request = requestOf(manifest)
  await writeFile(join(cwd, 'request.json'), request)
  const given = { ...env, ROLLBOOK_REQUEST_FILE: 'request.json', ROLLBOOK_ALLOW_FILE_URLS: 'true' }
  const { code, stdout } = await program(['worker'], { cwd, env: given })
  t.equal(code, 0)
  t.match(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), { kind: 'RunResult', outcome: 'Completed' })

  const missing = await program(['worker'], { cwd, env: { ...given, ROLLBOOK_REQUEST_FILE: 'nowhere.json' } })
  t.equal(missing.code, 10)
  t.match(missing.stderr, /nowhere\.json can't be read.*\[InputUnreadable\]/s)
  const both = await program(['worker'], { cwd, env: { ...given, ROLLBOOK_REQUEST: request } })
  t.equal(both.code, 10)
  t.match(both.stderr, '[RequestInvalid]')
})

t.test('worker: a run that fails ends with its class and a termination message', async t => {
  const { cwd, env, manifest } = await workplace(
    t,
    { 'registry.json': listOf(BAD) },
    { spec: { policy: { onInvalid: 'Fail' } } },
  )
  const fail = { ...env, ROLLBOOK_REQUEST: requestOf(manifest), ROLLBOOK_ALLOW_FILE_URLS: 'true' }
  const args = ['worker', '--termination-log', 'termination.json']
  t.equal((await program(args, { cwd, env: fail })).code, 10)
  t.match(JSON.parse(await readFile(join(cwd, 'termination.json'), 'utf8')), {
    outcome: 'Failed',
    reason: 'EntriesInvalid',
    counts: { invalid: 1 },
    source: { revision: /^main@sha1:/ },
  })

  const denied = { ...env, ROLLBOOK_REQUEST: requestOf(manifest) }
  t.equal((await program(args, { cwd, env: denied })).code, 10)
  t.match(
    JSON.parse(await readFile(join(cwd, 'termination.json'), 'utf8')),
    { outcome: 'Failed', reason: 'HostDenied' },
    'no file URLs unless allowed',
  )
})

t.test('worker: a request that is none is refused with every problem', async t => {
  const manifest = importManifest({ source: 'https://git.invalid/s.git', target: 'https://git.invalid/t.git' })
  const broken = requestOf(manifest, request => ({
    ...request,
    runId: 'Not One',
    attempt: 0,
    source: { ...request.source, ref: { branch: 'main', tag: 'v1' } },
    target: { ...request.target, layout: 'Heap' },
    policy: undefined,
  }))
  const cases: [string | undefined, RegExp[]][] = [
    [undefined, [/ROLLBOOK_REQUEST holds no request \[RequestInvalid\]\nrollbook run does/]],
    ['{', [/is not JSON/]],
    ['null', [/the request/]],
    ['[]', [/the request/]],
    [broken, [/runId/, /attempt/, /target\.layout/, /policy/]],
    [
      requestOf(manifest, request => ({
        ...request,
        source: { ...request.source, ref: { branch: 'main', tag: 'v1' } },
      })),
      [/source\.ref must name exactly one/],
    ],
  ]
  for (const [request, problems] of cases) {
    const { code, stdout, stderr } = await program(
      ['worker'],
      request === undefined ? {} : { env: { ROLLBOOK_REQUEST: request } },
    )
    t.equal(code, 10)
    t.equal(stdout, '')
    for (const problem of problems) t.match(stderr, problem)
    t.match(stderr, '[RequestInvalid]')
  }
})

t.test('version', async t => {
  const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'))
  const { code, data } = await programJson(['version'])
  t.equal(code, 0)
  t.strictSame(data, { kind: 'Version', version, node: process.version })
  t.equal((await program(['--version'])).stdout, `rollbook ${version} (node ${process.version})\n`)
})

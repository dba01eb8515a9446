// What somebody meets who tries the program for the first time: limits that are told, names as people write them, slips with advice.
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { parse as parseYaml } from 'yaml'
import type { RunResult } from '../../src/resources/result.ts'
import { importManifest, listOf, server } from '../helpers/entries.ts'
import { bareRepository, type Files, temporaryDirectory } from '../helpers/git-repository.ts'
import { reply, webServer } from '../helpers/http-server.ts'
import { program, programJson } from '../helpers/in-process.ts'
import { projectRoot } from '../helpers/needs.ts'

const ONE = server('io.example/one', '1.0.0')
const BAD = server('io.example/bad', 'latest')
const IMPORT = importManifest({ source: 'https://git.invalid/s.git', target: 'https://git.invalid/t.git' })

async function workplace(t: Test, files: Files, more: Partial<Parameters<typeof importManifest>[0]> = {}) {
  const cwd = await temporaryDirectory(t)
  const source = await bareRepository(t, files)
  const target = await bareRepository(t)
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, ROLLBOOK_QUIET: 'true' }
  await writeFile(join(cwd, 'import.yaml'), importManifest({ source: source.url, target: target.url, ...more }))
  return { cwd, env, source, target }
}

t.test('run: more than ten problems are counted, with the entries they are in', async t => {
  const two = (index: number) => server(`io.example/bad-${index}`, 'latest', { title: '' })
  const entries = Array.from({ length: 9 }, (_, index) => two(index))
  const { cwd, env } = await workplace(t, { 'registry.json': listOf(ONE, ...entries) })
  const args = ['run', '-f', 'import.yaml', '--mode', 'plan']

  const { data } = await programJson<RunResult>(args, { cwd, env })
  t.equal(data.issues.length, 10)
  t.strictSame(data.moreIssues, { issues: 8, entries: 4 })
  const { stdout } = await program(args, { cwd, env })
  t.match(stdout, /\n {2}… and 8 more problems in 4 entries; --report FILE has all of them\n/)
  t.match(stdout, '  registry.json:')
  t.match(stdout, ': error: io.example/bad-0 latest: ')
})

t.test('run: --name takes every name of a kind, with and without the namespace', async t => {
  const cwd = await temporaryDirectory(t)
  const job = (name: string) => IMPORT.replace('"name":"import"', `"name":"${name}"`)
  // A bad run id is told after the job was found: nothing is fetched.
  await writeFile(join(cwd, 'jobs.yaml'), `${job('nightly')}\n---\n${job('weekly')}\n`)
  const names = [
    'importjob/nightly',
    'importjobs/nightly',
    'ImportJob/test/nightly',
    'rbimport/nightly',
    'mcpregistryimportjobs/nightly',
    'MCPRegistryImportJob/test/nightly',
  ]
  for (const name of names) {
    const { code, stderr } = await program(['run', '-f', 'jobs.yaml', '--name', name, '--run-id', 'NO'], { cwd })
    t.match({ code, stderr }, { code: 2, stderr: /--run-id takes/ }, name)
  }
  for (const name of [
    'importjob/prod/nightly',
    'registry/nightly',
    'importjob/a/b/nightly',
    'nightly',
    'importjob/x',
  ]) {
    const { code, stderr } = await program(['run', '-f', 'jobs.yaml', '--name', name], { cwd })
    t.equal(code, 10, name)
    t.match(stderr, `no resource ${name} to run is among the manifests`)
    t.match(stderr, '--name KIND/NAME or KIND/NAMESPACE/NAME, such as --name MCPRegistryImportJob/test/nightly\n')
  }
})

t.test('validate: two different entries of one name and version, as a run judges them', async t => {
  const cwd = await temporaryDirectory(t)
  const other = server('io.example/one', '1.0.0', { description: 'another one' })
  await writeFile(join(cwd, 'both.json'), listOf(ONE, other, ONE))
  await writeFile(join(cwd, 'one.json'), JSON.stringify(ONE))
  await writeFile(join(cwd, 'other.json'), JSON.stringify(other))

  const inOne = await programJson<{ counts: object; documents: { entries: object[] }[] }>(['validate', 'both.json'], {
    cwd,
  })
  t.equal(inOne.code, 10)
  t.strictSame(inOne.data.counts, { entries: 3, valid: 2, invalid: 1 })
  t.match(inOne.data.documents[0]?.entries, [
    { valid: true },
    { valid: false, issues: [{ code: 'DuplicateIdentity', line: Number }] },
    { valid: true },
  ])
  t.match(await program(['validate', 'one.json', 'other.json'], { cwd }), {
    code: 10,
    stdout:
      /^other\.json:1:1: error: io\.example\/one 1\.0\.0: a different entry .* stands at one\.json:1, and that one counts; remove .* \[DuplicateIdentity\]/,
  })
  t.equal((await program(['validate', 'one.json', 'one.json'], { cwd })).code, 0, 'a copy is no contradiction')
})

t.test('validate: severity in every line, and both counts in the last one', async t => {
  const old = 'https://static.modelcontextprotocol.io/schemas/2025-10-17/server.schema.json'
  const warned = server('io.example/old', '1.0.0', { $schema: old })
  const mixed = await program(['validate', '-'], { input: listOf(BAD, warned, ONE) })
  t.match(mixed.stdout, /^-:\d+:\d+: error: io\.example\/bad latest: version: /)
  t.match(mixed.stdout, /\n-:\d+:\d+: warning: io\.example\/old 1\.0\.0: schema: /)
  t.match(mixed.stdout, /\n1 of 3 entries is not valid: 1 error, 1 warning in 1 document\n$/)
  const good = await program(['validate', '-'], { input: listOf(warned, ONE) })
  t.match(good, { code: 0, stdout: /\nvalid: 2 entries in 1 document, with 1 warning\n$/ })
  const none = await program(['validate', '-'], { input: '{' })
  t.match(none, { code: 10, stdout: /\nno entry can be read: 1 error in 1 document\n$/ })
})

t.test('validate: an entry without a known $schema is held to the current one too', async t => {
  const broken = { ...server('io.example/one', '1.0.0', { description: '', title: '' }), $schema: undefined }
  const codesOf = async (entry: object) => {
    const { code, data } = await programJson<{ documents: { entries: { issues: { code: string }[] }[] }[] }>(
      ['validate', '-', '--checks', 'schema'],
      { input: JSON.stringify(entry) },
    )
    return { code, codes: data.documents[0]?.entries[0]?.issues.map(issue => issue.code) }
  }
  t.strictSame(await codesOf(broken), { code: 10, codes: ['schema-field-required', 'minLength', 'minLength'] })
  const unknown = { ...ONE, $schema: 'https://static.modelcontextprotocol.io/schemas/2031-01-01/server.schema.json' }
  t.strictSame(await codesOf(unknown), { code: 10, codes: ['schema-version-not-available'] })
  t.strictSame(await codesOf({ ...ONE, $schema: 7, title: '' }), {
    code: 10,
    codes: ['type', 'schema-field-required', 'minLength'],
  })
})

t.test('validate: a manifest is told what it is', async t => {
  const expected = /this is a manifest, .*rollbook run -f - --mode plan .*\[FormatUnknown\]/
  t.match(await program(['validate', '-'], { input: IMPORT }), { code: 10, stdout: expected })
  t.match(await program(['validate', '-'], { input: 'apiVersion: v1\nkind: List\n' }), { code: 10, stdout: expected })
})

t.test('convert: what skip left out is counted, and an empty catalog is no secret', async t => {
  const args = ['convert', '-', '--to', 'upstream', '--on-invalid', 'skip']
  const some = await program(args, { input: listOf(ONE, BAD) })
  t.match(some, { code: 0, stderr: /\n1 entry written, 1 left out\n$/ })
  const none = await program(args, { input: listOf(BAD, BAD) })
  t.match(none, { code: 0, stderr: /\nthe catalog is empty: 2 entries left out, none written\n$/ })
  const quiet = await program([...args, '--log-level', 'error'], { input: listOf(BAD) })
  t.match(quiet.stderr, 'the catalog is empty: 1 entry left out')
  const failed = await program(args.slice(0, 4), { input: listOf(BAD) })
  t.match(failed, { code: 10, stdout: '', stderr: /\n1 entry has problems, so nothing was written/ })
})

t.test('a failure before there is a result is data under -o json and -o yaml, but never among a catalog', async t => {
  const cwd = await temporaryDirectory(t)
  const expected = { kind: 'Failure', reason: 'ManifestInvalid', class: 'definite', exitCode: 10 }
  const json = await programJson(['run', '-f', 'none.yaml'], { cwd })
  t.equal(json.code, 10)
  t.match(json.data, { ...expected, message: 'none.yaml does not exist' })
  t.match(json.stderr, 'none.yaml does not exist [ManifestInvalid]')
  const yaml = await program(['run', '-f', 'none.yaml', '-o', 'yaml'], { cwd })
  t.match(parseYaml(yaml.stdout), expected)
  t.equal((await program(['run', '-f', 'none.yaml'], { cwd })).stdout, '')
  const convert = await program(['convert', 'none.json', '--to', 'upstream', '-o', 'json'], { cwd })
  t.match(convert, { code: 10, stdout: '', stderr: /does not exist/ })
})

t.test('run: a Secret that is no folder, or an empty one, is told with its path', async t => {
  const cwd = await temporaryDirectory(t)
  const manifest = (repository: string) =>
    importManifest({ source: repository, target: repository, sourceGit: { authSecret: { name: 'team-git' } } })
  await mkdir(join(cwd, 'secrets/team-git'), { recursive: true })
  const messageOf = async (repository: string, dir: string) => {
    await writeFile(join(cwd, 'import.yaml'), manifest(repository))
    const { data } = await programJson<RunResult>(['run', '-f', 'import.yaml', '--secret-dir', dir], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '' },
    })
    return `${data.reason} ${data.message}`
  }
  t.match(
    await messageOf('https://git.invalid/s.git', 'missing'),
    `SecretNotFound source: Secret team-git does not exist: it is not in the folder ${cwd}/missing/team-git or the manifests, namespace test`,
  )
  const folder = `(the folder ${cwd}/secrets/team-git)`
  t.equal(
    await messageOf('https://git.invalid/s.git', 'secrets'),
    `SecretInvalid source: Secret team-git is empty ${folder}: it lacks the keys username and password, or bearerToken; in a folder each key is a file`,
  )
  t.match(await messageOf('ssh://git@git.invalid/s.git', 'secrets'), 'it lacks the keys identity and known_hosts')
})

t.test('run: a file URL that leads nowhere is told with its side, and not with credentials', async t => {
  const cwd = await temporaryDirectory(t)
  const there = await bareRepository(t, { 'registry.json': listOf(ONE) })
  const nowhere = pathToFileURL(join(cwd, 'x.git')).href
  const messageOf = async (source: string, target: string) => {
    const input = importManifest({ source, target })
    const { data } = await programJson<RunResult>(['run', '-f', '-'], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '' },
      input,
    })
    return data.message
  }
  const sentence = `${nowhere} was not found: there is no git repository at this path`
  t.equal(await messageOf(nowhere, there.url), `source: ${sentence}`)
  t.equal(await messageOf(there.url, nowhere), `target: ${sentence}`)
})

t.test('output that has no room is one sentence and exit code 10', async t => {
  const cli = join(projectRoot, 'dist/src/cli.js')
  const script = `'${process.execPath}' '${cli}' version > /dev/full 2> err; echo $?`
  const cwd = await temporaryDirectory(t)
  t.equal(execFileSync('sh', ['-c', script], { cwd, encoding: 'utf8' }), '10\n')
  t.match(
    await readFile(join(cwd, 'err'), 'utf8'),
    /^rollbook: the output can't be written: .*ENOSPC.*; what the command did stands \[OutputNotWritable\]\n$/,
  )
})

t.test('a report that has no room leaves the one result on stdout', async t => {
  const { cwd, env, target } = await workplace(t, { 'registry.json': listOf(ONE) })
  const { code, data, stderr } = await programJson<RunResult>(['run', '-f', 'import.yaml', '--report', '/dev/full'], {
    cwd,
    env,
  })
  t.equal(code, 10)
  t.match(data, { kind: 'RunResult', outcome: 'Completed' })
  t.match(stderr, /\/dev\/full can't be written: ENOSPC.* \[OutputNotWritable\]/)
  t.ok(await target.head(), 'the commit was made')
})

t.test('run: FilterMatchesNothing is the same outcome in a plan, and strict about it', async t => {
  const spec = { filter: { include: { names: ['com.other/*'] } } }
  const { cwd, env } = await workplace(t, { 'registry.json': listOf(ONE) }, { spec })
  const { code, data } = await programJson<RunResult>(['run', '-f', 'import.yaml', '--mode', 'plan', '--strict'], {
    cwd,
    env,
  })
  t.match(data, { outcome: 'PartiallyCompleted', reason: 'FilterMatchesNothing' })
  t.equal(code, 1)
})

t.test('run: slips in manifests are told with what to write', async t => {
  const cwd = await temporaryDirectory(t)
  const filter = (names: string[]) =>
    IMPORT.replace('"spec":{', `"spec":{"filter":{"include":{"names":${JSON.stringify(names)}}},`)
  const cases: [string, RegExp][] = [
    [
      filter(['io.*', '[ai', 'a{b,[c}]']),
      /names\[1\]: has a \[ that is never closed \(close it, .*\n.*names\[2\]: has a \{/,
    ],
    [IMPORT.replace('"name":"import"', '"name":"My_Job"'), /metadata\.name: must be a name of .* \(write my-job\)/],
    [IMPORT.replace('"name":"import"', '"name":"_"'), /metadata\.name: .*\(start and end it with a letter or digit\)/],
    ['', /-: no resource stands there \[ManifestInvalid\]\na manifest has apiVersion/],
    ['# nothing\n---\n', /no resource stands there/],
    ['metadata:\n\tname: x\n', /-:2:1: the YAML can't be read: Tabs are not allowed as indentation; use spaces/],
  ]
  for (const [input, message] of cases) {
    const { code, stderr } = await program(['run', '-f', '-'], { cwd, input })
    t.equal(code, 10)
    t.match(stderr, message)
    t.notMatch(stderr, 'choose one with --name')
  }
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n'
  t.match(await program(['run', '-f', '-'], { cwd, input: secret }), {
    stderr: /the manifests hold no resource to run \[/,
  })
  const good = await program(['run', '-f', '-', '--run-id', 'NO'], { cwd, input: filter(['[a-z]*', '{a,b}[{]', ']}']) })
  t.match(good, { code: 2, stderr: /--run-id takes/ }, 'stdin is read, and closed globs are fine')
})

t.test('run: a branch that the source lacks, and the first of the invalid entries', async t => {
  const spec = { policy: { onInvalid: 'Fail' } }
  const { cwd, env, source, target } = await workplace(t, { 'registry.json': listOf(ONE, BAD) }, { spec })
  const failed = await programJson<RunResult>(['run', '-f', 'import.yaml'], { cwd, env })
  t.match(failed.data, {
    reason: 'EntriesInvalid',
    message: /the first: registry\.json:\d+:\d+: io\.example\/bad latest: /,
  })
  const manifest = importManifest({ source: source.url, target: target.url, sourceGit: { tag: 'v9' } })
  await writeFile(join(cwd, 'import.yaml'), manifest)
  const missing = await programJson<RunResult>(['run', '-f', 'import.yaml'], { cwd, env })
  t.match(missing.data, { reason: 'RefNotFound', message: /tag v9 does not exist.*; correct spec\.source\.git\.tag/ })
})

t.test('url: issues name the address, without its query', async t => {
  const web = await webServer(t, { '/': reply(listOf(BAD)), '/a/c.json': reply(listOf(BAD)) })
  const cwd = await temporaryDirectory(t)
  const target = await bareRepository(t)
  for (const path of ['/', '/a/c.json?sig=planted']) {
    const spec = { source: { type: 'url', url: { url: `${web.url}${path}` } } }
    await writeFile(join(cwd, 'import.yaml'), importManifest({ source: target.url, target: target.url, spec }))
    const { data } = await programJson<RunResult>(['run', '-f', 'import.yaml', '--mode', 'plan', '-q'], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '' },
    })
    t.match(data.issues, [{ document: `${web.url}${path.replace(/\?.*/, '')}` }])
    t.notMatch(JSON.stringify(data), 'planted')
  }
})

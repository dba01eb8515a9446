// `rollbook local` and the resource commands on its state directory, with real workers and real repositories.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { heldUp, stepOf } from '../../src/commands/waits.ts'
import type { ConfigMap, RollbookResource } from '../../src/resources/kinds.ts'
import { importManifest, listOf, manifest, server } from '../helpers/entries.ts'
import { bareRepository } from '../helpers/git-repository.ts'
import { status, webServer } from '../helpers/http-server.ts'
import { program } from '../helpers/in-process.ts'
import { localPlace } from '../helpers/local-place.ts'
import { projectRoot } from '../helpers/needs.ts'
import { programFile } from '../helpers/program.ts'

const MAP = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } })

interface Resource {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion: string }
  readonly status?: { readonly phase?: string; readonly history?: readonly { readonly id: string }[] }
}

interface List {
  readonly items: readonly Resource[]
}

interface Result {
  readonly kind: string
  readonly id: string
  readonly outcome: string
  readonly reason: string
  readonly counts: { readonly added: number }
  readonly target: { readonly repository: string; readonly revision: string }
  readonly trigger: { readonly type: string; readonly token: string; readonly requestedBy: string }
}

/** An import job `nightly` from a file, and the repository that it writes. */
async function importPlace(t: Test) {
  const place = await localPlace(t, 'test')
  const target = await bareRepository(t)
  const source = join(place.cwd, 'source.json')
  const put = (...names: string[]) => place.write('source.json', listOf(...names.map(name => server(name, '1.0.0'))))
  await put('io.example/one')
  const spec = { source: { type: 'url', url: { url: pathToFileURL(source).href } } }
  await place.write('import.yaml', importManifest({ name: 'nightly', source: '', target: target.url, spec }))
  return { ...place, target, put }
}

t.test('the quickstart: a registry and an export, word for word as the README says', async t => {
  const place = await localPlace(t)
  const { code, data } = await place.json<List>(`local --once -f ${join(projectRoot, 'examples/quickstart/')}`)
  t.equal(code, 0)
  t.strictSame(
    data.items.map(({ kind, metadata, status }) => `${kind}/${metadata.name} ${status?.phase}`),
    ['MCPRegistry/team Ready', 'MCPRegistryExportJob/for-toolhive Completed'],
  )
  const { data: exported } = await place.json<ConfigMap>('get cm toolhive-registry')
  const registry = JSON.parse(exported.data?.['registry.json'] ?? '')
  t.strictSame(Object.keys(registry.servers), ['com.example.team/weather'])
  t.strictSame(Object.keys(registry.remote_servers), ['com.example.team/tickets'])
  t.equal((statSync(join(place.cwd, '.rollbook')).mode & 0o777).toString(8), '700')
  t.strictSame(readdirSync(join(place.cwd, '.rollbook/runs')), [], 'no folder of a run is left')
})

t.test('apply, then wait: the directory runs when somebody waits, and its history stays', async t => {
  const place = await importPlace(t)
  t.match(await place.run('apply -f import.yaml'), {
    code: 0,
    stdout: 'mcpregistryimportjob/nightly created\n',
    stderr: 'no process runs the state directory .rollbook: rollbook local does\n',
  })
  t.match(await place.run('apply -f import.yaml'), {
    code: 0,
    stdout: 'mcpregistryimportjob/nightly unchanged\n',
    stderr: /^$/,
  })
  t.equal(await place.target.head(), undefined, 'nobody runs it yet')

  const waited = await place.json<Result>('wait rbimport nightly --for Succeeded')
  t.match(waited, { code: 0, data: { kind: 'RunResult', outcome: 'Completed', counts: { added: 1 } } })
  t.equal(waited.data.target.repository, place.target.url)
  t.equal(waited.data.target.revision, `main@sha1:${await place.target.head()}`)

  const again = await place.json<Result>('wait rbimport/nightly --for Ready')
  t.equal(again.data.id, waited.data.id, 'nothing ran again')
  const history = await place.json<{ kind: string; runs: Result[] }>('history rbimport nightly')
  t.equal(history.data.kind, 'History')
  t.strictSame(
    history.data.runs.map(({ id, outcome, trigger }) => [id, outcome, trigger.type]),
    [[waited.data.id, 'Completed', 'Spec']],
  )
})

t.test('trigger --wait runs once for each call and says who asked; the audit is clean', async t => {
  const place = await importPlace(t)
  await place.run('local --once -f import.yaml')
  await place.put('io.example/one', 'io.example/two')
  const first = await place.json<Result>('trigger rbimport nightly --wait')
  t.match(first, { code: 0, data: { outcome: 'Completed', counts: { added: 1 }, trigger: { type: 'Request' } } })
  t.match(first.data.trigger.requestedBy, /^\w.*@/)
  const second = await place.json<Result>('trigger rbimport nightly --wait')
  t.match(second, { code: 0, data: { outcome: 'Unchanged', reason: 'NoChanges' } })
  t.not(second.data.id, first.data.id)

  const audit = await place.json<{ ok: boolean; runs: number; commits: number; findings: unknown[] }>(
    'audit rbimport nightly',
  )
  t.match(audit, { code: 0, data: { ok: true, runs: 3, commits: 2, findings: [] } })
  await place.target.commit({ 'catalog/registry.json': listOf() }, 'by hand')
  const edited = await place.json<{ findings: { type: string }[] }>('audit rbimport nightly')
  t.strictSame(
    edited.data.findings.map(({ type }) => type),
    ['HandEdit'],
  )
})

t.test('trigger without --wait only asks, and the next process answers', async t => {
  const place = await importPlace(t)
  await place.run('local --once -f import.yaml')
  const asked = await place.json<{ kind: string; token: string }>('trigger rbimport nightly')
  t.match(asked, {
    code: 0,
    data: { kind: 'RunRequest', token: /^2\d{3}-.*\/[0-9a-f]{8}$/ },
    stderr: 'no process runs the state directory .rollbook: rollbook local does, or --wait\n',
  })
  await place.run('local --once')
  const { data } = await place.json<{ runs: Result[] }>('history rbimport nightly')
  t.equal(data.runs[0]?.trigger.token, asked.data.token)
})

t.test('a request that can not be run gives the condition, not the run before it, and is run when it can', async t => {
  const place = await localPlace(t, 'test')
  const target = await bareRepository(t)
  const spec = { source: { type: 'configmap', configMap: { name: 'entries' } } }
  const data = { 'registry.json': listOf(server('io.example/one', '1.0.0')) }
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'entries', namespace: 'test' }, data }
  await place.write('import.yaml', importManifest({ name: 'nightly', source: '', target: target.url, spec }))
  await place.write('entries.yaml', JSON.stringify(map))
  t.equal((await place.run('local --once -f entries.yaml -f import.yaml')).code, 0)
  t.equal((await place.run('delete cm entries')).code, 0)

  const asked = await place.json<Partial<Result>>('trigger rbimport nightly --wait')
  t.match(asked, {
    code: 10,
    data: { kind: 'Waited', outcome: undefined, condition: { type: 'Stalled', reason: 'ReferenceNotFound' } },
    stderr: /entries.*\[ReferenceNotFound\]\nthe request stays, and is run when that is mended\n$/,
  })
  const waited = await place.json<Partial<Result>>('wait rbimport nightly --for Ready')
  t.match(waited, { code: 10, data: { kind: 'Waited', outcome: undefined, condition: { type: 'Ready' } } })
  t.match(
    (await place.run('get rbimport --wide')).stdout,
    / ConfigMap entries does not exist/,
    'not what the last run said',
  )
  await place.run('local --once -f entries.yaml')
  const { data: history } = await place.json<{ runs: Result[] }>('history rbimport nightly')
  t.match(history.runs[0], { outcome: 'Unchanged', trigger: { type: 'Request' } })
})

t.test('a folder of more manifests than may be read at a time', async t => {
  const place = await localPlace(t)
  mkdirSync(join(place.cwd, 'many'))
  const map = { apiVersion: 'v1', kind: 'ConfigMap' }
  for (let index = 0; index < 200; index++)
    await place.write(`many/${index}.json`, JSON.stringify({ ...map, metadata: { name: `map-${index}` } }))
  const limited = ['-c', 'ulimit -n 100 && exec "$0" "$@"', process.execPath, programFile]
  const { cwd } = place
  const { stdout, stderr } = spawnSync('sh', [...limited, 'apply', '-f', 'many', '--local'], { cwd, encoding: 'utf8' })
  t.equal(stderr, 'no process runs the state directory .rollbook: rollbook local does\n')
  t.equal(stdout.match(/ created$/gm)?.length, 200)
})

t.test('what can not run is told in a sentence, unless silence is wanted', async t => {
  const place = await localPlace(t, 'test')
  const spec = { source: { type: 'configmap', configMap: { name: 'none' } } }
  await place.write('import.yaml', importManifest({ name: 'nightly', source: '', target: 'https://a.example/b', spec }))
  await place.write('sync.yaml', manifest('MCPRegistrySyncJob', 'now', { registryRef: { name: 'none' } }))
  const args = ['local', '--once', '-n', 'test', '-f', 'import.yaml', '-f', 'sync.yaml']
  const sentences = [
    "MCPRegistryImportJob/test/nightly can't run: ConfigMap none does not exist in namespace test: create it with the key registry.json [ReferenceNotFound]",
    "MCPRegistrySyncJob/test/now can't run: MCPRegistry test/none does not exist; create it, or give its manifest with -f [ReferenceNotFound]",
  ]
  const told = async (...more: string[]) => {
    const { cwd } = await localPlace(t)
    for (const name of ['import.yaml', 'sync.yaml']) copyFileSync(join(place.cwd, name), join(cwd, name))
    const { code, stderr } = await program([...args, ...more], { cwd })
    t.equal(code, 10)
    return stderr
      .split('\n')
      .filter(line => /can.?not run|can't run/.test(line))
      .sort()
  }
  t.strictSame(await told(), sentences)
  t.strictSame(await told('--quiet'), [])
  t.strictSame(await told('--log-level', 'error'), [])
})

t.test('suspend and resume; a suspended resource takes no request', async t => {
  const place = await importPlace(t)
  await place.run('apply -f import.yaml')
  t.match(await place.run('suspend rbimport nightly'), { code: 0, stdout: 'mcpregistryimportjob/nightly suspended\n' })
  t.match((await place.run('suspend rbimport nightly')).stdout, 'unchanged (it is suspended)')
  t.match(await place.run('local --once'), { code: 10, stdout: /Suspended/ })
  t.equal(await place.target.head(), undefined)
  t.match(await place.run('trigger rbimport nightly --wait'), {
    code: 10,
    stderr: /is suspended.*\[Suspended\]\nrollbook resume/,
  })
  t.match(await place.run('resume rbimport nightly'), { code: 0, stdout: 'mcpregistryimportjob/nightly resumed\n' })
  t.equal((await place.run('wait rbimport nightly --for Succeeded')).code, 0)
  const { data } = await place.json<{ events: { reason: string; run: string | null }[] }>('events rbimport nightly')
  const reasons = data.events.map(({ reason }) => reason)
  for (const reason of ['Suspended', 'Resumed', 'RunStarted', 'EntriesWritten']) t.ok(reasons.includes(reason), reason)
  t.ok(data.events.some(({ reason, run }) => reason === 'RunStarted' && run !== null))
})

t.test('get: tables, several kinds, one, none, names that are not there', async t => {
  const place = await importPlace(t)
  await place.run('local --once -f import.yaml')
  const table = await place.run('get rollbook -A')
  t.match(
    table.stdout,
    /^NAMESPACE +NAME +PHASE +READY +REASON .*\ntest +mcpregistryimportjob\/nightly +Completed +True/m,
  )
  t.equal((await place.run('get all -A')).stdout, table.stdout)
  t.notMatch((await place.run('get rbimport')).stdout, 'SOURCE')
  t.match((await place.run('get rbimport --wide')).stdout, /SOURCE +REVISION +MESSAGE/)
  const one = await place.json<Resource>('get importjobs nightly')
  t.match(one.data, { kind: 'MCPRegistryImportJob', metadata: { name: 'nightly' } })
  t.match((await place.run('get rbimport/nightly -o yaml')).stdout, /^apiVersion: toolhive.stacklok.io\/v1alpha1\n/)
  t.match(await place.run('get rbreg'), { code: 0, stdout: '', stderr: 'no resources found in namespace test\n' })
  t.match((await place.json<List>('get rbreg')).data, { kind: 'List', items: [] })
  t.match(await place.run('get rbimport nigthly'), {
    code: 10,
    stderr:
      /no mcpregistryimportjob test\/nigthly in the state directory \.rollbook, did you mean nightly\? \[NotFound\]/,
  })
  t.match(await place.run('get rbimport nightly -n other'), {
    code: 10,
    stderr: /there is one in namespace test \(-n test\)/,
  })
  t.match(await place.run('get rbimprt'), { code: 2, stderr: /there is no kind "rbimprt", did you mean rbimport\?/ })
})

t.test('get as kubectl users know it: wide, names, labels; and what a kind may be', async t => {
  const place = await localPlace(t, 'test')
  const manifest = (name: string, team: string) => {
    const job = JSON.parse(
      importManifest({ name, source: 'https://git.example/a.git', target: 'https://git.example/b' }),
    )
    return JSON.stringify({ ...job, metadata: { ...job.metadata, labels: { team } } })
  }
  await place.write('one.yaml', manifest('one', 'a'))
  await place.write('two.yaml', manifest('two', 'b'))
  await place.run('apply -f one.yaml -f two.yaml')
  t.equal((await place.run('get rbimport -o wide')).stdout, (await place.run('get rbimport --wide')).stdout)
  const names = await place.run('get rollbook -o name')
  t.equal(
    names.stdout,
    'mcpregistryimportjob.toolhive.stacklok.io/one\nmcpregistryimportjob.toolhive.stacklok.io/two\n',
  )
  const [first = ''] = names.stdout.split('\n')
  t.equal((await place.run(`get ${first} -o name`)).stdout, `${first}\n`, 'a name as it is printed is taken')
  t.equal((await place.run('get rbimport -l team=a -o name')).stdout, `${first}\n`)
  t.match((await place.json<List>('get rbimport --selector team!=a')).data.items, [{ metadata: { name: 'two' } }])
  t.match(await place.run('get rbimport -l team=c'), {
    code: 0,
    stdout: '',
    stderr: 'no resources with these labels found in namespace test\n',
  })
  t.match(await place.run('get rbimport one -l team=a'), {
    code: 2,
    stderr: /a name and --selector exclude each other/,
  })
  t.match(await place.run('get rbimport -l team=='), { code: 0 })
  t.match(await place.run('get rbimport none -o name'), { code: 10, stdout: '' })
  t.match(await place.run('describe rbimport one -o wide'), { code: 2, stderr: /--output takes text, json, yaml, not/ })

  const own = 'MCPRegistrySyncJob (rbsync)'
  const kindsOf = async (args: string) => (await place.run(args)).stderr.split('\n')[0] ?? ''
  t.ok(
    (await kindsOf('get pods')).endsWith(`${own}, configmap (cm), secret, rollbook (all): all of ours`),
    await kindsOf('get pods'),
  )
  t.ok((await kindsOf('delete pods one')).endsWith(`${own}, configmap (cm), secret`))
  t.ok((await kindsOf('trigger pods one')).endsWith(own))
  t.match(await kindsOf('get secret,configmp'), 'did you mean configmap?')
})

t.test('describe has it all on one page', async t => {
  const place = await importPlace(t)
  await place.write('source.json', listOf(server('io.example/one', '1.0.0'), server('io.example/bad', 'latest')))
  await place.run('local --once -f import.yaml')
  const { stdout } = await place.run('describe rbimport nightly')
  for (const part of [
    /^Name: +nightly\n/,
    /^Phase: +PartiallyCompleted$/m,
    /^Spec:\n {2}source:\n/m,
    /^ {2}Ready +True +SkippedEntries/m,
    /^Issues of the last run:\n {2}file:.*reserved-version-string/m,
    /^History:\n {2}RUN /m,
    /^Events:\n {2}TIME .*\n.*RunStarted/m,
  ]) {
    t.match(stdout, part)
  }
  t.match((await place.json<object>('describe rbimport nightly')).data, {
    kind: 'Description',
    resource: { metadata: { name: 'nightly' } },
    events: [{ reason: 'RunStarted' }, { reason: 'SkippedEntries' }],
  })
})

t.test('logs: of the last run, of one by its id, and none', async t => {
  const place = await importPlace(t)
  await place.run('apply -f import.yaml')
  t.match(await place.run('logs rbimport nightly'), { code: 10, stderr: /has not run yet/ })
  await place.run('local --once')
  const { stdout } = await place.run('logs rbimport nightly')
  const lines = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(lines, [
    { name: 'io.example/one', outcome: 'added' },
    { kind: 'RunResult', outcome: 'Completed' },
  ])
  t.equal((await place.run(`logs rbimport nightly --run ${lines[1].id}`)).stdout, stdout)
  t.match(await place.run('logs rbimport nightly --run other'), {
    code: 10,
    stderr: new RegExp(`it knows ${lines[1].id}`),
  })
})

t.test('logs of a sync job are those of the run that its registry made for it', async t => {
  const place = await localPlace(t, 'test')
  const source = await bareRepository(t, { 'servers.json': listOf(server('io.example/one', '1.0.0')) })
  const registry = manifest('MCPRegistry', 'team', {
    source: { type: 'git', git: { repository: source.url, path: 'servers.json' } },
    storage: { repository: (await bareRepository(t)).url, path: 'catalog.json' },
  })
  await place.write(
    'all.yaml',
    [registry, manifest('MCPRegistrySyncJob', 'now', { registryRef: { name: 'team' } })].join('\n---\n'),
  )
  t.equal((await place.run('local --once -f all.yaml')).code, 0)
  const log = await place.run('logs rbsync now')
  t.match(log, { code: 0, stdout: /"kind":"RunResult"/, stderr: '' })
})

t.test('logs of a run that has printed nothing yet say so, and are no error', async t => {
  const place = await importPlace(t)
  const [started, go] = [join(place.cwd, 'started'), join(place.cwd, 'go')]
  execFileSync('mkfifo', [started, go])
  await place.target.hook('pre-receive', `#!/bin/sh\necho > ${started}\ncat ${go} > /dev/null\n`)
  const local = place.run('local --once -f import.yaml')
  await readFile(started)
  t.match(await place.run('logs rbimport nightly'), {
    code: 0,
    stdout: '',
    stderr: /^run [0-9a-f]{24} is under way: its worker has printed nothing yet\n$/,
  })
  t.match(await place.run('wait rbimport nightly --for condition=Succeeded --timeout 1ms'), {
    code: 11,
    stderr: /in vain for .* to be Succeeded: Succeeded is Unknown, a run is under way \[DeadlineExceeded\]/,
  })
  const followed = place.run('logs rbimport nightly -f')
  await writeFile(go, '')
  t.match(await followed, { code: 0, stdout: /"kind":"RunResult"/ })
  t.equal((await local).code, 0)
})

t.test('delete: with its run, its history, and without a question where nobody can answer', async t => {
  const place = await importPlace(t)
  await place.run('local --once -f import.yaml')
  t.match(await place.run('delete rbimport nightly'), { code: 0, stdout: 'mcpregistryimportjob/nightly deleted\n' })
  t.match((await place.json<List>('get rollbook -A')).data.items, [])
  t.ok(await place.target.head(), 'what it wrote stays')
  t.match(await place.run('delete rbimport nightly'), { code: 10, stderr: /\[NotFound\]/ })
  await place.run('apply -f import.yaml')
  t.match(await place.run('delete -f import.yaml'), { code: 0, stdout: 'mcpregistryimportjob/nightly deleted\n' })
  const gone = 'mcpregistryimportjob/nightly is not there in namespace test\n'
  t.match(await place.run('delete -f import.yaml'), { code: 10, stdout: '', stderr: gone })
  await place.write('map.yaml', MAP)
  await place.run('apply -f map.yaml')
  const both = await place.run('delete -f map.yaml -f import.yaml')
  t.match(both, { code: 10, stdout: 'configmap/one deleted\n', stderr: gone })
})

t.test('B2 Secrets: of a manifest or a folder they reach the worker, and no output shows them', async t => {
  const place = await importPlace(t)
  const secret = `apiVersion: v1\nkind: Secret\nmetadata: { name: git }\nstringData: { bearerToken: t0psecret }\n`
  await place.write('secret.yaml', secret)
  t.match((await place.run('apply -f secret.yaml')).stdout, 'secret/git created\n')
  const shown = await place.run('get secret git -o yaml')
  t.match(shown.stdout, /bearerToken: "?\*\*\*/)
  const all = [shown, await place.run('get secrets'), await place.run('apply -f secret.yaml -o json')]
  for (const { stdout, stderr } of all) t.notMatch(stdout + stderr, /t0psecret|dDBwc2VjcmV0/)
})

t.test('a failed run: exit 10, the reason, and what to do', async t => {
  const place = await importPlace(t)
  const gone = { source: { type: 'url', url: { url: pathToFileURL(join(place.cwd, 'none.json')).href } } }
  await place.write(
    'import.yaml',
    importManifest({ name: 'nightly', source: '', target: place.target.url, spec: gone }),
  )
  const once = await place.run('local --once -f import.yaml')
  t.match(once, { code: 10, stdout: /MCPRegistryImportJob\/test\/nightly +Failed +False +Failed/ })
  const waited = await place.run('wait rbimport nightly --for Succeeded')
  t.match(waited, { code: 10, stdout: /Outcome: +Failed \(\w+\)/, stderr: /^Succeeded is False: / })
  t.match(await place.run('wait rbimport nightly --for Ready'), { code: 10 })
})

t.test('a run that is tried again: which attempt failed, why, and when the next one starts', async t => {
  const place = await importPlace(t)
  const web = await webServer(t, { '/catalog.git/info/refs': status(503) })
  const spec = { retry: { maxRetries: 1, backoffInterval: '1ms' } }
  const places = { source: `${web.url}/catalog.git`, target: place.target.url }
  await place.write('import.yaml', importManifest({ name: 'nightly', ...places, spec }))
  const args = ['local', '--once', '-n', 'test', '-f', 'import.yaml']
  const loud = await program(args, { cwd: place.cwd })
  t.equal(loud.code, 10)
  const time = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`
  const line = new RegExp(
    `^${time} MCPRegistryImportJob/test/nightly Warning AttemptFailed: attempt 1 failed: .* \\(NetworkFailed\\); the next attempt starts at ${time}$`,
    'm',
  )
  t.match(loud.stderr, line)
  t.equal(loud.stderr.match(/AttemptFailed/g)?.length, 1, 'what ended the run is in the table')
})

t.test('progress of a run that waits for its next attempt', async t => {
  const job = (name: string, activeRun: object | undefined) =>
    ({
      kind: 'MCPRegistryImportJob',
      metadata: { namespace: 'test', name },
      status: { ...(activeRun ? { activeRun } : {}) },
    }) as unknown as RollbookResource
  const waiting = { attempt: 1, retryTime: '2026-03-02T10:01:00.000Z', lastFailure: { reason: 'NetworkFailed' } }
  const later = { attempt: 4, retryTime: '2026-03-02T10:02:00.000Z' }
  const shown = (...jobs: RollbookResource[]) => stepOf(jobs, time => `at ${time}`)
  const first = 'attempt 2 of MCPRegistryImportJob/test/a starts at 2026-03-02T10:01:00.000Z, after NetworkFailed'
  t.equal(shown(job('a', waiting), job('b', undefined)), `waiting: ${first}`)
  t.equal(shown(job('b', later), job('a', waiting)), `waiting: ${first}; 1 more waits`)
  t.equal(shown(job('a', waiting), job('b', { attempt: 1, jobName: 'x' })), 'running')
  t.equal(shown(), 'running')
  t.equal(
    heldUp(job('a', waiting), time => `at ${time}`),
    first,
  )
  const pending = (reason: string) => {
    const conditions = [{ type: 'Reconciling', status: 'True', reason, message: 'no node takes the pod' }]
    return { ...job('a', { attempt: 1, jobName: 'x' }), status: { conditions } } as unknown as RollbookResource
  }
  t.equal(heldUp(pending('Unschedulable'), String), 'Unschedulable: no node takes the pod')
  t.equal(heldUp(pending('Progressing'), String), undefined)
})

t.test('wait gives up after its time', async t => {
  const place = await importPlace(t)
  const late = await bareRepository(t)
  await late.hook('pre-receive', '#!/bin/sh\nsleep 60\n')
  await place.write(
    'import.yaml',
    readFileSync(join(place.cwd, 'import.yaml'), 'utf8').replace(place.target.url, late.url),
  )
  await place.run('apply -f import.yaml')
  const spec = 'wait rbimport nightly --for Succeeded --timeout 1ms'
  t.match(await place.run(spec), {
    code: 11,
    stderr:
      /waited 1ms in vain for mcpregistryimportjob\/nightly to be Succeeded: no controller has looked at it yet \[DeadlineExceeded\]/,
  })
  t.match(await place.run('wait rbimport nightly --timeout soon'), { code: 2, stderr: /--timeout takes a duration/ })
})

t.test('usage: what is wrong is said at once, with the command that helps', async t => {
  const place = await localPlace(t)
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['apply', /name the manifests with -f/],
    ['trigger rbimport', /name the resource: rbimport NAME; rollbook get rbimport lists them/],
    ['trigger rbimport a --timeout 5s', /--timeout belongs to --wait/],
    ['trigger rbsync a', /a sync job runs once for each version of its spec: trigger its registry, or change/],
    ['suspend rbsync a', /a sync job runs once: suspend its registry/],
    ['wait rbreg a --for Succeeded', /a registry is never done/],
    ['wait rbreg a --for=condition=Succeeded', /a registry is never done/],
    ['wait rbreg a --for condition=Stalled', /--for takes Ready, Succeeded, condition=Ready, condition=Succeeded/],
    ['get rbreg -w', /Unknown option '-w'/],
    ['get rbimport/a b', /it takes one resource/],
    ['get rbimport a -A', /name one with -n/],
    ['audit rbimport a --path x', /--path and KIND NAME exclude each other/],
  ]
  await place.write('map.yaml', MAP)
  await place.run('apply -f map.yaml')
  for (const [args, message] of wrong) t.match(await place.run(args), { code: 2, stderr: message }, args)
  t.match(await place.run('get rbimport', { cwd: join(place.cwd, '.rollbook') }), {
    code: 10,
    stderr: /there is no state directory .*\.rollbook\/\.rollbook \[PathNotFound\]\nrollbook local -f FILE makes one/,
  })
})

t.test('--local: alone, with = and with a folder behind it; ROLLBOOK_LOCAL', async t => {
  const place = await localPlace(t)
  const { cwd } = place
  await place.write('map.yaml', MAP)
  t.equal((await program(['local', '--once', '-f', 'map.yaml', '--local', './state', '-q'], { cwd })).code, 0)
  t.ok(existsSync(join(cwd, 'state/state')))
  for (const args of [['--local=state'], ['--local', 'state'], ['--local', './state']]) {
    t.equal((await program(['get', 'rbimport', ...args], { cwd })).code, 0, args.join(' '))
    t.equal((await program(['get', ...args, 'rbimport'], { cwd })).code, 0, args.join(' '))
  }
  t.equal((await program(['get', 'rbimport'], { cwd, env: { ROLLBOOK_LOCAL: 'state' } })).code, 0)
  t.match((await program(['get', 'rbimport', '--local', 'name'], { cwd })).stderr, /no state directory .*\.rollbook/)
})

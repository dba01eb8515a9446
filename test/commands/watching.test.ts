// Processes that stay: `rollbook local`, and those that look on while nobody or somebody runs the state directory.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { RUN_REQUESTED_AT } from '../../src/resources/names.ts'
import { importManifest, listOf, server } from '../helpers/entries.ts'
import { bareRepository } from '../helpers/git-repository.ts'
import { localPlace } from '../helpers/local-place.ts'
import { needProc, projectRoot } from '../helpers/needs.ts'
import { killProcesses } from '../helpers/processes.ts'
import { type StartedProgram, startRollbook } from '../helpers/program.ts'
import { until } from '../helpers/until.ts'
import { makeGate, wrappedGit } from '../helpers/wrapped-git.ts'

const QUICKSTART = join(projectRoot, 'examples/quickstart/')

interface EventList {
  readonly events: readonly { readonly message: string; readonly reason: string }[]
}

interface Result {
  readonly id: string
}

async function watchedPlace(t: Test, namespace?: string) {
  const place = await localPlace(t, namespace)
  t.teardown(() => killProcesses(place.cwd, { spareServer: false }))
  const start = (args: string) => startRollbook(args.split(' '), { cwd: place.cwd })
  const events = async () => (await place.json<EventList>('events')).data.events
  return { ...place, start, events }
}

async function stopped(program: StartedProgram) {
  process.kill(program.pid, 'SIGINT')
  return await program.ended
}

function isRunning(local: StartedProgram): () => boolean {
  return () => /^running \d+ resources? of the state directory/m.test(local.stderr())
}

t.test(
  'events --watch: past ones once and in order, then each new one, whoever runs the directory, and nobody',
  async t => {
    const place = await watchedPlace(t)
    await place.run(`local --once -f ${QUICKSTART}`)
    const past = await place.events()
    t.ok(past.length > 3)
    const watch = place.start('events --watch --local -o json')
    const seen = () =>
      watch
        .stdout()
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line))
    await until(() => /no process runs the state directory \.rollbook now/.test(watch.stderr()), 'the remark')
    t.strictSame(seen(), past)

    const local = place.start('local')
    await until(isRunning(local), 'the controllers')
    await place.run('trigger rbexport for-toolhive --wait')
    const told = (count: number) => () => seen().filter(({ reason }) => reason === 'NoChanges').length >= count
    await until(told(2), 'the run of rollbook local')
    t.equal((await stopped(local)).code, 0)
    await place.run('trigger rbexport for-toolhive --wait')
    await until(told(3), 'the run of trigger --wait')

    t.match(await stopped(watch), { code: 0 })
    t.strictSame(seen(), await place.events())
  },
)

t.test('trigger --wait: of two requests during a run one run is for both, and both are told of it', async t => {
  if (!needProc(t)) return
  const place = await watchedPlace(t, 'test')
  const source = await bareRepository(t, { 'registry.json': listOf(server('io.example/one', '1.0.0')) })
  const target = await bareRepository(t)
  await place.write('import.yaml', importManifest({ name: 'nightly', source: source.url, target: target.url }))
  const gate = await makeGate(t)
  const git = await wrappedGit(t, 'push', gate.script)
  const local = startRollbook(['local', '-f', 'import.yaml'], { cwd: place.cwd, env: git })
  await until(gate.isReached, 'the first run to push')

  const asked: { readonly token: string; readonly result: Promise<{ code: number; data: Result; stderr: string }> }[] =
    []
  while (asked.length < 2) {
    const result = place.json<Result>('trigger rbimport nightly --wait --timeout 30s')
    const last = asked.at(-1)?.token
    let token: string | undefined
    while (token === undefined || token === last) {
      const { data } = await place.json<{ metadata: { annotations?: Record<string, string> } }>('get rbimport nightly')
      token = data.metadata.annotations?.[RUN_REQUESTED_AT]
    }
    asked.push({ token, result })
  }
  await gate.open()

  const [first, second] = await Promise.all(asked.map(({ result }) => result))
  t.match(second, { code: 0, data: { reason: 'NoChanges', trigger: { token: asked[1]?.token } } })
  t.match(first, { code: 0, data: { id: second?.data.id }, stderr: /somebody else asked too.*one run is for both\n$/ })
  t.equal((await stopped(local)).code, 0)
})

t.test('local tells what happens from its first moment, and on stderr that it runs and ends', async t => {
  const place = await watchedPlace(t)
  const local = place.start(`local -f ${QUICKSTART}`)
  await until(() => local.stdout().includes(' EntriesWritten: '), 'the export')
  const { code, stdout, stderr } = await stopped(local)
  t.equal(code, 0)
  const lines = stdout.trim().split('\n')
  t.strictSame(
    lines.map(line => line.replace(/^.*?: /, '')),
    (await place.events()).map(({ message }) => message),
  )
  t.ok(lines.every(line => / MCPRegistry\w*\/default\/[a-z-]+ (Warning )?[A-Z]\w+: /.test(line)))
  t.match(
    stderr,
    /^running 2 resources of the state directory \.rollbook until Ctrl-C; in another terminal rollbook get rollbook -A --local shows them$/m,
  )
  t.match(stderr, /\nending: no run is under way\n$/)

  const idle = place.start('local --local=empty')
  await until(() => idle.stderr().includes('\n'), 'the first words')
  t.match(
    (await stopped(idle)).stderr,
    /^running .* empty until Ctrl-C, which has no resources yet; .* rollbook apply -f FILE --local=empty /,
  )

  const quiet = place.start('local --local=.rollbook -q')
  await until(() => existsSync(join(place.cwd, '.rollbook/socket')), 'the controllers')
  t.match(await stopped(quiet), { code: 0, stdout: '', stderr: '' })
})

t.test('a run that local leaves: it says so, and logs --follow waits for nobody', async t => {
  const place = await watchedPlace(t, 'test')
  const target = await bareRepository(t)
  const started = join(place.cwd, 'started')
  execFileSync('mkfifo', [started])
  await target.hook('pre-receive', `#!/bin/sh\necho > ${started}\nsleep 600\n`)
  await place.write('source.json', listOf(server('io.example/one', '1.0.0')))
  const spec = { source: { type: 'url', url: { url: pathToFileURL(join(place.cwd, 'source.json')).href } } }
  await place.write('import.yaml', importManifest({ name: 'nightly', source: '', target: target.url, spec }))
  const local = place.start('local -f import.yaml')
  await readFile(started)
  t.match(await stopped(local), {
    code: 0,
    stderr: /\nending: 1 run is not done, and goes on at the next start\n$/,
  })
  const followed = place.start('logs rbimport nightly -n test --follow --local')
  t.match(await followed.ended, {
    code: 0,
    stderr: /^no process runs the state directory \.rollbook: rollbook local goes on with run [0-9a-f]{24}\n/,
  })
})

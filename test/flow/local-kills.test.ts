// `rollbook local` as a process: killed in the middle of a run, asked to end, and spoken to while it runs.
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { importManifest, listOf, server } from '../helpers/entries.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { programJson } from '../helpers/in-process.ts'
import { needProc } from '../helpers/needs.ts'
import { processesOf } from '../helpers/processes.ts'
import { type StartedProgram, startRollbook } from '../helpers/program.ts'
import { until } from '../helpers/until.ts'

/** A job whose push hangs until the test lets it go on. */
async function place(t: Test) {
  const cwd = await temporaryDirectory(t)
  const target = await bareRepository(t)
  const [reached, go] = [join(cwd, 'reached'), join(cwd, 'go')]
  const hold = `#!/bin/sh\ntouch ${reached}\nwhile [ ! -e ${go} ]; do sleep 0.05; done\n`
  await target.hook('pre-receive', hold)
  await mkdir(join(cwd, 'secrets/git'), { recursive: true })
  await writeFile(join(cwd, 'secrets/git/bearerToken'), 't0psecret')
  await writeFile(join(cwd, 'source.json'), listOf(server('io.example/one', '1.0.0')))
  const source = { type: 'url', url: { url: pathToFileURL(join(cwd, 'source.json')).href } }
  // Nobody waits for it: what the end of the program ended goes on at once.
  const spec = { source, retry: { backoffInterval: '1h' } }
  const manifest = importManifest({ source: '', target: target.url, targetGit: { authSecret: { name: 'git' } }, spec })
  await writeFile(join(cwd, 'import.yaml'), manifest)
  const json = <T>(args: string) =>
    programJson<T>([...args.split(' '), '-n', 'test', '--local', '-q', '--secret-dir', 'secrets'], { cwd })
  return { cwd, target, reached, go, json }
}

/** Until the test ends, if not before. */
function started(t: Test, cwd: string): StartedProgram {
  const owner = startRollbook(START, { cwd })
  let isOver = false
  void owner.ended.then(() => {
    isOver = true
  })
  t.teardown(() => isOver || process.kill(owner.pid, 'SIGKILL'))
  return owner
}

interface History {
  readonly runs: readonly (Omit<RunResult, 'kind'> & { readonly attempts: number })[]
}

interface Events {
  readonly events: readonly { readonly type: string; readonly reason: string }[]
}

const START = ['local', '-f', 'import.yaml', '--secret-dir', 'secrets']

t.test(
  'D1 C8 killed in the middle of a push: the next process ends what is left, and the run makes one commit',
  async t => {
    if (!needProc(t)) return
    const { cwd, target, reached, go, json } = await place(t)
    const first = startRollbook(START, { cwd })
    await until(() => existsSync(reached), 'the push')
    const before = processesOf(join(cwd, '.rollbook')).map(({ pid }) => pid)
    t.ok(before.length >= 2, 'a worker and its git')
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    t.ok(existsSync(join(cwd, '.rollbook/runs')))
    await rm(reached)

    const next = startRollbook([...START, '--once'], { cwd })
    await until(() => existsSync(reached), 'the push of the next attempt')
    const alive = processesOf(join(cwd, '.rollbook')).map(({ pid }) => pid)
    t.notOk(
      before.some(pid => alive.includes(pid)),
      'no process of the first is left',
    )
    await writeFile(go, '')
    t.match(await next.ended, { code: 0 })

    const { data } = await programJson<History>(['history', 'rbimport', 'import', '-n', 'test', '--local'], { cwd })
    t.match(data.runs, [{ outcome: 'Completed', attempts: 2 }])
    t.equal(data.runs.length, 1)
    t.equal((await target.log()).length, 1)
    t.match((await target.log())[0], `Rollbook-Run: ${data.runs[0]?.id}`)
    const audit = await json<{ ok: boolean }>('audit rbimport import')
    t.match(audit, { code: 0, data: { ok: true } })
    t.notMatch(
      readFileSync(join(cwd, '.rollbook/state'), 'latin1'),
      /t0psecret|dDBwc2VjcmV0/,
      'Secrets of a folder are not stored',
    )
    const { data: job } = await json<{ status: { phase: string } }>('wait rbimport import --for Succeeded')
    t.ok(job)
  },
)

t.test('asked to end in the middle of a run: the worker is ended, and the run is made again later', async t => {
  if (!needProc(t)) return
  const { cwd, target, reached, go } = await place(t)
  const first = startRollbook(START, { cwd })
  await until(() => existsSync(reached), 'the push')
  process.kill(first.pid, 'SIGTERM')
  t.match(await first.ended, { code: 0 })
  t.strictSame(processesOf(join(cwd, '.rollbook/')), [])
  t.equal(await target.head(), undefined)

  await writeFile(go, '')
  t.match(await startRollbook([...START, '--once'], { cwd }).ended, { code: 0 })
  t.equal((await target.log()).length, 1)
  const args = ['events', 'rbimport', 'import', '-n', 'test', '--local']
  const { data } = await programJson<Events>(args, { cwd })
  t.strictSame(
    data.events.map(({ type, reason }) => `${type} ${reason}`),
    ['Normal RunStarted', 'Normal WorkerTerminated', 'Normal EntriesWritten'],
  )
})

t.test('while it runs, other commands speak to it; a second one is refused', async t => {
  const { cwd, target, go, json } = await place(t)
  await writeFile(go, '')
  const owner = started(t, cwd)
  await until(() => owner.stdout().includes('EntriesWritten'), 'the first run')
  t.match(owner.stdout(), /^\S+Z MCPRegistryImportJob\/test\/import RunStarted: run [0-9a-f]{24} started: Spec\n/)

  await writeFile(
    join(cwd, 'source.json'),
    listOf(server('io.example/one', '1.0.0'), server('io.example/two', '1.0.0')),
  )
  const run = await json<RunResult>('trigger rbimport import --wait')
  t.match(run, { code: 0, data: { outcome: 'Completed', counts: { added: 1 } } })
  t.equal((await target.log()).length, 2)

  const second = await startRollbook(['local'], { cwd }).ended
  t.match(second, { code: 10, stderr: /another process runs the state directory \.rollbook/ })
  process.kill(owner.pid, 'SIGINT')
  t.match(await owner.ended, { code: 0 })
  t.notOk(existsSync(join(cwd, '.rollbook/socket')))
})

t.test('cancel ends the run that is under way', async t => {
  if (!needProc(t)) return
  const { cwd, target, reached, json } = await place(t)
  const owner = started(t, cwd)
  await until(() => existsSync(reached), 'the push')
  const cancelled = await json<RunResult>('cancel rbimport import')
  t.match(cancelled, { code: 0, data: { kind: 'RunResult', outcome: 'Cancelled' } })
  t.equal(await target.head(), undefined)
  t.match(await json('cancel rbimport import'), { code: 10, data: { reason: 'NotFound', message: /no run under way/ } })
  const args = ['events', 'rbimport', 'import', '-n', 'test', '--local']
  const { data } = await programJson<Events>(args, { cwd })
  t.notOk(
    data.events.some(({ type }) => type === 'Warning'),
    JSON.stringify(data.events),
  )
  process.kill(owner.pid, 'SIGTERM')
  t.match(await owner.ended, { code: 0 })
})

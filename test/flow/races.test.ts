// Several writers on one branch: nobody's commit is lost, nobody waits for ever. soak/races.test.ts has the full numbers.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { exitCodeOf } from '../../src/commands/exit-code.ts'
import { readManifests } from '../../src/commands/manifests.ts'
import type { Clock } from '../../src/lib/clock.ts'
import type { MCPRegistryImportJob } from '../../src/resources/generated/types.ts'
import { importRequest } from '../../src/resources/import-request.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { type ExecutedRun, execute } from '../../src/run/execute.ts'
import { damageOf, namesIn, runsOf } from '../helpers/branch-state.ts'
import { assertEngine, type EngineHost, onBothEngines } from '../helpers/engine-host.ts'
import { catalogOf, datedServer, importManifest, listOf } from '../helpers/entries.ts'
import { type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { rollbookJson } from '../helpers/program.ts'
import { raceRounds, twinRounds } from '../helpers/race-rounds.ts'
import { runEnvironment } from '../helpers/run-environment.ts'
import { wrappedGit } from '../helpers/wrapped-git.ts'

const PATH = 'catalog/registry.json'
const BASE = datedServer('io.example/base')
const OTHER = datedServer('io.example/other')
const OURS = datedServer('io.example/ours')
/** What a hook must forget before it may write: it runs in quarantine, where refs stand still. */
const OUTSIDE = 'unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES'

async function workplace(host: EngineHost) {
  const directory = await temporaryDirectory(host.t)
  const source = await host.repository({ 'registry.json': listOf(OURS) })
  const target = await host.repository({ [PATH]: catalogOf(BASE) })
  await writeFile(join(directory, 'import.yaml'), importManifest({ source: source.url, target: target.url }))
  const run = async (env = {}) => {
    const options = { cwd: directory, env: { ...host.env, ...env } }
    const ran = await rollbookJson<RunResult>(['run', '-f', 'import.yaml', '--run-id', 'ours'], options)
    assertEngine(host, ran.data)
    return ran
  }
  return { directory, target, run }
}

/** A clock on which every merge takes one millisecond and pauses take none, but are noted. */
function hurriedClock(): { clock: Clock; pauses: number[] } {
  const pauses: number[] = []
  let elapsed = 0
  const clock: Clock = {
    now: () => new Date('2026-03-01T12:00:00Z'),
    elapsed: () => elapsed++,
    random: () => 0.5,
    sleep: async milliseconds => {
      pauses.push(milliseconds)
    },
  }
  return { clock, pauses }
}

/** The run of the manifest in this process, because of its clock. */
async function executeHere(host: EngineHost, directory: string, clock: Clock): Promise<ExecutedRun> {
  const [loaded] = await readManifests(['import.yaml'], { cwd: directory })
  const request = importRequest(loaded?.resource as MCPRegistryImportJob, {
    runId: 'ours',
    attempt: 1,
    startTime: clock.now().toISOString(),
    searchWholeHistory: true,
    uid: 'local',
    generation: 0,
  })
  return execute(request, { ...runEnvironment(directory, clock), git: host.engine() })
}

/** A commit on top of the branch that is not on it yet, and the command that moves the branch there. */
async function otherCommit(target: TestRepository): Promise<string> {
  await target.git(['branch', 'other', target.branch])
  const commit = await target.commit({ [PATH]: catalogOf(BASE, OTHER) }, 'other', { branch: 'other' })
  return `git --git-dir='${target.directory}' update-ref refs/heads/${target.branch} ${commit}`
}

onBothEngines(t, 'C1 the branch moves once before the push', async (t, host) => {
  for (const when of ['before the server is asked', 'while the server takes it'] as const) {
    // The embedded engine calls no program that could be held.
    if (when === 'before the server is asked' && host.name === 'isomorphic') continue
    await t.test(when, async t => {
      const { target, run } = await workplace(host)
      const move = await otherCommit(target)
      // The second time it does nothing, because the branch has gone on from there.
      const once = `if mkdir '${target.directory}/moved' 2>/dev/null; then ${move}; fi`
      const isAsked = when === 'before the server is asked'
      const env = isAsked ? await wrappedGit(t, 'push', once) : {}
      if (!isAsked) await target.hook('pre-receive', `#!/bin/sh\n${OUTSIDE}\n${once}\n`)

      const { code, data } = await run(env)

      t.match({ code, data }, { code: 0, data: { outcome: 'Completed', counts: { added: 1, stale: 2 } } })
      const [ours = '', ...before] = await target.log()
      t.match(ours, /^Rollbook-Run: ours$/m)
      t.same(before, ['other', 'first'], 'the history is a line with all of it')
      t.same(await namesIn(target, PATH), ['io.example/base', 'io.example/other', 'io.example/ours'])
      t.same(await damageOf(target), [])
    })
  }
})

onBothEngines(t, 'C2 a branch that moves on every try ends the run, which leaves nothing', async (t, host) => {
  const { directory, target } = await workplace(host)
  const commit = `git commit-tree -p ${target.branch} -m moved ${target.branch}^{tree} </dev/null`
  const move = `git update-ref refs/heads/${target.branch} "$(${commit})"`
  await target.hook('pre-receive', `#!/bin/sh\n${OUTSIDE}\n${move}\n`)
  for (const key of ['user.name', 'user.email']) await target.git(['config', key, 'other@example.com'])
  const { clock, pauses } = hurriedClock()

  const executed = await executeHere(host, directory, clock)

  t.match(executed.result, { outcome: 'Failed', reason: 'ConflictRetriesExhausted', target: { revision: null } })
  t.equal(exitCodeOf(executed, false), 12)
  t.same(pauses, [2, 4, 8, 8, 8, 8, 8], 'half of four to sixteen times what a merge takes')
  const messages = (await target.log()).map(message => message.trim())
  t.same(messages, [...Array(8).fill('moved'), 'first'], 'eight pushes, none of them ours')
  t.same(await runsOf(target), [])
  t.same(await namesIn(target, PATH), ['io.example/base'])
  t.same(await damageOf(target), [])
})

t.test('C4 two imports at once into one branch', t => raceRounds(t, 1))

t.test('C10 one run id in two processes at once makes one commit', t => twinRounds(t, 1))

// A run that is asked to end: it says so, writes nothing, and leaves nothing behind (cli.md, "Runs"; design, section 4, "Deletion").
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { damageOf, runsOf } from '../helpers/branch-state.ts'
import { killSite, resultOf, runAgain, runUndisturbed, startAttempt } from '../helpers/kill-site.ts'
import { needProc } from '../helpers/needs.ts'
import { processesOf } from '../helpers/processes.ts'
import { until } from '../helpers/until.ts'
import { makeGate, wrappedGit } from '../helpers/wrapped-git.ts'

const SIGNALS = [
  { signal: 'SIGTERM', exit: 143, subcommand: 'fetch' },
  { signal: 'SIGTERM', exit: 143, subcommand: 'fast-import' },
  { signal: 'SIGTERM', exit: 143, subcommand: 'push' },
  { signal: 'SIGINT', exit: 130, subcommand: 'fetch' },
] as const

t.test('runs that are asked to end', async t => {
  if (!needProc(t)) return
  const { source, tree } = await runUndisturbed(t)
  for (const { signal, exit, subcommand } of SIGNALS) {
    await t.test(`${signal} during git ${subcommand} ends the run and leaves nothing`, async t => {
      const site = await killSite(t, source)
      const gate = await makeGate(t)
      const { program, headBefore } = startAttempt(site, await wrappedGit(t, subcommand, gate.script))
      await until(gate.isReached, `git ${subcommand}`)
      t.ok(processesOf(site.directory).length > 1, 'git is at work')

      process.kill(program.pid, signal)
      const ran = await program.ended

      t.equal(ran.code, exit, ran.stderr)
      t.match(resultOf(ran), { outcome: 'Cancelled', reason: 'Cancelled', target: { revision: null } })
      t.same(processesOf(site.directory), [], 'no process is left')
      t.same(readdirSync(join(site.directory, 'tmp')), [], 'no scratch folder is left')
      t.equal(await site.target.head(), headBefore, 'the branch stands where it stood')
      t.same(await runsOf(site.target), [])
      t.same(await damageOf(site.target), [])
      t.equal(await runAgain(t, site, { tree, what: `ended by ${signal}` }), 'EntriesWritten')
    })
  }
})

// A run that is killed in each of its phases, and while the server takes its push; flow/kills.test.ts has random moments.
import t from 'tap'
import { checkAgain, kill, killSite, runAgain, runUndisturbed, startAttempt } from '../helpers/kill-site.ts'
import { needProc } from '../helpers/needs.ts'
import { until } from '../helpers/until.ts'
import { makeGate, wrappedGit } from '../helpers/wrapped-git.ts'

t.test('runs that are killed at a known step', async t => {
  if (!needProc(t)) return
  const undisturbed = await runUndisturbed(t)
  const { source, tree } = undisturbed

  await t.test('D1 kill -9 in each phase', async t => {
    const steps = [
      // Source and target are fetched at the same time; what the phase is called by is the target's store.
      { phase: 'before fetch', subcommand: 'fetch' },
      { phase: 'fetched', subcommand: 'fast-import' },
      { phase: 'committed locally', subcommand: 'push' },
    ] as const
    for (const { phase, subcommand } of steps) {
      await t.test(phase, async t => {
        const site = await killSite(t, source)
        const gate = await makeGate(t)
        const attempt = startAttempt(site, await wrappedGit(t, subcommand, inTargetStore(gate.script)))
        await until(gate.isReached, `git ${subcommand}`)

        t.equal(await kill(site, attempt, false), phase)

        t.equal(await runAgain(t, site, { tree, what: `killed ${phase}` }), 'EntriesWritten')
      })
    }
  })

  await t.test('C8 kill -9 while the server takes the push, which it does later', async t => {
    const meanwhile = [
      { when: 'after the second attempt ended', reason: 'EntriesWritten' },
      { when: 'just before the second attempt pushes', reason: 'AlreadyCommitted' },
    ] as const
    for (const { when, reason } of meanwhile) {
      await t.test(when, async t => {
        const site = await killSite(t, source)
        const { target } = site
        // Otherwise the server speaks to its client every five seconds, and notices that it is gone.
        await target.git(['config', 'receive.keepAlive', '0'])
        const gate = await makeGate(t)
        await target.hook('pre-receive', `#!/bin/sh\n${gate.script}\n`)
        const attempt = startAttempt(site)
        await until(gate.isReached, 'the hook before the push')

        t.equal(await kill(site, attempt, true), 'committed locally')
        // A commit's time is in seconds: two attempts within one make the same commit, and both pushes are right.
        const second = secondOf(Date.now())
        await until(() => secondOf(Date.now()) > second, 'the next second')

        const head = `$("$GIT" --git-dir='${target.directory}' rev-parse ${target.branch})`
        const letGo = `if [ "${head}" = ${attempt.headBefore} ]; then ${gate.opening}; while [ "${head}" = ${attempt.headBefore} ]; do :; done; fi`
        const env = reason === 'AlreadyCommitted' ? await wrappedGit(t, 'push', letGo) : {}
        const ended = site.start(env).ended
        if (reason === 'EntriesWritten') void ended.then(() => gate.open())
        t.equal(await checkAgain(t, site, { ended, tree, what: 'killed during the push' }), reason)
      })
    }
  })
})

function inTargetStore(script: string): string {
  return `case "$GIT_DIR" in */target/store.git) ${script};; esac`
}

function secondOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}

// A killed run is run again with the same id: nothing is lost, nothing is committed twice. soak/kills.test.ts has the full numbers.
import t from 'tap'
import { killRounds } from '../helpers/kill-rounds.ts'
import { kill, killSite, runAgain, runUndisturbed, startAttempt } from '../helpers/kill-site.ts'
import { needProc } from '../helpers/needs.ts'
import { until } from '../helpers/until.ts'
import { makeGate } from '../helpers/wrapped-git.ts'

t.test('runs that are killed', async t => {
  if (!needProc(t)) return
  const undisturbed = await runUndisturbed(t)
  const { source, tree } = undisturbed

  await t.test('D1 kill -9 at random moments', t => killRounds(t, undisturbed, { kills: 5, sequences: 0 }))

  await t.test('C8 kill -9 after the push and before the report', async t => {
    const site = await killSite(t, source)
    const gate = await makeGate(t)
    await site.target.hook('post-receive', `#!/bin/sh\n${gate.script}\n`)
    const attempt = startAttempt(site)
    await until(gate.isReached, 'the hook after the push')

    t.equal(await kill(site, attempt, false), 'pushed, not reported')

    t.equal(await runAgain(t, site, { tree, what: 'killed after the push' }), 'AlreadyCommitted')
  })
})

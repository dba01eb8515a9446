// The full numbers of flow/kills.test.ts.
import t from 'tap'
import { killRounds } from '../helpers/kill-rounds.ts'
import { runUndisturbed } from '../helpers/kill-site.ts'
import { needProc } from '../helpers/needs.ts'

t.test('D1 kill -9 at 100 random moments', async t => {
  if (!needProc(t)) return
  await killRounds(t, await runUndisturbed(t), { kills: 100, sequences: 5 })
})

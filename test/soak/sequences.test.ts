// Random sequences against the whole product: edits, suspensions, triggers, crashes, clocks that jump. ROLLBOOK_SEED begins
// with the sequence of that seed, ROLLBOOK_SEQUENCES says how many are played.
import t from 'tap'
import { printedSeed } from '../helpers/random.ts'
import { playWholeSequence } from '../helpers/whole-sequences.ts'

const SEQUENCES = Number(process.env['ROLLBOOK_SEQUENCES'] ?? 200)
/** At a time: a sequence waits for git more often than not. */
const JOBS = 3

t.test('whatever happens, everything comes to rest as it must', async t => {
  const first = printedSeed(t)
  t.jobs = JOBS
  for (let seed = first; seed < first + SEQUENCES; seed++) {
    void t.test(`ROLLBOOK_SEED=${seed}`, { buffered: true }, async t => {
      t.equal(await playWholeSequence(t, seed), undefined, 'nothing is wrong')
    })
  }
})

// Durations as the CRDs write them.
import t from 'tap'
import { durationOf } from '../../src/lib/duration.ts'

const DURATIONS: Record<string, number | undefined> = {
  '30s': 30_000,
  '1h30m': 5_400_000,
  '1.5h': 5_400_000,
  '250ms': 250,
  '0s': 0,
  '': undefined,
  '30': undefined,
  '1d': undefined,
  '-1s': undefined,
  '1..5s': undefined,
}

for (const [text, wanted] of Object.entries(DURATIONS)) {
  t.test(JSON.stringify(text), async t => t.equal(durationOf(text), wanted))
}

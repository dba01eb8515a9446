// The history in status: repeats in one entry, the newest first, within its limits, the last success always.
import t from 'tap'
import { capped, withRun } from '../../src/reconcile/history.ts'
import type { RunEntry } from '../../src/resources/generated/types.ts'

const time = (minute: number) => new Date(Date.UTC(2026, 2, 2, 10, minute)).toISOString()

function entry(index: number, changes: Partial<RunEntry> = {}): RunEntry {
  return {
    id: `run-${index}`,
    startTime: time(index),
    completionTime: time(index + 1),
    outcome: 'Failed',
    reason: 'NetworkFailed',
    ...changes,
  }
}

const success = (index: number) => entry(index, { outcome: 'Completed', reason: 'EntriesWritten' })

t.test('H3 a thousand identical failures are one entry with a count', async t => {
  let history: RunEntry[] = [success(0)]
  for (let index = 1; index <= 1000; index++) history = withRun(history, entry(index), 10)
  t.equal(history.length, 2)
  t.match(history[0], { id: 'run-1000', count: 1000, startTime: time(1), completionTime: time(1001) })
})

t.test('what differs, made a commit, or is not adjacent stays apart', async t => {
  const differs: Partial<RunEntry>[] = [
    { reason: 'AuthenticationFailed' },
    { outcome: 'Cancelled', reason: 'Cancelled' },
    { digest: 'sha256:2' },
  ]
  for (const changes of differs) t.equal(withRun([entry(1)], entry(2, changes), 10).length, 2)
  t.equal(withRun([success(1)], success(2), 10).length, 2, 'a commit')
  const cancelled = { outcome: 'Cancelled', reason: 'Cancelled' } as const
  t.equal(withRun([entry(1, cancelled)], entry(2, cancelled), 10).length, 2, 'each may have pushed before')
  const nothing = { outcome: 'PartiallyCompleted', reason: 'FilterMatchesNothing' } as const
  t.equal(withRun([entry(1, nothing)], entry(2, nothing), 10).length, 1, 'no commit')
  t.equal(withRun([entry(2, { reason: 'HostDenied' }), entry(1)], entry(3), 10).length, 3)
})

t.test('the same run again takes its own place', async t => {
  const history = withRun(withRun([], entry(1), 10), entry(2), 10)
  t.strictSame(withRun(history, entry(2), 10), history)
})

t.test('H6 at the cap the oldest goes, the last success never', async t => {
  let history: RunEntry[] = [success(0)]
  for (let index = 1; index < 30; index++) history = withRun(history, entry(index, { reason: `R${index}` }), 5)
  t.strictSame(
    history.map(({ id }) => id),
    ['run-29', 'run-28', 'run-27', 'run-26', 'run-0'],
  )
  for (let index = 30; index < 40; index++) history = withRun(history, success(index), 5)
  t.strictSame(
    history.map(({ id }) => id),
    ['run-39', 'run-38', 'run-37', 'run-36', 'run-35'],
    'an older one may go',
  )
})

t.test('bytes count, too', async t => {
  const large = (index: number) => entry(index, { reason: `R${index}`, message: 'x'.repeat(4000) })
  const history = [...Array.from({ length: 40 }, (_, index) => large(40 - index)), success(0)]
  const kept = capped(history, 50)
  t.ok(Buffer.byteLength(JSON.stringify(kept)) <= 64 * 1024)
  t.ok(kept.length > 10)
  t.equal(kept.at(-1)?.id, 'run-0')
})

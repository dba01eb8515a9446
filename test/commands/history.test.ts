// The table of `rollbook history`.
import t from 'tap'
import { historyText } from '../../src/commands/history.ts'
import { withRun } from '../../src/reconcile/history.ts'
import type { RunEntry } from '../../src/resources/generated/types.ts'

t.test('a row of several runs names the latest, and says that its start is that of the first', t => {
  const run = (id: string, minute: string): RunEntry => ({
    id,
    generation: 1,
    trigger: { type: 'Schedule' },
    startTime: `2026-03-02T10:${minute}:00Z`,
    completionTime: `2026-03-02T10:${minute}:05Z`,
    outcome: 'Unchanged',
    reason: 'NoChanges',
  })
  const once = withRun([], run('one', '00'), 10)
  const lines = (runs: readonly RunEntry[]) => historyText(runs, time => time ?? '').split('\n')
  t.match(lines(once)[1], /^one +Unchanged +NoChanges +Schedule +2026-03-02T10:00:00Z +5s /)
  const twice = withRun(once, run('two', '30'), 10)
  t.match(lines(twice)[1], /^two +Unchanged x2 +NoChanges +Schedule +2026-03-02T10:00:00Z \(first\) /)
  t.end()
})

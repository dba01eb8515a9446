// The report in a worker's log is cut by whole lines, and says how much is missing.
import t from 'tap'
import { cutLines } from '../../src/commands/report-lines.ts'

t.test('what fits is whole, what does not is counted', async t => {
  const lines = ['{"a":"ä"}\n', '{"b":1}\n', '{"c":1}\n']
  t.strictSame([...cutLines(lines, 27)], lines)
  t.strictSame([...cutLines(lines, 26)], [...lines.slice(0, 2), '{"kind":"ReportCut","leftOut":1}\n'])
  t.strictSame([...cutLines(['x'.repeat(30), 'y'], 10)], ['{"kind":"ReportCut","leftOut":2}\n'], 'never out of order')
  t.strictSame([...cutLines([], 0)], [])
})

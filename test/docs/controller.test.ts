// docs/controller.md names every metric with its labels, and no other.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { prometheusMetrics } from '../../src/controller/metrics.ts'
import { projectRoot } from '../helpers/needs.ts'

t.test('the table of metrics is what is told', async t => {
  const text = await prometheusMetrics('1', () => undefined).text()
  const told = [...text.matchAll(/^# TYPE (rollbook_\w+)/gm)].map(([, name]) => name).sort()
  const page = readFileSync(join(projectRoot, 'docs/controller.md'), 'utf8')
  const documented = [...page.matchAll(/^\| `(rollbook_\w+)` /gm)].map(([, name]) => name).sort()
  t.strictSame(documented, told)
})

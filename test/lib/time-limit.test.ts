import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { timeLimit } from '../../src/lib/time-limit.ts'
import { projectRoot } from '../helpers/needs.ts'
import { until } from '../helpers/until.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
setFlagsFromString('--no-expose-gc')

t.test('the time passes, even when garbage is collected meanwhile', async t => {
  const { signal } = timeLimit(new AbortController().signal, 100)
  let reason: unknown
  signal.addEventListener('abort', () => {
    reason = signal.reason
  })
  await until(() => {
    collectGarbage()
    return signal.aborted
  }, 'the end of the time')
  t.match(reason, { name: 'TimeoutError' })
})

t.test('the signal that is given, or the end of the work, comes first', async t => {
  const given = new AbortController()
  const { signal } = timeLimit(given.signal, 2 ** 31 - 1)
  given.abort(new Error('somebody asks'))
  t.match(signal.reason, { message: 'somebody asks' })

  const over = timeLimit(new AbortController().signal, undefined)
  t.notOk(over.signal.aborted)
  over.end()
  t.ok(over.signal.aborted)
})

t.test('nothing is limited by what the collector may take', t => {
  const root = join(projectRoot, 'src')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
  const uses = files.filter(file => readFileSync(join(root, file), 'utf8').includes('AbortSignal.timeout('))
  t.strictSame(uses, [])
  t.end()
})

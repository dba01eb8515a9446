import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { StringPool } from '../../../src/cluster/kube/string-pool.ts'
import type { JsonValue } from '../../../src/lib/json.ts'

t.test('a value stays what it was', async t => {
  const text = '{"a":["x","x",{"__proto__":"x","constructor":{"b":null,"c":1.5,"d":true,"":"x"}}],"e":"","x":{}}'
  t.equal(JSON.stringify(new StringPool().share(JSON.parse(text) as JsonValue)), text)
})

t.test('what is repeated is kept once', async t => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const text = JSON.stringify({ message: 'the same words '.repeat(20) })
  const copies = 20_000
  const strings = new StringPool()
  collect()
  const before = process.memoryUsage().heapUsed
  const kept = Array.from({ length: copies }, () => strings.share(JSON.parse(text) as JsonValue))
  collect()
  const each = (process.memoryUsage().heapUsed - before) / kept.length
  t.ok(each < text.length / 2, `${Math.round(each)} bytes for each text of ${text.length}`)
})

t.test('many different strings stay what they are', async t => {
  const strings = new StringPool()
  const wrong = Array.from({ length: 50_000 }, (_, n) => `a string ${n}`).filter(text => strings.share(text) !== text)
  t.strictSame(wrong, [])
})

// Paths of layouts: golden cases for git-contract.md, "Paths".
import t from 'tap'
import { entryPaths, isSegmentOf, namespacePaths } from '../../../src/entries/render/paths.ts'
import { sha256Hex } from '../../../src/lib/hash.ts'

const tail = (text: string) => `~${sha256Hex(text).slice(0, 12)}`

t.test('plain names stay readable', async t => {
  t.strictSame(entryPaths([{ name: 'io.example/weather', version: '1.2.0' }]), ['io.example/weather/1.2.0.json'])
  t.strictSame(
    [...namespacePaths(['io.example/a', 'io.example/b', 'com.x/c'])],
    [
      ['com.x', 'com.x.json'],
      ['io.example', 'io.example.json'],
    ],
  )
})

t.test('every other byte and a leading dot are percent-encoded', async t => {
  const [path] = entryPaths([{ name: 'io.example/a', version: '.1+b/ä %' }])
  t.equal(path, 'io.example/a/%2E1%2Bb%2F%C3%A4%20%25.json')
})

t.test('F3 no text leads out of the folder', async t => {
  const names = ['../../etc', '..', '.git/config', '/abs', 'a/../b', 'a/\u0000', '\\\\host\\share']
  for (const path of entryPaths(names.map(name => ({ name, version: '..' })))) {
    const segments = path.split('/')
    t.equal(segments.length, 3, path)
    t.ok(
      segments.every(segment => /^[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*$/.test(segment)),
      path,
    )
  }
})

t.test('an empty segment gets its hash', async t => {
  t.strictSame(entryPaths([{ name: 'lonely', version: '' }]), [`${tail('')}/lonely/${tail('')}.json`])
})

t.test('a long segment is cut, never inside an escape', async t => {
  const long = 'x'.repeat(181)
  t.strictSame(entryPaths([{ name: `io.example/${long}`, version: '1' }]), [
    `io.example/${'x'.repeat(167)}${tail(long)}/1.json`,
  ])
  const escaped = `${'x'.repeat(165)}${'ä'.repeat(10)}`
  const [path = ''] = entryPaths([{ name: `io.example/${escaped}`, version: '1' }])
  t.equal(path.split('/')[1], `${'x'.repeat(165)}${tail(escaped)}`)
  t.strictSame(entryPaths([{ name: `io.example/${'x'.repeat(180)}`, version: '1' }]), [
    `io.example/${'x'.repeat(180)}/1.json`,
  ])
})

t.test('of names that differ only by case the first by bytes keeps its path, in any order given', async t => {
  const entries = ['io.example/Tool', 'io.example/tool', 'io.example/TOOL'].map(name => ({ name, version: '1' }))
  const expected = new Map([
    ['io.example/TOOL', 'io.example/TOOL/1.json'],
    ['io.example/Tool', `io.example/Tool${tail('Tool')}/1.json`],
    ['io.example/tool', `io.example/tool${tail('tool')}/1.json`],
  ])
  for (const order of [entries, [...entries].reverse()]) {
    const paths = entryPaths(order)
    for (const [index, { name }] of order.entries()) t.equal(paths[index], expected.get(name))
  }
  t.ok(isSegmentOf(`tool${tail('tool')}`, 'tool'))
  t.ok(isSegmentOf('tool', 'tool'))
  t.notOk(isSegmentOf('other', 'tool'))
})

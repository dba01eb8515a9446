// Files put aside on disk come back as they were, in whatever order they are asked for.
import { join } from 'node:path'
import t from 'tap'
import { spooledFiles } from '../../src/run/spooled-files.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'

t.test('files of every size come back, forwards and backwards', async t => {
  const place = join(await temporaryDirectory(t), 'files')
  const sizes = [0, 1, 700_000, 3, 262_144, 0, 262_145, 1_500_000, 10]
  const files = sizes.map((size, index) => ({ path: `file-${index}`, bytes: Buffer.alloc(size, 65 + index) }))

  const spooled = await spooledFiles(each(files), place)

  t.same(
    spooled.map(({ path }) => path),
    files.map(({ path }) => path),
  )
  for (const order of [spooled.keys(), [...spooled.keys()].reverse()])
    for (const index of order)
      t.ok(spooled[index]?.bytes.equals(files[index]?.bytes ?? Buffer.from('none')), `file-${index}`)
})

t.test('no files are no files', async t => {
  t.same(await spooledFiles(each([]), join(await temporaryDirectory(t), 'files')), [])
})

async function* each<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items
}

// What a run does when its source is not where it was: deleted, taken back, tagged anew.
import t from 'tap'
import { onBothEngines } from '../helpers/engine-host.ts'
import { listOf, server } from '../helpers/entries.ts'
import { importPlace } from '../helpers/import-place.ts'

const ONE = server('io.example/one', '1.0.0')
const TWO = server('io.example/two', '1.0.0')

onBothEngines(
  t,
  'A4 a source branch that was deleted between two runs fails the second one; the target keeps the first',
  async (t, host) => {
    const place = await importPlace(host, { source: { 'registry.json': listOf(ONE) } })
    await place.run()
    const head = await place.target.head()
    await place.source.git(['branch', '--quiet', 'other', 'main'])
    await place.source.git(['update-ref', '-d', 'refs/heads/main'])

    const { code, data } = await place.run()

    t.equal(code, 10)
    t.match(data, { outcome: 'Failed', reason: 'RefNotFound', message: /branch main/ })
    t.equal(await place.target.head(), head)
  },
)

onBothEngines(
  t,
  'A5 a source that was pushed back is followed, and both commits say from which revision',
  async (t, host) => {
    const place = await importPlace(host, { source: { 'registry.json': listOf(ONE) } })
    const older = await place.source.head()
    const newer = await place.source.commit({ 'registry.json': listOf(ONE, TWO) })
    await place.run()
    await place.source.git(['update-ref', 'refs/heads/main', String(older)])

    const { data } = await place.run({ merge: { prune: 'Missing' } })

    t.match(data, {
      outcome: 'Completed',
      counts: { unchanged: 1, removed: 1 },
      source: { revision: `main@sha1:${older}` },
    })
    const [last = '', first = ''] = await place.target.log()
    t.match(first, `Rollbook-Source: git ${place.source.url} main@sha1:${newer}`)
    t.match(last, `Rollbook-Source: git ${place.source.url} main@sha1:${older}`)
  },
)

onBothEngines(t, 'A6 a tag that was moved is read anew, and the result names the other commit', async (t, host) => {
  const place = await importPlace(host, { source: { 'registry.json': listOf(ONE) }, sourceGit: { tag: 'stable' } })
  await place.source.git(['tag', 'stable', 'main'])
  const before = await place.run()
  const moved = await place.source.commit({ 'registry.json': listOf(ONE, TWO) })
  await place.source.git(['tag', '--force', 'stable', 'main'])

  const { data } = await place.run()

  t.not(before.data.source.revision, data.source.revision)
  t.equal(data.source.revision, `stable@sha1:${moved}`)
  t.match(data, { outcome: 'Completed', counts: { added: 1, unchanged: 1 } })
})

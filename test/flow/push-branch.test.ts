// pushBranch through the whole program: a branch for review in each of its four states, never forced (git-contract.md).
import t from 'tap'
import { onBothEngines } from '../helpers/engine-host.ts'
import { catalogOf, datedServer, listOf } from '../helpers/entries.ts'
import { BASE, ONE, PATH, parentsOf, REVIEW, reviewed, reviewPlace, sound } from '../helpers/review-place.ts'

const TWO = 'io.example/two'
const THEIRS = 'io.example/theirs'

onBothEngines(
  t,
  'absent: made from branch; then it is ahead: compared with, and committed on top of',
  async (t, host) => {
    const { source, target, run } = await reviewPlace(host)
    const main = await target.head()

    const first = await run()

    const head = await target.head(REVIEW)
    t.match(first, {
      outcome: 'Completed',
      counts: { added: 1 },
      target: { branch: REVIEW, revision: `${REVIEW}@sha1:${head}` },
    })
    t.equal(await parentsOf(target, REVIEW), main)
    t.strictSame(await reviewed(target), [BASE, ONE])

    const again = await run()
    t.match(again, {
      outcome: 'Unchanged',
      target: { branch: REVIEW, revision: first.target.revision },
      digest: first.digest,
    })

    await source.commit({ 'registry.json': listOf(datedServer(ONE), datedServer(TWO)) })
    const planned = await run(['--mode', 'plan'])
    t.match(planned, { outcome: 'Planned', counts: { added: 1 }, target: { revision: `${REVIEW}@sha1:${head}` } })
    t.equal(await target.head(REVIEW), head)
    const second = await run()

    t.match(second, { outcome: 'Completed', counts: { added: 1, unchanged: 1 } })
    t.equal(await parentsOf(target, REVIEW), head)
    t.strictSame(await reviewed(target), [BASE, ONE, TWO])
    t.equal(await target.head(), main)
    await sound(t, target)
  },
)

onBothEngines(
  t,
  'an ancestor: left over from a review that was merged, it goes forward from branch',
  async (t, host) => {
    const { target, run } = await reviewPlace(host)
    await target.git(['branch', REVIEW, 'main'])
    t.match(await run(), { outcome: 'Completed' }, 'at the same commit')
    await target.git(['update-ref', 'refs/heads/main', `refs/heads/${REVIEW}`])

    const catalog = catalogOf(datedServer(BASE), datedServer(THEIRS))
    const main = await target.commit({ [PATH]: catalog, 'OWNERS.md': 'us\n' })
    const result = await run()

    t.match(result, { outcome: 'Completed', counts: { added: 1, stale: 2 } })
    t.equal(await parentsOf(target, REVIEW), main)
    t.strictSame(await reviewed(target), [BASE, ONE, THEIRS])
    t.equal(await target.read('OWNERS.md', REVIEW), 'us')
    t.equal(await target.head(), main)
    await sound(t, target)
  },
)

onBothEngines(t, "diverged: branch's content, merged, with both heads as parents", async (t, host) => {
  const { target, run } = await reviewPlace(host)
  await run()
  const stray = await target.commit({ 'notes.txt': 'from a reviewer\n' }, 'notes', { branch: REVIEW })
  const main = await target.commit({ [PATH]: catalogOf(datedServer(BASE), datedServer(THEIRS)) })

  const result = await run()

  t.match(result, { outcome: 'Completed', counts: { added: 1, stale: 2 } })
  t.equal(await parentsOf(target, REVIEW), `${stray} ${main}`)
  t.strictSame(await reviewed(target), [BASE, ONE, THEIRS])
  t.strictSame(await target.paths(REVIEW), [PATH], "what branch does not have isn't carried over")
  t.equal(await target.head(), main)
  t.match(await run(), { outcome: 'Unchanged' }, 'from now on it is ahead')
  await sound(t, target)
})

onBothEngines(t, 'diverged, and branch already says what the run would: nothing to commit', async (t, host) => {
  const { target, run } = await reviewPlace(host)
  await run()
  await target.commit({ [PATH]: await target.read(PATH, REVIEW).then(text => `${text}\n`) }, 'taken over by hand')
  const review = await target.head(REVIEW)

  t.match(await run(), { outcome: 'Unchanged', target: { revision: `main@sha1:${await target.head()}` } })
  t.equal(await target.head(REVIEW), review)
})

// pushBranch when a run is not alone or not the first: races, runs that are continued, an empty repository.
import t from 'tap'
import { runsOf } from '../helpers/branch-state.ts'
import { engineHost } from '../helpers/engine-host.ts'
import { datedServer, listOf } from '../helpers/entries.ts'
import type { TestRepository } from '../helpers/git-repository.ts'
import { ONE, REVIEW, reviewed, reviewPlace, sound } from '../helpers/review-place.ts'
import { wrappedGit } from '../helpers/wrapped-git.ts'

const TWO = 'io.example/two'

t.test('C1 pushBranch moves before the push: looked at again, nothing is lost', async t => {
  for (const state of ['absent', 'diverged'] as const) {
    await t.test(state, async t => {
      const { target, run } = await reviewPlace(engineHost(t))
      if (state !== 'absent') await target.commit({ 'theirs.txt': '1\n' }, 'theirs', { branch: REVIEW })
      if (state === 'diverged') await target.commit({ 'main.txt': '1\n' })
      // A person's commit arrives between our look and our push, once.
      const late = await lateCommit(target)
      const move = `"$GIT" --git-dir='${target.directory}' update-ref refs/heads/${REVIEW} ${late}`
      const env = await wrappedGit(t, 'push', `if mkdir '${target.directory}/moved' 2>/dev/null; then ${move}; fi`)

      t.match(await run(['--run-id', 'ours'], env), { outcome: 'Completed', counts: { added: 1 } })

      t.strictSame(await runsOf(target), ['ours'], 'one commit of the run')
      await target.git(['merge-base', '--is-ancestor', late, REVIEW])
      t.ok((await reviewed(target)).includes(ONE))
      await sound(t, target)
    })
  }
})

/** Somebody's commit on top of pushBranch, or of branch where that is absent; no ref has it yet. */
async function lateCommit(target: TestRepository): Promise<string> {
  const parent = (await target.head(REVIEW)) ?? 'main'
  return target.git(['commit-tree', `${parent}^{tree}`, '-p', parent, '-m', 'late'])
}

t.test('C8 a run that was already committed is found on pushBranch, and on branch after the merge', async t => {
  const { source, target, run } = await reviewPlace(engineHost(t))
  const first = await run(['--run-id', 'ours'])
  const found = { outcome: 'Completed', reason: 'AlreadyCommitted', counts: first.counts, digest: first.digest }
  t.match(await run(['--run-id', 'ours']), { ...found, target: { revision: first.target.revision } }, 'ahead')

  const commit = (await target.head(REVIEW)) ?? ''
  await target.commit({ 'main.txt': '1\n' })
  await source.commit({ 'registry.json': listOf(datedServer(TWO)) })
  t.match(await run(['--run-id', 'ours']), { ...found, target: { revision: first.target.revision } }, 'diverged')

  const tree = await target.git(['rev-parse', 'main^{tree}'])
  const merge = await target.git(['commit-tree', tree, '-p', 'main', '-p', REVIEW, '-m', 'merge'])
  await target.git(['update-ref', 'refs/heads/main', merge])
  const onMain = { ...found, target: { revision: `main@sha1:${commit}` } }
  await target.git(['update-ref', '-d', `refs/heads/${REVIEW}`])
  t.match(await run(['--run-id', 'ours']), onMain, 'merged, and pushBranch deleted')
  t.equal(await target.head(REVIEW), undefined)
})

t.test('A2 an empty repository gets its first commit on pushBranch; then branch has to be made', async t => {
  const { target, run } = await reviewPlace(engineHost(t), { empty: true })
  const first = await run(['--run-id', 'ours'])
  t.match(first, { outcome: 'Completed', target: { revision: `${REVIEW}@sha1:${await target.head(REVIEW)}` } })
  t.match(await run(['--run-id', 'ours']), { reason: 'AlreadyCommitted', target: first.target })
  t.match(await run(), { outcome: 'Failed', reason: 'RefNotFound', message: /branch main does not exist/ })
  await target.git(['branch', 'main', REVIEW])
  t.match(await run(), { outcome: 'Unchanged' })
})

// pushBranch through the whole program: a branch for review in each of its four states, never forced (git-contract.md).
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { damageOf, namesIn, runsOf, wrongDigestsOf } from '../helpers/branch-state.ts'
import { catalogOf, datedServer, importManifest, listOf } from '../helpers/entries.ts'
import { bareRepository, type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { programJson } from '../helpers/in-process.ts'
import { wrappedGit } from '../helpers/wrapped-git.ts'

const PATH = 'catalog/registry.json'
const REVIEW = 'rollbook/import'
const BASE = 'io.example/base'
const ONE = 'io.example/one'
const TWO = 'io.example/two'
const THEIRS = 'io.example/theirs'

interface Workplace {
  readonly target: TestRepository
  readonly source: TestRepository
  run(args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<RunResult>
}

/** An import of ONE to pushBranch, into a catalog with BASE. */
async function workplace(t: Test, options: { readonly empty?: boolean } = {}): Promise<Workplace> {
  const directory = await temporaryDirectory(t)
  const source = await bareRepository(t, { 'registry.json': listOf(datedServer(ONE)) })
  const target = await bareRepository(t, options.empty ? {} : { [PATH]: catalogOf(datedServer(BASE)) })
  const manifest = importManifest({
    source: source.url,
    target: target.url,
    targetPath: PATH,
    targetGit: { pushBranch: REVIEW },
  })
  await writeFile(join(directory, 'import.yaml'), manifest)
  return {
    source,
    target,
    run: async (args = [], env = {}) => {
      const PATH = process.env['PATH'] ?? ''
      const ran = await programJson<RunResult>(['run', '-f', 'import.yaml', ...args], {
        cwd: directory,
        env: { PATH, ...env },
      })
      return ran.data
    },
  }
}

/** Everything that a wrong push would spoil. Merges are damage elsewhere; here each test says where it wants one. */
async function sound(t: Test, target: TestRepository): Promise<void> {
  const merges = (await target.git(['rev-list', '--all', '--merges'])).split('\n')
  t.strictSame(
    (await damageOf(target)).filter(line => !merges.includes(line)),
    [],
  )
  t.strictSame(await wrongDigestsOf({ ...target, branch: REVIEW }), [])
}

function parentsOf(target: TestRepository, revision: string): Promise<string> {
  return target.git(['log', '-1', '--format=%P', revision])
}

function reviewed(target: TestRepository): Promise<string[]> {
  return namesIn({ ...target, branch: REVIEW }, PATH)
}

t.test('absent: the commit stands on branch and becomes pushBranch; branch stays', async t => {
  const { target, run } = await workplace(t)
  const main = await target.head()

  const result = await run()

  const head = await target.head(REVIEW)
  t.match(result, {
    outcome: 'Completed',
    counts: { added: 1 },
    target: { branch: REVIEW, revision: `${REVIEW}@sha1:${head}` },
  })
  t.equal(await parentsOf(target, REVIEW), main)
  t.strictSame(await reviewed(target), [BASE, ONE])
  t.equal(await target.head(), main)
  await sound(t, target)
})

t.test('ahead: compared with pushBranch, and the next commit goes on top', async t => {
  const { source, target, run } = await workplace(t)
  const main = await target.head()
  const first = await run()
  const again = await run()
  t.match(again, {
    outcome: 'Unchanged',
    target: { branch: REVIEW, revision: first.target.revision },
    digest: first.digest,
  })

  await source.commit({ 'registry.json': listOf(datedServer(ONE), datedServer(TWO)) })
  const before = await target.head(REVIEW)
  const planned = await run(['--mode', 'plan'])
  t.match(planned, { outcome: 'Planned', counts: { added: 1 }, target: { revision: `${REVIEW}@sha1:${before}` } })
  t.equal(await target.head(REVIEW), before)
  const second = await run()

  t.match(second, { outcome: 'Completed', counts: { added: 1, unchanged: 1 } })
  t.equal(await parentsOf(target, REVIEW), before)
  t.strictSame(await reviewed(target), [BASE, ONE, TWO])
  t.equal(await target.head(), main)
  await sound(t, target)
})

t.test('an ancestor: left over from a review that was merged, it goes forward from branch', async t => {
  const { target, run } = await workplace(t)
  await target.git(['branch', REVIEW, 'main'])
  t.match(await run(), { outcome: 'Completed' }, 'at the same commit')
  await target.git(['update-ref', 'refs/heads/main', `refs/heads/${REVIEW}`])
  t.match(await run(), { outcome: 'Unchanged', target: { revision: `main@sha1:${await target.head()}` } })

  const catalog = catalogOf(datedServer(BASE), datedServer(THEIRS))
  const main = await target.commit({ [PATH]: catalog, 'OWNERS.md': 'us\n' })
  const result = await run()

  t.match(result, { outcome: 'Completed', counts: { added: 1, stale: 2 } })
  t.equal(await parentsOf(target, REVIEW), main)
  t.strictSame(await reviewed(target), [BASE, ONE, THEIRS])
  t.equal(await target.read('OWNERS.md', REVIEW), 'us')
  t.equal(await target.head(), main)
  await sound(t, target)
})

t.test("diverged: branch's content, merged, with both heads as parents", async t => {
  const { target, run } = await workplace(t)
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

t.test('diverged, and branch already says what the run would: nothing to commit', async t => {
  const { target, run } = await workplace(t)
  await run()
  await target.commit({ [PATH]: await target.read(PATH, REVIEW).then(text => `${text}\n`) }, 'taken over by hand')
  const review = await target.head(REVIEW)

  t.match(await run(), { outcome: 'Unchanged', target: { revision: `main@sha1:${await target.head()}` } })
  t.equal(await target.head(REVIEW), review)
})

t.test('C1 pushBranch moves before the push: looked at again, nothing is lost', async t => {
  for (const state of ['absent', 'diverged'] as const) {
    await t.test(state, async t => {
      const { target, run } = await workplace(t)
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
  const { source, target, run } = await workplace(t)
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
  t.match(await run(['--run-id', 'ours']), onMain, 'merged')
  await target.git(['update-ref', '-d', `refs/heads/${REVIEW}`])
  t.match(await run(['--run-id', 'ours']), onMain, 'merged, and pushBranch deleted')
  t.equal(await target.head(REVIEW), undefined)
})

t.test('A2 an empty repository gets its first commit on pushBranch; then branch has to be made', async t => {
  const { target, run } = await workplace(t, { empty: true })
  const first = await run(['--run-id', 'ours'])
  t.match(first, { outcome: 'Completed', target: { revision: `${REVIEW}@sha1:${await target.head(REVIEW)}` } })
  t.match(await run(['--run-id', 'ours']), { reason: 'AlreadyCommitted', target: first.target })
  t.match(await run(), { outcome: 'Failed', reason: 'RefNotFound', message: /branch main does not exist/ })
  await target.git(['branch', 'main', REVIEW])
  t.match(await run(), { outcome: 'Unchanged' })
})

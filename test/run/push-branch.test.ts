// Where a commit for pushBranch is made and goes, as a table: the decision without a repository.
import t from 'tap'
import { placeOnPushBranch, standingOf } from '../../src/run/push-branch.ts'

/** Two lines of commits from one root: r-m1-m2 and r-p1-p2. */
const HISTORY: Readonly<Record<string, readonly string[]>> = {
  r: ['r'],
  m1: ['m1', 'r'],
  m2: ['m2', 'm1', 'r'],
  p1: ['p1', 'r'],
  p2: ['p2', 'p1', 'r'],
}

const contains = async (head: string, commit: string) => HISTORY[head]?.includes(commit) ?? false

t.test('four states', async t => {
  const rows = [
    { branch: 'm2', pushBranch: undefined, standing: 'absent', base: 'm2', parents: ['m2'], expect: undefined },
    { branch: undefined, pushBranch: undefined, standing: 'absent', base: undefined, parents: [], expect: undefined },
    { branch: 'm2', pushBranch: 'm1', standing: 'behind', base: 'm2', parents: ['m2'], expect: 'm1' },
    { branch: 'm2', pushBranch: 'm2', standing: 'behind', base: 'm2', parents: ['m2'], expect: 'm2' },
    { branch: 'r', pushBranch: 'p2', standing: 'ahead', base: 'p2', parents: ['p2'], expect: 'p2' },
    { branch: undefined, pushBranch: 'p2', standing: 'ahead', base: 'p2', parents: ['p2'], expect: 'p2' },
    { branch: 'm1', pushBranch: 'p1', standing: 'diverged', base: 'm1', parents: ['p1', 'm1'], expect: 'p1' },
  ] as const
  for (const { branch, pushBranch, standing, ...place } of rows) {
    const heads = { branch, pushBranch }
    const name = `${branch} and ${pushBranch}`
    t.equal(await standingOf(heads, contains), standing, name)
    t.strictSame(placeOnPushBranch(heads, standing), place, name)
  }
})

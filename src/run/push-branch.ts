// Where a run's commit goes when it is pushed to another branch than its base (git-contract.md, "pushBranch"). Pure.

/** Heads as they were seen; undefined: there is no such branch. */
export interface Heads {
  readonly branch: string | undefined
  readonly pushBranch: string | undefined
}

/** How pushBranch stands to branch: missing, in its history, with all of it inside, or each with commits of its own. */
export type Standing = 'absent' | 'behind' | 'ahead' | 'diverged'

/** What a commit is made of and where it goes. */
export interface CommitPlace {
  /** Commit whose content is compared, merged into and kept. Undefined in an empty repository. */
  readonly base: string | undefined
  readonly parents: readonly string[]
  /** Commit that the branch pushed to must still have. Undefined: it must not exist. */
  readonly expect: string | undefined
}

/** Tells how they stand; asks for history only where the heads alone don't tell. */
export async function standingOf(
  { branch, pushBranch }: Heads,
  contains: (head: string, commit: string) => Promise<boolean>,
): Promise<Standing> {
  if (pushBranch === undefined) return 'absent'
  if (branch === undefined) return 'ahead'
  if (await contains(pushBranch, branch)) return branch === pushBranch ? 'behind' : 'ahead'
  return (await contains(branch, pushBranch)) ? 'behind' : 'diverged'
}

/** The place of a commit on a branch that is its own base. */
export function placeOnBranch(head: string | undefined): CommitPlace {
  return { base: head, parents: head === undefined ? [] : [head], expect: head }
}

/**
 * The place of a commit for pushBranch. It stands on what it replaces in every state, so that nothing is ever forced;
 * a merge has pushBranch as first parent, as `git merge branch` would write it.
 */
export function placeOnPushBranch({ branch, pushBranch }: Heads, standing: Standing): CommitPlace {
  if (standing === 'ahead') return placeOnBranch(pushBranch)
  const parents = standing === 'diverged' ? [pushBranch, branch] : [branch]
  return { base: branch, parents: parents.filter(head => head !== undefined), expect: pushBranch }
}

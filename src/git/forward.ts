// History only ever goes forward: what is pushed must stand on what it replaces, since a lease or an expected old id alone
// would let a branch be taken back.

interface History {
  parents(commit: string): Promise<readonly string[]>
  contains(head: string, ancestor: string): Promise<boolean>
}

/** Throws unless `expect` is `commit` or its ancestor: a defect of the caller's. */
export async function assertForward(commit: string, expect: string, history: History): Promise<void> {
  if (!(await standsOn(commit, expect, history))) throw new Error(`commit ${commit} does not stand on ${expect}`)
}

/** True when `ancestor` is `commit` or an ancestor of it; the commit's own parents are asked for before any history. */
export async function standsOn(commit: string, ancestor: string, history: History): Promise<boolean> {
  if (commit === ancestor) return true
  const parents = await history.parents(commit)
  if (parents.includes(ancestor)) return true
  for (const parent of parents) if (await history.contains(parent, ancestor)) return true
  return false
}

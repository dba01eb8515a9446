// History only ever goes forward: what is pushed must stand on what it replaces, since a lease or an expected old id alone
// would let a branch be taken back.

interface History {
  parents(): Promise<readonly string[]>
  contains(head: string, ancestor: string): Promise<boolean>
}

/** Throws unless `expect` is `commit` or its ancestor: a defect of the caller's. */
export async function assertForward(commit: string, expect: string, history: History): Promise<void> {
  if (commit === expect) return
  const parents = await history.parents()
  if (parents.includes(expect)) return
  for (const parent of parents) if (await history.contains(parent, expect)) return
  throw new Error(`commit ${commit} does not stand on ${expect}`)
}

// Which marked commits stand on others: known while a history is walked from its head, without keeping the history.

/** Marked commits above a commit that is still to come; shared by all that it leads to. */
interface Above {
  readonly marked: string | undefined
  readonly above: readonly Above[]
  isTaken: boolean
}

/** Follows one walk, each commit before its parents. Holds marked commits and merges, and forgets the rest. */
export class Standing {
  private readonly coming = new Map<string, Above[]>()

  /** Marked commits that stand on this one, each given once. Ask before its `pass`. */
  takeOn(commit: string): string[] {
    const taken: string[] = []
    const open = [...(this.coming.get(commit) ?? [])]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.isTaken) continue
      next.isTaken = true
      if (next.marked !== undefined) taken.push(next.marked)
      open.push(...next.above)
    }
    return taken
  }

  pass({ commit, parents }: { readonly commit: string; readonly parents: readonly string[] }, isMarked: boolean): void {
    const above = (this.coming.get(commit) ?? []).filter(({ isTaken }) => !isTaken)
    this.coming.delete(commit)
    const [only] = above
    const isPlain = !isMarked && above.length < 2
    const standing = isPlain ? only : { marked: isMarked ? commit : undefined, above, isTaken: false }
    if (standing === undefined) return
    for (const parent of parents) {
      const known = this.coming.get(parent)
      if (known === undefined) this.coming.set(parent, [standing])
      else if (!known.includes(standing)) known.push(standing)
    }
  }
}

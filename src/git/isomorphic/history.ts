// Looks into a branch's history: has a run committed already, and does one commit contain another. In a store of its own,
// deepened in steps (git-contract.md, "Exactly once"); without trees where the server can leave them out.
import type { ParsedCommit } from '../commit-object.ts'
import type { FoundCommit, HistoryWindow } from '../engine.ts'
import { refuseLongMessage } from '../message-limit.ts'
import { checkCommitId } from '../ref.ts'
import { hasTrailer } from '../trailer.ts'
import type { Remote } from './fetch.ts'
import type { Objects } from './objects.ts'
import { type Depth, fetchPack, WHOLE_HISTORY } from './protocol.ts'

const STEP = 100
/** So many below what is here. */
const MORE = { below: STEP } as const

/** Commits of one remote, as far as they are here. */
export class History {
  private readonly remote: Remote
  private readonly objects: Objects
  private readonly commits = new Map<string, ParsedCommit>()

  constructor(remote: Remote, objects: Objects) {
    this.remote = remote
    this.objects = objects
  }

  /** The newest commit with the trailer that the window shows. Older ones are found when they happen to be here. */
  async findTrailer(head: string, trailer: string, window: HistoryWindow): Promise<FoundCommit | undefined> {
    checkCommitId(head)
    const { notBefore } = window
    if (notBefore === undefined) await this.deepen(head, WHOLE_HISTORY)
    else if (!this.objects.has(head)) await this.deepen(head, STEP)
    for (;;) {
      const seen = await this.walk(head, ({ message }) => hasTrailer(message, trailer))
      const open = notBefore === undefined ? [] : seen.edge.filter(each => each.seconds * 1000 >= notBefore.getTime())
      if (seen.found !== undefined || open.length === 0) return seen.found
      // A server that gives no more would otherwise keep this going for ever.
      if ((await this.deepen(head, MORE)) === 0) return undefined
    }
  }

  /** True when `commit` is `head` or one of its ancestors. Reads as much history as that takes. */
  async contains(head: string, commit: string): Promise<boolean> {
    checkCommitId(head)
    checkCommitId(commit)
    if (head === commit) return true
    if (!this.objects.has(head)) await this.deepen(head, STEP)
    const isWanted = (_commit: ParsedCommit, oid: string) => oid === commit
    const near = await this.walk(head, isWanted)
    if (near.found !== undefined || near.edge.length === 0) return near.found !== undefined
    await this.deepen(head, WHOLE_HISTORY)
    return (await this.walk(head, isWanted)).found !== undefined
  }

  /** Brings commits, those excepted that are here. Returns how many objects came. */
  private async deepen(head: string, depth: Depth): Promise<number> {
    const capabilities = await this.remote.capabilities()
    const shallow = [...this.commits].filter(([, commit]) => !this.isWhole(commit)).map(([oid]) => oid)
    const haves = this.objects.has(head) ? [head] : []
    const request = { wants: [head], haves, shallow, depth, filter: 'tree:0' } as const
    return this.objects.addPack(fetchPack(this.remote.session, capabilities, request))
  }

  private isWhole({ parents }: ParsedCommit): boolean {
    return parents.every(parent => this.objects.has(parent))
  }

  /** Newest first, a child before its parents, until one is wanted. The edge are commits whose parents are not here. */
  private async walk(head: string, isWanted: (commit: ParsedCommit, oid: string) => boolean) {
    const edge: ParsedCommit[] = []
    const seen = new Set([head])
    const open = [{ oid: head, commit: await this.commit(head) }]
    for (let next = newest(open); next !== undefined; next = newest(open)) {
      const { oid, commit } = next
      if (isWanted(commit, oid)) return { edge, found: { commit: oid, message: commit.message } satisfies FoundCommit }
      if (!this.isWhole(commit)) edge.push(commit)
      for (const parent of commit.parents) {
        if (seen.has(parent) || !this.objects.has(parent)) continue
        seen.add(parent)
        open.push({ oid: parent, commit: await this.commit(parent) })
      }
    }
    return { edge, found: undefined }
  }

  private async commit(oid: string): Promise<ParsedCommit> {
    const known = this.commits.get(oid)
    if (known !== undefined) return known
    const commit = await this.objects.commit(oid)
    refuseLongMessage(this.remote.session, commit.message)
    this.commits.set(oid, commit)
    return commit
  }
}

interface Open {
  readonly oid: string
  readonly commit: ParsedCommit
}

/** Takes the newest away; of equally new ones the first. */
function newest(open: Open[]): Open | undefined {
  let best = 0
  for (const [index, { commit }] of open.entries()) if (commit.seconds > (open[best]?.commit.seconds ?? 0)) best = index
  return open.splice(best, 1)[0]
}

// Walks a branch's whole history for an audit. In the store of trees and blobs, because the audit then reads files of these commits.
import type { ParsedCommit } from '../commit-object.ts'
import type { HistoryCommit } from '../engine.ts'
import { refuseLongMessage } from '../message-limit.ts'
import { checkCommitId } from '../ref.ts'
import { checkTreePath } from '../tree-path.ts'
import { fetchWholeHistory, type Remote } from './fetch.ts'
import { entryAt } from './list.ts'
import type { Objects } from './objects.ts'

interface WalkedHistory {
  readonly remote: Remote
  readonly objects: Objects
}

/** Every commit that `head` reaches, children first, and whether it changes what stands at the path. */
export async function* walkHistory(
  { remote, objects }: WalkedHistory,
  head: string,
  path: string,
): AsyncGenerator<HistoryCommit> {
  checkCommitId(head)
  checkTreePath(path)
  await fetchWholeHistory(remote, objects, head)
  const commits = await reachable(objects, head)
  const contents = new Map<string, string | undefined>()
  const contentOf = async (id: string) => {
    if (!contents.has(id)) contents.set(id, await contentAt(objects, commits.get(id)?.tree ?? '', path))
    return contents.get(id)
  }

  for (const [commit, { parents, message, seconds }] of childrenFirst(commits, head)) {
    const here = await contentOf(commit)
    const before: (string | undefined)[] = parents.length === 0 ? [undefined] : []
    for (const parent of parents) before.push(await contentOf(parent))
    const changesPath = before.every(content => content !== here)
    yield { commit, parents, message, date: new Date(seconds * 1000), changesPath }
  }
}

async function reachable(objects: Objects, head: string): Promise<ReadonlyMap<string, ParsedCommit>> {
  const commits = new Map<string, ParsedCommit>()
  const open = [head]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (commits.has(id)) continue
    const commit = await objects.commit(id)
    refuseLongMessage(objects.session, commit.message)
    commits.set(id, commit)
    open.push(...commit.parents)
  }
  return commits
}

/** A commit comes when all its children have come. */
function* childrenFirst(
  commits: ReadonlyMap<string, ParsedCommit>,
  head: string,
): Generator<readonly [string, ParsedCommit]> {
  const waitingFor = new Map<string, number>()
  for (const { parents } of commits.values())
    for (const parent of parents) waitingFor.set(parent, (waitingFor.get(parent) ?? 0) + 1)
  const ready = [head]
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    const commit = commits.get(id)
    if (commit === undefined) continue
    yield [id, commit]
    for (const parent of commit.parents) {
      const left = (waitingFor.get(parent) ?? 0) - 1
      waitingFor.set(parent, left)
      if (left === 0) ready.push(parent)
    }
  }
}

async function contentAt(objects: Objects, tree: string, path: string): Promise<string | undefined> {
  const entry = await entryAt(objects, tree, path)
  return entry && `${entry.mode} ${entry.oid}`
}

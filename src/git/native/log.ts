// Walks a branch's whole history for an audit. In the store of trees and blobs, because the audit then reads files of these commits.
import { Failure } from '../../lib/failure.ts'
import { failureOf } from '../classify.ts'
import type { HistoryCommit } from '../engine.ts'
import { longMessage, MAX_MESSAGE_BYTES } from '../message-limit.ts'
import { checkCommitId } from '../ref.ts'
import { checkTreePath } from '../tree-path.ts'
import { fetchWholeHistory } from './history.ts'
import { chunksOf, startGit } from './process.ts'
import { localCall, type Store } from './store.ts'

const LINE_FEED = 0x0a
const UNIT_SEPARATOR = 0x1f

/** Every commit that `head` reaches, children first, and whether it changes what stands at the path. */
export async function* walkHistory(store: Store, head: string, path: string): AsyncGenerator<HistoryCommit> {
  checkCommitId(head)
  checkTreePath(path)
  await fetchWholeHistory(store, head, 'blob:none')
  const changing = await changingCommits(store, head, path)
  const format = '%H%x1f%P%x1f%ct%x1f%B'
  for await (const record of records(store, ['log', '-z', '--topo-order', `--format=${format}`, head], 0)) {
    const commit = commitOf(record)
    yield { ...commit, changesPath: changing.has(commit.commit) }
  }
}

/** `--full-history` follows every parent of a merge: what came by a side branch counts too. */
async function changingCommits(store: Store, head: string, path: string): Promise<ReadonlySet<string>> {
  const changing = new Set<string>()
  const below = ['--full-history', head, '--', ...(path === '' ? [] : [path])]
  const plain = ['--literal-pathspecs', 'rev-list', '--no-merges', ...below]
  for await (const record of records(store, plain, LINE_FEED)) changing.add(record.toString('latin1'))

  // git lists a merge that differs from any parent: once for each of them with --diff-merges=separate, and names with it.
  const format = '--format=%x1f%H %P'
  const merges = ['--literal-pathspecs', 'log', '--merges', '--diff-merges=separate', '--name-only', format, ...below]
  const differing = new Map<string, number>()
  for await (const record of records(store, merges, LINE_FEED)) {
    if (record[0] !== UNIT_SEPARATOR) continue
    const [commit = '', ...parents] = record.toString('latin1', 1).split(' ')
    const count = (differing.get(commit) ?? 0) + 1
    differing.set(commit, count)
    if (count === parents.length) changing.add(commit)
  }
  return changing
}

function commitOf(record: Buffer): Omit<HistoryCommit, 'changesPath'> {
  const [commit = '', parents = '', seconds = '', ...message] = record.toString('utf8').split('\u001f')
  return {
    commit,
    parents: parents.split(' ').filter(parent => parent !== ''),
    date: new Date(Number(seconds) * 1000),
    message: message.join('\u001f'),
  }
}

/** What git prints, cut at a byte. Throws HistoryTooLarge for a message that nobody wrote by hand. */
async function* records(store: Store, args: readonly string[], separator: number): AsyncGenerator<Buffer> {
  const git = startGit(localCall(store, args))
  git.stdin.end()
  let tail: Buffer = Buffer.alloc(0)
  let isRead = false
  try {
    for await (const chunk of chunksOf(git)) {
      tail = tail.length === 0 ? chunk : Buffer.concat([tail, chunk])
      let start = 0
      for (let end = tail.indexOf(separator); end >= 0; end = tail.indexOf(separator, start)) {
        yield tail.subarray(start, end)
        start = end + 1
      }
      tail = tail.subarray(start)
      if (tail.length > MAX_MESSAGE_BYTES) git.stop(longMessage(store.session))
    }
    isRead = true
    const exit = await git.ended
    if (exit.code !== 0) throw failureOf(store.session, 'read', exit)
    if (tail.length > 0) yield tail
  } finally {
    // Whoever stops reading early leaves no process behind.
    if (!isRead) git.stop(new Failure('Cancelled', 'cancelled', 'the history is read no further'))
  }
}

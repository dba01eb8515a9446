// Looks into a branch's history: has a run committed already, and does one commit contain another. Commits only, in a store
// of its own, because deepening here must not disturb the depth-1 store that is pushed from (git-contract.md, "Exactly once").
import { readFile } from 'node:fs/promises'
import { Failure } from '../../lib/failure.ts'
import { failureOf } from '../classify.ts'
import type { FoundCommit, HistoryWindow } from '../engine.ts'
import { longMessage, MAX_MESSAGE_BYTES } from '../message-limit.ts'
import { checkCommitId } from '../ref.ts'
import { hasTrailer } from '../trailer.ts'
import { chunksOf, runGit, startGit } from './process.ts'
import { fetchInto, localCall, type Store } from './store.ts'

const STEP = 100

/** The newest commit with the trailer that the window shows. Older ones are found when they happen to be here. */
export async function findTrailer(
  store: Store,
  head: string,
  trailer: string,
  window: HistoryWindow,
): Promise<FoundCommit | undefined> {
  checkCommitId(head)
  if (window.notBefore === undefined) {
    await fetchWholeHistory(store, head, 'tree:0')
    return (await walk(store, head, trailer)).found
  }
  await deepen(store, head, [`--depth=${STEP}`])
  for (;;) {
    const seen = await walk(store, head, trailer)
    const boundary = await shallowCommits(store)
    if (seen.found !== undefined || isCovered(seen.dates, boundary, window.notBefore)) return seen.found
    await deepen(store, head, [`--deepen=${STEP}`])
    // A server that gives no more would otherwise keep this going for ever.
    const next = await shallowCommits(store)
    if (sameMembers(boundary, next)) return undefined
  }
}

/** True when `commit` is `head` or one of its ancestors. Reads as much history as that takes. */
export async function containsCommit(store: Store, head: string, commit: string): Promise<boolean> {
  checkCommitId(head)
  checkCommitId(commit)
  if (head === commit) return true
  await deepen(store, head, [`--depth=${STEP}`])
  if (await isAncestor(store, commit, head)) return true
  if ((await shallowCommits(store)).size === 0) return false
  await deepen(store, head, ['--unshallow'])
  return isAncestor(store, commit, head)
}

/** Brings all commits that `head` reaches, with what the filter leaves of their trees and blobs. */
export async function fetchWholeHistory(store: Store, head: string, filter: 'tree:0' | 'blob:none'): Promise<void> {
  const missing = (await shallowCommits(store)).size > 0 ? ['--unshallow'] : []
  await deepen(store, head, missing, filter)
}

async function deepen(store: Store, head: string, args: readonly string[], filter = 'tree:0'): Promise<void> {
  const done = await fetchInto(store, [`+${head}:refs/rollbook/head`], {
    filter,
    args: ['--no-write-fetch-head', ...args],
    exceeded: 'HistoryTooLarge',
  })
  if (done.code !== 0) throw failureOf(store.session, 'read', done)
}

/** Commits whose parents are not here. */
async function shallowCommits(store: Store): Promise<Set<string>> {
  const text = await readFile(`${store.directory}/shallow`, 'utf8').catch(() => '')
  return new Set(text.split('\n').filter(line => line !== ''))
}

/** The window is covered when the whole history is here, or every commit at its edge is older. */
function isCovered(dates: ReadonlyMap<string, number>, boundary: ReadonlySet<string>, notBefore: Date): boolean {
  for (const commit of boundary) {
    const date = dates.get(commit)
    if (date !== undefined && date * 1000 >= notBefore.getTime()) return false
  }
  return true
}

interface Walk {
  readonly found: FoundCommit | undefined
  /** Committer dates in seconds. */
  readonly dates: ReadonlyMap<string, number>
}

/** Reads the log that is here, newest first, until the trailer is found. */
async function walk(store: Store, head: string, trailer: string): Promise<Walk> {
  const git = startGit(localCall(store, ['log', '-z', '--no-color', '--no-decorate', '--format=%H %ct %B', head]))
  git.stdin.end()
  const dates = new Map<string, number>()
  let found: FoundCommit | undefined
  let tail: Buffer = Buffer.alloc(0)
  const enough = new Failure('Cancelled', 'cancelled', 'the commit is found')
  const look = (record: Buffer) => {
    const commit = record.toString('latin1', 0, 40)
    const space = record.indexOf(32, 41)
    dates.set(commit, Number(record.toString('latin1', 41, space)))
    const message = record.toString('utf8', space + 1)
    if (hasTrailer(message, trailer)) found = { commit, message }
  }
  for await (const chunk of chunksOf(git)) {
    tail = tail.length === 0 ? chunk : Buffer.concat([tail, chunk])
    for (let end = tail.indexOf(0); end >= 0 && found === undefined; end = tail.indexOf(0)) {
      look(tail.subarray(0, end))
      tail = tail.subarray(end + 1)
    }
    if (found !== undefined) git.stop(enough)
    else if (tail.length > MAX_MESSAGE_BYTES) git.stop(longMessage(store.session))
  }
  const exit = await git.ended.catch(error => {
    if (error === enough) return undefined
    throw error
  })
  if (exit !== undefined && exit.code !== 0) throw failureOf(store.session, 'read', exit)
  if (found === undefined && tail.length > 0) look(tail)
  return { found, dates }
}

async function isAncestor(store: Store, commit: string, head: string): Promise<boolean> {
  const known = await runGit(localCall(store, ['cat-file', '-e', commit]))
  if (known.code !== 0) return false
  const done = await runGit(localCall(store, ['merge-base', '--is-ancestor', commit, head]))
  if (done.code > 1) throw failureOf(store.session, 'read', done)
  return done.code === 0
}

function sameMembers(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every(member => b.has(member))
}

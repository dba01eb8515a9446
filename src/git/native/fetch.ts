// Brings one commit with its trees, and later the blobs that are read, each in one request.
import { readFile } from 'node:fs/promises'
import { Failure } from '../../lib/failure.ts'
import { failureOf, isMissingCommit, isMissingRef } from '../classify.ts'
import type { RefSelection } from '../engine.ts'
import { checkSelection, describeSelection } from '../ref.ts'
import { redacted } from '../remote-context.ts'
import { chunksOf, runGit, startGit } from './process.ts'
import { fetchInto, localCall, type Store } from './store.ts'

const NO_BLOBS = 'blob:none'

/** git's own time for a list of wanted ids grows with its square: 1 s for this many, 12 s for four times as many. */
const ONE_REQUEST = 20_000

/** The selected commit, now in the store with its trees; undefined when there is no such branch or tag. */
export async function fetchCommit(store: Store, selection: RefSelection): Promise<string | undefined> {
  checkSelection(selection)
  const done = await fetchInto(store, [refspecOf(selection)], {
    filter: NO_BLOBS,
    args: ['--depth=1'],
    exceeded: 'LimitExceeded',
  })
  if ('commit' in selection) {
    if (done.code !== 0 && isMissingCommit(done)) throw notGiven(store, selection)
    if (done.code !== 0) throw failureOf(store.session, 'read', done)
    if ((await commitOf(store, selection.commit)) !== selection.commit) throw notGiven(store, selection)
    return selection.commit
  }
  if (done.code !== 0 && isMissingRef(done)) return undefined
  if (done.code !== 0) throw failureOf(store.session, 'read', done)
  const fetched = await readFile(`${store.directory}/FETCH_HEAD`, 'utf8')
  // git also takes refs/heads/refs/heads/x for refs/heads/x when that is all there is; its record shows which it was.
  const name = 'branch' in selection ? `branch '${selection.branch}'` : `tag '${selection.tag}'`
  if (!fetched.startsWith(`\t\t${name} of `, 40)) return undefined
  return 'branch' in selection ? fetched.slice(0, 40) : commitOf(store, fetched.slice(0, 40))
}

/** Brings the blobs that are not in the store yet, in one request for each twenty thousand. Returns how many those were. */
export async function fetchMissing(store: Store, oids: readonly string[]): Promise<number> {
  const missing = [...(await withoutStored(store, new Set(oids)))]
  for (let start = 0; start < missing.length; start += ONE_REQUEST) {
    const done = await fetchInto(store, missing.slice(start, start + ONE_REQUEST), {
      filter: NO_BLOBS,
      args: ['--no-write-fetch-head'],
      // Told of the commits that are here, a server would leave out their blobs.
      settings: [['fetch.negotiationAlgorithm', 'noop']],
      exceeded: 'LimitExceeded',
    })
    if (done.code !== 0) throw failureOf(store.session, 'read', done)
  }
  return missing.length
}

/**
 * Those that are not in the store. Listing all that is there takes 0.1 s for 160,000 objects; asking for each one that
 * is not takes 2.5 s for 80,000, because git looks for new packs each time.
 */
async function withoutStored(store: Store, oids: Set<string>): Promise<Set<string>> {
  const git = startGit(
    localCall(store, ['cat-file', '--batch-all-objects', '--unordered', '--batch-check=%(objectname)']),
  )
  git.stdin.end()
  let tail = ''
  for await (const chunk of chunksOf(git)) {
    const lines = (tail + chunk.toString('latin1')).split('\n')
    tail = lines.pop() ?? ''
    for (const oid of lines) oids.delete(oid)
  }
  const exit = await git.ended
  if (exit.code !== 0) throw failureOf(store.session, 'read', exit)
  return oids
}

/** Refs are kept so that a later fetch tells the server what is here already. */
function refspecOf(selection: RefSelection): string {
  if ('branch' in selection) return `+refs/heads/${selection.branch}:refs/remotes/origin/${selection.branch}`
  if ('tag' in selection) return `+refs/tags/${selection.tag}:refs/tags/${selection.tag}`
  return selection.commit
}

/** Peels tags. Undefined when the object is not a commit. */
async function commitOf(store: Store, oid: string): Promise<string | undefined> {
  const done = await runGit(localCall(store, ['rev-parse', '--verify', '--quiet', `${oid}^{commit}`]))
  return done.code === 0 ? done.stdout.toString('latin1').trim() : undefined
}

function notGiven(store: Store, selection: RefSelection): Failure {
  const sentence = `${describeSelection(selection)} does not exist in ${store.session.url.href}, or the server does not give it out`
  return redacted(
    store.session,
    new Failure('RefNotFound', 'definite', sentence, {
      hint: 'name a commit that a branch or tag of the repository reaches',
    }),
  )
}

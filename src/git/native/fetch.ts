// Brings one commit with its trees, and later the blobs that are read, each in one request.
import { readFile } from 'node:fs/promises'
import { Failure } from '../../lib/failure.ts'
import type { RefSelection } from '../engine.ts'
import { checkSelection, describeSelection } from '../ref.ts'
import { failureOf, isMissingCommit, isMissingRef } from './classify.ts'
import { runGit } from './process.ts'
import { redacted } from './session.ts'
import { fetchInto, localCall, runLocal, type Store } from './store.ts'

const NO_BLOBS = 'blob:none'

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

/** Brings the blobs that are not in the store yet, all in one request. Returns how many those were. */
export async function fetchMissing(store: Store, oids: readonly string[]): Promise<number> {
  const wanted = [...new Set(oids)]
  const lines = await runLocal(store, ['cat-file', '--batch-check=%(objectname)'], [`${wanted.join('\n')}\n`])
  const missing = missingIn(lines.toString('latin1'))
  if (missing.length === 0) return 0
  const done = await fetchInto(store, missing, {
    filter: NO_BLOBS,
    args: ['--no-write-fetch-head'],
    // Told of the commits that are here, a server would leave out their blobs.
    settings: [['fetch.negotiationAlgorithm', 'noop']],
    exceeded: 'LimitExceeded',
  })
  if (done.code !== 0) throw failureOf(store.session, 'read', done)
  return missing.length
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

function missingIn(lines: string): string[] {
  return lines
    .split('\n')
    .filter(line => line.endsWith(' missing'))
    .map(line => line.slice(0, 40))
}

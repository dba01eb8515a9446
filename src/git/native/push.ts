// Pushes one commit to one branch, only if the branch is still where the commit was made for. Never a plain force.
import { Failure } from '../../lib/failure.ts'
import { checkCommitId, checkRefName } from '../ref.ts'
import { failureOf, lastWords } from './classify.ts'
import { type GitExit, runGit } from './process.ts'
import { redirectFailure } from './redirect.ts'
import { redacted } from './session.ts'
import { networkCall, type Store } from './store.ts'

/** Somebody was faster: the lease did not hold at this end, or the server's own comparison failed. */
const MOVED =
  /stale info|fetch first|non-fast-forward|needs force|remote ref updated|reference already exists|incorrect old value/
const LOST_LOCK =
  /is at [0-9a-f]{40} but expected|reference already exists|incorrect old value|File exists|but expected/

/** 'moved' when the branch is not at `expect` (undefined: not absent) any more. */
export async function pushCommit(
  store: Store,
  commit: string,
  target: { readonly branch: string; readonly expect: string | undefined },
): Promise<'accepted' | 'moved'> {
  checkCommitId(commit)
  checkRefName('branch', target.branch)
  if (target.expect !== undefined) checkCommitId(target.expect)
  const ref = `refs/heads/${target.branch}`
  const lease = `--force-with-lease=${ref}:${target.expect ?? ''}`
  const options = ['--porcelain', '--no-verify', '--no-follow-tags', '--no-signed', '--recurse-submodules=no', lease]
  const done = await runGit(networkCall(store, ['push', ...options, '--end-of-options', 'origin', `${commit}:${ref}`]))
  const status = statusOf(done.stdout.toString('utf8'))
  if (status === undefined || status.flag !== '!') {
    if (done.code === 0) return 'accepted'
    throw (await redirectFailure(store.session, done)) ?? failureOf(store.session, 'push', done)
  }
  if (isMoved(status.summary, done.stderr)) return 'moved'
  throw refusal(store, status.summary, done)
}

/** The line of the ref: a flag, `<from>:<to>`, and a summary (git-push(1), "Output"). */
function statusOf(stdout: string): { readonly flag: string; readonly summary: string } | undefined {
  for (const line of stdout.split('\n')) {
    const [flag, refs, summary] = line.split('\t')
    if (flag?.length === 1 && refs !== undefined && summary !== undefined) return { flag, summary }
  }
  return undefined
}

function isMoved(summary: string, stderr: string): boolean {
  if (MOVED.test(summary)) return true
  return /cannot lock ref|failed to update ref/.test(summary) && LOST_LOCK.test(`${summary}\n${stderr}`)
}

/** A hook, a protected branch or a setting of the server said no; or it failed to store what was sent (B8). */
function refusal(store: Store, summary: string, exit: GitExit): Failure {
  const why = /^\[remote rejected\] \((.*)\)$/.exec(summary)?.[1]
  if (
    why === undefined ||
    why === 'unpacker error' ||
    (why === 'failed to update ref' && !/cannot create/.test(exit.stderr))
  )
    return failureOf(store.session, 'push', exit)
  const said = exit.stderr.split('\n').filter(line => line.startsWith('remote:'))
  const text = lastWords([...said, why].join('\n'))
  return redacted(
    store.session,
    new Failure('PushRejected', 'definite', `${store.session.url.href} rejected the push: ${text}`),
  )
}

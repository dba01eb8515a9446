// Pushes one commit to one branch, only if the branch is still where the commit was made for. Never a plain force.
import { failureOf } from '../classify.ts'
import { isMoved, refusal } from '../push-refusal.ts'
import { checkCommitId, checkRefName } from '../ref.ts'
import { runGit } from './process.ts'
import { redirectFailure } from './redirect.ts'
import { networkCall, type Store } from './store.ts'

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
  throw refusal(store.session, whyOf(status.summary), done)
}

/** The line of the ref: a flag, `<from>:<to>`, and a summary (git-push(1), "Output"). */
function statusOf(stdout: string): { readonly flag: string; readonly summary: string } | undefined {
  for (const line of stdout.split('\n')) {
    const [flag, refs, summary] = line.split('\t')
    if (flag?.length === 1 && refs !== undefined && summary !== undefined) return { flag, summary }
  }
  return undefined
}

/** `[remote rejected] (why)`: the server's own words; otherwise it was git that held back. */
function whyOf(summary: string): string | undefined {
  return /^\[remote rejected\] \((.*)\)$/.exec(summary)?.[1]
}

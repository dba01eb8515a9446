// Probe before pod: which commit a selection points at, in one ls-remote.
import type { Failure } from '../../lib/failure.ts'
import { failureOf } from '../classify.ts'
import type { ProbedRef, RefSelection } from '../engine.ts'
import { checkSelection, describeSelection, sha256Unsupported } from '../ref.ts'
import { redacted } from '../remote-context.ts'
import { runGit } from './process.ts'
import { redirectFailure } from './redirect.ts'
import type { GitSession } from './session.ts'

/** Asks the remote. Throws Failure; a ref that does not exist is a result, not a failure. */
export async function probe(session: GitSession, selection: RefSelection): Promise<ProbedRef> {
  checkSelection(selection)
  // A pinned commit cannot move, so there is nothing to ask.
  if ('commit' in selection) return { commit: selection.commit, emptyRepository: false }

  const [kind, ref] =
    'branch' in selection ? ['--heads', `refs/heads/${selection.branch}`] : ['--tags', `refs/tags/${selection.tag}`]
  // Without a pattern: that costs nothing on the wire, since git filters at this end, and tells empty from missing.
  const refs = await listRefs(session, [kind])
  const commit = refs.get(`${ref}^{}`) ?? refs.get(ref)
  if (commit !== undefined && commit.length !== 40) throw sha256(session, selection)
  if (commit !== undefined || refs.size > 0) return { commit, emptyRepository: false }
  const all = await listRefs(session, [])
  return { commit: undefined, emptyRepository: all.size === 0 }
}

async function listRefs(session: GitSession, kind: readonly string[]): Promise<Map<string, string>> {
  const { signal, url } = session
  const done = await runGit({
    args: ['ls-remote', '--quiet', ...kind, '--end-of-options', url.href],
    // No repository takes part, not even one around the scratch directory.
    env: { ...session.network, GIT_DIR: `${session.directory}/none` },
    cwd: session.directory,
    signal,
  })
  if (done.code !== 0) throw (await redirectFailure(session, done)) ?? failureOf(session, 'read', done)
  const refs = new Map<string, string>()
  for (const line of done.stdout.toString('utf8').split('\n')) {
    const [id, name] = line.split('\t')
    if (id !== undefined && name !== undefined) refs.set(name, id)
  }
  return refs
}

function sha256(session: GitSession, selection: RefSelection): Failure {
  return redacted(session, sha256Unsupported(`${describeSelection(selection)} of ${session.url.href}`))
}

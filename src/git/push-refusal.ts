// What a server's answer about a pushed ref means: somebody was faster, or a hook, a rule or a disk said no. Both engines.
import { Failure } from '../lib/failure.ts'
import { failureOf, type GitEnd, lastWords } from './classify.ts'
import { type RemoteContext, redacted } from './remote-context.ts'

/** Somebody was faster: the lease did not hold at this end, or the server's own comparison failed. */
const MOVED =
  /stale info|fetch first|non-fast-forward|needs force|remote ref updated|reference already exists|incorrect old value/
const LOST_LOCK =
  /is at [0-9a-f]{40} but expected|reference already exists|incorrect old value|File exists|but expected/

/** Git's advice about it is long, and about a configuration that nobody wants. */
const CHECKED_OUT = 'branch is currently checked out'

/** `summary` is what was said of the ref, `said` everything around it. */
export function isMoved(summary: string, said: string): boolean {
  if (MOVED.test(summary)) return true
  return /cannot lock ref|failed to update ref/.test(summary) && LOST_LOCK.test(`${summary}\n${said}`)
}

/** The failure of a push whose ref was refused for `why`, undefined when that is not known (B8). */
export function refusal(context: RemoteContext, why: string | undefined, end: GitEnd): Failure {
  if (
    why === undefined ||
    why === 'unpacker error' ||
    (why === 'failed to update ref' && !/cannot create/.test(end.stderr))
  )
    return failureOf(context, 'push', end)
  if (why === CHECKED_OUT) {
    const sentence = `${context.url.href} rejected the push: the branch is checked out there`
    return redacted(context, new Failure('PushRejected', 'definite', sentence, { hint: 'push to a bare repository' }))
  }
  const said = end.stderr.split('\n').filter(line => line.startsWith('remote:'))
  const text = lastWords([...said, why].join('\n'))
  return redacted(context, new Failure('PushRejected', 'definite', `${context.url.href} rejected the push: ${text}`))
}

// Which object a signature may cover, as it is asked for, and how large one may be: for both engines.
import { Failure } from '../lib/failure.ts'
import type { SignedSelection } from './engine.ts'
import { checkCommitId, checkRefName } from './ref.ts'
import { type RemoteContext, redacted } from './remote-context.ts'

/** No commit or tag that people write comes near. */
export const MAX_SIGNED_BYTES = 1024 * 1024

/** The commit's id or the tag's full name. Throws RefInvalid. */
export function signedName(selection: SignedSelection): string {
  if ('commit' in selection) {
    checkCommitId(selection.commit)
    return selection.commit
  }
  checkRefName('tag', selection.tag)
  return `refs/tags/${selection.tag}`
}

export function signedTooLarge(context: RemoteContext, selection: SignedSelection): Failure {
  const sentence = `${signedName(selection)} of ${context.url.href} is larger than ${MAX_SIGNED_BYTES} bytes`
  return redacted(context, new Failure('LimitExceeded', 'definite', sentence))
}

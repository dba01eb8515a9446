// Reads the object that a signature covers. A fetched tag has its ref in the store, so it is the one that was fetched.
import { Failure } from '../../lib/failure.ts'
import { checkCommitId, checkRefName } from '../ref.ts'
import { readObjects } from './objects.ts'
import { redacted } from './session.ts'
import type { Store } from './store.ts'

/** No commit or tag that people write comes near. */
const MAX_BYTES = 1024 * 1024

/** Undefined for a tag that points at its commit directly. */
export async function readSignedObject(
  store: Store,
  selection: { readonly commit: string } | { readonly tag: string },
): Promise<Buffer | undefined> {
  const isTag = 'tag' in selection
  if (isTag) checkRefName('tag', selection.tag)
  else checkCommitId(selection.commit)
  const name = isTag ? `refs/tags/${selection.tag}` : selection.commit
  const sentence = `${name} of ${store.session.url.href} is larger than ${MAX_BYTES} bytes`
  const exceeded = () => redacted(store.session, new Failure('LimitExceeded', 'definite', sentence))
  for await (const { type, bytes } of readObjects(store, [name], { maxBytes: MAX_BYTES, exceeded }))
    return type === (isTag ? 'tag' : 'commit') ? bytes : undefined
  return undefined
}

// Reads the object that a signature covers. A fetched tag has its ref in the store, so it is the one that was fetched.
import type { SignedSelection } from '../engine.ts'
import { MAX_SIGNED_BYTES, signedName, signedTooLarge } from '../signed-object.ts'
import { readObjects } from './objects.ts'
import type { Store } from './store.ts'

/** Undefined for a tag that points at its commit directly. */
export async function readSignedObject(store: Store, selection: SignedSelection): Promise<Buffer | undefined> {
  const wanted = 'tag' in selection ? 'tag' : 'commit'
  const limit = { maxBytes: MAX_SIGNED_BYTES, exceeded: () => signedTooLarge(store.session, selection) }
  for await (const { type, bytes } of readObjects(store, [signedName(selection)], limit))
    return type === wanted ? bytes : undefined
  return undefined
}

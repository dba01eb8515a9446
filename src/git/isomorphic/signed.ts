// Reads the object that a signature covers: a commit, or the annotated tag by which it was fetched.
import type { SignedSelection } from '../engine.ts'
import { MAX_SIGNED_BYTES, signedName, signedTooLarge } from '../signed-object.ts'
import type { Objects } from './objects.ts'

/** Undefined for a tag that points at its commit directly. Throws GitFailed, transient, for what was not fetched. */
export async function readSignedObject(objects: Objects, selection: SignedSelection): Promise<Buffer | undefined> {
  const name = signedName(selection)
  const oid = 'tag' in selection ? objects.tags.get(selection.tag) : selection.commit
  const { type, bytes } = await objects.read(oid ?? name)
  if (bytes.length > MAX_SIGNED_BYTES) throw signedTooLarge(objects.session, selection)
  return type === ('tag' in selection ? 'tag' : 'commit') ? bytes : undefined
}

// Whether a source may be believed: the signature of its commit, of the tag that named it, or of both (kinds.md,
// `source.git.verify`). In process, for both engines.
import { Failure } from '../../lib/failure.ts'
import { objectId } from '../commit-object.ts'
import type { GitStore } from '../engine.ts'
import { isOpenPgpSignature, openPgpProblem } from './openpgp.ts'
import { type SignedObject, signedCommit, signedTag, tagFields } from './signed-object.ts'
import { fingerprintOf } from './ssh-public-key.ts'
import { checkSshSignature, isSshSignature } from './ssh-signature.ts'
import type { TrustedKeys } from './trusted-keys.ts'

export interface Verification {
  readonly mode: 'HEAD' | 'Tag' | 'TagAndHEAD'
  readonly keys: TrustedKeys
  readonly now: Date
}

/** The fetched commit, and the tag that led to it where there is one. */
export interface Fetched {
  readonly commit: string
  readonly tag: string | undefined
}

/** Throws VerificationError with the one reason why the source is not believed. */
export async function verifySource(
  store: Pick<GitStore, 'signedObject'>,
  { commit, tag }: Fetched,
  { mode, keys, now }: Verification,
): Promise<void> {
  if (mode !== 'HEAD') await verifyTag(store, { commit, tag: tag ?? '' }, { keys, now })
  if (mode === 'Tag') return
  const bytes = await store.signedObject({ commit })
  if (bytes === undefined || objectId('commit', bytes) !== commit)
    throw new Failure('GitFailed', 'transient', `commit ${commit} of the source is missing or damaged`)
  const problem = await signatureProblem(signedCommit(bytes), keys, now)
  if (problem !== undefined) throw notVerified(`commit ${commit}`, problem, keys)
}

/** A signed tag says which commit it is for, and under which name: both must be what was asked for. */
async function verifyTag(
  store: Pick<GitStore, 'signedObject'>,
  { commit, tag }: { readonly commit: string; readonly tag: string },
  { keys, now }: Omit<Verification, 'mode'>,
): Promise<void> {
  const bytes = await store.signedObject({ tag })
  const what = `tag ${tag}`
  if (bytes === undefined) throw notVerified(what, 'it is a lightweight tag, which has no signature', keys)
  const fields = tagFields(bytes)
  if (fields.type !== 'commit') throw notVerified(what, `it is a tag of another ${fields.type}, not of a commit`, keys)
  if (fields.object !== commit) throw notVerified(what, 'it is for another commit', keys)
  if (fields.tag !== tag)
    throw notVerified(what, `it was made under another name, ${JSON.stringify(fields.tag.slice(0, 120))}`, keys)
  const problem = await signatureProblem(signedTag(bytes), keys, now)
  if (problem !== undefined) throw notVerified(what, problem, keys)
}

async function signatureProblem(
  { payload, signature }: SignedObject,
  keys: TrustedKeys,
  now: Date,
): Promise<string | undefined> {
  if (signature === undefined) return 'it is not signed'
  if (isOpenPgpSignature(signature)) {
    if (keys.openPgp.length === 0) return 'it is signed with OpenPGP, and only SSH keys are trusted'
    return openPgpProblem({ payload, signature }, keys.openPgp, now)
  }
  if (!isSshSignature(signature)) return 'its signature is of a kind that is not known'
  const checked = checkSshSignature(payload, signature)
  if ('problem' in checked) return checked.problem
  if (keys.ssh.some(({ blob }) => blob.equals(checked.by.blob))) return undefined
  return `it is signed with SSH key ${fingerprintOf(checked.by.blob)}, which is not among the keys`
}

function notVerified(what: string, problem: string, { secret }: TrustedKeys): Failure {
  const sentence = `${what} of the source is not believed: ${problem}`
  return new Failure('VerificationError', 'definite', sentence, {
    hint: `sign with a key of Secret ${secret}, or add the signer's there`,
  })
}

// The key of `commit.signingSecret`, opened before anything else of a run happens: what can't sign is told before a source
// is read and long before a push (C15).
import type { SecretData, SecretStore } from '../../lib/secrets.ts'
import type { SecretRef } from '../../resources/request.ts'
import { readSecret, secretInvalid } from '../credentials.ts'
import type { CommitSigner } from '../engine.ts'
import { openPgpSignature, readOpenPgpPrivateKey } from './openpgp.ts'
import { readSshPrivateKey } from './ssh-private-key.ts'
import { sshSignature } from './ssh-signature.ts'

/** Undefined when commits are not to be signed. Throws SecretNotFound, SecretInvalid, OpenPgpMissing; never names a value. */
export async function openSigner(
  ref: SecretRef | undefined,
  { secrets, now }: { readonly secrets: SecretStore; readonly now: Date },
): Promise<CommitSigner | undefined> {
  if (ref === undefined) return undefined
  const data = await readSecret(ref, secrets, 'key git.asc (OpenPGP) or identity (SSH)')
  const openPgp = textOf(data, 'git.asc')
  const ssh = textOf(data, 'identity')
  if (openPgp !== undefined && ssh !== undefined)
    throw secretInvalid(ref, 'has both git.asc and identity, and one key signs; keep one')
  if (openPgp !== undefined) return openPgpSigner(ref, { text: openPgp, passphrase: lineOf(data, 'passphrase') }, now)
  if (ssh === undefined)
    throw secretInvalid(ref, 'has neither git.asc (OpenPGP) nor identity (SSH), the key that signs')
  const key = readSshPrivateKey(ssh, lineOf(data, 'password'))
  if ('problem' in key) throw secretInvalid(ref, `can't sign: key identity ${told(key.problem, 'password')}`)
  return async payload => sshSignature(payload, key)
}

async function openPgpSigner(
  ref: SecretRef,
  { text, passphrase }: { readonly text: string; readonly passphrase: string | undefined },
  now: Date,
): Promise<CommitSigner> {
  const key = await readOpenPgpPrivateKey(text, passphrase, now)
  if ('problem' in key) throw secretInvalid(ref, `can't sign: key git.asc ${told(key.problem, 'passphrase')}`)
  return (payload, date) => openPgpSignature(payload, key, date)
}

/** A missing passphrase has its place. */
function told(problem: string, passphraseKey: string): string {
  return problem.endsWith('passphrase is missing') ? `${problem} (key ${passphraseKey})` : problem
}

function textOf(data: SecretData, key: string): string | undefined {
  return data.get(key)?.toString('utf8')
}

/** Files and here-documents end with a line break that is not part of a passphrase. */
function lineOf(data: SecretData, key: string): string | undefined {
  return textOf(data, key)?.replace(/\r?\n$/, '')
}

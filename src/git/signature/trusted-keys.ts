// The public keys of `source.git.verify.keysSecret`, with Flux's names: keys that end in .asc hold OpenPGP keys, keys that
// end in .sshpub SSH public keys, one a line.
import type { SecretStore } from '../../lib/secrets.ts'
import type { SecretRef } from '../../resources/request.ts'
import { readSecret, secretInvalid } from '../credentials.ts'
import { type OpenPgpKey, readOpenPgpKeys } from './openpgp.ts'
import { isLongEnough, parsePublicLine, SHORTEST_RSA, type SshPublicKey } from './ssh-public-key.ts'

/** Keys that may vouch for a source. */
export interface TrustedKeys {
  /** Name of the Secret, for what is told. */
  readonly secret: string
  readonly ssh: readonly SshPublicKey[]
  readonly openPgp: readonly OpenPgpKey[]
}

/** Throws SecretNotFound, SecretInvalid, OpenPgpMissing. */
export async function readTrustedKeys(ref: SecretRef, secrets: SecretStore): Promise<TrustedKeys> {
  const ssh: SshPublicKey[] = []
  const openPgp: OpenPgpKey[] = []
  for (const [name, value] of await readSecret(ref, secrets, 'public keys in keys that end in .asc or .sshpub')) {
    const text = value.toString('utf8')
    if (name.endsWith('.sshpub')) ssh.push(...sshKeys(text, problem => secretInvalid(ref, `key ${name} ${problem}`)))
    if (!name.endsWith('.asc')) continue
    const keys = await readOpenPgpKeys(text)
    if ('problem' in keys) throw secretInvalid(ref, `key ${name} ${keys.problem}`)
    openPgp.push(...keys)
  }
  if (ssh.length + openPgp.length === 0)
    throw secretInvalid(ref, 'has no public key: a name ends in .asc (OpenPGP) or in .sshpub (SSH)')
  return { secret: ref.name, ssh, openPgp }
}

function sshKeys(text: string, refuse: (problem: string) => Error): SshPublicKey[] {
  const keys: SshPublicKey[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const key = parsePublicLine(line)
    if (!key)
      throw refuse(`line ${index + 1} is no SSH public key: "<type> <base64> [comment]" of type ed25519, ecdsa or rsa`)
    if (!isLongEnough(key.key)) throw refuse(`line ${index + 1} is an RSA key of less than ${SHORTEST_RSA} bits`)
    keys.push(key)
  }
  return keys
}

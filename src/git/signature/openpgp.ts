// OpenPGP signatures, made and checked by the optional package openpgp. It is loaded only when such a key or signature
// is met, because it is large and few need it.
import { Failure } from '../../lib/failure.ts'
import type { KeyProblem } from './openssh-private-key.ts'

type OpenPgp = typeof import('openpgp')
export type OpenPgpKey = import('openpgp').Key
export type OpenPgpPrivateKey = import('openpgp').PrivateKey

/** The clock of who signed may be ahead of ours by this much. */
const CLOCK_SKEW = 10 * 60_000

/** Throws OpenPgpMissing where the package was not installed. */
async function loadOpenPgp(): Promise<OpenPgp> {
  try {
    return await import('openpgp')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Failure('OpenPgpMissing', 'definite', 'OpenPGP keys need the package openpgp, which is not installed', {
      hint: 'install it beside rollbook, or use SSH keys',
    })
  }
}

export function isOpenPgpSignature(text: string): boolean {
  return text.startsWith('-----BEGIN PGP SIGNATURE-----')
}

/** A key that can sign now, or why this one can't. No text of the key or the passphrase is ever repeated. */
export async function readOpenPgpPrivateKey(
  text: string,
  passphrase: string | undefined,
  now: Date,
): Promise<OpenPgpPrivateKey | KeyProblem> {
  if (/BEGIN (?:OPENSSH|RSA|EC|DSA|ENCRYPTED)? ?PRIVATE KEY/.test(text))
    return { problem: 'is an SSH key; that belongs in key identity' }
  if (/BEGIN PGP PUBLIC KEY BLOCK/.test(text) && !/BEGIN PGP PRIVATE KEY BLOCK/.test(text))
    return { problem: 'is a public key; the private one signs' }
  if (!/BEGIN PGP PRIVATE KEY BLOCK/.test(text)) return { problem: 'is no OpenPGP private key in ASCII armor' }
  const openpgp = await loadOpenPgp()
  const keys = await attempt(() => openpgp.readPrivateKeys({ armoredKeys: text }))
  const [key, ...others] = keys ?? []
  if (key === undefined) return { problem: 'is damaged' }
  if (others.length > 0) return { problem: 'holds several keys; keep the one that signs' }
  if (await isExpired(key, now)) return { problem: 'is expired' }
  if (key.getCreationTime() > now) return { problem: 'was made after the time of this run' }
  const signing = await attempt(() => key.getSigningKey(undefined, now))
  if (signing === undefined)
    return { problem: 'has no part that may sign now: revoked, expired, or for encryption only' }
  return unlock(openpgp, key, passphrase)
}

async function unlock(
  openpgp: OpenPgp,
  key: OpenPgpPrivateKey,
  passphrase: string | undefined,
): Promise<OpenPgpPrivateKey | KeyProblem> {
  if (key.isDecrypted()) return key
  if (passphrase === undefined) return { problem: 'is encrypted, and its passphrase is missing' }
  const opened = await attempt(() => openpgp.decryptKey({ privateKey: key, passphrase }))
  return opened ?? { problem: 'is encrypted, and the passphrase does not open it' }
}

/** The armored signature, without a final line break. */
export async function openPgpSignature(payload: Buffer, key: OpenPgpPrivateKey, date: Date): Promise<string> {
  const openpgp = await loadOpenPgp()
  const message = await openpgp.createMessage({ binary: new Uint8Array(payload) })
  const signature = await openpgp.sign({ message, signingKeys: key, detached: true, date, format: 'armored' })
  return signature.replaceAll('\r\n', '\n').trimEnd()
}

/** The public keys in one text of ASCII armor, or why there are none. */
export async function readOpenPgpKeys(text: string): Promise<readonly OpenPgpKey[] | KeyProblem> {
  if (!/BEGIN PGP PUBLIC KEY BLOCK/.test(text)) return { problem: 'holds no OpenPGP public key in ASCII armor' }
  const openpgp = await loadOpenPgp()
  const blocks = text.match(/^-----BEGIN PGP PUBLIC KEY BLOCK-----$.*?^-----END PGP PUBLIC KEY BLOCK-----$/gms) ?? []
  const keys: OpenPgpKey[] = []
  for (const armoredKeys of blocks) {
    const read = await attempt(() => openpgp.readKeys({ armoredKeys }))
    if (read === undefined) return { problem: 'holds a damaged OpenPGP key' }
    keys.push(...read)
  }
  return keys.length > 0 ? keys : { problem: 'holds a damaged OpenPGP key' }
}

/** Undefined when one of the keys made the signature and is good now; else why it does not count. */
export async function openPgpProblem(
  { payload, signature: armored }: { readonly payload: Buffer; readonly signature: string },
  keys: readonly OpenPgpKey[],
  now: Date,
): Promise<string | undefined> {
  const openpgp = await loadOpenPgp()
  const signature = await attempt(() => openpgp.readSignature({ armoredSignature: armored }))
  if (signature === undefined) return 'its OpenPGP signature is damaged'
  const signers = signature.getSigningKeyIDs().map(id => ({ id, key: keys.find(key => key.getKeys(id).length > 0) }))
  const known = signers.filter(({ key }) => key !== undefined)
  if (known.length === 0) {
    const ids = signers.map(({ id }) => id.toHex().toUpperCase()).join(', ')
    return `it is signed with OpenPGP key ${ids}, which is not among the keys`
  }
  const message = await openpgp.createMessage({ binary: new Uint8Array(payload) })
  const date = new Date(now.getTime() + CLOCK_SKEW)
  const { signatures } = await openpgp.verify({
    message,
    signature,
    verificationKeys: [...keys],
    date,
    format: 'binary',
  })
  let problem = 'its OpenPGP signature does not match its content'
  for (const { keyID, verified } of signatures) {
    const key = keys.find(one => one.getKeys(keyID).length > 0)
    if (key === undefined || (await attempt(() => verified)) !== true) continue
    const id = keyID.toHex().toUpperCase()
    // Good when it was made; a key that has ended since vouches for nothing, as Flux and git hold it.
    if ((await attempt(() => key.getSigningKey(keyID, now))) !== undefined) return undefined
    problem = `it is signed with OpenPGP key ${id}, which is expired or revoked`
  }
  return problem
}

async function isExpired(key: OpenPgpKey, now: Date): Promise<boolean> {
  const end = await attempt(() => key.getExpirationTime())
  return end instanceof Date && end <= now
}

/** The package says by throwing what is wrong with keys and signatures, in words that may name their content. */
async function attempt<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch {
    return undefined
  }
}

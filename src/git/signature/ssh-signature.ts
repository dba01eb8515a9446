// SSH signatures as git and `ssh-keygen -Y` know them (OpenSSH, PROTOCOL.sshsig), made and checked in process.
import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { CURVES, isCurve, parsePublicKey, publicBlob, type SshPublicKey } from './ssh-public-key.ts'
import { readWire, type WireReader, wireInteger, wireNumber, wireString } from './wire.ts'

const BEGIN = '-----BEGIN SSH SIGNATURE-----'
const END = '-----END SSH SIGNATURE-----'
const ARMOR = new RegExp(`^${BEGIN}\\n([A-Za-z0-9+/\\n]+={0,2})\\n${END}\\s*$`)
const MAGIC = Buffer.from('SSHSIG')
/** A signature for files or mails is none for a commit. */
const NAMESPACE = 'git'

export function isSshSignature(text: string): boolean {
  return text.startsWith(BEGIN)
}

/** The armored signature, without a final line break. */
export function sshSignature(payload: Buffer, key: KeyObject): string {
  const known = publicBlob(key)
  if (known === undefined) throw new Error(`a key of type ${key.asymmetricKeyType} makes no SSH signature`)
  const message = signedMessage('sha512', createHash('sha512').update(payload).digest())
  const body = Buffer.concat([
    MAGIC,
    wireNumber(1),
    wireString(known.blob),
    wireString(NAMESPACE),
    wireString(''),
    wireString('sha512'),
    wireString(rawSignature(known.type, message, key)),
  ])
  const lines = body.toString('base64').match(/.{1,70}/g) ?? []
  return [BEGIN, ...lines, END].join('\n')
}

function rawSignature(type: string, message: Buffer, key: KeyObject): Buffer {
  if (type === 'ssh-rsa') return Buffer.concat([wireString('rsa-sha2-512'), wireString(sign('sha512', message, key))])
  const curve = type.replace('ecdsa-sha2-', '')
  if (!isCurve(curve)) return Buffer.concat([wireString(type), wireString(sign(null, message, key))])
  const pair = sign(CURVES[curve].hash, message, { key, dsaEncoding: 'ieee-p1363' })
  const half = pair.length / 2
  const numbers = Buffer.concat([wireInteger(pair.subarray(0, half)), wireInteger(pair.subarray(half))])
  return Buffer.concat([wireString(type), wireString(numbers)])
}

/** The key that the signature names, if it is that key's signature of the payload. */
export type CheckedSignature = { readonly by: SshPublicKey } | { readonly problem: string }

export function checkSshSignature(payload: Buffer, armored: string): CheckedSignature {
  const base64 = ARMOR.exec(armored)?.[1]
  const parsed = base64 === undefined ? undefined : readWire(Buffer.from(base64, 'base64'), parseBody)
  if (parsed === undefined) return { problem: 'its SSH signature is damaged' }
  const { namespace, hash, publicKey, signature } = parsed
  if (namespace !== NAMESPACE) return { problem: 'its SSH signature was made for something else than git' }
  if (hash !== 'sha256' && hash !== 'sha512') return { problem: 'its SSH signature has a hash that is not known' }
  const by = parsePublicKey(publicKey)
  if (by === undefined) return { problem: 'its SSH signature is by a type of key that is not known' }
  const message = signedMessage(hash, createHash(hash).update(payload).digest())
  const isGood = readWire(signature, wire =>
    isSignatureOf(message, by, { algorithm: wire.text(), raw: wire.bytes(), rest: wire.raw(wire.left) }),
  )
  return isGood === true ? { by } : { problem: 'its SSH signature does not match its content' }
}

function parseBody(wire: WireReader) {
  const isOurs = wire.raw(MAGIC.length).equals(MAGIC) && wire.u32() === 1
  const publicKey = wire.bytes()
  const namespace = wire.text()
  wire.bytes()
  const hash = wire.text()
  const signature = wire.bytes()
  return isOurs && wire.left === 0 ? { publicKey, namespace, hash, signature } : undefined
}

function signedMessage(hash: string, digest: Buffer): Buffer {
  return Buffer.concat([MAGIC, wireString(NAMESPACE), wireString(''), wireString(hash), wireString(digest)])
}

interface RawSignature {
  readonly algorithm: string
  readonly raw: Buffer
  /** Of a security key: a byte of flags and a counter. */
  readonly rest: Buffer
}

const RSA_HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }

function isSignatureOf(message: Buffer, by: SshPublicKey, { algorithm, raw, rest }: RawSignature): boolean {
  if (rest.length !== (by.application === undefined ? 0 : 5)) return false
  // A security key says in the first bit of its flags that somebody touched it.
  if (by.application !== undefined && ((rest[0] ?? 0) & 1) === 0) return false
  // SHA-1 signatures (`ssh-rsa`) count for nothing.
  if (by.type === 'ssh-rsa') {
    const hash = Object.hasOwn(RSA_HASHES, algorithm) ? RSA_HASHES[algorithm] : undefined
    return hash !== undefined && verify(hash, message, by.key, raw)
  }
  if (algorithm !== by.type) return false
  const signed = by.application === undefined ? message : securityKeyMessage(message, by.application, rest)
  const curve = /nistp\d+/.exec(by.type)?.[0] ?? ''
  if (!isCurve(curve)) return verify(null, signed, by.key, raw)
  const { hash, bytes } = CURVES[curve]
  const pair = readWire(raw, wire => [wire.integer(), wire.integer()].map(number => padded(number, bytes)))
  return pair !== undefined && verify(hash, signed, { key: by.key, dsaEncoding: 'ieee-p1363' }, Buffer.concat(pair))
}

/** What a security key signs (OpenSSH, PROTOCOL.u2f). */
function securityKeyMessage(message: Buffer, application: string, flagsAndCounter: Buffer): Buffer {
  const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest()
  return Buffer.concat([sha256(application), flagsAndCounter, sha256(message)])
}

function padded(number: Buffer, length: number): Buffer {
  return Buffer.concat([Buffer.alloc(Math.max(0, length - number.length)), number])
}

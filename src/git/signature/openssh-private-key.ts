// Private keys as `ssh-keygen` writes them (OpenSSH, PROTOCOL.key): node:crypto reads only the PEM forms.
import { createDecipheriv, createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { bcryptPbkdf } from './bcrypt-pbkdf.ts'
import { base64url, isCurve, pointNumbers } from './ssh-public-key.ts'
import { readWire, type WireReader, wireReader } from './wire.ts'

const ARMOR = /^-----BEGIN OPENSSH PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----\s*$/
const MAGIC = 'openssh-key-v1\0'
/** `ssh-keygen` uses 16 to 24; each takes some 20 ms. */
const MOST_ROUNDS = 1024

/** Why a key can't be used, to follow "the key". */
export type KeyProblem = { readonly problem: string }

export function isOpensshPrivateKey(text: string): boolean {
  return text.trimStart().startsWith('-----BEGIN OPENSSH PRIVATE KEY-----')
}

export function readOpensshPrivateKey(text: string, passphrase: string | undefined): KeyObject | KeyProblem {
  const armored = ARMOR.exec(text.trimStart())
  const bytes = Buffer.from(armored?.[1] ?? '', 'base64')
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return damaged()
  return readWire(bytes.subarray(MAGIC.length), wire => keyInside(wire, passphrase)) ?? damaged()
}

function keyInside(wire: WireReader, passphrase: string | undefined): KeyObject | KeyProblem {
  const cipher = wire.text()
  const kdf = wire.text()
  const options = wire.bytes()
  if (wire.u32() !== 1) return { problem: 'is several keys in one file' }
  wire.bytes()
  const sealed = wire.bytes()
  if (cipher === 'none') return keyOf(sealed, damaged())
  if (passphrase === undefined) return { problem: 'is encrypted, and its passphrase is missing' }
  if (kdf !== 'bcrypt') return { problem: 'is encrypted in a way that is not known' }
  const opened = decrypt({ cipher, sealed, tag: wire.raw(wire.left) }, passphrase, options)
  if ('problem' in opened) return opened
  return keyOf(opened, { problem: 'is encrypted, and the passphrase does not open it' })
}

interface Sealed {
  readonly cipher: string
  readonly sealed: Buffer
  /** Of an authenticated cipher. */
  readonly tag: Buffer
}

function decrypt({ cipher, sealed, tag }: Sealed, passphrase: string, options: Buffer): Buffer | KeyProblem {
  const [, bits, mode] = /^aes(128|192|256)-(ctr|cbc|gcm@openssh\.com)$/.exec(cipher) ?? []
  if (bits === undefined || mode === undefined)
    return { problem: `is encrypted with ${JSON.stringify(cipher)}; use ssh-keygen's default, aes256-ctr` }
  const kdf = wireReader(options)
  const salt = kdf.bytes()
  const rounds = kdf.u32()
  if (rounds > MOST_ROUNDS) return { problem: `is encrypted with ${rounds} rounds, more than ${MOST_ROUNDS}` }
  const keyLength = Number(bits) / 8
  const isGcm = mode.startsWith('gcm')
  const length = keyLength + (isGcm ? 12 : 16)
  const derived = bcryptPbkdf(Buffer.from(passphrase), { salt, rounds, length })
  const key = derived.subarray(0, keyLength)
  const iv = derived.subarray(keyLength)
  try {
    if (!isGcm) {
      const decipher = createDecipheriv(`aes-${bits}-${mode}`, key, iv).setAutoPadding(false)
      return Buffer.concat([decipher.update(sealed), decipher.final()])
    }
    const name = bits === '128' ? 'aes-128-gcm' : 'aes-256-gcm'
    const decipher = createDecipheriv(name, key, iv).setAuthTag(tag)
    return Buffer.concat([decipher.update(sealed), decipher.final()])
  } catch {
    // Of a wrong passphrase only an authenticated cipher knows here; a wrong length is damage.
    return isGcm ? { problem: 'is encrypted, and the passphrase does not open it' } : damaged()
  }
}

/** Two equal numbers stand in front, by which a wrong passphrase is seen. */
function keyOf(bytes: Buffer, otherwise: KeyProblem): KeyObject | KeyProblem {
  const read = readWire(bytes, wire => {
    const check = wire.u32()
    if (wire.u32() !== check) return otherwise
    const type = wire.text()
    return (
      privateNumbers(type, wire) ?? {
        problem: `is of type ${JSON.stringify(type.slice(0, 64))}, which can't sign here`,
      }
    )
  })
  if (read === undefined) return damaged()
  if ('problem' in read) return read as KeyProblem
  try {
    return createPrivateKey({ format: 'jwk', key: read })
  } catch {
    return damaged()
  }
}

function privateNumbers(type: string, wire: WireReader): JsonWebKey | undefined {
  if (type === 'ssh-ed25519') {
    const x = base64url(wire.bytes())
    return { kty: 'OKP', crv: 'Ed25519', x, d: base64url(wire.bytes().subarray(0, 32)) }
  }
  if (type === 'ssh-rsa') return rsaNumbers(wire)
  const curve = wire.text()
  if (type !== `ecdsa-sha2-${curve}` || !isCurve(curve)) return undefined
  const point = pointNumbers(curve, wire.bytes())
  return point && { ...point, d: base64url(wire.integer()) }
}

function rsaNumbers(wire: WireReader): JsonWebKey {
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => wire.integer())
  const number = (bytes: Buffer | undefined) => BigInt(`0x0${bytes?.toString('hex') ?? ''}`)
  const exponent = (prime: Buffer | undefined) => {
    const modulus = number(prime) - 1n
    const hex = (modulus > 0n ? number(d) % modulus : 0n).toString(16)
    return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  }
  const values = { n, e, d, p, q, dp: exponent(p), dq: exponent(q), qi }
  const texts = Object.entries(values).map(([name, bytes]) => [name, base64url(bytes ?? Buffer.alloc(0))])
  return { kty: 'RSA', ...Object.fromEntries(texts) }
}

function damaged(): KeyProblem {
  return { problem: 'is damaged: it is no whole OpenSSH private key' }
}

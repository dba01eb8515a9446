// SSH public keys: from their bytes on the wire or a line of text to keys that can verify, and back.
import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readWire, type WireReader, wireInteger, wireString } from './wire.ts'

export interface SshPublicKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, or one of the `sk-` types of security keys. */
  readonly type: string
  /** Its bytes on the wire: two keys are the same when these are. */
  readonly blob: Buffer
  readonly key: KeyObject
  /** Of a security key: what it was made for, part of everything that it signs. */
  readonly application: string | undefined
}

/** Shorter RSA keys sign nothing and vouch for nothing (gitops-practice.md, Flux audit 2023). */
export const SHORTEST_RSA = 2048

/** Curves by their names on the wire. */
export const CURVES = {
  nistp256: { name: 'P-256', hash: 'sha256', bytes: 32 },
  nistp384: { name: 'P-384', hash: 'sha384', bytes: 48 },
  nistp521: { name: 'P-521', hash: 'sha512', bytes: 66 },
} as const

export type CurveName = keyof typeof CURVES

export function isCurve(name: string): name is CurveName {
  return Object.hasOwn(CURVES, name)
}

/** A line of a `.pub` file: type, key in Base64, comment. Undefined when it is none, or of a type that is not known. */
export function parsePublicLine(line: string): SshPublicKey | undefined {
  const [type = '', base64 = ''] = line.trim().split(/\s+/)
  const key = parsePublicKey(Buffer.from(base64, 'base64'))
  return key?.type === type ? key : undefined
}

/** Undefined when the bytes are no public key of a type that is known. */
export function parsePublicKey(blob: Buffer): SshPublicKey | undefined {
  const read = readWire(blob, wire => {
    const type = wire.text()
    const jwk = publicNumbers(type, wire)
    const application = type.startsWith('sk-') && jwk ? wire.text() : undefined
    return jwk && wire.left === 0 ? { type, jwk, application } : undefined
  })
  if (read === undefined) return undefined
  try {
    return { ...read, blob, key: createPublicKey({ format: 'jwk', key: read.jwk }) }
  } catch {
    // A point that is not on its curve, a modulus of zero.
    return undefined
  }
}

function publicNumbers(type: string, wire: WireReader): JsonWebKey | undefined {
  if (type === 'ssh-ed25519' || type === 'sk-ssh-ed25519@openssh.com')
    return { kty: 'OKP', crv: 'Ed25519', x: base64url(wire.bytes()) }
  if (type === 'ssh-rsa') {
    const e = base64url(wire.integer())
    return { kty: 'RSA', e, n: base64url(wire.integer()) }
  }
  const curve = /^(?:ecdsa-sha2-(nistp\d+)|sk-ecdsa-sha2-(nistp256)@openssh\.com)$/.exec(type)
  const name = curve?.[1] ?? curve?.[2] ?? ''
  return isCurve(name) && wire.text() === name ? pointNumbers(name, wire.bytes()) : undefined
}

/** The numbers of an uncompressed point. */
export function pointNumbers(curve: CurveName, point: Buffer): JsonWebKey | undefined {
  const { name, bytes } = CURVES[curve]
  if (point[0] !== 4 || point.length !== 1 + 2 * bytes) return undefined
  return { kty: 'EC', crv: name, x: base64url(point.subarray(1, 1 + bytes)), y: base64url(point.subarray(1 + bytes)) }
}

/** The public half of a key as it stands on the wire. Undefined for a kind of key that SSH does not have. */
export function publicBlob(key: KeyObject): { readonly type: string; readonly blob: Buffer } | undefined {
  const { kty, crv, x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' })
  const number = (text: string) => Buffer.from(text, 'base64url')
  if (kty === 'OKP' && crv === 'Ed25519') return blobOf('ssh-ed25519', wireString(number(x)))
  if (kty === 'RSA') return blobOf('ssh-rsa', wireInteger(number(e)), wireInteger(number(n)))
  const curve = (Object.keys(CURVES) as CurveName[]).find(name => CURVES[name].name === crv)
  if (curve === undefined) return undefined
  const point = Buffer.concat([Buffer.of(4), number(x), number(y)])
  return blobOf(`ecdsa-sha2-${curve}`, wireString(curve), wireString(point))
}

function blobOf(type: string, ...parts: readonly Buffer[]) {
  return { type, blob: Buffer.concat([wireString(type), ...parts]) }
}

/** As `ssh-keygen -l` prints it. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** False for an RSA key that is too short to be believed. */
export function isLongEnough(key: KeyObject): boolean {
  const { modulusLength } = key.asymmetricKeyDetails ?? {}
  return modulusLength === undefined || modulusLength >= SHORTEST_RSA
}

export function base64url(bytes: Buffer): string {
  return bytes.toString('base64url')
}

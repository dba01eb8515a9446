// bcrypt_pbkdf: from a passphrase to the key that encrypts an OpenSSH private key (OpenBSD, bcrypt_pbkdf(3)).
import { createHash } from 'node:crypto'
import { type BlowfishState, encipher, expand, piWords } from './blowfish.ts'

const MAGIC = Buffer.from('OxychromaticBlowfishSwatDynamite')
const COST = 64

export interface KeyDerivation {
  readonly salt: Buffer
  readonly rounds: number
  /** Bytes wanted. */
  readonly length: number
}

export function bcryptPbkdf(passphrase: Buffer, { salt, rounds, length }: KeyDerivation): Buffer {
  const pi = piWords()
  const pass = wordsOf(sha512(passphrase))
  const key = Buffer.alloc(length)
  // Bytes of the blocks are dealt out in turns, not one block after the other.
  const stride = Math.ceil(length / MAGIC.length)
  for (let block = 0; block < stride; block++) {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(block + 1)
    let hash = bcryptHash(pi, pass, wordsOf(sha512(Buffer.concat([salt, count]))))
    const sum = Buffer.from(hash)
    for (let round = 1; round < rounds; round++) {
      hash = bcryptHash(pi, pass, wordsOf(sha512(hash)))
      for (const [index, byte] of hash.entries()) sum[index] = (sum[index] ?? 0) ^ byte
    }
    for (let at = block; at < length; at += stride) key[at] = sum[(at - block) / stride] ?? 0
  }
  return key
}

function bcryptHash(pi: BlowfishState, pass: Uint32Array, salt: Uint32Array): Buffer {
  const state = pi.slice()
  expand(state, pass, salt)
  for (let turn = 0; turn < COST; turn++) {
    expand(state, salt, undefined)
    expand(state, pass, undefined)
  }
  const words = wordsOf(MAGIC)
  for (let turn = 0; turn < COST; turn++) for (let at = 0; at < words.length; at += 2) encipher(state, words, at)
  const out = Buffer.alloc(MAGIC.length)
  for (const [index, value] of words.entries()) out.writeUInt32LE(value, index * 4)
  return out
}

function wordsOf(bytes: Buffer): Uint32Array {
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(index * 4))
}

function sha512(bytes: Buffer): Buffer {
  return createHash('sha512').update(bytes).digest()
}

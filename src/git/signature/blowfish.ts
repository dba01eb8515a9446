// Blowfish with bcrypt's slow key schedule: only what passphrases of OpenSSH private keys need, because node:crypto has none.
// (Schneier 1993; Provos and Mazieres 1999.)

const ROUNDS = 16
const KEYS = ROUNDS + 2
const BOX = 256
const WORDS = KEYS + 4 * BOX

/** Round keys, then the four boxes: one array, as both are filled in the same way. */
export type BlowfishState = Uint32Array

/** Blowfish starts with the fraction of pi, 1,042 words of 32 bits. Computed, because it is shorter than written. */
export function piWords(): BlowfishState {
  const guard = 64n
  const scale = BigInt(WORDS * 32) + guard
  // Machin: pi = 16 arctan(1/5) - 4 arctan(1/239).
  const pi = 16n * arctanOfInverse(5n, scale) - 4n * arctanOfInverse(239n, scale)
  const hex = ((pi - (3n << scale)) >> guard).toString(16).padStart(WORDS * 8, '0')
  return Uint32Array.from({ length: WORDS }, (_, index) => Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16))
}

function arctanOfInverse(x: bigint, scale: bigint): bigint {
  const square = x * x
  let power = (1n << scale) / x
  let sum = 0n
  for (let n = 1n; power > 0n; n += 2n) {
    sum += n % 4n === 1n ? power / n : -(power / n)
    power /= square
  }
  return sum
}

/** Encrypts the two words at `at` in place. */
export function encipher(state: BlowfishState, words: Uint32Array, at: number): void {
  let left = word(words, at) ^ word(state, 0)
  let right = word(words, at + 1)
  for (let round = 1; round <= ROUNDS; round += 2) {
    right ^= mixed(state, left) ^ word(state, round)
    left ^= mixed(state, right) ^ word(state, round + 1)
  }
  words[at] = right ^ word(state, ROUNDS + 1)
  words[at + 1] = left
}

/** Mixes the key, and salt where there is one, into the state. Both are words, used round and round. */
export function expand(state: BlowfishState, key: Uint32Array, salt: Uint32Array | undefined): void {
  for (let index = 0; index < KEYS; index++) state[index] = word(state, index) ^ word(key, index % key.length)
  const block = new Uint32Array(2)
  for (let index = 0; index < WORDS; index += 2) {
    if (salt) {
      block[0] = word(block, 0) ^ word(salt, index % salt.length)
      block[1] = word(block, 1) ^ word(salt, (index + 1) % salt.length)
    }
    encipher(state, block, 0)
    state[index] = word(block, 0)
    state[index + 1] = word(block, 1)
  }
}

function mixed(state: BlowfishState, value: number): number {
  const a = word(state, KEYS + (value >>> 24))
  const b = word(state, KEYS + BOX + ((value >>> 16) & 255))
  const c = word(state, KEYS + 2 * BOX + ((value >>> 8) & 255))
  return (((a + b) ^ c) + word(state, KEYS + 3 * BOX + (value & 255))) | 0
}

function word(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}

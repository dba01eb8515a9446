// Text as UTF-8 bytes: its order, which is how everything that we write is sorted, and where bytes are no text.

/**
 * Compares two strings by their UTF-8 bytes. JavaScript compares UTF-16 code units, which differs only where one of the
 * two differing units is a surrogate: code points above U+FFFF sort after U+E000..U+FFFF in UTF-8.
 */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit <= 0xdfff ? unit + 0x2000 : unit - 0x800
}

/** Index of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7), or undefined. */
export function firstInvalidUtf8(bytes: Uint8Array): number | undefined {
  for (let i = 0; i < bytes.length; ) {
    const length = lengthOfCharacter(bytes, i)
    if (length === 0) return i
    i += length
  }
  return undefined
}

/** Bytes of the character at `i`; 0 when there is none. */
function lengthOfCharacter(bytes: Uint8Array, i: number): number {
  const first = bytes[i] ?? 0
  if (first < 0x80) return 1
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length === 0) return 0
  const second = bytes[i + 1] ?? 0
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let k = 2; k < length; k++) if (((bytes[i + k] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}

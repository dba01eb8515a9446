// Order and checks of text by its UTF-8 bytes, which is how everything that we write is sorted.

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

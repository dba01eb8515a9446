// Shortening a text to bytes of UTF-8, for results that have to fit.

const ELLIPSIS = '…'

/**
 * The text in at most so many bytes, never half a character: its beginning and `…`, and behind that its last part after
 * a `; ` where there is room. That is what to do; the words of git or a server stand before it, and may be long.
 */
export function cutToBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text
  const start = text.lastIndexOf('; ')
  const advice = start < 0 ? '' : text.slice(start)
  const tail = Buffer.byteLength(advice) <= (most * 2) / 3 ? `${ELLIPSIS}${advice}` : ELLIPSIS
  let room = most - Buffer.byteLength(tail)
  let kept = ''
  for (const character of text) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return `${kept}${tail}`
}

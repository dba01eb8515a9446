// Shortening a text to bytes of UTF-8, for results that have to fit.

const ELLIPSIS = '…'

/** The text, or its beginning and `…`, in at most so many bytes; never half a character. */
export function cutToBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text
  let room = most - Buffer.byteLength(ELLIPSIS)
  let kept = ''
  for (const character of text) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return `${kept}${ELLIPSIS}`
}

// Bringing a description to the length that a format allows.

/** The length as JSON Schema counts it: Unicode code points. */
export function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}

/** The text, or its beginning up to a word's end and `…`, in `limit` code points at most. */
export function shortened(text: string, limit: number): string {
  // Never more code points than code units.
  if (text.length <= limit) return text
  const points = Array.from(text)
  if (points.length <= limit) return text
  const room = points.slice(0, limit - 1).join('')
  // A word that ends exactly at the limit is whole; otherwise the last, cut word goes.
  const whole = /\s/u.test(points[limit - 1] ?? '') ? room : room.replace(/\s\S*$/u, '')
  const trimmed = whole.replace(/[\s,;:]+$/u, '')
  return `${trimmed === '' ? room : trimmed}…`
}

/** The text within the bounds: cut when it is too long; when it is too short, or absent, `otherwise` stands in front of it. */
export function fitted(
  text: string | undefined,
  otherwise: string,
  { min, max }: { min: number; max: number },
): string {
  if (text === undefined || text === '') return shortened(otherwise, max)
  if (text.length < 2 * min && lengthOf(text) < min) return shortened(`${otherwise}: ${text}`, max)
  return shortened(text, max)
}

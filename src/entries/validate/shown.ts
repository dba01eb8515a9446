// How a value from a document is named in a sentence: short, on one line, and harmless on a terminal.
import type { JsonValue } from '../../lib/json.ts'

const LONGEST = 60

/** A value for a sentence: scalars as JSON, cut after 60 characters; lists and objects by what they are. */
export function shown(value: JsonValue | undefined): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}

/** Text in quotes, cut after 60 characters, with everything escaped that would not be seen or would change the line. */
export function quoted(text: string): string {
  const start = text.slice(0, LONGEST * 2 + 2) // a character is at most two UTF-16 units
  const characters = Array.from(start)
  const cut = characters.length > LONGEST
  const kept = cut ? `${characters.slice(0, LONGEST).join('')}…` : start
  return JSON.stringify(kept).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)
}

function escaped(character: string): string {
  const point = (character.codePointAt(0) ?? 0).toString(16)
  return point.length > 4 ? `\\u{${point}}` : `\\u${point.padStart(4, '0')}`
}

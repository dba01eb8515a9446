// How a value found in an entry appears in a message: short, quoted, and unable to disturb a terminal or a log.

const LONGEST = 60
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The value in double quotes, cut at 60 characters, with control and formatting characters escaped. */
export function shown(value: string): string {
  const cut = value.length > LONGEST ? `${wholeCharacters(value.slice(0, LONGEST))}…` : value
  return JSON.stringify(cut).replace(INVISIBLE, escaped)
}

/** The text without half of a surrogate pair at its end. */
function wholeCharacters(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text
}

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16)
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
}

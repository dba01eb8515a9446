// The slow second look at one JSON value, taken only when something is wrong with it: where a pointer stands, which key
// comes twice, which number is not exact, where the syntax breaks.
import { pointerOf } from '../../lib/issue.ts'
import { JsonScanner, JsonSyntaxError } from './json-scanner.ts'

export interface JsonDetail {
  readonly pointer: string
  readonly offset: number
}

export interface JsonDetails {
  /** Offset of every value by its pointer; of the first one where a key comes twice. */
  readonly offsets: ReadonlyMap<string, number>
  readonly duplicateKeys: readonly JsonDetail[]
  readonly inexactNumbers: readonly (JsonDetail & { readonly text: string })[]
  readonly syntaxError: { readonly message: string; readonly offset: number } | undefined
}

/** Walks one value of at most the allowed depth. Offsets count from the start of `bytes`. */
export function jsonDetails(bytes: Buffer, start: number, end: number): JsonDetails {
  const offsets = new Map<string, number>()
  const duplicateKeys: JsonDetail[] = []
  const inexactNumbers: (JsonDetail & { text: string })[] = []
  const scanner = new JsonScanner(bytes, start, end)

  const visit = (pointer: string): void => {
    const first = scanner.peek()
    if (!offsets.has(pointer)) offsets.set(pointer, scanner.pos)
    if (first === 0x7b) {
      const seen = new Set<string>()
      scanner.object(key => {
        const below = pointer + pointerOf(key)
        if (seen.has(key)) duplicateKeys.push({ pointer: below, offset: scanner.pos })
        seen.add(key)
        visit(below)
      })
    } else if (first === 0x5b) {
      scanner.array(index => visit(`${pointer}/${index}`))
    } else {
      const span = scanner.span()
      const text = bytes.toString('utf8', span.start, span.end)
      if (!isJsonScalar(text)) throw new JsonSyntaxError(`${text.slice(0, 40)} is not a JSON value`, span.start)
      if (span.longNumber && !isExactNumber(text)) inexactNumbers.push({ pointer, offset: span.start, text })
    }
  }

  let syntaxError: JsonDetails['syntaxError']
  try {
    visit('')
    if (scanner.peek() !== undefined) syntaxError = { message: 'text follows the value', offset: scanner.pos }
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    syntaxError = { message: error.message, offset: error.offset }
  }
  return { offsets, duplicateKeys, inexactNumbers, syntaxError }
}

/** True when a JSON number's decimal value survives the trip through a double and back. */
export function isExactNumber(text: string): boolean {
  const value = Number(text)
  return Number.isFinite(value) && decimalOf(text) === decimalOf(String(value))
}

/** A decimal number as sign, significant digits and exponent: equal texts for equal values. */
function decimalOf(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)
  if (!match) return text
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const scale = Number(exponent) - fraction.length + (digits.length - significant.length)
  return `${sign}${significant}e${scale}`
}

function isJsonScalar(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

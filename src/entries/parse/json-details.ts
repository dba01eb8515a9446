// The slow second look at one JSON value, taken only when something is wrong with it: where a pointer stands, which key
// comes twice, which number is not exact, where the syntax breaks.
import { isExactNumber } from '../../lib/exact-number.ts'
import { pointerOf, pointerParts } from '../../lib/issue.ts'
import type { JsonValue } from '../../lib/json.ts'
import { JsonRefused, JsonScanner, type Span, STOP } from './json-scanner.ts'

export interface JsonDetail {
  readonly pointer: string
  readonly offset: number
}

export interface DuplicateKey extends JsonDetail {
  readonly key: string
  /** Where the key stands for the first time. */
  readonly first: number
}

export interface JsonDetails {
  /** Offset of every value by its pointer; of the first one where a key comes twice. */
  readonly offsets: ReadonlyMap<string, number>
  readonly duplicateKeys: readonly DuplicateKey[]
  readonly inexactNumbers: readonly (JsonDetail & { readonly text: string })[]
  readonly syntaxError: { readonly message: string; readonly offset: number } | undefined
}

/** Problems of one kind that are told; a hostile value has a million. */
const MOST_PROBLEMS = 100

/** Walks one value of at most the allowed depth. Offsets count from the start of `bytes`; only those of problems without `places`. */
export function jsonDetails(
  bytes: Buffer,
  { start, end }: Pick<Span, 'start' | 'end'>,
  { places = true }: { readonly places?: boolean } = {},
): JsonDetails {
  const offsets = new Map<string, number>()
  const duplicateKeys: DuplicateKey[] = []
  const inexactNumbers: (JsonDetail & { text: string })[] = []
  const scanner = new JsonScanner(bytes, start, end)

  const visit = (pointer: string): void => {
    const first = scanner.peek()
    if (places && !offsets.has(pointer)) offsets.set(pointer, scanner.pos)
    if (first === 0x7b) {
      const seen = new Map<string, number>()
      scanner.object((key, offset) => {
        const below = pointer + pointerOf(key)
        const first = seen.get(key)
        if (first === undefined) seen.set(key, offset)
        else if (duplicateKeys.length < MOST_PROBLEMS) duplicateKeys.push({ pointer: below, offset, key, first })
        visit(below)
      })
    } else if (first === 0x5b) {
      scanner.array(index => visit(`${pointer}/${index}`))
    } else {
      const span = scanner.span()
      const text = bytes.toString('utf8', span.start, span.end)
      if (!isJsonScalar(text)) throw new JsonRefused(`${text.slice(0, 40)} is not a JSON value`, span.start)
      if (span.longNumber && inexactNumbers.length < MOST_PROBLEMS && !isExactNumber(text))
        inexactNumbers.push({ pointer, offset: span.start, text })
    }
  }

  let syntaxError: JsonDetails['syntaxError']
  try {
    visit('')
    if (scanner.peek() !== undefined) syntaxError = { message: 'text follows the value', offset: scanner.pos }
  } catch (error) {
    if (!(error instanceof JsonRefused)) throw error
    syntaxError = { message: error.message, offset: error.offset }
  }
  return { offsets, duplicateKeys, inexactNumbers, syntaxError }
}

/**
 * Offset of the value at a pointer, or of the nearest one around it, in a value that JSON.parse reads. Steps over everything
 * that is not on the way, and reads nothing behind the place: cheap for one place, where `jsonDetails` is for many.
 */
export function offsetOf(bytes: Buffer, { start, end }: Pick<Span, 'start' | 'end'>, pointer: string): number {
  const scanner = new JsonScanner(bytes, start, end)
  const way = pointerParts(pointer)
  let nearest = start
  const walk = (depth: number): void => {
    const first = scanner.peek()
    nearest = scanner.pos
    if (depth === way.length) return
    // A key that comes twice: the first one counts, as in `jsonDetails`.
    const step = (key: string) => {
      if (key !== way[depth]) return void scanner.span()
      walk(depth + 1)
      return STOP
    }
    if (first === 0x7b) scanner.object(step)
    else if (first === 0x5b) scanner.array(index => step(String(index)))
  }
  walk(0)
  return nearest
}

/** Members of all objects inside a value, counted as the scanner counts them in the text. */
export function countMembers(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item)
    return count
  }
  for (const key of Object.keys(value)) {
    const inner = value[key]
    count += typeof inner === 'object' ? 1 + countMembers(inner) : 1
  }
  return count
}

function isJsonScalar(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

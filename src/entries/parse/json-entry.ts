// One entry of a JSON document: its bytes to a value, with everything that reading it finds (tier json).
import { isUtf8 } from 'node:buffer'
import type { JsonValue } from '../../lib/json.ts'
import { firstInvalidUtf8 } from '../../lib/utf8.ts'
import type { Format, RawEntry, ReadFinding } from '../document.ts'
import type { Limits } from '../limits.ts'
import { duplicateKey, entryTooLarge, inexactNumber, NOT_UTF8, type TextProblem, tooDeep } from './document-issues.ts'
import { readFinding } from './findings.ts'
import { countMembers, type JsonDetails, jsonDetails, offsetOf } from './json-details.ts'
import type { EntrySpan } from './json-outline.ts'
import type { Span } from './json-scanner.ts'
import { entryPointer } from './outline.ts'
import type { Position, Positions } from './positions.ts'
import { insideRecord, type RecordParts, recordParts } from './record.ts'

/** What reading an entry needs to know of its document. */
export interface Reading {
  readonly bytes: Buffer
  /** Pointer of the list that the entries are items of. */
  readonly list: string | undefined
  readonly limits: Limits
  readonly positions: Positions
  readonly wholeIsUtf8: boolean
  readonly format: Format
}

/** The entry at a span, the `index`th of its document. Called for every entry of a run: no object is made twice. */
export function entryAt(span: EntrySpan, index: number, reading: Reading): RawEntry {
  const { bytes, format, list } = reading
  const refused = refusal(span, reading)
  if (refused) return unread(refused, { span, index, reading })
  const parsed = parseValue(bytes, span)
  if (parsed === undefined) {
    const problem = jsonDetails(bytes, span).syntaxError
    const message = `not JSON: ${problem?.message ?? 'this value can not be parsed'}`
    return unread({ code: 'JsonSyntax', message, offset: problem?.offset ?? span.start }, { span, index, reading })
  }

  const { value, meta, prefix, findings } = format === 'upstream' ? recordParts(parsed) : wholeValue(parsed)
  const places = new EntryPlaces(span, prefix, reading)
  const isSuspicious = span.longNumber || countMembers(parsed) !== span.members
  return {
    format,
    value,
    meta,
    section: span.section,
    key: span.key,
    pointer: entryPointer(list, index, span),
    range: span,
    findings: isSuspicious ? [...findings, ...detailFindings(places.details(), prefix, reading)] : findings,
    locate: inner => places.at(inner),
    again: () => entryAt(span, index, reading),
  }
}

interface UnreadEntry {
  readonly span: EntrySpan
  readonly index: number
  readonly reading: Reading
}

function unread({ offset, ...problem }: PlacedProblem, { span, index, reading }: UnreadEntry): RawEntry {
  const { format, list, positions } = reading
  return {
    format,
    value: undefined,
    meta: undefined,
    section: span.section,
    key: span.key,
    pointer: entryPointer(list, index, span),
    range: span,
    findings: [readFinding(problem, '', positions.at(offset))],
    locate: () => positions.at(span.start),
    again: () => entryAt(span, index, reading),
  }
}

/** Where the pointers of one entry stand. */
class EntryPlaces {
  private readonly span: EntrySpan
  private readonly prefix: string
  private readonly reading: Reading
  private asked = 0
  private found: JsonDetails | undefined

  constructor(span: EntrySpan, prefix: string, reading: Reading) {
    this.span = span
    this.prefix = prefix
    this.reading = reading
  }

  details(): JsonDetails {
    this.found ??= jsonDetails(this.reading.bytes, this.span)
    return this.found
  }

  /**
   * Most entries have one finding or none. From the second on all places are known: a large entry may have thousands. The
   * entry's own place is asked of each, and is at its beginning.
   */
  at(inner: string): Position {
    const { span, prefix, reading } = this
    const place = prefix + inner
    const offset =
      this.found !== undefined || (inner !== '' && this.asked++ > 0)
        ? (nearestOffset(this.details().offsets, place) ?? span.start)
        : offsetOf(reading.bytes, span, place)
    return reading.positions.at(offset)
  }
}

function wholeValue(value: JsonValue): RecordParts {
  return { value, meta: undefined, prefix: '', findings: [] }
}

type PlacedProblem = TextProblem & { readonly offset: number }

function refusal(span: EntrySpan, { bytes, limits, positions, wholeIsUtf8 }: Reading): PlacedProblem | undefined {
  const size = span.end - span.start
  const { keyOffset = span.start, firstOffset } = span
  if (firstOffset !== undefined)
    return { ...duplicateKey(span.key ?? '', positions.at(firstOffset).line), offset: keyOffset }
  if (size > limits.entryBytes)
    return { ...entryTooLarge(`has ${size} bytes, the limit is ${limits.entryBytes}`), offset: span.start }
  if (span.depth > limits.depth)
    return { ...tooDeep(`this entry is nested ${span.depth} deep, the limit is ${limits.depth}`), offset: span.start }
  const text = wholeIsUtf8 ? undefined : bytes.subarray(keyOffset, span.end)
  return text === undefined || isUtf8(text)
    ? undefined
    : { ...NOT_UTF8, offset: keyOffset + (firstInvalidUtf8(text) ?? 0) }
}

function parseValue(bytes: Buffer, span: Span): JsonValue | undefined {
  try {
    return JSON.parse(bytes.toString('utf8', span.start, span.end)) as JsonValue
  } catch {
    return undefined
  }
}

function detailFindings(
  { duplicateKeys, inexactNumbers }: JsonDetails,
  prefix: string,
  { positions }: Reading,
): ReadFinding[] {
  const inside = (pointer: string) => insideRecord({ prefix }, pointer)
  return [
    ...duplicateKeys.map(({ pointer, offset, key, first }) =>
      readFinding(duplicateKey(key, positions.at(first).line), inside(pointer), positions.at(offset)),
    ),
    ...inexactNumbers.map(({ pointer, offset, text }) =>
      readFinding(inexactNumber(text), inside(pointer), positions.at(offset)),
    ),
  ]
}

function nearestOffset(offsets: ReadonlyMap<string, number>, pointer: string): number | undefined {
  for (let place = pointer; place !== ''; place = place.slice(0, place.lastIndexOf('/'))) {
    const offset = offsets.get(place)
    if (offset !== undefined) return offset
  }
  return offsets.get('')
}

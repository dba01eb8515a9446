// One entry of a JSON document: its bytes to a value, with everything that reading it finds (tier json).
import { isUtf8 } from 'node:buffer'
import type { JsonValue } from '../../lib/json.ts'
import { firstInvalidUtf8 } from '../../lib/utf8.ts'
import type { Format, RawEntry, ReadFinding } from '../document.ts'
import type { Limits } from '../limits.ts'
import { duplicateKey, inexactNumber, NOT_UTF8, type TextProblem } from './document-issues.ts'
import { readFinding } from './findings.ts'
import { countMembers, type JsonDetails, jsonDetails, offsetOf } from './json-details.ts'
import type { EntrySpan } from './json-outline.ts'
import type { Span } from './json-scanner.ts'
import { entryPointer } from './outline.ts'
import type { Positions } from './positions.ts'
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

/** The entry at a span, the `index`th of its document. */
export function entryAt(span: EntrySpan, index: number, reading: Reading): RawEntry {
  const { bytes, format } = reading
  const pointer = entryPointer(reading.list, index, span)
  const shared = { format, section: span.section, key: span.key, pointer, range: span }
  const at = (offset: number) => reading.positions.at(offset)
  const unread = ({ offset, ...problem }: PlacedProblem): RawEntry => ({
    ...shared,
    value: undefined,
    meta: undefined,
    findings: [readFinding(problem, '', at(offset))],
    locate: () => at(span.start),
  })

  const refused = refusal(span, reading)
  if (refused) return unread(refused)
  const parsed = parseValue(bytes, span)
  if (parsed === undefined) {
    const problem = jsonDetails(bytes, span).syntaxError
    const message = `not JSON: ${problem?.message ?? 'this value can not be parsed'}`
    return unread({ code: 'JsonSyntax', message, offset: problem?.offset ?? span.start })
  }

  const record: RecordParts =
    format === 'upstream' ? recordParts(parsed) : { value: parsed, meta: undefined, prefix: '', findings: [] }
  const isSuspicious = span.longNumber || countMembers(parsed) !== span.members
  // Most entries have one finding or none. From the second on all places are known: a large entry may have thousands.
  let located = 0
  let details: JsonDetails | undefined
  const look = () => {
    details ??= jsonDetails(bytes, span)
    return details
  }
  return {
    ...shared,
    value: record.value,
    meta: record.meta,
    findings: isSuspicious ? [...record.findings, ...detailFindings(look(), record.prefix, reading)] : record.findings,
    locate: inner => {
      const place = record.prefix + inner
      if (details !== undefined || located++ > 0) return at(nearestOffset(look().offsets, place) ?? span.start)
      return at(offsetOf(bytes, span, place))
    },
  }
}

type PlacedProblem = TextProblem & { readonly offset: number }

function refusal(span: EntrySpan, { bytes, limits, positions, wholeIsUtf8 }: Reading): PlacedProblem | undefined {
  const size = span.end - span.start
  const { keyOffset = span.start, firstOffset } = span
  if (firstOffset !== undefined)
    return { ...duplicateKey(span.key ?? '', positions.at(firstOffset).line), offset: keyOffset }
  if (size > limits.entryBytes) {
    const message = `this entry has ${size} bytes, the limit is ${limits.entryBytes}`
    return { code: 'EntryTooLarge', message, offset: span.start }
  }
  if (span.depth > limits.depth) {
    const message = `this entry is nested ${span.depth} deep, the limit is ${limits.depth}`
    return { code: 'TooDeep', message, offset: span.start }
  }
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

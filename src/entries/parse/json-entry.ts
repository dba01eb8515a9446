// One entry of a JSON document: its bytes to a value, with everything that reading it finds (tier json).
import { isUtf8 } from 'node:buffer'
import { type Finding, pathOfPointer } from '../../lib/issue.ts'
import { type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import type { Format, RawEntry } from '../document.ts'
import type { Limits } from '../limits.ts'
import { jsonDetails } from './json-details.ts'
import type { EntrySpan } from './json-outline.ts'
import type { Span } from './json-scanner.ts'
import type { Positions } from './positions.ts'
import { type RecordParts, recordParts } from './record.ts'

/** What reading an entry needs to know of its document. */
export interface Reading {
  readonly limits: Limits
  readonly positions: Positions
  readonly wholeIsUtf8: boolean
  readonly format: Format
}

export function entryAt(bytes: Buffer, span: EntrySpan, reading: Reading): RawEntry {
  const shared = { format: reading.format, section: span.section, key: span.key, pointer: span.pointer, range: span }
  const at = (offset: number) => reading.positions.at(offset)
  const unread = (finding: Finding, offset: number): RawEntry => ({
    ...shared,
    value: undefined,
    meta: undefined,
    findings: [finding],
    locate: () => at(offset),
  })

  const refused = refusal(bytes, span, reading)
  if (refused) return unread(refused, span.start)
  const parsed = parseValue(bytes, span)
  if (parsed === undefined) {
    const problem = jsonDetails(bytes, span.start, span.end).syntaxError
    const message = `not JSON: ${problem?.message ?? 'this value can not be parsed'}`
    return unread(jsonFinding('JsonSyntax', '', message), problem?.offset ?? span.start)
  }

  const record: RecordParts =
    reading.format === 'upstream' ? recordParts(parsed) : { value: parsed, meta: undefined, prefix: '', findings: [] }
  const suspicious = span.longNumber || countMembers(parsed) !== span.members
  return {
    ...shared,
    value: record.value,
    meta: record.meta,
    findings: suspicious ? [...record.findings, ...detailFindings(bytes, span, record.prefix)] : record.findings,
    locate: pointer => {
      const { offsets } = jsonDetails(bytes, span.start, span.end)
      return at(nearestOffset(offsets, record.prefix + pointer) ?? span.start)
    },
  }
}

/** A finding of tier json, severity error. */
export function jsonFinding(code: string, pointer: string, message: string, hint?: string): Finding {
  const finding = { code, tier: 'json', severity: 'error', pointer, path: pathOfPointer(pointer), message } as const
  return hint === undefined ? finding : { ...finding, hint }
}

function refusal(bytes: Buffer, span: EntrySpan, { limits, wholeIsUtf8 }: Reading): Finding | undefined {
  const size = span.end - span.start
  if (span.repeatedKey)
    return jsonFinding('DuplicateKey', '', `the key ${JSON.stringify(span.key)} comes twice`, 'keep one of the two')
  if (size > limits.entryBytes)
    return jsonFinding('EntryTooLarge', '', `this entry has ${size} bytes, the limit is ${limits.entryBytes}`)
  if (span.depth > limits.depth)
    return jsonFinding('TooDeep', '', `this entry is nested ${span.depth} deep, the limit is ${limits.depth}`)
  if (!wholeIsUtf8 && !isUtf8(bytes.subarray(span.start, span.end))) {
    return jsonFinding('NotUtf8', '', 'this entry holds bytes that are not UTF-8', 'save the file as UTF-8')
  }
  return undefined
}

function parseValue(bytes: Buffer, span: Span): JsonValue | undefined {
  try {
    return JSON.parse(bytes.toString('utf8', span.start, span.end)) as JsonValue
  } catch {
    return undefined
  }
}

function detailFindings(bytes: Buffer, span: Span, prefix: string): Finding[] {
  const details = jsonDetails(bytes, span.start, span.end)
  const inside = (pointer: string) => (pointer.startsWith(prefix) ? pointer.slice(prefix.length) : pointer)
  return [
    ...details.duplicateKeys.map(({ pointer }) =>
      jsonFinding('DuplicateKey', inside(pointer), 'this key comes twice in one object', 'keep one of the two'),
    ),
    ...details.inexactNumbers.map(({ pointer, text }) =>
      jsonFinding(
        'NumberNotExact',
        inside(pointer),
        `the number ${text.slice(0, 60)} does not survive a double`,
        'write it as a string',
      ),
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

/** Members of all objects inside a value, counted as the scanner counts them in the text. */
function countMembers(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item)
    return count
  }
  const object: JsonObject = value
  for (const key of Object.keys(object)) count += 1 + countMembers(own(object, key) ?? null)
  return count
}

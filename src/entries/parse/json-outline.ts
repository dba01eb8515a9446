// The outline of a JSON document: its containers are read member by member, everything else is stepped over.
// No entry is parsed yet.
import type { Format } from '../document.ts'
import type { Limits } from '../limits.ts'
import { jsonDetails } from './json-details.ts'
import { JsonRefused, JsonScanner, type Span } from './json-scanner.ts'
import { ENTRY_CONTAINERS, type EntrySpot, type Kind, type Member, type OutlineProblem, outlineOf } from './outline.ts'

/** Where one entry stands in the bytes. */
export type EntrySpan = EntrySpot<Span>

export interface JsonOutline {
  readonly format: Format
  readonly spans: readonly EntrySpan[]
  /** Pointer of the list that they are items of, '' for lines. */
  readonly list: string | undefined
  readonly top: readonly Member<Span>[]
  readonly data: readonly Member<Span>[]
  readonly problems: readonly OutlineProblem[]
}

export interface JsonOutlineOptions {
  /** Where the text starts, behind a byte order mark. */
  readonly start: number
  readonly limits: Limits
  readonly lineOf: (offset: number) => number
}

const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
const SMALL_N = 0x6e

/** Members of the objects around the entries: more are no catalog, and would cost memory for nothing. */
const MOST_MEMBERS = 10_000

/** Undefined when the text is JSON but no catalog. Throws JsonRefused where it stops being JSON. */
export function jsonOutline(bytes: Buffer, options: JsonOutlineOptions): JsonOutline | undefined {
  const scanner = new JsonScanner(bytes, options.start)
  if (scanner.peek() !== OPEN_BRACE) {
    refuseBroken(bytes, scanner, options.limits)
    return undefined
  }
  const start = scanner.pos
  const members = membersOf(scanner, '', options.limits)
  if (scanner.peek() !== undefined) return jsonLines(bytes, { ...options, start, firstEnd: scanner.pos })
  const whole = () => new JsonScanner(bytes, start).span()
  const outline = outlineOf(members, { whole, lineOf: options.lineOf })
  return outline && { ...outline, spans: outline.entries }
}

/**
 * Several values in one text: each line is a document of its own, so that a bad line spoils no other.
 * `firstEnd`: end of the first value, where it was read; it must not go over its line.
 */
export function jsonLines(
  bytes: Buffer,
  { start, limits, firstEnd = start }: JsonOutlineOptions & { readonly firstEnd?: number },
): JsonOutline {
  const firstNewline = bytes.indexOf(0x0a, start)
  if (firstNewline === -1 || firstNewline < firstEnd - 1)
    throw new JsonRefused('text follows the document', new JsonScanner(bytes, firstEnd).skipSpace())
  const spans: Span[] = []
  for (let lineStart = start; lineStart < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, lineStart)
    const lineEnd = newline === -1 ? bytes.length : newline
    const scanner = new JsonScanner(bytes, lineStart, lineEnd)
    if (scanner.peek() !== undefined) addTo(spans, lineSpan(scanner, lineEnd), limits)
    lineStart = lineEnd + 1
  }
  return { format: 'upstream', spans, list: '', top: [], data: [], problems: [] }
}

function lineSpan(scanner: JsonScanner, lineEnd: number): Span {
  const start = scanner.pos
  try {
    return { ...scanner.span(), end: lineEnd }
  } catch (error) {
    if (!(error instanceof JsonRefused)) throw error
    return { start, end: lineEnd, members: 0, depth: 0, longNumber: false }
  }
}

function membersOf(scanner: JsonScanner, place: string, limits: Limits): Member<Span>[] {
  const most = place === '' || place === 'data' ? MOST_MEMBERS : limits.entries
  const members: Member<Span>[] = []
  scanner.object((key, keyOffset) => {
    if (members.length === most) throw new JsonRefused(`an object has over ${most} keys`, keyOffset, 'TooManyEntries')
    members.push({ key, keyOffset, ...memberValue(scanner, place === '' ? key : `${place}.${key}`, limits) })
  })
  return members
}

function memberValue(scanner: JsonScanner, place: string, limits: Limits): Omit<Member<Span>, 'key' | 'keyOffset'> {
  const first = scanner.peek()
  const offset = scanner.pos
  const kind = kindOf(first)
  if (ENTRY_CONTAINERS.has(place) && kind === 'object') {
    const members = membersOf(scanner, place, limits)
    const spot = spanAround(
      members.map(member => member.spot),
      { start: offset, end: scanner.pos, members: members.length },
    )
    return { offset, kind, members, spot }
  }
  if (ENTRY_CONTAINERS.has(place) && kind === 'array') {
    const elements: Span[] = []
    scanner.array(() => addTo(elements, scanner.span(), limits))
    return { offset, kind, elements, spot: spanAround(elements, { start: offset, end: scanner.pos, members: 0 }) }
  }
  return { offset, kind, spot: scanner.span() }
}

function addTo(spans: Span[], span: Span, limits: Limits): void {
  if (spans.length === limits.entries)
    throw new JsonRefused(`this file has over ${limits.entries} entries`, span.start, 'TooManyEntries')
  spans.push(span)
}

function kindOf(first: number | undefined): Kind {
  if (first === OPEN_BRACE) return 'object'
  if (first === OPEN_BRACKET) return 'array'
  return first === SMALL_N ? 'null' : 'scalar'
}

/** The span of a container whose parts were read one by one, as `span` would have given it. */
function spanAround(parts: readonly Span[], own: Pick<Span, 'start' | 'end' | 'members'>): Span {
  let { members } = own
  let depth = 0
  let longNumber = false
  for (const part of parts) {
    members += part.members
    if (part.depth > depth) depth = part.depth
    longNumber ||= part.longNumber
  }
  return { ...own, members, depth: depth + 1, longNumber }
}

/** What does not start with a brace is no catalog; a text that is no JSON either says where. */
function refuseBroken(bytes: Buffer, scanner: JsonScanner, limits: Limits): void {
  const first = scanner.span()
  if (first.end - first.start <= limits.entryBytes && first.depth <= limits.depth) {
    const { syntaxError } = jsonDetails(bytes, first, { places: false })
    if (syntaxError) throw new JsonRefused(syntaxError.message, syntaxError.offset)
  }
  if (scanner.peek() !== undefined) throw new JsonRefused('text follows the document', scanner.pos)
  if (first.depth > limits.depth) {
    const message = `this document is nested ${first.depth} deep, the limit is ${limits.depth}`
    throw new JsonRefused(message, first.start, 'TooDeep')
  }
}

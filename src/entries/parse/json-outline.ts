// The outline of a JSON document: which form it has, and where each entry begins and ends. No entry is parsed yet.
// Recognition follows ToolHive's rule (toolhive-formats.md 1a): `data` an object is the envelope, `$schema` decides nothing.
import { pointerOf } from '../../lib/issue.ts'
import { type JsonObject, type JsonValue, setOwn } from '../../lib/json.ts'
import { type Envelope, type Format, NO_ENVELOPE, type Section } from '../document.ts'
import { JsonScanner, JsonSyntaxError, type Span } from './json-scanner.ts'

/** Where one entry stands in the bytes. */
export interface EntrySpan extends Span {
  /** Where it stands in the document. */
  readonly pointer: string
  readonly section?: Section
  readonly key?: string
  /** The same key came before in the same ToolHive map. */
  readonly repeatedKey?: boolean
}

export interface Outline {
  readonly format: Format
  readonly spans: readonly EntrySpan[]
  readonly envelope: Envelope
}

/** A member of an object: its span, and what is inside when it is one of the containers that hold entries. */
interface Member {
  readonly key: string
  readonly span: Span
  readonly elements?: readonly Span[]
  readonly members?: readonly Member[]
}

const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b

/** Undefined when the text is JSON but no catalog. Throws JsonSyntaxError where it stops being JSON. */
export function outlineOf(bytes: Buffer): Outline | undefined {
  const scanner = new JsonScanner(bytes, hasByteOrderMark(bytes) ? 3 : 0)
  if (scanner.peek() !== OPEN_BRACE) {
    scanner.span()
    return undefined
  }
  const start = scanner.pos
  const members = membersOf(scanner, '')
  if (scanner.peek() !== undefined) return jsonLines(bytes, start, scanner.pos)

  refuseRepeatedKeys(members)
  const memberOf = (key: string) => members.find(member => member.key === key)
  const data = memberOf('data')
  const servers = memberOf('servers')
  if (data?.members) return envelopeOutline(bytes, members, data.members)
  if (servers?.elements) return listOutline(bytes, members, servers.elements)
  if (servers?.members || memberOf('remote_servers')?.members || memberOf('groups'))
    return toolhiveOutline(bytes, members)
  if (!SERVER_KEYS.some(memberOf)) return undefined
  return {
    format: 'upstream',
    spans: [{ ...new JsonScanner(bytes, start).span(), pointer: '' }],
    envelope: NO_ENVELOPE,
  }
}

/** One of these makes a lone object a server.json or an API record. */
const SERVER_KEYS = ['server', 'name', 'version', 'packages', 'remotes', '$schema']

/** Containers that hold entries, by their place; everything else is stepped over. */
const ENTRY_CONTAINERS = new Set(['servers', 'remote_servers', 'data', 'data.servers'])

function membersOf(scanner: JsonScanner, place: string): Member[] {
  const members: Member[] = []
  scanner.object(key => members.push({ key, ...memberAt(scanner, place === '' ? key : `${place}.${key}`) }))
  return members
}

function memberAt(scanner: JsonScanner, place: string): Omit<Member, 'key'> {
  const first = scanner.peek()
  const start = scanner.pos
  if (ENTRY_CONTAINERS.has(place) && first === OPEN_BRACE) {
    const members = membersOf(scanner, place)
    return { span: bareSpan(start, scanner.pos), members }
  }
  if (ENTRY_CONTAINERS.has(place) && first === OPEN_BRACKET) {
    const elements: Span[] = []
    scanner.array(() => elements.push(scanner.span()))
    return { span: bareSpan(start, scanner.pos), elements }
  }
  return { span: scanner.span() }
}

function bareSpan(start: number, end: number): Span {
  return { start, end, members: 0, depth: 0, longNumber: false }
}

function refuseRepeatedKeys(members: readonly Member[]): void {
  const seen = new Set<string>()
  for (const { key, span } of members) {
    if (seen.has(key)) throw new JsonSyntaxError(`the key ${JSON.stringify(key.slice(0, 60))} comes twice`, span.start)
    seen.add(key)
  }
}

function envelopeOutline(bytes: Buffer, members: readonly Member[], data: readonly Member[]): Outline {
  refuseRepeatedKeys(data)
  return {
    format: 'upstream',
    spans: numbered('/data/servers', data.find(({ key }) => key === 'servers')?.elements ?? []),
    envelope: { top: valuesOf(bytes, members, ['data']), data: valuesOf(bytes, data, ['servers']) },
  }
}

function listOutline(bytes: Buffer, members: readonly Member[], spans: readonly Span[]): Outline {
  const envelope = { top: valuesOf(bytes, members, ['servers', 'metadata']), data: {} }
  return { format: 'upstream', spans: numbered('/servers', spans), envelope }
}

function toolhiveOutline(bytes: Buffer, members: readonly Member[]): Outline {
  const spans: EntrySpan[] = []
  for (const section of ['servers', 'remote_servers'] as const) {
    const seen = new Set<string>()
    for (const { key, span } of members.find(member => member.key === section)?.members ?? []) {
      spans.push({ ...span, pointer: pointerOf(section, key), section, key, repeatedKey: seen.has(key) })
      seen.add(key)
    }
  }
  return {
    format: 'toolhive',
    spans,
    envelope: { top: valuesOf(bytes, members, ['servers', 'remote_servers']), data: {} },
  }
}

/** Several values in one text: each line is a document of its own, so that a bad line spoils no other. */
function jsonLines(bytes: Buffer, start: number, firstEnd: number): Outline {
  const firstNewline = bytes.indexOf(0x0a, start)
  if (firstNewline === -1 || firstNewline < firstEnd - 1)
    throw new JsonSyntaxError('text follows the document', firstEnd)
  const spans: Span[] = []
  for (let lineStart = start; lineStart < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, lineStart)
    const lineEnd = newline === -1 ? bytes.length : newline
    const scanner = new JsonScanner(bytes, lineStart, lineEnd)
    if (scanner.peek() !== undefined) spans.push(lineSpan(scanner, lineEnd))
    lineStart = lineEnd + 1
  }
  return { format: 'upstream', spans: numbered('', spans), envelope: NO_ENVELOPE }
}

function numbered(place: string, spans: readonly Span[]): EntrySpan[] {
  return spans.map((span, index) => ({ ...span, pointer: `${place}/${index}` }))
}

function lineSpan(scanner: JsonScanner, lineEnd: number): Span {
  const start = scanner.pos
  try {
    return { ...scanner.span(), end: lineEnd }
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    return bareSpan(start, lineEnd)
  }
}

function valuesOf(bytes: Buffer, members: readonly Member[], without: readonly string[]): JsonObject {
  const values: JsonObject = {}
  for (const { key, span } of members) {
    if (without.includes(key)) continue
    try {
      setOwn(values, key, JSON.parse(bytes.toString('utf8', span.start, span.end)) as JsonValue)
    } catch {
      throw new JsonSyntaxError(`the value of ${JSON.stringify(key.slice(0, 60))} is not valid JSON`, span.start)
    }
  }
  return values
}

/** UTF-8's byte order mark: allowed before JSON, never written by us. */
function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

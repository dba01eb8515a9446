// The entries of a target as they shall be, one line each, sorted; and the text of a catalog file around such lines.
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { compareUtf8 } from '../../lib/utf8.ts'
import { canonicalMembers } from '../canonical.ts'
import { type CatalogEntry, catalogText } from '../catalog.ts'
import { laterDate } from '../dates.ts'
import type { Envelope } from '../document.ts'
import { type Marks, withMarks, writeEntry } from '../entry.ts'
import { lastUpdated, pick, unknownPart } from '../envelope.ts'
import { ENVELOPE_DATA, ENVELOPE_TOP } from '../formats/upstream.ts'
import type { Accepted, AcceptedEntry } from '../prepare.ts'
import type { RenderInput } from './rendered.ts'

/** One entry of the new target; its text is read or made when it is written. */
export interface Line {
  readonly name: string
  readonly version: string
  readonly newestDate: string | undefined
  /** The entry of the target that stays as it is; undefined when this line is new. */
  readonly kept: CatalogEntry | undefined
  text(): Buffer
}

/** Sorted by UTF-8 bytes of name, then version. */
export function linesOf(input: RenderInput): Line[] {
  const lines: Line[] = []
  for (const decision of input.decisions) {
    if (decision.outcome === 'removed') continue
    if (decision.outcome === 'added') lines.push(addedLine(decision.source, input))
    else if (decision.outcome === 'updated') lines.push(updatedLine(decision.source, decision.target, input))
    else lines.push(keptLine(decision.target, input))
  }
  return lines.sort((a, b) => compareUtf8(a.name, b.name) || compareUtf8(a.version, b.version))
}

/** The text of an upstream catalog file with these entries, in pieces, readable more than once. */
export function catalogContent(envelope: Envelope, lines: readonly Line[]): Iterable<Uint8Array> {
  const dates = lines.map(line => line.newestDate)
  const { head, tail } = textAround(envelope, lastUpdated(envelope, 'upstream', dates))
  return { [Symbol.iterator]: () => pieces(head, lines, tail) }
}

/** The text before the first entry and after the last one. */
function textAround(
  { top, data }: Envelope,
  last_updated: JsonValue,
): { readonly head: string; readonly tail: string } {
  const meta = own(top, 'meta')
  const known: JsonObject = {
    version: '1.0.0',
    ...pick(top, ['$schema', 'version']),
    meta: { ...(isJsonObject(meta) ? meta : {}), last_updated },
  }
  const members = canonicalMembers(data, ENVELOPE_DATA)
  const unknown = canonicalMembers(unknownPart(top, 'upstream'))
  return {
    head: `{${canonicalMembers(known, ENVELOPE_TOP)},"data":{"servers":[`,
    tail: `]${members === '' ? '' : `,${members}`}}${unknown === '' ? '' : `,${unknown}`}}\n`,
  }
}

function keptLine(target: CatalogEntry, { catalog }: RenderInput): Line {
  const { name, version, newestDate } = target
  return { name, version, newestDate, kept: target, text: () => catalogText(catalog, target) }
}

function addedLine(source: AcceptedEntry, { accepted, startTime }: RenderInput): Line {
  const { name, version, marks, text } = source
  if (startTime === undefined || (marks.publishedAt !== undefined && marks.updatedAt !== undefined)) {
    return { name, version, newestDate: source.newestDate, kept: undefined, text: () => accepted.spool.read(text) }
  }
  return datedLine(source, { publishedAt: startTime, updatedAt: startTime, ...marks }, accepted)
}

/** The entry as it shall stand in place of the target's. */
export function updatedLine(
  source: AcceptedEntry,
  target: CatalogEntry,
  { accepted, startTime }: Pick<RenderInput, 'accepted' | 'startTime'>,
): Line {
  const changed = startTime === undefined ? {} : { updatedAt: startTime }
  return datedLine(source, { ...target.marks, ...changed, ...source.marks }, accepted)
}

function datedLine(source: AcceptedEntry, marks: Marks, accepted: Accepted): Line {
  const dates = [source.newestDate, marks.publishedAt, marks.updatedAt, marks.statusChangedAt]
  const text = () => {
    const document = JSON.parse(accepted.spool.read(source.text).toString('utf8')) as JsonObject
    return Buffer.from(writeEntry(withMarks(document, marks)))
  }
  return {
    name: source.name,
    version: source.version,
    newestDate: dates.reduce(laterDate, undefined),
    kept: undefined,
    text,
  }
}

/** Lines are gathered into pieces of this size: 80,000 small writes to git cost more than the copy. */
const PIECE = 1024 * 1024

function* pieces(head: string, lines: readonly Line[], tail: string): Generator<Uint8Array> {
  let gathered: Buffer[] = [Buffer.from(head)]
  let size = 0
  for (const [index, line] of lines.entries()) {
    const text = line.text()
    gathered.push(Buffer.from(index === 0 ? '\n' : ',\n'), text)
    size += text.length
    if (size < PIECE) continue
    yield Buffer.concat(gathered)
    gathered = []
    size = 0
  }
  gathered.push(Buffer.from(`\n${tail}`))
  yield Buffer.concat(gathered)
}

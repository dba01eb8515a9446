// Layout File in upstream format: the whole catalog in one file, one compact line an entry (git-contract.md, "Bytes").
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { compareUtf8 } from '../../lib/utf8.ts'
import { canonicalMembers } from '../canonical.ts'
import { type CatalogEntry, catalogDocument, catalogText } from '../catalog.ts'
import { laterDate } from '../dates.ts'
import type { Envelope } from '../document.ts'
import { type Marks, marksOf, withMarks, writeEntry } from '../entry.ts'
import { lastUpdated, mergeEnvelopes, pick, sameEnvelope, unknownPart } from '../envelope.ts'
import { ENVELOPE_DATA, ENVELOPE_TOP } from '../formats/upstream.ts'
import type { Accepted, AcceptedEntry } from '../prepare.ts'
import { sourceEnvelope } from '../source-envelope.ts'
import { changesEntries, type RenderedFile, type RenderInput, renderedFile } from './rendered.ts'

/** The file to write, or undefined when the target already says the same. Throws TargetTooLarge. */
export function renderUpstreamFile(input: RenderInput): RenderedFile | undefined {
  const { catalog, accepted, decisions, merge } = input
  const source = sourceEnvelope(accepted.envelopes, 'upstream')
  const envelope = mergeEnvelopes(catalog.envelope, source, { ...merge, format: 'upstream' })
  const nothingThere = !catalog.file && decisions.length === 0
  if (
    !input.always &&
    !changesEntries(decisions) &&
    (nothingThere || sameEnvelope(envelope, catalog.envelope ?? envelope, 'upstream'))
  )
    return undefined

  const lines = linesOf(input)
  const dates = lines.map(line => line.newestDate)
  const { head, tail } = textAround(envelope, lastUpdated(envelope, 'upstream', dates))
  const content = { [Symbol.iterator]: () => pieces(head, lines, tail) }
  return renderedFile(content, input)
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

/** One entry of the new file; its text is read or made when it is written. */
interface Line {
  readonly name: string
  readonly version: string
  readonly newestDate: string | undefined
  text(): Buffer
}

function linesOf(input: RenderInput): Line[] {
  const { catalog } = input
  const lines: Line[] = []
  for (const decision of input.decisions) {
    if (decision.outcome === 'removed') continue
    if (decision.outcome === 'added') lines.push(addedLine(decision.source, input))
    else if (decision.outcome === 'updated') lines.push(updatedLine(decision.source, decision.target, input))
    else {
      const { target } = decision
      lines.push({
        name: target.name,
        version: target.version,
        newestDate: target.newestDate,
        text: () => catalogText(catalog, target),
      })
    }
  }
  return lines.sort((a, b) => compareUtf8(a.name, b.name) || compareUtf8(a.version, b.version))
}

function addedLine(source: AcceptedEntry, { accepted, startTime }: RenderInput): Line {
  const { name, version, marks, text } = source
  if (startTime === undefined || (marks.publishedAt !== undefined && marks.updatedAt !== undefined)) {
    return { name, version, newestDate: source.newestDate, text: () => accepted.spool.read(text) }
  }
  return datedLine(source, { publishedAt: startTime, updatedAt: startTime, ...marks }, accepted)
}

function updatedLine(source: AcceptedEntry, target: CatalogEntry, { catalog, accepted, startTime }: RenderInput): Line {
  const kept = marksOf(catalogDocument(catalog, target))
  const changed = startTime === undefined ? {} : { updatedAt: startTime }
  return datedLine(source, { ...kept, ...changed, ...source.marks }, accepted)
}

function datedLine(source: AcceptedEntry, marks: Marks, accepted: Accepted): Line {
  const newestDate = [source.newestDate, marks.publishedAt, marks.updatedAt, marks.statusChangedAt].reduce(
    laterDate,
    undefined,
  )
  const text = () => {
    const document = JSON.parse(accepted.spool.read(source.text).toString('utf8')) as JsonObject
    return Buffer.from(writeEntry(withMarks(document, marks)))
  }
  return { name: source.name, version: source.version, newestDate, text }
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

// ToolHive's registry.json: the target's index, and the whole file in the order of git-contract.md, "Bytes".
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { compareUtf8 } from '../../lib/utf8.ts'
import { orderedKeys, prettyJson, shapeBelow } from '../canonical.ts'
import { type Catalog, type CatalogEntry, catalogBytes, EMPTY_CATALOG, indexFile } from '../catalog.ts'
import type { RawEntry, Section, SourceFile } from '../document.ts'
import { lastUpdated, mergeEnvelopes, sameEnvelope } from '../envelope.ts'
import { TOOLHIVE_ENTRY, TOOLHIVE_REGISTRY } from '../formats/toolhive.ts'
import type { Limits } from '../limits.ts'
import { toolhiveDate, toolhiveFingerprint } from '../project-toolhive.ts'
import { sourceEnvelope } from '../source-envelope.ts'
import { changesEntries, type EntryDecision, measured, type Rendered, type RenderInput } from './rendered.ts'

/** Throws TargetInvalid for a file that is no registry.json. */
export function indexToolhiveFile(files: readonly SourceFile[], limits: Limits): Catalog {
  const [file] = files
  return file ? indexFile(file, { limits, format: 'toolhive', entryOf: toolhiveEntry }) : EMPTY_CATALOG
}

function toolhiveEntry({ key, section, value, range }: RawEntry, { path }: SourceFile): CatalogEntry | undefined {
  if (key === undefined || section === undefined || !range || !isJsonObject(value)) return undefined
  return {
    identity: key,
    name: key,
    version: '',
    section,
    fingerprint: toolhiveFingerprint(section, value),
    marks: {},
    newestDate: toolhiveDate({ section, key, value }),
    file: path,
    start: range.start,
    end: range.end,
    isWritten: false,
  }
}

/** The file to write, or undefined when the target already says the same. */
export function renderToolhiveFile(input: RenderInput): Rendered | undefined {
  const { catalog, accepted, decisions, merge } = input
  const source = sourceEnvelope(accepted.envelopes, 'toolhive')
  const envelope = mergeEnvelopes(catalog.envelope, source, { ...merge, format: 'toolhive' })
  const nothingThere = catalog.files.size === 0 && decisions.length === 0
  if (
    !input.always &&
    !changesEntries(decisions) &&
    (nothingThere || sameEnvelope(envelope, catalog.envelope ?? envelope, 'toolhive'))
  )
    return undefined

  const sections: Record<Section, RegistryEntry[]> = { servers: [], remote_servers: [] }
  const dates: (string | undefined)[] = []
  for (const decision of decisions) {
    if (decision.outcome === 'removed') continue
    const { identity, section = 'servers', newestDate } = chosenSide(decision)
    sections[section].push({ key: identity, value: () => writtenValue(decision, input) })
    dates.push(newestDate)
  }
  const around = { version: '1.0.0', ...envelope.top, last_updated: lastUpdated(envelope, 'toolhive', dates) }
  const content = [...gathered(registryText(around, sections))]
  return { digest: measured(input.path, content, input.room), writes: [{ path: input.path, content }] }
}

/** An entry of the new file; its value is read when it is written, so that the file never stands in memory as a tree. */
interface RegistryEntry {
  readonly key: string
  value(): JsonValue
}

/** The text that `prettyJson` would give for the whole registry, piece by piece. Remote servers only where there are some. */
function* registryText(around: JsonObject, sections: Record<Section, RegistryEntry[]>): Generator<string> {
  const { servers, remote_servers } = sections
  const registry = { ...around, servers: {}, ...(remote_servers.length === 0 ? {} : { remote_servers: {} }) }
  let before = '{'
  for (const key of orderedKeys(registry, TOOLHIVE_REGISTRY)) {
    yield `${before}\n  ${JSON.stringify(key)}: `
    if (key === 'servers') yield* sectionText(servers)
    else if (key === 'remote_servers') yield* sectionText(remote_servers)
    else yield prettyJson(own(around, key) ?? null, shapeBelow(TOOLHIVE_REGISTRY, key), '  ')
    before = ','
  }
  yield '\n}\n'
}

function* sectionText(entries: RegistryEntry[]): Generator<string> {
  if (entries.length === 0) return yield '{}'
  let before = '{'
  for (const { key, value } of entries.sort((a, b) => compareUtf8(a.key, b.key))) {
    yield `${before}\n    ${JSON.stringify(key)}: ${prettyJson(value(), TOOLHIVE_ENTRY, '    ')}`
    before = ','
  }
  yield '\n  }'
}

function chosenSide(decision: EntryDecision) {
  return decision.outcome === 'added' || decision.outcome === 'updated' ? decision.source : decision.target
}

function writtenValue(decision: EntryDecision, { accepted, catalog }: RenderInput): JsonValue {
  const bytes =
    decision.outcome === 'added' || decision.outcome === 'updated'
      ? accepted.spool.read(decision.source.text)
      : catalogBytes(catalog, decision.target)
  return JSON.parse(bytes.toString('utf8')) as JsonValue
}

/** Text is gathered into pieces of about this size, in UTF-16 units. */
const PIECE = 1024 * 1024

function* gathered(texts: Iterable<string>): Generator<Buffer> {
  let piece = ''
  for (const text of texts) {
    piece += text
    if (piece.length < PIECE) continue
    yield Buffer.from(piece)
    piece = ''
  }
  if (piece !== '') yield Buffer.from(piece)
}

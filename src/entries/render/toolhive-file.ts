// ToolHive's registry.json: the target's index, and the whole file in the order of git-contract.md, "Bytes".
import { isJsonObject, type JsonObject, type JsonValue, setOwn } from '../../lib/json.ts'
import { prettyJson } from '../canonical.ts'
import { type Catalog, type CatalogEntry, catalogBytes, EMPTY_CATALOG, indexFile } from '../catalog.ts'
import type { RawEntry, Section, SourceFile } from '../document.ts'
import { lastUpdated, mergeEnvelopes, sameEnvelope } from '../envelope.ts'
import { TOOLHIVE_REGISTRY } from '../formats/toolhive.ts'
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

  const sections: Record<Section, JsonObject> = { servers: {}, remote_servers: {} }
  const dates: (string | undefined)[] = []
  for (const decision of decisions) {
    if (decision.outcome === 'removed') continue
    const { identity, section = 'servers', newestDate } = chosenSide(decision)
    setOwn(sections[section], identity, writtenValue(decision, input))
    dates.push(newestDate)
  }
  const last_updated = lastUpdated(envelope, 'toolhive', dates)
  const { remote_servers, servers } = sections
  const registry: JsonObject = {
    version: '1.0.0',
    ...envelope.top,
    last_updated,
    servers,
    ...(Object.keys(remote_servers).length === 0 ? {} : { remote_servers }),
  }
  const content = [Buffer.from(`${prettyJson(registry, TOOLHIVE_REGISTRY)}\n`)]
  return { digest: measured(input.path, content, input.room), writes: [{ path: input.path, content }] }
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

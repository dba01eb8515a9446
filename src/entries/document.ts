// A document as read: which form it has, its entries one at a time, and everything around them. Parsers make it, prepare reads it.
import type { Finding, Issue } from '../lib/issue.ts'
import type { JsonObject, JsonValue } from '../lib/json.ts'
import type { Position } from './parse/positions.ts'

export type Format = 'upstream' | 'toolhive'

/** Where a ToolHive entry stands in registry.json. */
export type Section = 'servers' | 'remote_servers'

/** One file of a source, as bytes. */
export interface SourceFile {
  readonly path: string
  readonly bytes: Buffer
}

/** A finding that reading the text made, with its own place where that is not the pointer's. */
export interface ReadFinding extends Finding {
  readonly line?: number
  readonly column?: number
}

/** An entry as read, not yet judged. */
export interface RawEntry {
  readonly format: Format
  /** server.json, or the value in a ToolHive map. Undefined when it could not be read; `findings` say why. */
  readonly value: JsonValue | undefined
  /** The API's sibling `_meta` of a `{server, _meta}` record. */
  readonly meta: JsonObject | undefined
  /** ToolHive only: map and key. */
  readonly section: Section | undefined
  readonly key: string | undefined
  /** Where it stands in the document: `/data/servers/3`, in JSON Lines the index of the line. */
  readonly pointer: string
  /** Its bytes in the document, of JSON only. */
  readonly range: { readonly start: number; readonly end: number } | undefined
  /** What reading the text already found (tier json). */
  readonly findings: readonly ReadFinding[]
  /** Line and column of a pointer inside the entry, or of the nearest parent that exists. */
  locate(pointer: string): Position | undefined
  /** The same entry, read anew: who may need it later holds this instead of its value. */
  again(): RawEntry
}

/** What stands around the entries of a catalog file: the envelope's own keys, in the order read. */
export interface Envelope {
  /** Top level without `servers`, `remote_servers`, `data` and, of an API list, its paging `metadata`. */
  readonly top: JsonObject
  /** Keys of `data` without `servers`: skills, plugins and unknown ones. */
  readonly data: JsonObject
}

/** One document of a source. A document that can't be read as a whole has no entries, and an error among `issues`. */
export interface SourceDocument {
  readonly path: string
  /** Undefined when it is not recognised. */
  readonly format: Format | undefined
  readonly envelope: Envelope
  readonly issues: readonly Issue[]
  /** How many entries `entries` will give. */
  readonly count: number
  /** One at a time, each parsed when asked for. May be read more than once. */
  entries(): Iterable<RawEntry>
}

export const NO_ENVELOPE: Envelope = { top: {}, data: {} }

/** A document of which nothing could be read. */
export function unreadableDocument(path: string, issues: readonly Issue[]): SourceDocument {
  return { path, format: undefined, envelope: NO_ENVELOPE, issues, count: 0, entries: () => [] }
}

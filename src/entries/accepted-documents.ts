// Accepted entries as documents again, for the next filter and policy that they pass (`stages` of a request).
import type { Place } from '../lib/issue.ts'
import { isJsonObject, type JsonValue } from '../lib/json.ts'
import type { Spool } from '../lib/spool.ts'
import { NO_ENVELOPE, type RawEntry, type SourceDocument } from './document.ts'
import type { Position } from './parse/positions.ts'
import type { Accepted, AcceptedEntry } from './prepare.ts'

/** One document for each that the entries came from, under its path; what was found about an entry goes with it. */
export async function* acceptedDocuments(accepted: Accepted): AsyncIterable<SourceDocument> {
  const { entries } = accepted
  for (let start = 0; start < entries.length; ) {
    const path = entries[start]?.place.document ?? ''
    let end = start
    while (end < entries.length && entries[end]?.place.document === path) end++
    yield documentOf(path, entries.slice(start, end), accepted)
    start = end
  }
}

function documentOf(path: string, entries: readonly AcceptedEntry[], { spool }: Accepted): SourceDocument {
  return {
    path,
    format: 'upstream',
    envelope: NO_ENVELOPE,
    issues: [],
    count: entries.length,
    *entries() {
      for (const [index, entry] of entries.entries()) {
        yield rawEntry(spool, `/${index}`, entry)
      }
    },
  }
}

function positionOf({ line, column }: Place): Position | undefined {
  return line === undefined || column === undefined ? undefined : { line, column }
}

function rawEntry(spool: Spool, pointer: string, entry: AcceptedEntry): RawEntry {
  const value: JsonValue = JSON.parse(spool.read(entry.text).toString('utf8'))
  return {
    format: 'upstream',
    value: isJsonObject(value) ? value : undefined,
    meta: undefined,
    section: undefined,
    key: undefined,
    pointer,
    range: undefined,
    findings: entry.issues,
    // Where its parts stood in the source is gone; findings of earlier stages bring their places.
    locate: () => positionOf(entry.place),
    again: () => rawEntry(spool, pointer, entry),
  }
}

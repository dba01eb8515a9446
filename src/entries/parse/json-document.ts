// A JSON document to entries: first the outline, then one entry at a time.
// Every form of cli.md: server.json, API record, API list, ToolHive's envelope, registry.json, JSON Lines of the first two.
import { isUtf8 } from 'node:buffer'
import type { Issue } from '../../lib/issue.ts'
import { type SourceDocument, type SourceFile, unreadableDocument } from '../document.ts'
import type { Limits } from '../limits.ts'
import { entryAt, jsonFinding, type Reading } from './json-entry.ts'
import { outlineOf } from './json-outline.ts'
import { JsonSyntaxError } from './json-scanner.ts'
import { Positions } from './positions.ts'

const FORMS =
  'a server.json, an API record or list, an envelope with data.servers, a ToolHive registry.json, or JSON Lines of records'

/** Never throws for bad input: what can't be read is an issue of the document. */
export function jsonDocument(file: SourceFile, limits: Limits): SourceDocument {
  const { path, bytes } = file
  const positions = new Positions(bytes)
  try {
    const outline = outlineOf(bytes)
    if (!outline) return unreadableDocument(path, [formatUnknown(path)])
    const { format, spans, envelope } = outline
    const reading: Reading = { limits, positions, wholeIsUtf8: isUtf8(bytes), format }
    return {
      path,
      format,
      envelope,
      issues: [],
      count: spans.length,
      *entries() {
        for (const span of spans) yield entryAt(bytes, span, reading)
      },
    }
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    const issue: Issue = {
      ...jsonFinding('JsonSyntax', '', `not JSON: ${error.message}`),
      document: path,
      ...positions.at(error.offset),
    }
    return unreadableDocument(path, [issue])
  }
}

/** The issue of a text that is well formed, but no catalog. */
export function formatUnknown(path: string): Issue {
  return {
    ...jsonFinding('FormatUnknown', '', 'this document has none of the forms of a catalog', `give ${FORMS}`),
    document: path,
  }
}

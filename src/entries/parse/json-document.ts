// A JSON document to entries: first the outline, then one entry at a time.
// Every form of cli.md: server.json, API record, API list, ToolHive's envelope, registry.json, JSON Lines of the first two.
import { isUtf8 } from 'node:buffer'
import type { Issue } from '../../lib/issue.ts'
import { type SourceDocument, type SourceFile, unreadableDocument } from '../document.ts'
import type { Limits } from '../limits.ts'
import {
  byteOrderMark,
  encodingIssue,
  formatUnknown,
  hasByteOrderMark,
  nothingThere,
  problemIssue,
  type TextProblem,
  tooDeep,
} from './document-issues.ts'
import { entryAt, type Reading } from './json-entry.ts'
import { jsonEnvelope } from './json-envelope.ts'
import { type JsonOutline, type JsonOutlineOptions, jsonLines, jsonOutline } from './json-outline.ts'
import { JsonRefused, JsonScanner } from './json-scanner.ts'
import { Positions } from './positions.ts'

/** Never throws for bad input: what can't be read is an issue of the document. */
export function jsonDocument(file: SourceFile, limits: Limits): SourceDocument {
  const { path, bytes } = file
  const encoding = encodingIssue(file)
  if (encoding) return unreadableDocument(path, [encoding])
  const hasMark = hasByteOrderMark(bytes)
  const notes = hasMark ? [byteOrderMark(path)] : []
  const start = hasMark ? 3 : 0
  const positions = new Positions(bytes, start)
  if (new JsonScanner(bytes, start).peek() === undefined)
    return unreadableDocument(path, [...notes, nothingThere(path)])
  const issueAt = (problem: TextProblem, offset: number): Issue => problemIssue(problem, path, positions.at(offset))
  try {
    const lineOf = (offset: number) => positions.at(offset).line
    const outline = readOutline(file, { start, limits, lineOf })
    const wholeIsUtf8 = isUtf8(bytes)
    if (!outline)
      return unreadableDocument(path, [...notes, formatUnknown(path, positions.at(start), looksLikeManifest(bytes))])
    const { envelope, problems } = jsonEnvelope(bytes, outline, { limits, lineOf, wholeIsUtf8 })
    const all = [...outline.problems, ...problems]
    if (all.length > 0)
      return unreadableDocument(path, [...notes, ...all.map(problem => issueAt(problem, problem.offset))])

    const { format, spans, list } = outline
    const reading: Reading = { bytes, list, limits, positions, wholeIsUtf8, format }
    return {
      path,
      format,
      envelope,
      issues: notes,
      count: spans.length,
      *entries() {
        let index = 0
        for (const span of spans) yield entryAt(span, index++, reading)
      },
    }
  } catch (error) {
    if (!(error instanceof JsonRefused)) throw error
    const { code, offset } = error
    const message = code === 'JsonSyntax' ? `not JSON: ${error.message}` : error.message
    const problem = code === 'TooDeep' ? tooDeep(message) : { code, message }
    return unreadableDocument(path, [...notes, issueAt(problem, offset)])
  }
}

/** Asked only of what has none of the forms of a catalog. */
function looksLikeManifest(bytes: Buffer): boolean {
  const head = bytes.toString('latin1', 0, 4096)
  return /[{,]\s*"apiVersion"\s*:/.test(head) && /[{,]\s*"kind"\s*:/.test(head)
}

/** In a file that is named as JSON Lines, a broken line, the first one too, spoils only itself. */
function readOutline({ path, bytes }: SourceFile, options: JsonOutlineOptions): JsonOutline | undefined {
  try {
    return jsonOutline(bytes, options)
  } catch (error) {
    const isLines = /\.(jsonl|ndjson)$/i.test(path) && bytes.includes(0x0a)
    if (!(error instanceof JsonRefused) || error.code !== 'JsonSyntax' || !isLines) throw error
    return jsonLines(bytes, options)
  }
}

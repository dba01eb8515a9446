// One file to the documents in it: JSON by its first character, YAML otherwise.
import type { Format, SourceDocument, SourceFile } from '../document.ts'
import { unreadableDocument } from '../document.ts'
import type { Limits } from '../limits.ts'
import { jsonDocument } from './json-document.ts'
import { jsonFinding } from './json-entry.ts'

export interface ReadOptions {
  readonly limits: Limits
  /** What the resource or the command says; undefined: recognised per document. */
  readonly format: Format | undefined
}

/** Never throws for bad input: a document that can't be read carries issues. */
export function readDocuments(file: SourceFile, { limits, format }: ReadOptions): SourceDocument[] {
  return [jsonDocument(file, limits)].map(document => (format === undefined ? document : inFormat(document, format)))
}

function inFormat(document: SourceDocument, format: Format): SourceDocument {
  if (document.format === undefined || document.format === format) return document
  const message = `this document is in format ${document.format}, and ${format} was asked for`
  return unreadableDocument(document.path, [{ ...jsonFinding('FormatMismatch', '', message), document: document.path }])
}

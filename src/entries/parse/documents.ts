// One file to the documents in it: JSON by its first character or its name, YAML otherwise.
import type { Format, SourceDocument, SourceFile } from '../document.ts'
import { unreadableDocument } from '../document.ts'
import type { Limits } from '../limits.ts'
import { hasByteOrderMark, problemIssue } from './document-issues.ts'
import { jsonDocument } from './json-document.ts'
import { yamlDocuments } from './yaml-document.ts'

export interface ReadOptions {
  readonly limits: Limits
  /** What the resource or the command says; undefined: recognised per document. */
  readonly format: Format | undefined
}

/** Never throws for bad input: a document that can't be read carries issues. Read in order, one is in memory at a time. */
export function* readDocuments(file: SourceFile, { limits, format }: ReadOptions): Generator<SourceDocument> {
  for (const document of documentsOf(file, limits)) {
    yield format === undefined ? document : inFormat(document, format)
  }
}

function documentsOf(file: SourceFile, limits: Limits): Iterable<SourceDocument> {
  if (/\.(json|jsonl|ndjson)$/i.test(file.path)) return [jsonDocument(file, limits)]
  if (!startsLikeJson(file.bytes)) return yamlDocuments(file, limits)
  const json = jsonDocument(file, limits)
  // YAML's flow style looks like JSON. What is too large for YAML stays JSON.
  const isYaml = /\.ya?ml$/i.test(file.path) && file.bytes.length <= limits.yamlBytes && !isJson(json)
  return isYaml ? yamlDocuments(file, limits) : [json]
}

const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b

function startsLikeJson(bytes: Buffer): boolean {
  let i = hasByteOrderMark(bytes) ? 3 : 0
  while (bytes[i] === 0x20 || bytes[i] === 0x0a || bytes[i] === 0x0d || bytes[i] === 0x09) i++
  return bytes[i] === OPEN_BRACE || bytes[i] === OPEN_BRACKET
}

function isJson(document: SourceDocument): boolean {
  if (document.issues.some(({ code }) => code === 'JsonSyntax')) return false
  for (const { findings } of document.entries()) if (findings.some(({ code }) => code === 'JsonSyntax')) return false
  return true
}

function inFormat(document: SourceDocument, format: Format): SourceDocument {
  if (document.format === undefined || document.format === format) return document
  const message = `this document is in format ${document.format}, and ${format} was asked for`
  const issue = problemIssue({ code: 'FormatMismatch', message }, document.path, { line: 1, column: 1 })
  return unreadableDocument(document.path, [issue])
}

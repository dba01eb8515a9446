// Issues of a document as a whole: its encoding, its form, its text. For JSON and YAML alike.
import { isUtf8 } from 'node:buffer'
import type { Issue, Severity } from '../../lib/issue.ts'
import { firstInvalidUtf8 } from '../../lib/utf8.ts'
import type { SourceFile } from '../document.ts'
import { type Position, Positions } from './positions.ts'

/** A problem of a text, without its place. */
export interface TextProblem {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

const FORMS =
  'a server.json, an API record {server, _meta}, an API list {servers: [...]}, an envelope {version, meta, data: {servers}}, a ToolHive registry.json {servers: {...}}, or JSON Lines of the first two'

export function problemIssue(
  { code, message, hint }: TextProblem,
  document: string,
  at: Position,
  severity: Severity = 'error',
): Issue {
  const issue = { code, tier: 'json', severity, document, pointer: '', path: '', message, ...at } as const
  return hint === undefined ? issue : { ...issue, hint }
}

/** The issue of a text that is well formed, but no catalog. A manifest is told so. */
export function formatUnknown(document: string, at: Position, isManifest: boolean): Issue {
  if (isManifest) {
    const problem = {
      code: 'FormatUnknown',
      message: 'this is a manifest, with apiVersion and kind, and no catalog',
      hint: `rollbook run -f ${document} --mode plan checks it and tells what it would do`,
    }
    return problemIssue(problem, document, at)
  }
  const message = 'this document has none of the forms of a catalog'
  return problemIssue({ code: 'FormatUnknown', message, hint: `give ${FORMS}` }, document, at)
}

/** The issue of a file without any value in it. */
export function nothingThere(document: string): Issue {
  const message = 'this file is empty'
  return problemIssue({ code: 'FormatUnknown', message, hint: `give ${FORMS}` }, document, { line: 1, column: 1 })
}

/** UTF-8's byte order mark: read over, and never written by us. */
export function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

export function byteOrderMark(document: string): Issue {
  const message = 'this file starts with a byte order mark, which is not kept'
  return problemIssue({ code: 'ByteOrderMark', message }, document, { line: 1, column: 1 }, 'info')
}

/** The issue of bytes that are gzip's, or a text in UTF-16 or UTF-32. */
export function encodingIssue({ path, bytes }: SourceFile): Issue | undefined {
  const [a, b] = bytes
  if (a === 0x1f && b === 0x8b) return problemIssue(GZIP, path, { line: 1, column: 1 })
  const isMarked = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)
  const isBare = a === 0 || b === 0
  if (!isMarked && !isBare) return undefined
  const message = 'this is not UTF-8 text: it looks like UTF-16 or UTF-32'
  const problem = { code: 'NotUtf8', message, hint: 'save the file as UTF-8' }
  return problemIssue(problem, path, { line: 1, column: 1 })
}

const GZIP = {
  code: 'NotUtf8',
  message: 'this is no text but gzip',
  hint: 'give it unpacked, or let the server say content-encoding: gzip',
} as const

/** The issue of a text with bytes that are not UTF-8, at the first of them. */
export function notUtf8(path: string, bytes: Buffer): Issue | undefined {
  if (isUtf8(bytes)) return undefined
  return problemIssue(NOT_UTF8, path, new Positions(bytes, 0).at(firstInvalidUtf8(bytes) ?? 0))
}

/** Code and words for a byte that is no text. */
export const NOT_UTF8 = { code: 'NotUtf8', message: 'this byte is not UTF-8', hint: 'save the file as UTF-8' } as const

/** Code and words for a number that we could not write back as it was. */
export function inexactNumber(text: string): TextProblem {
  const message = `the number ${text.slice(0, 60)} does not survive a double`
  return { code: 'NumberNotExact', message, hint: 'write it as a string' }
}

/** The problem of an entry over the limit of its size. */
export function entryTooLarge(message: string): TextProblem {
  return { code: 'EntryTooLarge', message: `this entry ${message}`, hint: 'take out what is long in it, or all of it' }
}

/** The problem of an entry, a value or a document over the limit of nesting. */
export function tooDeep(message: string): TextProblem {
  return { code: 'TooDeep', message, hint: 'flatten it, or take it out' }
}

/** Code and words for a key that stands twice in one object. */
export function duplicateKey(key: string, firstLine: number): TextProblem {
  const message = `the key ${JSON.stringify(key.slice(0, 60))} is given twice, first in line ${firstLine}`
  return { code: 'DuplicateKey', message, hint: 'keep one of the two' }
}

// Text of a manifest file to plain values that know where they stand. YAML and JSON alike (YAML 1.2 contains JSON),
// with guards against everything that a hostile file does: aliases, depth, duplicate keys, directives, tags, size.
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
} from 'yaml'
import { type JsonObject, type JsonValue, setOwn } from '../lib/json.ts'
import type { FieldPath, Position, Problem } from './problem.ts'

/** Limits of design section 4.11; a text beyond them is refused before or while it is read. */
const MAX_BYTES = 20 * 1024 * 1024
const MAX_DEPTH = 64
/** Nodes that aliases may add to what is written in the file. */
const MAX_ALIASED_NODES = 10_000

/** One document of a file: its value, and where each part of it stands. */
export interface YamlDocument {
  readonly value: JsonValue
  /** Position of a field, or of the nearest block around it that is in the text. */
  locate(path: FieldPath, atKey?: boolean): Position
}

/** A problem of the text itself. */
export interface TextProblem extends Problem {
  readonly position: Position
}

export interface YamlFile {
  readonly documents: readonly YamlDocument[]
  readonly problems: readonly TextProblem[]
}

/** The documents of a text that have no problem of their own, and the problems of the others. Empty documents are left out. */
export function readYaml(input: string): YamlFile {
  const text = input.startsWith('\uFEFF') ? input.slice(1) : input
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_BYTES) {
    const message = `the file has ${bytes} bytes, more than the ${MAX_BYTES} allowed`
    return { documents: [], problems: [textProblem('tooLarge', message, { line: 1, column: 1 })] }
  }
  const lines = new LineCounter()
  const place = (offset: number) => positionOf(text, lines, offset)
  const tokens = tokensOf(text, lines)
  if (!Array.isArray(tokens)) {
    return { documents: [], problems: [textProblem('tooDeep', TOO_DEEP, place(tokens.tooDeepAt))] }
  }
  const documents: YamlDocument[] = []
  const problems: TextProblem[] = []
  for (const document of new Composer(PARSE_OPTIONS).compose(tokens)) {
    const reader = new DocumentReader(document, place)
    const value = reader.read()
    problems.push(...reader.problems)
    if (reader.problems.length > 0 || value === null) continue
    documents.push({ value, locate: (path, atKey) => reader.locate(path, atKey ?? false) })
  }
  return { documents, problems }
}

const TOO_DEEP = `must not be nested deeper than ${MAX_DEPTH} levels`

/** Keys are compared by us, in linear time and with both lines in the message. */
const PARSE_OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  strict: true,
  uniqueKeys: false,
  stringKeys: true,
  prettyErrors: false,
  logLevel: 'error',
} as const

/**
 * The parser's tokens, or where they nest too deep. The parser itself keeps a stack of its own, but composing its
 * tokens recurses, and 200,000 brackets there end the whole process (out of memory inside V8, not an exception).
 */
function tokensOf(text: string, lines: LineCounter): CST.Token[] | { readonly tooDeepAt: number } {
  const parser = new Parser(lines.addNewLine)
  const tokens: CST.Token[] = []
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > 2 * MAX_DEPTH) return { tooDeepAt: parser.offset - lexeme.length }
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}

/** Turns one parsed document into values, and keeps its nodes for positions. */
class DocumentReader {
  readonly problems: TextProblem[] = []
  readonly #document: Document.Parsed
  readonly #place: (offset: number) => Position
  #aliasedNodes = 0

  constructor(document: Document.Parsed, place: (offset: number) => Position) {
    this.#document = document
    this.#place = place
  }

  read(): JsonValue {
    const { errors, warnings, directives, contents } = this.#document
    for (const { code, message, pos } of [...errors, ...warnings])
      this.#complain(camel(code), sentence(message), pos[0])
    if (directives.yaml.explicit || Object.keys(directives.tags).length > 1) {
      this.#complain('directive', 'YAML directives (lines that start with %) are not accepted', this.#document.range[0])
    }
    if (this.problems.length > 0) return null
    return this.#valueOf(contents, 0, 0)
  }

  locate(path: FieldPath, atKey: boolean): Position {
    let node = this.#resolve(this.#document.contents)
    let offset = node?.range?.[0] ?? 0
    for (const [index, part] of path.entries()) {
      const isLast = index === path.length - 1
      if (isMap(node)) {
        const pair = node.items.find(item => isScalar(item.key) && item.key.value === part)
        if (!pair) break
        const key = rangeStart(pair.key)
        node = this.#resolve(pair.value as Node | null)
        offset = (isLast && atKey ? key : (rangeStart(pair.value) ?? key)) ?? offset
      } else if (isSeq(node) && typeof part === 'number') {
        const item = node.items[part] as Node | undefined
        if (!item) break
        offset = rangeStart(item) ?? offset
        node = this.#resolve(item)
      } else break
    }
    return this.#place(offset)
  }

  #valueOf(node: Node | null, depth: number, aliased: number): JsonValue {
    const offset = rangeStart(node) ?? 0
    if (depth > MAX_DEPTH) return this.#complain('tooDeep', TOO_DEEP, offset)
    if (aliased > 0 && ++this.#aliasedNodes > MAX_ALIASED_NODES) {
      if (this.#aliasedNodes > MAX_ALIASED_NODES + 1) return null
      return this.#complain('aliases', 'aliases must not blow the document up', offset)
    }
    if (isAlias(node)) {
      const target = this.#resolve(node)
      if (!target) return this.#complain('alias', `the alias *${node.source} has no anchor before it`, offset)
      return this.#valueOf(target, depth + 1, aliased + 1)
    }
    if (isMap(node)) return this.#mapOf(node.items, depth, aliased)
    if (isSeq(node)) return node.items.map(item => this.#valueOf(item as Node | null, depth + 1, aliased))
    return isScalar(node) ? this.#scalarOf(node.value, offset) : null
  }

  #mapOf(pairs: readonly Pair[], depth: number, aliased: number): JsonObject {
    const map: JsonObject = {}
    const lines = new Map<string, number>()
    for (const { key, value } of pairs) {
      const offset = rangeStart(key) ?? 0
      const name = isScalar(key) ? String(key.value) : ''
      const before = lines.get(name)
      if (before !== undefined) {
        this.#complain('duplicateKey', `the key "${name}" is given twice, first in line ${before}`, offset)
        continue
      }
      lines.set(name, this.#place(offset).line)
      setOwn(map, name, this.#valueOf(value as Node | null, depth + 1, aliased))
    }
    return map
  }

  #scalarOf(value: unknown, offset: number): JsonValue {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return this.#complain('number', 'must be a finite number', offset)
    }
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
  }

  #resolve(node: Node | null | undefined): Node | undefined {
    return (isAlias(node) ? node.resolve(this.#document) : node) ?? undefined
  }

  #complain(code: string, message: string, offset: number): null {
    this.problems.push(textProblem(code, message, this.#place(offset)))
    return null
  }
}

function textProblem(code: string, message: string, position: Position): TextProblem {
  return { code, tier: 'json', severity: 'error', path: [], message, position }
}

function rangeStart(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}

/** `DUPLICATE_KEY` as `duplicateKey`. */
function camel(code: string): string {
  return code.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** The parser's message, which may go on with an excerpt of the text, as one sentence. */
function sentence(message: string): string {
  return `the YAML can't be read: ${message.split('\n')[0]?.replace(/:$/, '') ?? message}`
}

function positionOf(text: string, lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  if (line === 0) return { line: 1, column: 1 }
  return { line, column: Buffer.byteLength(text.slice(offset - (col - 1), offset)) + 1 }
}

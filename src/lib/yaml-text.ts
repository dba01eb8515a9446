// YAML text to trees of nodes that know where they stand, one tree a document of the stream. Guards against what a
// hostile file does to the parser: size, depth, directives, tags, keys that are no text. Values: yaml-value.ts.
import { Composer, type CST, type Document, Lexer, LineCounter, type Node, Parser } from 'yaml'
import { type TextPlace, textPlaces } from './text-places.ts'
import { taggedNodes } from './yaml-tags.ts'

export interface YamlGuards {
  /** A longer text is refused before it is read. */
  readonly maxBytes: number
  /** Maps and lists open at once, beyond which the text is refused while it is read. */
  readonly maxNesting: number
}

/** Something wrong with the text. */
export interface YamlProblem {
  /** CamelCase. */
  readonly code: 'YamlTooLarge' | 'TooDeep' | 'YamlSyntax' | 'DirectiveRefused' | 'TagRefused' | 'KeyRefused'
  readonly message: string
  /** UTF-16 units from the start of the text. */
  readonly offset: number
  /** Of a tag, which stands before its value: where the value starts. */
  readonly valueOffset?: number
}

/** One document of the text. */
export interface YamlTree {
  /** Null when the document is empty, or can't be read as a whole. */
  readonly contents: Node | null
  /** UTF-16 units from the start of the text. */
  readonly start: number
  /** What makes the whole document unreadable. */
  readonly problems: readonly YamlProblem[]
  /** What is wrong with one value or key inside, in rising order; the rest stands. */
  readonly innerProblems: readonly YamlProblem[]
  place(offset: number): TextPlace
}

/** The problem of a text of so many bytes: who has the bytes asks before decoding them. */
export function yamlTooLarge(bytes: number, { maxBytes }: Pick<YamlGuards, 'maxBytes'>): YamlProblem | undefined {
  if (bytes <= maxBytes) return undefined
  const message = `the file has ${bytes} bytes, more than the ${maxBytes} allowed for YAML`
  return { code: 'YamlTooLarge', message, offset: 0 }
}

/** Documents one after the other, so that only one is in memory. A byte order mark is left out. Never throws for bad text. */
export function* yamlTrees(input: string, guards: YamlGuards): Generator<YamlTree> {
  const text = input.startsWith('\uFEFF') ? input.slice(1) : input
  const lines = new LineCounter()
  lines.addNewLine(0)
  const place = textPlaces(text, lines)
  const refused = (problem: YamlProblem): YamlTree => ({
    contents: null,
    start: problem.offset,
    problems: [problem],
    innerProblems: [],
    place,
  })

  const tooLarge = yamlTooLarge(Buffer.byteLength(text), guards)
  if (tooLarge) {
    yield refused(tooLarge)
    return
  }
  const composer = new Composer(COMPOSE_OPTIONS)
  for (const token of tokensOf(text, lines, guards)) {
    if ('code' in token) {
      yield* treesOf(composer.end(), place)
      yield refused(token)
      return
    }
    yield* treesOf(composer.next(token), place)
  }
  yield* treesOf(composer.end(), place)
}

/** Keys are compared by yaml-value.ts, in linear time and with both lines in the message. */
const COMPOSE_OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  strict: true,
  uniqueKeys: false,
  stringKeys: true,
  prettyErrors: false,
  logLevel: 'error',
} as const

/** Words of a text beyond which it is refused: 20 MiB of catalog have 4.5 million, 20 MiB of `- a` would take gigabytes. */
const MAX_LEXEMES = 5_000_000

/**
 * The parser's tokens, or what ends them early. The parser itself keeps a stack of its own, but composing its tokens
 * recurses, and 200,000 brackets there end the whole process (out of memory inside V8, not an exception).
 */
function* tokensOf(text: string, lines: LineCounter, { maxNesting }: YamlGuards): Generator<CST.Token | YamlProblem> {
  const parser = new Parser(lines.addNewLine)
  let lexemes = 0
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    const offset = parser.offset - lexeme.length
    // A document and a scalar stand in the stack as well.
    if (parser.stack.length > maxNesting + 2) {
      const message = `must not be nested deeper than ${maxNesting} levels`
      return yield { code: 'TooDeep', message, offset }
    }
    if (++lexemes > MAX_LEXEMES) {
      const message = `the YAML has over ${MAX_LEXEMES} words and signs: write it as JSON, or as several files`
      return yield { code: 'YamlTooLarge', message, offset }
    }
  }
  yield* parser.end()
}

function* treesOf(documents: Iterable<Document.Parsed>, place: YamlTree['place']): Generator<YamlTree> {
  for (const document of documents) {
    const { contents, range } = document
    const { whole, inner } = problemsOf(document)
    yield {
      contents: whole.length > 0 ? null : contents,
      start: contents?.range?.[0] ?? range[0],
      problems: whole,
      innerProblems: inner,
      place,
    }
  }
}

/** Once a text is broken everything behind it may look broken: this many problems of a document are enough. */
const MOST_PROBLEMS = 20
/** With more than these the document as a whole is not what we read. */
const MOST_INNER_PROBLEMS = 200

function problemsOf({ errors, warnings, directives, contents, range }: Document.Parsed): {
  readonly whole: YamlProblem[]
  readonly inner: YamlProblem[]
} {
  const whole: YamlProblem[] = []
  const tagged = taggedNodes(contents)
  const inner: YamlProblem[] = tagged.flatMap(({ offset, refused }) =>
    refused === undefined
      ? []
      : [{ code: 'TagRefused', message: `the YAML tag ${refused} is not accepted`, offset } as const],
  )
  for (const { code, message, pos } of [...errors, ...warnings]) {
    const [offset] = pos
    if (code === 'NON_STRING_KEY') inner.push({ code: 'KeyRefused', message: 'a key must be a text', offset })
    else if (code === 'TAG_RESOLVE_FAILED') {
      const valueOffset = tagged.find(node => node.offset >= pos[1])?.offset ?? offset
      inner.push({ code: 'TagRefused', message: sentence(message), offset, valueOffset })
    } else if (whole.length < MOST_PROBLEMS && whole.at(-1)?.offset !== offset)
      // One mistake: the parser often says it in two ways.
      whole.push({ code: 'YamlSyntax', message: sentence(message, code), offset })
  }
  if (directives.yaml.explicit || Object.keys(directives.tags).length > 1) {
    const message = 'YAML directives (lines that start with %) are not accepted'
    whole.push({ code: 'DirectiveRefused', message, offset: range[0] })
  }
  if (inner.length > MOST_INNER_PROBLEMS) return { whole: [...whole, ...inner.slice(0, MOST_PROBLEMS)], inner: [] }
  return { whole, inner: inner.sort((a, b) => a.offset - b.offset) }
}

/** The parser's message, which may go on with an excerpt of the text, as one sentence. */
function sentence(message: string, code?: string): string {
  const first = message.split('\n')[0]?.replace(/:$/, '') ?? message
  return `the YAML can't be read: ${first}${code === 'TAB_AS_INDENT' ? '; use spaces' : ''}`
}

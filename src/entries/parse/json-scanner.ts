// Walks JSON bytes without building values: finds where values begin and end, so that one entry at a time is parsed.

/** JSON that is not read from `offset` on. Caught where a document becomes issues; never leaves the parse folder. */
export class JsonRefused extends Error {
  readonly offset: number
  readonly code: 'JsonSyntax' | 'TooManyEntries' | 'TooDeep'
  constructor(message: string, offset: number, code: JsonRefused['code'] = 'JsonSyntax') {
    super(message)
    this.offset = offset
    this.code = code
  }
}

/** A value in the bytes of a document, with what was seen inside it on the way. */
export interface Span {
  readonly start: number
  readonly end: number
  /** Members of all objects inside: more than JSON.parse yields means a duplicate key. */
  readonly members: number
  /** Deepest nesting inside; 0 for a scalar. */
  readonly depth: number
  /** A number stands inside that may not survive a double. */
  readonly longNumber: boolean
}

/** What a visitor of members or elements returns when it has seen enough. */
export const STOP = Symbol('stop')

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** Up to this many characters a plain decimal number always survives a double. */
const SAFE_NUMBER_LENGTH = 15

/** One pass over the bytes, iterative, so that nesting costs no stack. */
export class JsonScanner {
  readonly bytes: Buffer
  readonly end: number
  pos: number

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.pos = start
    this.end = end
  }

  /** Goes on to the next byte that is no white space, and says where it stands. */
  skipSpace(): number {
    while (this.pos < this.end && isSpace(this.bytes[this.pos])) this.pos++
    return this.pos
  }

  /** The next byte after white space, undefined at the end. */
  peek(): number | undefined {
    this.skipSpace()
    return this.pos < this.end ? this.bytes[this.pos] : undefined
  }

  expect(byte: number): void {
    if (this.peek() !== byte) throw this.unexpected(`'${String.fromCharCode(byte)}'`)
    this.pos++
  }

  /** Reads an object member by member; `onMember` must consume the value, or return STOP to read no further. */
  object(onMember: (key: string, keyOffset: number) => unknown): void {
    this.expect(OPEN_BRACE)
    if (this.peek() === CLOSE_BRACE) {
      this.pos++
      return
    }
    for (;;) {
      const keyOffset = this.skipSpace()
      const key = this.readString()
      this.expect(COLON)
      this.skipSpace()
      if (onMember(key, keyOffset) === STOP) return
      if (this.peek() === COMMA) this.pos++
      else break
    }
    this.expect(CLOSE_BRACE)
  }

  /** Reads an array element by element; `onElement` must consume the value, or return STOP to read no further. */
  array(onElement: (index: number) => unknown): void {
    this.expect(OPEN_BRACKET)
    if (this.peek() === CLOSE_BRACKET) {
      this.pos++
      return
    }
    for (let index = 0; ; index++) {
      this.skipSpace()
      if (onElement(index) === STOP) return
      if (this.peek() === COMMA) this.pos++
      else break
    }
    this.expect(CLOSE_BRACKET)
  }

  readString(): string {
    if (this.peek() !== QUOTE) throw this.unexpected('a string')
    const start = this.pos
    this.skipString()
    try {
      return JSON.parse(this.bytes.toString('utf8', start, this.pos)) as string
    } catch {
      throw new JsonRefused('this string has an invalid escape or a control character', start)
    }
  }

  /** Steps over one value of any kind and tells what is inside. Brackets are counted, not matched: JSON.parse judges the entry. */
  span(): Span {
    const first = this.peek()
    const start = this.pos
    if (first === undefined) throw this.unexpected('a value')
    if (first === QUOTE) {
      this.skipString()
      return { start, end: this.pos, members: 0, depth: 0, longNumber: false }
    }
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return this.scalar(start)
    return this.container(start)
  }

  private container(start: number): Span {
    const { bytes, end } = this
    let members = 0
    let depth = 0
    let deepest = 0
    let longNumber = false
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number
      if (byte === QUOTE) {
        this.pos = i
        this.skipString()
        i = this.pos - 1
      } else if (byte === COLON) {
        members++
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        depth++
        if (depth > deepest) deepest = depth
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth--
        if (depth === 0) {
          this.pos = i + 1
          return { start, end: this.pos, members, depth: deepest, longNumber }
        }
      } else if (isNumberStart(byte)) {
        const numberEnd = endOfNumber(bytes, i, end)
        longNumber ||= numberEnd - i > SAFE_NUMBER_LENGTH || hasExponent(bytes, i, numberEnd)
        i = numberEnd - 1
      }
    }
    throw new JsonRefused('the text ends inside this value', start)
  }

  private scalar(start: number): Span {
    const { bytes, end } = this
    let i = start
    while (
      i < end &&
      !isSpace(bytes[i]) &&
      bytes[i] !== COMMA &&
      bytes[i] !== CLOSE_BRACE &&
      bytes[i] !== CLOSE_BRACKET
    )
      i++
    if (i === start) throw this.unexpected('a value')
    this.pos = i
    const longNumber =
      isNumberStart(bytes[start] as number) && (i - start > SAFE_NUMBER_LENGTH || hasExponent(bytes, start, i))
    return { start, end: i, members: 0, depth: 0, longNumber }
  }

  private skipString(): void {
    const { bytes, end } = this
    const start = this.pos
    for (let i = start + 1; i < end; i++) {
      const byte = bytes[i]
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) {
        this.pos = i + 1
        return
      }
    }
    throw new JsonRefused('the text ends inside this string', start)
  }

  private unexpected(wanted: string): JsonRefused {
    if (this.pos >= this.end) return new JsonRefused(`the text ends where ${wanted} should be`, this.pos)
    return new JsonRefused(`${describeByte(this.bytes[this.pos] as number)} stands where ${wanted} should be`, this.pos)
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isNumberStart(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d
}

function endOfNumber(bytes: Buffer, start: number, end: number): number {
  let i = start + 1
  for (; i < end; i++) {
    const byte = bytes[i] as number
    const inNumber =
      (byte >= 0x30 && byte <= 0x39) ||
      byte === 0x2e ||
      byte === 0x2b ||
      byte === 0x2d ||
      byte === 0x65 ||
      byte === 0x45
    if (!inNumber) break
  }
  return i
}

function hasExponent(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === 0x65 || bytes[i] === 0x45) return true
  return false
}

function describeByte(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16).padStart(2, '0')}`
}

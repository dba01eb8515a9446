// Byte offsets as lines and columns. Asked mostly in rising order, so it counts on from the last answer, and back to an
// earlier line of the same entry: never again from the start of a file of millions of lines.

export interface Position {
  /** 1-based. */
  readonly line: number
  /** 1-based, in bytes. */
  readonly column: number
}

/** Lines of one document. */
export class Positions {
  private readonly bytes: Buffer
  private readonly start: number
  private line = 1
  private lineStart: number
  /** Where the current line ends: kept, because in a file without line breaks looking for it reads the whole file. */
  private lineEnd: number

  /** `start`: where the first line starts, behind a byte order mark. */
  constructor(bytes: Buffer, start = 0) {
    this.bytes = bytes
    this.start = start
    this.lineStart = start
    this.lineEnd = this.newlineFrom(start)
  }

  at(offset: number): Position {
    while (offset < this.lineStart && this.lineStart > this.start) {
      this.line--
      this.lineEnd = this.lineStart - 1
      this.lineStart = this.lineEnd > this.start ? this.lineStartBefore(this.lineEnd) : this.start
    }
    while (this.lineEnd < offset) {
      this.line++
      this.lineStart = this.lineEnd + 1
      this.lineEnd = this.newlineFrom(this.lineStart)
    }
    return { line: this.line, column: offset - this.lineStart + 1 }
  }

  private lineStartBefore(lineEnd: number): number {
    return Math.max(this.start, this.bytes.lastIndexOf(0x0a, lineEnd - 1) + 1)
  }

  private newlineFrom(offset: number): number {
    const newline = this.bytes.indexOf(0x0a, offset)
    return newline === -1 ? this.bytes.length : newline
  }
}

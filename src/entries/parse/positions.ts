// Byte offsets as lines and columns. Asked mostly in rising order, so it counts on from the last answer.

export interface Position {
  /** 1-based. */
  readonly line: number
  /** 1-based, in bytes. */
  readonly column: number
}

/** Lines of one document. */
export class Positions {
  private readonly bytes: Buffer
  private line = 1
  private lineStart = 0
  /** Where the current line ends: kept, because in a file without line breaks looking for it reads the whole file. */
  private lineEnd: number

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.lineEnd = this.newlineFrom(0)
  }

  at(offset: number): Position {
    if (offset < this.lineStart) {
      this.line = 1
      this.lineStart = 0
      this.lineEnd = this.newlineFrom(0)
    }
    while (this.lineEnd < offset) {
      this.line++
      this.lineStart = this.lineEnd + 1
      this.lineEnd = this.newlineFrom(this.lineStart)
    }
    return { line: this.line, column: offset - this.lineStart + 1 }
  }

  private newlineFrom(offset: number): number {
    const newline = this.bytes.indexOf(0x0a, offset)
    return newline === -1 ? this.bytes.length : newline
  }
}

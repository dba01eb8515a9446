// Text put aside as UTF-8 bytes in large chunks outside the JavaScript heap, and read back by its place.

const CHUNK = 4 * 1024 * 1024

/** Where a piece of text stands in a spool. */
export interface SpoolRange {
  readonly chunk: number
  readonly start: number
  readonly end: number
}

/** Append-only store for many small texts; an entry costs its bytes and one range, not a tree of objects. */
export class Spool {
  private readonly chunks: Buffer[] = []
  private used = CHUNK

  append(text: string): SpoolRange {
    // Three bytes a UTF-16 unit is the most that UTF-8 needs.
    const most = text.length * 3
    if (this.used + most > (this.chunks.at(-1)?.length ?? 0)) {
      this.chunks.push(Buffer.allocUnsafe(Math.max(CHUNK, most)))
      this.used = 0
    }
    const chunk = this.chunks.length - 1
    const start = this.used
    this.used += this.bytesOf(chunk).write(text, start)
    return { chunk, start, end: this.used }
  }

  read(range: SpoolRange): Buffer {
    return this.bytesOf(range.chunk).subarray(range.start, range.end)
  }

  private bytesOf(chunk: number): Buffer {
    const bytes = this.chunks[chunk]
    if (!bytes) throw new RangeError(`spool has no chunk ${chunk}`)
    return bytes
  }
}

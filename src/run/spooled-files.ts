// The files of a target put aside on disk: of 80,000 of them a run reads each once or twice, and never needs two together.
import { closeSync, openSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { SourceFile } from '../entries/document.ts'

const WRITE_BYTES = 1024 * 1024
/** Files are mostly read in the order in which they were put aside, so that one look brings many. */
const READ_BYTES = 256 * 1024

/** Copies the files into one file at `place`; their bytes are read from there each time they are asked for. */
export async function spooledFiles(files: AsyncIterable<SourceFile>, place: string): Promise<SourceFile[]> {
  const window = new ReadWindow(place)
  const spooled: SourceFile[] = []
  const handle = await open(place, 'w', 0o600)
  try {
    let gathered: Buffer[] = []
    let waiting = 0
    let end = 0
    const write = async () => {
      await handle.writeFile(Buffer.concat(gathered))
      gathered = []
      waiting = 0
    }
    for await (const { path, bytes } of files) {
      spooled.push(new SpooledFile(path, { start: end, end: end + bytes.length, window }))
      end += bytes.length
      gathered.push(bytes)
      waiting += bytes.length
      if (waiting >= WRITE_BYTES) await write()
    }
    await write()
  } finally {
    await handle.close()
  }
  return spooled
}

interface SpooledRange {
  readonly start: number
  readonly end: number
  readonly window: ReadWindow
}

class SpooledFile implements SourceFile {
  readonly path: string
  private readonly range: SpooledRange

  constructor(path: string, range: SpooledRange) {
    this.path = path
    this.range = range
  }

  get bytes(): Buffer {
    const { start, end, window } = this.range
    return window.read(start, end)
  }
}

/** The part of a file that was read last. */
class ReadWindow {
  private readonly place: string
  private start = 0
  private held = Buffer.alloc(0)

  constructor(place: string) {
    this.place = place
  }

  read(start: number, end: number): Buffer {
    if (start < this.start || end > this.start + this.held.length) this.moveTo(start, end)
    return this.held.subarray(start - this.start, end - this.start)
  }

  private moveTo(start: number, end: number): void {
    const bytes = Buffer.allocUnsafe(Math.max(READ_BYTES, end - start))
    const descriptor = openSync(this.place, 'r')
    try {
      let length = 0
      while (length < bytes.length) {
        const read = readSync(descriptor, bytes, length, bytes.length - length, start + length)
        if (read === 0) break
        length += read
      }
      if (length < end - start) throw new Error(`${this.place} ends at ${start + length}, and ${end} was asked for`)
      this.start = start
      this.held = bytes.subarray(0, length)
    } finally {
      closeSync(descriptor)
    }
  }
}

// A stream of JSON lines, as a watch sends them, cut into lines without ever holding more than one.

/** A line longer than the limit was passed over. */
export const TOO_LONG = Symbol('line too long')

const LINE_FEED = 0x0a

/** The lines of a stream without their ends; empty ones are left out, and so is a last one that was cut off. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  limit: number,
): AsyncGenerator<Buffer | typeof TOO_LONG, void, undefined> {
  let pieces: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      length += end - start
      if (length > limit) yield TOO_LONG
      else if (length > 0) yield Buffer.concat([...pieces, chunk.subarray(start, end)], length)
      pieces = []
      length = 0
      start = end + 1
    }
    length += chunk.length - start
    if (length > limit) pieces = []
    else pieces.push(chunk.subarray(start))
  }
}

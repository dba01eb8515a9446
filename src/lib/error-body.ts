// What a server says about its own error: short, and worth telling even when the rest of it never comes. Both HTTP clients.
import type { Readable } from 'node:stream'

/** Of what a server says about its own error this much is read. */
const MOST_BYTES = 16 * 1024

/** The beginning of a body, as text. A body that is cut short, or can't be decoded, gives what came until then. */
export async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of body) {
      pieces.push(piece)
      length += piece.length
      if (length >= MOST_BYTES) break
    }
  } catch {
    // The status says the rest.
  }
  return Buffer.concat(pieces).subarray(0, MOST_BYTES).toString('utf8').trim()
}

/** Ends a body that nobody reads on, and its connection; that it is cut short is no error. */
export function discard(body: Readable): void {
  body.on('error', () => {})
  body.destroy()
}

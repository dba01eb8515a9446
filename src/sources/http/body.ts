// The body of an answer: decoded while it streams, and counted on both sides of the decoder, so that neither an endless
// body nor a small one that decodes to gigabytes fills the memory.
import { pipeline, type Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { Failure } from '../../lib/failure.ts'

export type Body = AsyncIterable<Buffer>

/** Encodings that `decodedBody` undoes, as requests ask for them. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br'

export interface BodyLimit {
  readonly bytes: number
  /** What the limit is about: `https://host/path`. */
  readonly what: string
}

/** Throws LimitExceeded while it is read, and SourceInvalid for an encoding that nobody asked for. */
export function decodedBody(body: Readable, encoding: string | undefined, limit: BodyLimit): Body {
  const decoder = decoderOf(encoding, limit.what)
  const raw = counted(body, limit)
  // The error of the pipeline reaches the reader through the decoder.
  return decoder
    ? counted(
        pipeline(raw, decoder, () => {}),
        limit,
      )
    : raw
}

/** The whole body in one piece. */
export async function wholeBody(body: Body): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of body) pieces.push(piece)
  return Buffer.concat(pieces)
}

function decoderOf(encoding: string | undefined, what: string): Transform | undefined {
  switch (encoding?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return undefined
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    default:
      throw new Failure('SourceInvalid', 'definite', `${what} answers in an encoding that was not asked for`, {
        hint: `it may be one of ${ACCEPTED_ENCODINGS}`,
      })
  }
}

async function* counted(body: AsyncIterable<Buffer>, { bytes, what }: BodyLimit): AsyncGenerator<Buffer> {
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > bytes)
      throw new Failure('LimitExceeded', 'definite', `${what} is larger than ${bytes} bytes, the limit for one file`)
    yield piece
  }
}

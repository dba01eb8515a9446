// Files named on the command line, read within limits and written; what the disk refuses is a failure, not a defect.
import { open, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Failure } from '../lib/failure.ts'

const PIECE = 1024 * 1024

/** The bytes of a file, also of a pipe, whose size nobody knows before. Throws InputUnreadable, LimitExceeded. */
export async function readInput(path: string, cwd: string, most: number): Promise<Buffer> {
  try {
    const file = await open(resolve(cwd, path))
    return await readLimited(file.createReadStream({ highWaterMark: PIECE }), path, most)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('InputUnreadable', 'definite', `${path} can't be read: ${reasonOf(error)}`, { cause: error })
  }
}

/** The bytes of a stream. Throws LimitExceeded beyond the limit. */
export async function readLimited(stream: AsyncIterable<Buffer>, name: string, most: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of stream) {
    size += piece.length
    if (size > most) {
      throw new Failure('LimitExceeded', 'definite', `${name} is larger than ${most} bytes, the limit for one file`)
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** Throws OutputNotWritable. */
export async function writeOutput(
  path: string,
  cwd: string,
  content: Iterable<string | Uint8Array> | string,
): Promise<void> {
  try {
    await writeFile(resolve(cwd, path), content)
  } catch (error) {
    throw new Failure('OutputNotWritable', 'definite', `${path} can't be written: ${reasonOf(error)}`, { cause: error })
  }
}

/** Node's sentence without the call and the path, which the message has already. */
function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/, \w+ '.*$/s, '')
}

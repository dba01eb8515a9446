// Files named on the command line, read within limits and written; what the disk refuses is a failure, not a defect.
import { constants, open as openCallback } from 'node:fs'
import { open, stat, writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { resolve } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { promisify } from 'node:util'
import { Failure } from '../lib/failure.ts'
import { systemReason } from '../lib/system-error.ts'

const PIECE = 1024 * 1024

export interface ReadOptions {
  /** Bytes. */
  readonly most: number
  /** Ends the reading: a pipe may stay silent for ever. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The bytes of a file, also of a pipe, whose size nobody knows before. Throws InputUnreadable, LimitExceeded, and the
 * signal's reason.
 */
export async function readInput(path: string, cwd: string, { most, signal }: ReadOptions): Promise<Buffer> {
  try {
    const stream = await opened(resolve(cwd, path))
    if (signal) addAbortSignal(signal, stream)
    return await readLimited(stream, path, most)
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Failure) throw error
    throw new Failure('InputUnreadable', 'definite', `${path} can't be read: ${systemReason(error)}`, { cause: error })
  }
}

/**
 * A pipe that is opened or read as a file takes a thread until somebody writes, which even the end of the process waits
 * for: it is read as a socket is.
 */
async function opened(path: string): Promise<Readable> {
  if ((await stat(path)).isFIFO()) {
    const fd = await promisify(openCallback)(path, constants.O_RDONLY | constants.O_NONBLOCK)
    return new Socket({ fd, readable: true, writable: false })
  }
  return (await open(path)).createReadStream({ highWaterMark: PIECE })
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
    throw new Failure('OutputNotWritable', 'definite', `${path} can't be written: ${systemReason(error)}`, {
      cause: error,
    })
  }
}

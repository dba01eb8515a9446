// Where the socket of a state directory is: the system takes short paths only, and a state directory may stand deep.
import { type FileHandle, open } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { Failure } from '../lib/failure.ts'

/** Bytes that every system takes; Linux takes 107, macOS 103. */
const LONGEST = 103

export interface SocketPath {
  readonly path: string
  /** Once nobody listens or connects by this path any more. */
  close(): Promise<void>
}

/** A path of the socket that is short enough. Throws PathInvalid when there is none. */
export async function socketPath(directory: string): Promise<SocketPath> {
  const full = join(directory, 'socket')
  const short = [full, relative(process.cwd(), full)].find(path => Buffer.byteLength(path) <= LONGEST)
  if (short !== undefined) return { path: short, close: async () => {} }
  if (process.platform === 'linux') {
    const handle: FileHandle = await open(directory)
    return { path: `/proc/self/fd/${handle.fd}/socket`, close: () => handle.close() }
  }
  throw new Failure(
    'PathInvalid',
    'definite',
    `the path of the state directory ${directory} is too long for a socket`,
    {
      hint: 'choose a shorter one with --local=DIR',
    },
  )
}

// Keeps every change of a memory cluster in a state file. Changes that come while the disk is busy go out together, with one
// sync; when the changes outgrow the snapshot, the file is written anew.
import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ClusterError } from '../cluster-error.ts'
import { recordLine } from './records.ts'
import { addChange, type Frame, type ReadState, type State, snapshotLines } from './state.ts'
import type { Change, Keeper } from './store.ts'

/** Bytes of changes that are always worth keeping rather than a new snapshot. */
const LEAST_CHANGES = 4 * 1024 * 1024

/** Bytes that a snapshot writes at once. */
const PIECE = 1024 * 1024

export interface JournalOptions {
  readonly path: string
  /** What the file holds. */
  readonly kept: ReadState
  /** Open for writing, at its end. */
  readonly file: FileHandle
  /** Bytes of changes that are at least kept before a new snapshot; default 4 MiB. */
  readonly leastChanges?: number | undefined
}

export class Journal implements Keeper {
  readonly #path: string
  readonly #leastChanges: number
  readonly #state: State
  #file: FileHandle
  #snapshotSize: number
  #size: number
  #pending: Change[] = []
  #written: Promise<void> = Promise.resolve()
  #failure: ClusterError | undefined

  constructor({ path, kept, file, leastChanges = LEAST_CHANGES }: JournalOptions) {
    this.#path = path
    this.#file = file
    this.#leastChanges = leastChanges
    this.#state = kept.state
    this.#snapshotSize = kept.snapshotSize
    this.#size = kept.size
  }

  add(change: Change): void {
    if (this.#failure) throw this.#failure
    this.#pending.push(change)
    if (this.#pending.length > 1) return
    this.#written = this.#written.then(() => this.#write())
    // Told to whoever waits in `kept`, and to every later call of `add`.
    this.#written.catch(() => undefined)
  }

  kept(): Promise<void> {
    return this.#written
  }

  /** Waits for the last changes; later ones are refused. */
  async close(): Promise<void> {
    try {
      await this.#written
    } finally {
      this.#failure ??= new ClusterError('Unavailable', 'the cluster was closed')
      await this.#file.close()
    }
  }

  async #write(): Promise<void> {
    const changes = this.#pending
    this.#pending = []
    try {
      const frame: Frame = { after: this.#state.version, changes }
      const line = recordLine(frame)
      await this.#file.appendFile(line)
      await this.#file.datasync()
      for (const change of changes) addChange(this.#state, change)
      this.#size += line.length
      if (this.#size - this.#snapshotSize > Math.max(this.#leastChanges, this.#snapshotSize)) await this.#startAnew()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#failure = new ClusterError('Unavailable', `the state file can't be written: ${why}`, { cause: error })
      throw this.#failure
    }
  }

  async #startAnew(): Promise<void> {
    const { file, size } = await writeSnapshot(this.#path, this.#state)
    await this.#file.close()
    this.#file = file
    this.#snapshotSize = size
    this.#size = size
  }
}

/** Writes a state file in the place of the one before: whatever happens, one of the two is there and whole. */
export async function writeSnapshot(
  path: string,
  state: State,
): Promise<{ readonly file: FileHandle; readonly size: number }> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    const size = await writePieces(file, snapshotLines(state))
    await file.datasync()
    await rename(`${path}.new`, path)
    const directory = await open(dirname(path), 'r')
    await directory.sync().finally(() => directory.close())
    return { file, size }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function writePieces(file: FileHandle, lines: Iterable<Buffer>): Promise<number> {
  let size = 0
  let piece: Buffer[] = []
  let pieceSize = 0
  const flush = async (): Promise<void> => {
    await file.appendFile(Buffer.concat(piece))
    size += pieceSize
    piece = []
    pieceSize = 0
  }
  for (const line of lines) {
    piece.push(line)
    pieceSize += line.length
    if (pieceSize >= PIECE) await flush()
  }
  await flush()
  return size
}

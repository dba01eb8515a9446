// Streams new file contents into one pack through `fast-import`. Trees are not its business: it searches a directory's
// entries one by one, which took 24 s for 80,000 files in one directory; contents alone take under 2 s.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { failureOf } from '../classify.ts'
import { objectId } from '../commit-object.ts'
import { type GitProcess, startGit, write } from './process.ts'
import { localCall, type Store } from './store.ts'

/** Contents up to this size are held; larger ones pass through a file, because their length must be told before them. */
const HELD_BYTES = 1024 * 1024
const BATCH_BYTES = 256 * 1024

/** Takes contents one at a time; `close` ends the pack. */
export interface BlobWriter {
  /** Stores one content and returns its id. */
  add(content: Iterable<Uint8Array>): Promise<string>
  close(): Promise<void>
}

/** A writer into the store; the process starts with the first content. */
export function blobWriter(store: Store): BlobWriter {
  let git: GitProcess | undefined
  let batch: Uint8Array[] = []
  let batched = 0

  async function send(bytes: Uint8Array): Promise<void> {
    batch.push(bytes)
    batched += bytes.length
    if (batched >= BATCH_BYTES) await flush()
  }

  async function flush(): Promise<void> {
    git ??= startImport(store)
    const bytes = Buffer.concat(batch)
    batch = []
    batched = 0
    await write(git.stdin, bytes)
  }

  return {
    async add(content) {
      const held: Buffer[] = []
      const pieces = joined(content, HELD_BYTES)
      const first = pieces.next()
      const second = first.done === true ? first : pieces.next()
      if (first.done !== true) held.push(first.value)
      if (second.done === true) {
        const bytes = held[0] ?? Buffer.alloc(0)
        await send(header(bytes.length))
        await send(bytes)
        await send(LINE_END)
        return objectId('blob', bytes)
      }
      held.push(second.value)
      const file = `${store.session.directory}/tmp/content`
      try {
        const length = await spool(file, held, pieces)
        const hash = createHash('sha1').update(`blob ${length}\0`)
        await send(header(length))
        for await (const chunk of createReadStream(file, { highWaterMark: BATCH_BYTES }) as AsyncIterable<Buffer>) {
          hash.update(chunk)
          await send(chunk)
        }
        await send(LINE_END)
        return hash.digest('hex')
      } finally {
        await rm(file, { force: true })
      }
    },
    async close() {
      if (git === undefined && batched === 0) return
      await send(Buffer.from('done\n'))
      await flush()
      git ??= startImport(store)
      git.stdin.end()
      const exit = await git.ended
      if (exit.code !== 0) throw failureOf(store.session, 'read', exit)
    },
  }
}

const LINE_END = Buffer.from('\n')

function header(length: number): Buffer {
  return Buffer.from(`blob\ndata ${length}\n`)
}

/** No deltas: neighbours in the stream are unrelated, and looking for some doubles the time. */
function startImport(store: Store): GitProcess {
  const call = localCall(store, ['fast-import', '--quiet', '--done', '--depth=0'])
  const git = startGit(call)
  git.stdout.resume()
  return git
}

/** Pieces put together to buffers of at least `size`, the last one excepted. */
function* joined(pieces: Iterable<Uint8Array>, size: number): Generator<Buffer, undefined> {
  let held: Uint8Array[] = []
  let length = 0
  for (const piece of pieces) {
    held.push(piece)
    length += piece.length
    if (length < size) continue
    yield Buffer.concat(held)
    held = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(held)
}

async function spool(file: string, held: readonly Buffer[], rest: Iterable<Buffer>): Promise<number> {
  const handle = await open(file, 'w', 0o600)
  let length = 0
  try {
    for (const pieces of [held, rest]) {
      for (const piece of pieces) {
        await handle.writeFile(piece)
        length += piece.length
      }
    }
  } finally {
    await handle.close()
  }
  return length
}

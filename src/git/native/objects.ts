// Reads objects out of a store through one `cat-file --batch`, as they are asked for and no faster than they are used.
import type { Readable } from 'node:stream'
import { Failure } from '../../lib/failure.ts'
import { failureOf, isDamage } from '../classify.ts'
import { redacted } from '../remote-context.ts'
import { feed, startGit } from './process.ts'
import { localCall, type Store } from './store.ts'

export interface StoredObject {
  /** What was asked for, as it was asked. */
  readonly name: string
  readonly oid: string
  readonly type: string
  readonly bytes: Buffer
}

export interface ObjectLimit {
  readonly maxBytes: number
  /** The failure for an object that is larger; it is thrown before the content is read. */
  readonly exceeded: (index: number, bytes: number) => Failure
}

/** The objects in the order asked. All of them are in the store, or the store is damaged: then a transient failure. */
export async function* readObjects(
  store: Store,
  names: readonly string[],
  limit?: ObjectLimit,
): AsyncGenerator<StoredObject> {
  if (names.length === 0) return
  const git = startGit(localCall(store, ['cat-file', '--batch', '--buffer']))
  const fed = feed(git.stdin, inPieces(names))
  const input = new ByteReader(git.stdout)
  let complete = false
  try {
    for (const [index, name] of names.entries()) {
      const header = /^([0-9a-f]{40}) (\w+) (\d+)$/.exec((await input.line()) ?? '')
      const [, oid, type, size] = header ?? []
      if (oid === undefined || type === undefined) throw await damaged(name)
      const length = Number(size)
      if (limit !== undefined && length > limit.maxBytes) throw limit.exceeded(index, length)
      const bytes = await input.bytes(length)
      if (bytes === undefined || (await input.bytes(1)) === undefined) throw await damaged(name)
      yield { name, oid, type, bytes }
    }
    await fed
    const exit = await git.ended
    complete = true
    if (exit.code !== 0) throw failureOf(store.session, 'read', exit)
  } finally {
    // The reader may have stopped early; nothing of the process outlives this.
    if (!complete) {
      git.stop(new Failure('Cancelled', 'cancelled', 'reading was ended'))
      await git.ended.catch(() => {})
    }
  }

  async function damaged(name: string): Promise<Failure> {
    // An abort ends the output too; then `ended` throws its own failure. A missing object leaves git running: EOF ends it.
    await input.drain()
    await fed
    const exit = await git.ended
    complete = true
    if (exit.code !== 0 && !isDamage(exit)) return failureOf(store.session, 'read', exit)
    const sentence = `object ${name} of ${store.session.url.href} is missing or damaged in what the server sent`
    return redacted(store.session, new Failure('GitFailed', 'transient', sentence))
  }
}

/** A few large writes instead of a hundred thousand small ones. */
function* inPieces(names: readonly string[]): Iterable<string> {
  for (let start = 0; start < names.length; start += 1000) yield `${names.slice(start, start + 1000).join('\n')}\n`
}

/** Takes lines and counted bytes from a stream; pauses it while nothing is asked. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: Readable) {
    this.#chunks = stream.iterator({ destroyOnReturn: false })
  }

  /** The next line without its line feed, or undefined at the end. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf(10)
      if (end >= 0) {
        const line = this.#rest.toString('utf8', 0, end)
        this.#rest = this.#rest.subarray(end + 1)
        return line
      }
      const chunk = await this.#next()
      if (chunk === undefined) return undefined
      this.#rest = Buffer.concat([this.#rest, chunk])
    }
  }

  /** Exactly so many bytes, in a buffer of their own, or undefined when the stream ends before. */
  async bytes(length: number): Promise<Buffer | undefined> {
    const bytes = Buffer.allocUnsafe(length)
    let filled = 0
    for (;;) {
      const copied = this.#rest.copy(bytes, filled)
      this.#rest = this.#rest.subarray(copied)
      filled += copied
      if (filled === length) return bytes
      const chunk = await this.#next()
      if (chunk === undefined) return undefined
      this.#rest = chunk
    }
  }

  /** Takes what is left, so that the stream ends: `resume()` moves nothing while an iterator is on it. */
  async drain(): Promise<void> {
    while ((await this.#next()) !== undefined);
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const next = await this.#chunks.next()
      return next.done === true ? undefined : next.value
    } catch {
      // Stopping a process destroys its output; the process's own end says why.
      return undefined
    }
  }
}

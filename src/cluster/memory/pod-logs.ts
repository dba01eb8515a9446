// Logs of pods: written by whoever plays the kubelet, read through the cluster while they grow and afterwards.
import type { ObjectName } from '../cluster.ts'
import { keyOf } from '../object-key.ts'
import { Bell } from './bell.ts'

/** For whoever runs the containers. */
export interface PodLogWriter {
  /** Adds to the log of a pod; what goes beyond 10 MiB is dropped. Rejects when it can't be stored. */
  append(name: ObjectName, bytes: Uint8Array): Promise<void>
  /** The container ended: whoever follows the log is done. */
  end(name: ObjectName): Promise<void>
}

/** Where the bytes are. */
export interface LogStorage {
  append(name: ObjectName, bytes: Uint8Array): Promise<void>
  /** At most `length` bytes from `offset` on. */
  read(name: ObjectName, offset: number, length: number): Promise<Buffer>
  remove(name: ObjectName): Promise<void>
}

/** Kubelets rotate at the same size, and a worker stays below it. */
const LOG_LIMIT = 10 * 1024 * 1024

const PIECE = 64 * 1024

interface Log {
  size: number
  ended: boolean
  /** Settles when all that was appended is stored. */
  stored: Promise<void>
}

export class PodLogs implements PodLogWriter {
  readonly #storage: LogStorage
  readonly #logs = new Map<string, Log>()
  readonly #bell = new Bell()
  #removed: Promise<void> = Promise.resolve()

  /** `sizes`: the logs that are in the storage already, by `namespace/name`; their containers have ended. */
  constructor(storage: LogStorage, sizes: ReadonlyMap<string, number> = new Map()) {
    this.#storage = storage
    for (const [key, size] of sizes) this.#logs.set(key, { size, ended: true, stored: Promise.resolve() })
  }

  async append(name: ObjectName, bytes: Uint8Array): Promise<void> {
    const log = this.#logFor(name)
    const before = log.stored
    const added = before.then(async () => {
      const piece = bytes.subarray(0, LOG_LIMIT - log.size)
      if (piece.length === 0) return
      await this.#storage.append(name, piece)
      log.size += piece.length
      this.#bell.ring()
    })
    // The next one may succeed; this one's caller is told.
    log.stored = added.catch(() => undefined)
    await added
  }

  async end(name: ObjectName): Promise<void> {
    const log = this.#logFor(name)
    await log.stored
    log.ended = true
    this.#bell.ring()
  }

  async read(name: ObjectName, limit: number): Promise<Buffer | undefined> {
    const log = this.#logs.get(keyOf(name))
    // Nothing is stored of a container that wrote nothing.
    if (log?.size === 0) return Buffer.alloc(0)
    return log && this.#storage.read(name, 0, Math.min(limit, log.size))
  }

  /** Pieces of the log as it grows, until it ends, the signal fires or `isThere` says that the pod is gone. */
  async *follow(name: ObjectName, isThere: () => boolean, signal: AbortSignal): AsyncGenerator<Buffer> {
    let offset = 0
    while (!signal.aborted) {
      const log = this.#logs.get(keyOf(name))
      if (log && offset < log.size) {
        const piece = await this.#storage.read(name, offset, Math.min(PIECE, log.size - offset))
        if (piece.length === 0) return
        offset += piece.length
        yield piece
      } else if (log?.ended || !isThere()) return
      else await this.#bell.heard(signal)
    }
  }

  /** The pod is gone. */
  remove(name: ObjectName): void {
    const log = this.#logs.get(keyOf(name))
    this.#logs.delete(keyOf(name))
    this.#bell.ring()
    if (!log) return
    const removed = Promise.all([this.#removed, log.stored]).then(() => this.#storage.remove(name))
    // A log that stays is removed at the next start.
    this.#removed = removed.catch(() => undefined)
  }

  /** Resolves when everything so far is stored, or could not be. */
  async settled(): Promise<void> {
    await Promise.all([...[...this.#logs.values()].map(log => log.stored), this.#removed])
  }

  #logFor(name: ObjectName): Log {
    const key = keyOf(name)
    let log = this.#logs.get(key)
    if (!log) {
      // After the removal of one of the same name.
      log = { size: 0, ended: false, stored: this.#removed }
      this.#logs.set(key, log)
    }
    return log
  }
}

/** Logs that live as long as the process. */
export function logsInMemory(): LogStorage {
  const logs = new Map<string, Buffer[]>()
  return {
    append: async (name, bytes) => {
      const pieces = logs.get(keyOf(name)) ?? []
      pieces.push(Buffer.from(bytes))
      logs.set(keyOf(name), pieces)
    },
    read: async (name, offset, length) => {
      const pieces = logs.get(keyOf(name)) ?? []
      // Joined for good: whoever follows a log reads it often.
      if (pieces.length > 1) pieces.splice(0, pieces.length, Buffer.concat(pieces))
      const [whole = Buffer.alloc(0)] = pieces
      return Buffer.from(whole.subarray(offset, offset + length))
    },
    remove: async name => {
      logs.delete(keyOf(name))
    },
  }
}

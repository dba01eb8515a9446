// The objects of one store: packs as they came from the server, indexed and read by isomorphic-git, and those that we composed.
import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, rm } from 'node:fs/promises'
import { indexPack, type PromiseFsClient, readObject } from 'isomorphic-git'
import { Failure, type Reason } from '../../lib/failure.ts'
import { failureOf } from '../classify.ts'
import { type ParsedCommit, parseCommit } from '../commit-object.ts'
import { redacted } from '../remote-context.ts'
import { OwnObjects } from './own-objects.ts'
import { packFolder } from './pack-folder.ts'
import { oversizedObject } from './pack-guard.ts'
import type { Session } from './session.ts'

interface StoredObject {
  readonly type: string
  readonly bytes: Buffer
}

/** What the packs of a store may weigh together. */
export interface Quota {
  readonly bytes: number
  /** What one object may be when it is unpacked. */
  readonly objectBytes: number
  readonly exceeded: Reason
}

export class Objects {
  readonly session: Session
  readonly own: OwnObjects
  /** Commits that came with all their trees and without their parents. */
  readonly tips = new Set<string>()
  /** What the fetched tags pointed at then: a tag object, or the commit itself. */
  readonly tags = new Map<string, string>()
  private readonly directory: string
  private readonly fs: PromiseFsClient
  private readonly quota: Quota
  /** What isomorphic-git remembers of indexes and packs. */
  private readonly cache = {}
  private readonly received = new Set<string>()
  private packs = 0
  private packBytes = 0

  private constructor(session: Session, directory: string, quota: Quota) {
    this.session = session
    this.directory = directory
    this.fs = packFolder(directory)
    this.quota = quota
    this.own = new OwnObjects(`${directory}/own-objects`)
  }

  /** Makes an empty store in a directory that does not exist yet. */
  static async create(session: Session, directory: string, quota: Quota): Promise<Objects> {
    await mkdir(`${directory}/objects/pack`, { recursive: true, mode: 0o700 })
    return new Objects(session, directory, quota)
  }

  has(oid: string): boolean {
    return this.received.has(oid) || this.own.has(oid)
  }

  /** True when it came from the server. */
  wasReceived(oid: string): boolean {
    return this.received.has(oid)
  }

  /** Stores a pack and returns how many objects it has. Throws GitFailed, transient, for a damaged one, and the quota's reason for one that is too large. */
  async addPack(pieces: AsyncIterable<Buffer>, exceeded = this.quota.exceeded): Promise<number> {
    const name = `objects/pack/pack-${++this.packs}.pack`
    const file = `${this.directory}/${name}`
    const objects = await this.writePack(file, pieces, exceeded)
    if (objects === 0) {
      await rm(file)
      return 0
    }
    await this.refuseOversized(file)
    try {
      const { oids } = await indexPack({ ...this.location(), filepath: name })
      if (oids.length !== objects) throw new Error(`${objects - oids.length} objects cannot be read`)
      for (const oid of oids) this.received.add(oid)
      return objects
    } catch (error) {
      throw this.damaged((error as Error).message)
    }
  }

  /** Throws GitFailed, transient: what is asked for should be here. */
  async read(oid: string): Promise<StoredObject> {
    const own = await this.own.read(oid)
    if (own !== undefined) return own
    try {
      const { type = '', object } = await readObject({ ...this.location(), oid, format: 'content' })
      return { type, bytes: Buffer.from(object as Uint8Array) }
    } catch {
      const sentence = `object ${oid} of ${this.session.url.href} is missing or damaged in what the server sent`
      throw redacted(this.session, new Failure('GitFailed', 'transient', sentence))
    }
  }

  async commit(oid: string): Promise<ParsedCommit> {
    const { type, bytes } = await this.read(oid)
    if (type !== 'commit') throw this.damaged(`bad object ${oid} is a ${type}, not a commit`)
    return parseCommit(bytes)
  }

  private location() {
    return { fs: this.fs, dir: this.directory, gitdir: this.directory, cache: this.cache }
  }

  /** Returns how many objects the pack says it has; its checksum is right. */
  private async writePack(path: string, pieces: AsyncIterable<Buffer>, exceeded: Reason): Promise<number> {
    const file = await open(path, 'wx', 0o600)
    try {
      return await this.copyPack(file, pieces, exceeded)
    } finally {
      await file.close()
    }
  }

  private async copyPack(file: FileHandle, pieces: AsyncIterable<Buffer>, exceeded: Reason): Promise<number> {
    const hash = createHash('sha1')
    let head: Buffer = Buffer.alloc(0)
    let tail: Buffer = Buffer.alloc(0)
    for await (const piece of pieces) {
      this.packBytes += piece.length
      if (this.packBytes > this.quota.bytes) throw this.tooMuch(exceeded)
      if (head.length < 12) head = Buffer.concat([head, piece]).subarray(0, 12)
      tail = hashedButTrailer(hash, Buffer.concat([tail, piece]))
      await file.appendFile(piece)
    }
    if (head.length === 0) return 0
    if (head.toString('latin1', 0, 4) !== 'PACK' || !hash.digest().equals(tail))
      throw this.damaged('the checksum of the pack is wrong')
    return head.readUInt32BE(8)
  }

  private async refuseOversized(file: string): Promise<void> {
    let size: number | undefined
    try {
      size = oversizedObject(await readFile(file), this.quota.objectBytes)
    } catch (error) {
      throw this.damaged((error as Error).message)
    }
    if (size === undefined) return
    const sentence = `an object of ${this.session.url.href} has ${size} bytes, more than ${this.quota.objectBytes}`
    throw redacted(this.session, new Failure(this.quota.exceeded, 'definite', sentence))
  }

  private tooMuch(reason: Reason): Failure {
    const sentence = `fetching from ${this.session.url.href} brought more than ${this.quota.bytes} bytes`
    return redacted(this.session, new Failure(reason, 'definite', sentence))
  }

  private damaged(how: string): Failure {
    return failureOf(this.session, 'read', { code: 128, stderr: `index-pack failed: ${how}` })
  }
}

/** Feeds all but the last 20 bytes, which may be the trailer, and returns those. */
function hashedButTrailer(hash: Hash, bytes: Buffer): Buffer {
  const end = Math.max(0, bytes.length - 20)
  hash.update(bytes.subarray(0, end))
  return bytes.subarray(end)
}

// Objects that we composed ourselves, kept in one file in the form in which they stand in a pack, so that a push sends them
// as they are: no deltas, and no second compression.
import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { inflateSync } from 'node:zlib'
import { objectId } from '../commit-object.ts'
import { type NewObject, packedObject, packHeader } from '../pack-format.ts'

interface Place {
  readonly type: NewObject['type']
  readonly start: number
  readonly length: number
}

/** A pack to send, with its length, which HTTP wants to know first. */
export interface OutgoingPack {
  readonly bytes: number
  pieces(): AsyncIterable<Buffer>
}

const PIECE_BYTES = 256 * 1024

export class OwnObjects {
  private readonly file: string
  private readonly places = new Map<string, Place>()
  private pending: Buffer[] = []
  private pendingBytes = 0
  private written = 0

  constructor(file: string) {
    this.file = file
  }

  has(oid: string): boolean {
    return this.places.has(oid)
  }

  /** Stores an object and returns its id. */
  async add(object: NewObject): Promise<string> {
    const oid = objectId(object.type, object.bytes)
    if (this.places.has(oid)) return oid
    const packed = packedObject(object)
    this.places.set(oid, { type: object.type, start: this.written + this.pendingBytes, length: packed.length })
    this.pending.push(packed)
    this.pendingBytes += packed.length
    if (this.pendingBytes >= PIECE_BYTES) await this.flush()
    return oid
  }

  async read(oid: string): Promise<NewObject | undefined> {
    const place = this.places.get(oid)
    if (place === undefined) return undefined
    const packed = await this.withFile(file => bytesOf(file, place))
    let header = 0
    while (((packed[header++] ?? 0) & 128) !== 0);
    return { type: place.type, bytes: inflateSync(packed.subarray(header)) }
  }

  /** One pack of these objects, all of which are here. */
  pack(oids: readonly string[]): OutgoingPack {
    const places = oids.map(oid => {
      const place = this.places.get(oid)
      if (place === undefined) throw new RangeError(`object ${oid} is not one of ours`)
      return place
    })
    const header = packHeader(places.length)
    const bytes = places.reduce((sum, { length }) => sum + length, header.length + 20)
    return { bytes, pieces: () => this.packPieces(header, places) }
  }

  private async *packPieces(header: Buffer, places: readonly Place[]): AsyncGenerator<Buffer> {
    await this.flush()
    const hash = createHash('sha1').update(header)
    yield header
    const file = await open(this.file, 'r')
    try {
      for (const span of joinedSpans(places)) {
        const piece = await bytesOf(file, span)
        hash.update(piece)
        yield piece
      }
    } finally {
      await file.close()
    }
    yield hash.digest()
  }

  private async withFile<T>(use: (file: FileHandle) => Promise<T>): Promise<T> {
    await this.flush()
    const file = await open(this.file, 'r')
    try {
      return await use(file)
    } finally {
      await file.close()
    }
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.concat(this.pending)
    this.pending = []
    this.pendingBytes = 0
    this.written += bytes.length
    const file = await open(this.file, 'a', 0o600)
    try {
      await file.appendFile(bytes)
    } finally {
      await file.close()
    }
  }
}

interface Span {
  readonly start: number
  readonly length: number
}

/** Neighbours in the file are read together. */
function* joinedSpans(places: readonly Place[]): Generator<Span> {
  let span: Span | undefined
  for (const { start, length } of places) {
    if (span !== undefined && span.start + span.length === start && span.length < PIECE_BYTES)
      span = { start: span.start, length: span.length + length }
    else {
      if (span !== undefined) yield span
      span = { start, length }
    }
  }
  if (span !== undefined) yield span
}

async function bytesOf(file: FileHandle, { start, length }: Span): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled)
    if (bytesRead === 0) throw new RangeError('the file of new objects is shorter than its index')
    filled += bytesRead
  }
  return bytes
}

// Objects that we composed ourselves as parts of a pack, without deltas (gitformat-pack(5)).
import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'

export interface NewObject {
  readonly type: 'blob' | 'tree' | 'commit'
  readonly bytes: Buffer
}

const TYPE_CODE = { commit: 1, tree: 2, blob: 3 } as const

/** Below this size, compressing costs more than it saves: tree entries are half hash. */
const STORED_BYTES = 256

/** A pack of version 2 (gitformat-pack(5)): header, objects, checksum; in pieces of 256 KiB and more. */
export function* packPieces(objects: readonly NewObject[]): Iterable<Buffer> {
  const hash = createHash('sha1')
  const head = packHeader(objects.length)
  let piece: Buffer[] = [head]
  let length = head.length
  for (const object of objects) {
    const packed = packedObject(object)
    piece.push(packed)
    length += packed.length
    if (length < 256 * 1024) continue
    yield hashed(piece)
    piece = []
    length = 0
  }
  yield hashed(piece)
  yield hash.digest()

  function hashed(parts: readonly Buffer[]): Buffer {
    const bytes = Buffer.concat(parts)
    hash.update(bytes)
    return bytes
  }
}

/** What stands before the objects of a pack. */
export function packHeader(count: number): Buffer {
  const head = Buffer.alloc(12)
  head.write('PACK', 'latin1')
  head.writeUInt32BE(2, 4)
  head.writeUInt32BE(count, 8)
  return head
}

/** One object as it stands in a pack. */
export function packedObject({ type, bytes }: NewObject): Buffer {
  return Buffer.concat([objectHeader(TYPE_CODE[type], bytes.length), zlibOf(bytes)])
}

/** Type and length: 4 bits of the length in the first byte, 7 in each that follows. */
function objectHeader(type: number, size: number): Buffer {
  const bytes: number[] = []
  let low = (type << 4) | (size & 15)
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(low | 128)
    low = rest & 127
  }
  bytes.push(low)
  return Buffer.from(bytes)
}

function zlibOf(bytes: Buffer): Buffer {
  if (bytes.length > STORED_BYTES) return deflateSync(bytes, { level: 1 })
  // One stored block (RFC 1950, 1951): zlib takes 20 times as long for nothing gained.
  const out = Buffer.alloc(bytes.length + 11)
  out.writeUInt16BE(0x7801, 0)
  out.writeUInt8(1, 2)
  out.writeUInt16LE(bytes.length, 3)
  out.writeUInt16LE(0xffff - bytes.length, 5)
  bytes.copy(out, 7)
  out.writeUInt32BE(adler32(bytes), bytes.length + 7)
  return out
}

function adler32(bytes: Buffer): number {
  let a = 1
  let b = 0
  for (const byte of bytes) {
    a = (a + byte) % 65521
    b = (b + a) % 65521
  }
  return ((b << 16) | a) >>> 0
}

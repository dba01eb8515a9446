// Stores objects that we composed ourselves (trees, a commit) as one pack: no file and no process for each of them.
import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { failureOf } from './classify.ts'
import { runGit } from './process.ts'
import { localCall, type Store } from './store.ts'

export interface NewObject {
  readonly type: 'tree' | 'commit'
  readonly bytes: Buffer
}

const TYPE_CODE = { commit: 1, tree: 2 } as const

/** Below this size, compressing costs more than it saves: tree entries are half hash. */
const STORED_BYTES = 256

/** Writes the objects; `index-pack` checks them and makes them known. */
export async function storeObjects(store: Store, objects: readonly NewObject[]): Promise<void> {
  if (objects.length === 0) return
  const done = await runGit({ ...localCall(store, ['index-pack', '--stdin']), input: packPieces(objects) })
  if (done.code !== 0) throw failureOf(store.session, 'read', done)
}

/** A pack of version 2 (gitformat-pack(5)): header, objects, checksum; in pieces of 256 KiB and more. */
function* packPieces(objects: readonly NewObject[]): Iterable<Buffer> {
  const hash = createHash('sha1')
  const head = Buffer.alloc(12)
  head.write('PACK', 'latin1')
  head.writeUInt32BE(2, 4)
  head.writeUInt32BE(objects.length, 8)
  let piece: Buffer[] = [head]
  let length = head.length
  for (const { type, bytes } of objects) {
    const packed = Buffer.concat([objectHeader(TYPE_CODE[type], bytes.length), zlibOf(bytes)])
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

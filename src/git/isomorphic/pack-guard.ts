// Looks through a pack before isomorphic-git inflates it whole: a few kilobytes can unpack to gigabytes, and it has no limit.
import { inflateSync } from 'node:zlib'

/** The size of the first object that is larger than `most` bytes when it is unpacked, or undefined. Throws for a damaged pack. */
export function oversizedObject(pack: Buffer, most: number): number | undefined {
  const count = pack.readUInt32BE(8)
  let at = 12
  for (let index = 0; index < count; index++) {
    const { type, size, end } = headerAt(pack, at)
    if (size > most) return size
    const data = end + baseLength(pack, type, end)
    // One byte more than announced is enough to see that the announcement is wrong.
    const { buffer, engine } = inflated(pack.subarray(data, pack.length - 20), size + 1)
    if (buffer.length !== size) throw new Error(`object ${index} of the pack has another size than announced`)
    const result = type === OFFSET_DELTA || type === NAMED_DELTA ? resultSize(buffer) : 0
    if (result > most) return result
    at = data + engine.bytesWritten
  }
  return undefined
}

const OFFSET_DELTA = 6
const NAMED_DELTA = 7

/** Type and size: 4 bits of the size in the first byte, 7 in each that follows (gitformat-pack(5)). */
function headerAt(pack: Buffer, start: number): { readonly type: number; readonly size: number; readonly end: number } {
  const first = pack.readUInt8(start)
  let size = first & 15
  let end = start + 1
  for (let byte = first, factor = 16; (byte & 128) !== 0; factor *= 128) {
    byte = pack.readUInt8(end++)
    size += (byte & 127) * factor
  }
  return { type: (first >> 4) & 7, size, end }
}

/** Bytes between a delta's header and its data: how far back its base stands, or the base's name. */
function baseLength(pack: Buffer, type: number, start: number): number {
  if (type === NAMED_DELTA) return 20
  if (type !== OFFSET_DELTA) return 0
  let length = 1
  while ((pack.readUInt8(start + length - 1) & 128) !== 0) length++
  return length
}

/** A delta begins with two sizes: of its base, and of what it makes. */
function resultSize(delta: Buffer): number {
  let at = 0
  const next = () => {
    let size = 0
    for (let byte = 128, factor = 1; (byte & 128) !== 0; factor *= 128) {
      byte = delta.readUInt8(at++)
      size += (byte & 127) * factor
    }
    return size
  }
  next()
  return next()
}

/** With `info`, Node tells how many bytes of the input were used, which its types do not know. */
function inflated(bytes: Buffer, most: number) {
  const options = { info: true, maxOutputLength: most }
  return inflateSync(bytes, options) as unknown as {
    readonly buffer: Buffer
    readonly engine: { bytesWritten: number }
  }
}

// SSH's binary form (RFC 4251, section 5): what its keys and signatures are made of.

/** Takes values from the front of the bytes. Every method throws WireEnded when too few are left. */
export interface WireReader {
  u32(): number
  /** A string: four bytes of length, then the bytes. */
  bytes(): Buffer
  text(): string
  /** A positive integer, without leading zeros. */
  integer(): Buffer
  /** This many bytes as they stand. */
  raw(length: number): Buffer
  readonly left: number
}

/** Thrown by a reader; whoever reads knows what was wanted. */
export const WireEnded = Symbol('the bytes ended early')

export function wireReader(bytes: Buffer): WireReader {
  let at = 0
  const raw = (length: number) => {
    if (length > bytes.length - at) throw WireEnded
    at += length
    return bytes.subarray(at - length, at)
  }
  const u32 = () => raw(4).readUInt32BE()
  const string = () => raw(u32())
  return {
    u32,
    raw,
    bytes: string,
    text: () => string().toString('utf8'),
    integer: () => withoutZeros(string()),
    get left() {
      return bytes.length - at
    },
  }
}

/** What `read` makes of the bytes; undefined when they end early. */
export function readWire<T>(bytes: Buffer, read: (wire: WireReader) => T): T | undefined {
  try {
    return read(wireReader(bytes))
  } catch (error) {
    if (error === WireEnded) return undefined
    throw error
  }
}

/** A string on the wire. */
export function wireString(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([wireNumber(bytes.length), bytes])
}

export function wireNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A positive integer on the wire: a zero in front of a first byte that would look negative. */
export function wireInteger(value: Buffer): Buffer {
  const bytes = withoutZeros(value)
  return wireString((bytes[0] ?? 0) >= 128 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes)
}

function withoutZeros(bytes: Buffer): Buffer {
  const start = bytes.findIndex(byte => byte !== 0)
  return start < 0 ? Buffer.alloc(0) : bytes.subarray(start)
}

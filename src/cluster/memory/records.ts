// The text of a state file: one record a line, `<CRC-32 in hex> <JSON>`.
import { crc32 } from 'node:zlib'
import type { JsonValue } from '../../lib/json.ts'

/** A record as a line. */
export function recordLine(record: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(record))
  return Buffer.concat([Buffer.from(`${checksum(json)} `), json, NEWLINE])
}

const NEWLINE = Buffer.from('\n')

/** Digits of the checksum, and a space. */
const PREFIX = 9

export interface Line {
  /** Undefined when the line is not as it was written. */
  readonly record: JsonValue | undefined
  /** Byte at which it begins. */
  readonly start: number
  /** Byte after its end. */
  readonly end: number
  /**
   * It was being written when the machine or the process stopped: it is the last one, and has no end, or holes where the
   * disk had not got to. No record that was acknowledged looks like this.
   */
  readonly isTorn: boolean
}

/** The lines of a state file. */
export function* linesOf(bytes: Buffer): Generator<Line> {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf('\n', start)
    const end = newline === -1 ? bytes.length : newline + 1
    const line = bytes.subarray(start, newline === -1 ? end : newline)
    const record = newline === -1 ? undefined : recordOf(line)
    const isTorn = record === undefined && end === bytes.length && (newline === -1 || line.includes(0))
    yield { record, start, end, isTorn }
    start = end
  }
}

function recordOf(line: Buffer): JsonValue | undefined {
  const json = line.subarray(PREFIX)
  return line.toString('latin1', 0, PREFIX) === `${checksum(json)} ` ? JSON.parse(json.toString('utf8')) : undefined
}

function checksum(json: Buffer): string {
  return crc32(json).toString(16).padStart(8, '0')
}

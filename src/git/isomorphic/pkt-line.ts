// Pkt-lines, the frames of git's protocols (gitprotocol-common(5)): written for requests, read from answers as they stream in.
import { Failure } from '../../lib/failure.ts'

/** A frame: data, or one of the marks that end a section. */
export type Packet = Buffer | 'flush' | 'delimiter' | 'end'

export const FLUSH = Buffer.from('0000')
export const DELIMITER = Buffer.from('0001')

const MARKS: Readonly<Record<number, Packet>> = { 0: 'flush', 1: 'delimiter', 2: 'end' }

export function packet(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}

/** The frames of a stream. Throws NetworkFailed, transient, when it ends inside one or is none. */
export async function* packets(stream: AsyncIterable<Buffer>): AsyncGenerator<Packet> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 4) {
      const length = lengthOf(rest)
      const mark = MARKS[length]
      if (mark === undefined && rest.length < length) break
      yield mark ?? rest.subarray(4, length)
      rest = rest.subarray(mark === undefined ? length : 4)
    }
  }
  if (rest.length > 0) throw broken('it ended in the middle of a line')
}

/** The text of a data frame without its line feed; undefined for a mark. */
export function lineOf(frame: Packet): string | undefined {
  return typeof frame === 'string' ? undefined : frame.toString('utf8').replace(/\n$/, '')
}

/** E1: an answer that is cut or garbled. */
export function broken(how: string): Failure {
  return new Failure('NetworkFailed', 'transient', `the answer of the git server is incomplete: ${how}`)
}

function lengthOf(bytes: Buffer): number {
  const text = bytes.toString('latin1', 0, 4)
  const length = /^[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text, 16) : 3
  if (length === 3) throw broken('a line has no valid length')
  return length
}

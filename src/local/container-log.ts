// The output of one container: passed on up to a limit, its end remembered for who failed without a word.

/** A kubelet rotates at this size; the worker keeps below it (design 4.9). */
const MOST_BYTES = 10 * 1024 * 1024
const TAIL_BYTES = 4096

export class ContainerLog {
  private readonly pass: (piece: Buffer) => void
  private passed = 0
  private end = Buffer.alloc(0)

  constructor(pass: (piece: Buffer) => void) {
    this.pass = pass
  }

  write(piece: Buffer): void {
    const room = MOST_BYTES - this.passed
    if (room > 0) this.pass(piece.subarray(0, room))
    this.passed += Math.min(room, piece.length)
    const end = Buffer.concat([this.end, piece])
    this.end = end.subarray(Math.max(0, end.length - TAIL_BYTES))
  }

  /** The last bytes. */
  tail(bytes: number): string {
    return this.end.subarray(Math.max(0, this.end.length - bytes)).toString('utf8')
  }
}

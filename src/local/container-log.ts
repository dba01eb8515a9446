// The output of one container: passed on in order, its end remembered for who failed without a word.
import type { ObjectName } from '../cluster/cluster.ts'
import type { PodLogWriter } from '../cluster/memory/pod-logs.ts'

const TAIL_BYTES = 4096

export class ContainerLog {
  private readonly logs: PodLogWriter
  private readonly pod: ObjectName
  private passed: Promise<void> = Promise.resolve()
  private last = Buffer.alloc(0)

  constructor(logs: PodLogWriter, pod: ObjectName) {
    this.logs = logs
    this.pod = pod
  }

  write(piece: Buffer): void {
    const passed = Promise.all([this.passed, this.logs.append(this.pod, piece)]).then(() => {})
    // `end` tells.
    passed.catch(() => {})
    this.passed = passed
    const last = Buffer.concat([this.last, piece])
    this.last = last.subarray(Math.max(0, last.length - TAIL_BYTES))
  }

  /** The last bytes. */
  tail(bytes: number): string {
    return this.last.subarray(Math.max(0, this.last.length - bytes)).toString('utf8')
  }

  /** Once all is stored. Rejects when it could not be. */
  async end(): Promise<void> {
    await this.logs.end(this.pod)
    await this.passed
  }
}

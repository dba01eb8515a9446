// What goes on, for people who wait: nothing in the first second, then a line that rewrites itself on a terminal,
// or a line every few seconds where stderr is a file or a log (cli.md, "Rules for every command").
import type { Invocation, Terminal } from './command.ts'
import { printable } from './printable.ts'

const FIRST = 1000
const REWRITE = 200
const NEXT_LINE = 3000

export interface ProgressOptions {
  readonly isSilent: boolean
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
}

/** Lives as long as the work does: `end` leaves the terminal's line empty. */
export class Progress {
  private readonly stderr: Terminal['stderr']
  private readonly options: ProgressOptions
  private readonly start: number
  private readonly timer: NodeJS.Timeout | undefined
  private step: string | undefined
  private told: number | undefined

  constructor(stderr: Terminal['stderr'], options: ProgressOptions) {
    this.stderr = stderr
    this.options = options
    this.start = options.now()
    // While the work waits for a network nobody calls `tell`.
    if (!options.isSilent) this.timer = setInterval(() => this.show(), FIRST).unref()
  }

  /** The step that goes on now. Cheap: may be called for every entry. */
  tell(step: string): void {
    this.step = step
    this.show()
  }

  /** A line that stays, whenever it comes. */
  remark(line: string): void {
    if (this.options.isSilent) return
    this.clear()
    this.stderr.write(`${printable(line)}\n`)
  }

  end(): void {
    clearInterval(this.timer)
    this.clear()
    this.step = undefined
  }

  private clear(): void {
    if (this.stderr.isTTY && this.told !== undefined) this.stderr.write('\r\u001b[K')
  }

  private show(): void {
    const now = this.options.now()
    const isDue = now - (this.told ?? Number.NEGATIVE_INFINITY) >= (this.stderr.isTTY ? REWRITE : NEXT_LINE)
    if (this.options.isSilent || this.step === undefined || now - this.start < FIRST || !isDue) return
    this.told = now
    const line = `${this.step} (${Math.round((now - this.start) / 1000)} s)`
    this.stderr.write(this.stderr.isTTY ? `\r${line}\u001b[K` : `${line}\n`)
  }
}

/** The progress of a command; silent with --quiet and --log-level error. */
export function progressOf({ terminal, options }: Invocation): Progress {
  const isSilent = options.flag('quiet') || options.text('log-level') === 'error'
  return new Progress(terminal.stderr, { isSilent, now: () => performance.now() })
}

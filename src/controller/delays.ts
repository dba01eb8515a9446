// Keys that are to be looked at later: at a time of the clock, or after a while. One sleeper for all of them.
import type { Clock } from '../lib/clock.ts'

/** No sleep is longer, so that a clock which jumps is noticed (D15). */
const LONGEST_SLEEP = 30_000

interface Due {
  /** Time of the clock, milliseconds. */
  readonly time?: number
  /** `Clock.elapsed`: goes on evenly when the clock is set. */
  readonly elapsed?: number
}

export class Delays {
  private readonly clock: Clock
  private readonly signal: AbortSignal
  private readonly fire: (key: string) => void
  private readonly dues = new Map<string, Due>()
  private wake = new AbortController()
  /** `elapsed` at which the sleeper looks again. */
  private nextLook = Number.POSITIVE_INFINITY

  /** Fires keys until the signal fires. */
  constructor(clock: Clock, signal: AbortSignal, fire: (key: string) => void) {
    this.clock = clock
    this.signal = signal
    this.fire = fire
  }

  get size(): number {
    return this.dues.size
  }

  at(key: string, time: Date): void {
    this.wish(key, { time: time.getTime() })
  }

  after(key: string, milliseconds: number): void {
    this.wish(key, { elapsed: this.clock.elapsed() + milliseconds })
  }

  drop(key: string): void {
    this.dues.delete(key)
  }

  private wish(key: string, due: Due): void {
    if (this.signal.aborted) return
    const known = this.dues.get(key)
    const left = this.left(due)
    if (known && this.left(known) <= left) return
    this.dues.set(key, due)
    const isFirst = this.nextLook === Number.POSITIVE_INFINITY
    if (isFirst) void this.run()
    else if (this.clock.elapsed() + left < this.nextLook) this.wake.abort()
  }

  /** Sleeps and fires as long as there is anything to wait for. */
  private async run(): Promise<void> {
    // Set before the first await: there is one sleeper.
    this.nextLook = this.clock.elapsed()
    while (!this.signal.aborted && this.dues.size > 0) {
      const next = Math.min(LONGEST_SLEEP, this.fireDue())
      if (this.dues.size === 0) break
      this.nextLook = this.clock.elapsed() + next
      this.wake = new AbortController()
      await this.sleep(next)
    }
    this.nextLook = Number.POSITIVE_INFINITY
  }

  /** Fires what is due; gives the milliseconds until the next is. */
  private fireDue(): number {
    let next = Number.POSITIVE_INFINITY
    for (const [key, due] of this.dues) {
      const left = this.left(due)
      if (left > 0) {
        next = Math.min(next, left)
        continue
      }
      this.dues.delete(key)
      this.fire(key)
    }
    return next
  }

  private async sleep(milliseconds: number): Promise<void> {
    const ended = AbortSignal.any([this.signal, this.wake.signal])
    try {
      await this.clock.sleep(milliseconds, ended)
    } catch (error) {
      // Woken: something earlier came, or all ends.
      if (!ended.aborted) throw error
    }
  }

  private left({ time, elapsed }: Due): number {
    return Math.min(
      time === undefined ? Number.POSITIVE_INFINITY : time - this.clock.now().getTime(),
      elapsed === undefined ? Number.POSITIVE_INFINITY : elapsed - this.clock.elapsed(),
    )
  }
}

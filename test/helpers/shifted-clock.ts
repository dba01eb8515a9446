// Real time that a test can put forward: whoever sleeps past it wakes. For controllers on a real cluster, whose own times go on.
import type { Clock } from '../../src/lib/clock.ts'

export class ShiftedClock implements Clock {
  private shift = 0
  private readonly sleepers = new Set<() => void>()

  now(): Date {
    return new Date(Date.now() + this.shift)
  }

  elapsed(): number {
    return performance.now() + this.shift
  }

  random(): number {
    return 0.5
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    const due = this.elapsed() + milliseconds
    while (this.elapsed() < due) {
      signal.throwIfAborted()
      await this.nap(due - this.elapsed(), signal)
    }
    signal.throwIfAborted()
  }

  /** Puts the time forward. */
  pass(milliseconds: number): void {
    this.shift += milliseconds
    for (const wake of this.sleepers) wake()
  }

  /** Until the time, the signal, or a shift. */
  private async nap(milliseconds: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>(resolve => {
      const wake = () => {
        clearTimeout(timer)
        this.sleepers.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.max(1, milliseconds))
      this.sleepers.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }
}

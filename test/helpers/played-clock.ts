// A clock that stands until a test moves it, and wakes who sleeps: tests of time without waiting.
import type { Clock } from '../../src/lib/clock.ts'

interface Sleeper {
  readonly due: number
  wake(): void
}

export class PlayedClock implements Clock {
  private time: number
  private passed = 0
  private readonly sleepers = new Set<Sleeper>()
  /** What `random` gives. */
  chance = 0.5

  constructor(start = '2026-03-01T12:00:00Z') {
    this.time = Date.parse(start)
  }

  now(): Date {
    return new Date(this.time)
  }

  elapsed(): number {
    return this.passed
  }

  random(): number {
    return this.chance
  }

  /** How many sleep. */
  get sleeping(): number {
    return this.sleepers.size
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const sleeper = {
        due: this.passed + milliseconds,
        wake: () => {
          this.sleepers.delete(sleeper)
          signal.removeEventListener('abort', abort)
          resolve()
        },
      }
      const abort = () => {
        this.sleepers.delete(sleeper)
        reject(signal.reason)
      }
      signal.addEventListener('abort', abort, { once: true })
      this.sleepers.add(sleeper)
    })
  }

  /** Lets time pass, from one sleeper to the next, each of which goes on before the next is woken. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.passed + milliseconds
    await settled()
    for (;;) {
      const next = Math.min(end, ...[...this.sleepers].map(({ due }) => due))
      this.move(Math.max(0, next - this.passed))
      const due = [...this.sleepers].filter(sleeper => sleeper.due <= this.passed)
      if (due.length === 0) break
      for (const sleeper of due) sleeper.wake()
      await settled()
    }
  }

  /** Somebody sets the clock: no time passes. */
  jump(milliseconds: number): void {
    this.time += milliseconds
  }

  private move(milliseconds: number): void {
    this.passed += milliseconds
    this.time += milliseconds
  }
}

/** Everything that can go on without time or network has gone on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise<void>(resolve => setImmediate(resolve))
}

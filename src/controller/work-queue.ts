// The work queue of the controllers: keys wait here until a worker is free. One key is never worked on twice at a time, and a
// key that is added while it waits is worked on once (client-go's workqueue, whose rules people know from other controllers).
import PQueue from 'p-queue'
import type { Clock } from '../lib/clock.ts'
import { Delays } from './delays.ts'

export interface WorkQueueOptions {
  /** How many keys are worked on at a time. */
  readonly concurrency: number
  readonly clock: Clock
  /**
   * The work on one key; `again` asks for more of it after the key's backoff. A rejection is answered with backoff too and
   * told to `failed`; the other keys go on.
   */
  process(key: string): Promise<'done' | 'again'>
  failed(key: string, error: unknown, retryAfter: number): void
}

/** Figures that show a hung worker or a queue that grows (gitops-practice.md, 1.1). */
export interface WorkQueueFigures {
  /** Keys that wait for a worker. */
  readonly depth: number
  /** Keys that are to be looked at later. */
  readonly delayed: number
  /** Seconds that the oldest work in progress takes so far; 0 when there is none. */
  readonly longestRunning: number
  /** Seconds that all work in progress takes so far. */
  readonly unfinishedWork: number
  readonly adds: number
  readonly retries: number
}

/** Milliseconds. */
export const SHORTEST_BACKOFF = 1_000
export const LONGEST_BACKOFF = 300_000

export class WorkQueue {
  private readonly options: WorkQueueOptions
  private readonly workers: PQueue
  private readonly delays: Delays
  /** Keys that wait for a worker. */
  private readonly waiting = new Set<string>()
  /** Keys that are worked on, with the start (`Clock.elapsed`). */
  private readonly processing = new Map<string, number>()
  /** Keys that were added while they were worked on. */
  private readonly dirty = new Set<string>()
  private readonly failures = new Map<string, number>()
  private readonly stopping = new AbortController()
  private adds = 0
  private retries = 0

  constructor(options: WorkQueueOptions) {
    this.options = options
    this.workers = new PQueue({ concurrency: options.concurrency })
    this.delays = new Delays(options.clock, this.stopping.signal, key => this.add(key))
  }

  /** Work on the key as soon as a worker is free. */
  add(key: string): void {
    if (this.stopping.signal.aborted) return
    if (this.processing.has(key)) {
      this.dirty.add(key)
      return
    }
    if (this.waiting.has(key)) return
    this.adds++
    this.waiting.add(key)
    void this.workers.add(() => this.work(key))
  }

  /** Work on the key at that time of the clock. The earliest wish wins until the key is worked on. */
  addAt(key: string, time: Date): void {
    this.delays.at(key, time)
  }

  /** Work on the key when so many milliseconds have passed, whatever the clock shows. */
  addAfter(key: string, milliseconds: number): void {
    this.delays.after(key, milliseconds)
  }

  /** The key is gone: nothing is remembered of it. */
  forget(key: string): void {
    this.failures.delete(key)
    this.delays.drop(key)
  }

  /** Resolves when no key waits for a worker or is worked on; those of later are left. */
  async idle(): Promise<void> {
    await this.workers.onIdle()
  }

  /** Ends the work in progress and takes no more. */
  async stop(): Promise<void> {
    this.stopping.abort()
    this.workers.clear()
    this.waiting.clear()
    this.dirty.clear()
    await this.workers.onIdle()
  }

  figures(): WorkQueueFigures {
    const now = this.options.clock.elapsed()
    const running = [...this.processing.values()].map(start => (now - start) / 1000)
    return {
      depth: this.waiting.size + this.dirty.size,
      delayed: this.delays.size,
      longestRunning: Math.max(0, ...running),
      unfinishedWork: running.reduce((sum, each) => sum + each, 0),
      adds: this.adds,
      retries: this.retries,
    }
  }

  /** After the key's own backoff, which grows with each call until work on it is done; gives the milliseconds. */
  private addRateLimited(key: string, atLeast = 0): number {
    const failures = this.failures.get(key) ?? 0
    this.failures.set(key, failures + 1)
    this.retries++
    const delay = Math.max(backoff(failures, this.options.clock.random()), atLeast)
    this.addAfter(key, delay)
    return delay
  }

  private async work(key: string): Promise<void> {
    this.waiting.delete(key)
    // What is wished from here on is about what this work leaves behind.
    this.delays.drop(key)
    this.processing.set(key, this.options.clock.elapsed())
    try {
      const worked = await this.options.process(key)
      if (worked === 'done') this.failures.delete(key)
      else this.addRateLimited(key)
    } catch (error) {
      this.options.failed(key, error, this.addRateLimited(key, askedWait(error)))
    } finally {
      this.processing.delete(key)
      if (this.dirty.delete(key)) this.add(key)
    }
  }
}

/** 1 to 2 s first, doubled each time, at most 5 min; spread, so that keys which failed together don't come back together. */
export function backoff(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST_BACKOFF, SHORTEST_BACKOFF * 2 ** (failures + 1))
  return ceiling * (0.5 + random / 2)
}

/** Milliseconds that the server wants to be left alone (429, Retry-After). */
function askedWait(error: unknown): number {
  const wait = error instanceof Error && 'retryAfter' in error ? error.retryAfter : undefined
  return typeof wait === 'number' ? wait : 0
}

// Time and chance as arguments: a run asks these, never the machine.

export interface Clock {
  now(): Date
  /** Milliseconds since some moment; they pass even when `now` stands still (`--now`). */
  elapsed(): number
  /** 0 up to 1, for jitter. */
  random(): number
  /** Resolves after the time, rejects with the signal's reason when that comes first. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

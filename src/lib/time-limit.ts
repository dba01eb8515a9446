// A time after which something is given up. Not AbortSignal.timeout: in Node 20 AbortSignal.any holds what it is made of
// weakly, so that the collector of garbage may take such a timeout away before its time (held by test/lib/time-limit).

export interface TimeLimit {
  /** Aborted after the time, with the signal that was given, or by `end`. */
  readonly signal: AbortSignal
  /** The work is over, whatever became of it. */
  end(): void
}

/** Limits work to so many milliseconds, at most 2^31 - 1; without them it ends with the signal alone. */
export function timeLimit(signal: AbortSignal, milliseconds: number | undefined): TimeLimit {
  const over = new AbortController()
  const tooLate = () => over.abort(new DOMException('the time is over', 'TimeoutError'))
  const timer = milliseconds === undefined ? undefined : setTimeout(tooLate, milliseconds).unref()
  return {
    signal: AbortSignal.any([signal, over.signal]),
    end: () => {
      clearTimeout(timer)
      over.abort()
    },
  }
}

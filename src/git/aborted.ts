// How an operation on git ends when its signal says so, for both engines.
import { Failure } from '../lib/failure.ts'

/** What an aborted signal means: its reason when that is a Failure (a deadline), else Cancelled. */
export function abortFailure(signal: AbortSignal): Failure {
  if (signal.reason instanceof Failure) return signal.reason
  return new Failure('Cancelled', 'cancelled', 'the git operation was cancelled', { cause: signal.reason })
}

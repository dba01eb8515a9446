// How long a commit message may be, for both engines: nobody writes more by hand, and a search holds one at a time.
import { Failure } from '../lib/failure.ts'
import { type RemoteContext, redacted } from './remote-context.ts'

export const MAX_MESSAGE_BYTES = 1024 * 1024

/** Throws HistoryTooLarge. */
export function refuseLongMessage(context: RemoteContext, message: string): void {
  if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) throw longMessage(context)
}

export function longMessage(context: RemoteContext): Failure {
  const sentence = `a commit message in ${context.url.href} is longer than ${MAX_MESSAGE_BYTES} bytes`
  return redacted(context, new Failure('HistoryTooLarge', 'definite', sentence))
}

// What failures of one remote are told with, and the one way by which text from git or a server leaves an engine.
import { Failure } from '../lib/failure.ts'
import type { Redactor } from '../lib/redact.ts'

/** What is told of credentials, or of having none, when a server refuses them. */
export interface Refusal {
  /** The end of the sentence. */
  readonly note: string
  /** What to do about it. */
  readonly hint: string
}

export interface RemoteContext {
  /** Without credentials. */
  readonly url: URL
  readonly redact: Redactor
  readonly refusal: Refusal
}

/** The failure with its text redacted. */
export function redacted(context: RemoteContext, failure: Failure): Failure {
  const hint = failure.hint === undefined ? {} : { hint: context.redact(failure.hint) }
  return new Failure(failure.reason, failure.class, context.redact(failure.message), hint)
}

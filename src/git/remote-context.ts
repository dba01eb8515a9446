// What failures of one remote are told with, and the one way by which text from git or a server leaves an engine.
import { Failure } from '../lib/failure.ts'
import type { Redactor } from '../lib/redact.ts'

export interface RemoteContext {
  /** Without credentials. */
  readonly url: URL
  readonly redact: Redactor
  /** What a refusal of the credentials may also mean, to stand at the end of its sentence. */
  readonly refusalNote: string
}

/** The failure with its text redacted. */
export function redacted(context: RemoteContext, failure: Failure): Failure {
  const hint = failure.hint === undefined ? {} : { hint: context.redact(failure.hint) }
  return new Failure(failure.reason, failure.class, context.redact(failure.message), hint)
}

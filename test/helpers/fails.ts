// Asserts that something ends with a Failure, and hands it over for a closer look.
import type { Test } from 'tap'
import { Failure } from '../../src/lib/failure.ts'

/** What a failure must look like; a regular expression is matched against the message. */
export interface WantedFailure {
  readonly reason?: string
  readonly class?: string
  readonly message?: RegExp
  readonly hint?: RegExp
}

/** Waits for the promise, which must reject with a Failure that matches. */
export async function fails(
  t: Test,
  promise: Promise<unknown>,
  wanted: WantedFailure,
  name = 'fails',
): Promise<Failure> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  t.ok(error instanceof Failure, `${name}: throws a Failure`)
  if (error instanceof Failure) {
    const { reason, message, hint } = error
    t.match({ reason, class: error.class, message, hint }, { ...wanted }, name)
    return error
  }
  return new Failure('GitFailed', 'transient', `no failure: ${String(error)}`)
}

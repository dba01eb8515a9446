// Failures: what stops a run or a command. Thrown, and caught where a run, a command or a controller ends.

/**
 * What may happen next. `definite`: a person must act; `transient`: the same call may work later;
 * `conflict`: the branch moved too often; `cancelled`: a signal ended it.
 */
export type FailureClass = 'definite' | 'transient' | 'conflict' | 'cancelled'

/** Exit codes of `cli.md` by class of failure. A cancelled run ends with 128 + the signal's number instead. */
export const EXIT_CODE = { definite: 10, transient: 11, conflict: 12, cancelled: 143 } as const satisfies Record<
  FailureClass,
  number
>

/** Everything that can stop a run, each documented in docs/reasons.md. */
export const REASONS = [
  'AuthenticationFailed',
  'Cancelled',
  'CertificateInvalid',
  'ConflictRetriesExhausted',
  'DeadlineExceeded',
  'DependencyNotReady',
  'EmptyRepository',
  'EntriesInvalid',
  'GitFailed',
  'GitMissing',
  'HistoryTooLarge',
  'HostDenied',
  'HostKeyUnknown',
  'InputUnreadable',
  'InsecureCredentials',
  'LimitExceeded',
  'ManifestInvalid',
  'MergeConflict',
  'NetworkFailed',
  'ObjectFormatUnsupported',
  'OpenPgpMissing',
  'OutputNotWritable',
  'PathInvalid',
  'PathNotFound',
  'PolicyNotEnforced',
  'PushDenied',
  'PushRejected',
  'RefInvalid',
  'RefNotFound',
  'ReferenceNotFound',
  'RepositoryNotFound',
  'RequestInvalid',
  'ResultLost',
  'SecretInvalid',
  'SecretNotFound',
  'SourceInvalid',
  'Suspended',
  'TargetInvalid',
  'TargetNotOurs',
  'TargetNotWritable',
  'TargetTooLarge',
  'UrlInvalid',
  'VerificationError',
  'WouldEmptyTarget',
] as const

export type Reason = (typeof REASONS)[number]

/** An operation that failed, with what may happen next. The message is one sentence, already redacted. */
export class Failure extends Error {
  readonly reason: Reason
  readonly class: FailureClass
  /** What to do, one sentence or a command. */
  readonly hint: string | undefined

  constructor(
    reason: Reason,
    failureClass: FailureClass,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Failure'
    this.reason = reason
    this.class = failureClass
    this.hint = options.hint
  }
}

/** The failure with the side of the run in front of its sentence: an address alone may be either's. */
export function ofSide(side: Side, { reason, class: failureClass, message, hint, cause }: Failure): Failure {
  const options = { ...(hint === undefined ? {} : { hint }), ...(cause === undefined ? {} : { cause }) }
  return new Failure(reason, failureClass, `${side}: ${message}`, options)
}

/** What the work gives; a failure of it says the side. What ends the whole run belongs to neither. */
export async function onSide<R>(side: Side, work: Promise<R>): Promise<R> {
  try {
    return await work
  } catch (error) {
    const isOfSide = error instanceof Failure && error.class !== 'cancelled' && error.reason !== 'DeadlineExceeded'
    throw isOfSide ? ofSide(side, error) : error
  }
}

export type Side = 'source' | 'target'

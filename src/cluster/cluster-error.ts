// What a cluster answers when it does not do what it was asked: one error for both engines, classified by the API's reasons.

export type ClusterErrorReason =
  | 'NotFound'
  | 'AlreadyExists'
  /** The object changed since it was read, or a field is owned by somebody else. */
  | 'Conflict'
  | 'Invalid'
  | 'Forbidden'
  | 'Unauthorized'
  /** The version that a watch or a page asks for is too old. */
  | 'Expired'
  | 'TooManyRequests'
  /** Server errors, timeouts, broken connections: the same call may work later. */
  | 'Unavailable'

export class ClusterError extends Error {
  readonly reason: ClusterErrorReason
  /** Milliseconds after which the server wants to be asked again. */
  readonly retryAfter: number | undefined

  constructor(
    reason: ClusterErrorReason,
    message: string,
    options: { readonly retryAfter?: number; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ClusterError'
    this.reason = reason
    this.retryAfter = options.retryAfter
  }
}

// What the owner of a state directory and other commands say to each other: HTTP over the socket in the directory, one POST
// for each call of the cluster interface. Both ends are the same program; the number tells when they are not.
import { ClusterError, type ClusterErrorReason } from '../cluster/cluster-error.ts'

/** Raised when a call changes. */
export const PROTOCOL = 1

export const METHODS = [
  'get',
  'list',
  'watch',
  'create',
  'apply',
  'applyStatus',
  'patch',
  'delete',
  'podLog',
  'followPodLog',
] as const

export type Method = (typeof METHODS)[number]

/** An error as the other end reads it. */
export interface SentError {
  readonly reason: ClusterErrorReason
  readonly message: string
  readonly retryAfter?: number
}

/** A line of a watch: an event, or what ended it. */
export type SentLine = { readonly event: unknown } | { readonly error: SentError }

/** What is no error of a cluster is a defect of the owner, and for its caller a reason to try again. */
export function sentError(error: unknown): SentError {
  if (!(error instanceof ClusterError)) {
    return { reason: 'Unavailable', message: `the owner of the state directory failed: ${(error as Error).message}` }
  }
  const { reason, message, retryAfter } = error
  return { reason, message, ...(retryAfter === undefined ? {} : { retryAfter }) }
}

export function receivedError({ reason, message, retryAfter }: SentError): ClusterError {
  return new ClusterError(reason, message, retryAfter === undefined ? {} : { retryAfter })
}

// The failure for a redirect that is not followed: credentials stay with the host they were given for (B6). Both engines.
import { Failure } from '../lib/failure.ts'
import { type RemoteContext, redacted } from './remote-context.ts'

/** `target` is where the server points, when that is known. */
export function redirected(context: RemoteContext, target: URL | undefined, status: number | string): Failure {
  const where = target === undefined ? 'elsewhere' : `to ${target.host}`
  const sentence = `${context.url.href} redirects ${where} (${status}), and redirects are not followed: name the new URL in the manifest`
  return redacted(context, new Failure('RepositoryNotFound', 'definite', sentence))
}

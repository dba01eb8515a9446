// Revisions as Flux writes them (RFC-0005): `main@sha1:<commit>`, `sha1:<commit>` where no name led to it.
import type { RefSelection } from './engine.ts'

export function revisionOf(ref: RefSelection, commit: string): string {
  if ('branch' in ref) return `${ref.branch}@sha1:${commit}`
  return 'tag' in ref ? `${ref.tag}@sha1:${commit}` : `sha1:${commit}`
}

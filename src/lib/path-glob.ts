// Globs on paths inside a repository: the same for who lists files and for who only compares paths.
import picomatch from 'picomatch'

export interface PathGlob {
  /** The directory that whatever matches is below; '' is the root. */
  readonly base: string
  readonly matches: (path: string) => boolean
}

/** Undefined for a path without wildcards. */
export function pathGlob(path: string): PathGlob | undefined {
  const { isGlob, base } = picomatch.scan(path)
  if (!isGlob) return undefined
  const matches = picomatch(path, { nonegate: true, noextglob: true, dot: false })
  return { base, matches: other => matches(other) }
}

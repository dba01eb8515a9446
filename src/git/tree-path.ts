// Which paths inside a repository may be asked for or written (F3), and the limits that every listing keeps (design, section 4).
import { Failure } from '../lib/failure.ts'
import { checkTreePath as treePathFault } from '../lib/tree-path.ts'

export const MAX_FILES = 200_000
export const MAX_DEPTH = 64
export const MAX_PATH_BYTES = 1_024

/** Throws Failure PathInvalid unless the path is a plain relative one; '' is the root, allowed for reading only. */
export function checkTreePath(path: string, options: { readonly write?: boolean } = {}): void {
  if (path === '' && options.write !== true) return
  const fault = /\p{Surrogate}/u.test(path) ? 'the path must be valid Unicode' : treePathFault(path)
  const tooDeep = path.split('/').length > MAX_DEPTH ? `the path must be at most ${MAX_DEPTH} levels deep` : undefined
  const problem = fault ?? tooDeep
  if (problem === undefined) return
  const shown = path.length > 120 ? `${path.slice(0, 120)}…` : path
  throw new Failure('PathInvalid', 'definite', `path ${JSON.stringify(shown)} is not valid: ${problem}`)
}

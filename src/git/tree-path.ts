// Which paths inside a repository may be asked for or written (F3), and the limits that every listing keeps (design, section 4).
import { Failure } from '../lib/failure.ts'
import { checkTreePath as treePathFault } from '../lib/tree-path.ts'

export const MAX_FILES = 200_000
const MAX_DEPTH = 64
const MAX_PATH_BYTES = 1_024

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

/** What a listing that grew to `count` files with this one breaks, or undefined. */
export function listingFailure(file: { readonly path: string }, count: number): Failure | undefined {
  if (count > MAX_FILES) return exceeded(`there are more than ${MAX_FILES} files`)
  const bytes = Buffer.byteLength(file.path)
  if (bytes > MAX_PATH_BYTES)
    return exceeded(
      `path ${JSON.stringify(`${file.path.slice(0, 80)}…`)} has ${bytes} bytes, more than ${MAX_PATH_BYTES}`,
    )
  const depth = file.path.split('/').length
  if (depth > MAX_DEPTH)
    return exceeded(
      `path ${JSON.stringify(`${file.path.slice(0, 80)}…`)} is ${depth} levels deep, more than ${MAX_DEPTH}`,
    )
  return undefined
}

function exceeded(what: string): Failure {
  return new Failure('LimitExceeded', 'definite', `${what}: narrow the path of the source`)
}

/** F4: the failure for one file. */
export function fileTooLarge(path: string, bytes: number, maxBytes: number): Failure {
  return new Failure(
    'LimitExceeded',
    'definite',
    `file ${JSON.stringify(path)} has ${bytes} bytes, more than ${maxBytes}`,
  )
}

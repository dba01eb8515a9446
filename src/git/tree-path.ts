// Which paths inside a repository may be asked for or written (F3), and the limits that every listing keeps (design, section 4).
import { Failure } from '../lib/failure.ts'

export const MAX_FILES = 200_000
export const MAX_DEPTH = 64
export const MAX_PATH_BYTES = 1_024

/** Throws Failure PathInvalid unless the path is a plain relative one; '' is the root, allowed for reading only. */
export function checkTreePath(path: string, options: { readonly glob?: boolean; readonly write?: boolean } = {}): void {
  const problem =
    path === '' ? (options.write === true ? 'it is empty' : undefined) : pathProblem(path, options.glob === true)
  if (problem === undefined) return
  const shown = path.length > 120 ? `${path.slice(0, 120)}…` : path
  throw new Failure('PathInvalid', 'definite', `path ${JSON.stringify(shown)} is not valid: ${problem}`)
}

function pathProblem(path: string, glob: boolean): string | undefined {
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'it contains a control character'
  if (/\p{Surrogate}/u.test(path)) return 'it is not valid Unicode'
  if (path.startsWith('/')) return 'it is absolute; write it relative to the root of the repository'
  if (!glob && path.includes('\\')) return 'it contains a backslash'
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `it is longer than ${MAX_PATH_BYTES} bytes`
  const parts = path.split('/')
  if (parts.length > MAX_DEPTH) return `it is more than ${MAX_DEPTH} levels deep`
  for (const part of parts) {
    if (part === '') return 'it has an empty part between slashes'
    if (part === '.' || part === '..') return `it contains '${part}'`
    if (isDotGit(part)) return "it contains a part that some file systems read as '.git'"
  }
  return undefined
}

/** The spellings that git itself protects against: case, NTFS short name and streams, trailing dots and spaces, ignorable characters of HFS+. */
function isDotGit(part: string): boolean {
  const plain = part
    .replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '')
    .replace(/:.*$/, '')
    .replace(/[. ]+$/, '')
    .toLowerCase()
  return plain === '.git' || plain === 'git~1'
}

// Paths inside a repository, of sources, targets and of every file that is read or written there (F3, C12): never
// outside the tree, never into .git, in any spelling that some file system takes for these.

const MAX_BYTES = 1024

/** Characters that HFS+ leaves out of names: with one of them inside, `.git` is still `.git` there (CVE-2014-9390). */
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu

/** What is wrong with the path, as one sentence, or undefined. `.` alone is the whole tree, which only `root` allows. */
export function checkTreePath(path: string, options: { readonly root?: boolean } = {}): string | undefined {
  if (path === '.' && options.root === true) return undefined
  const fault = pathFault(path)
  return fault === undefined ? undefined : `the path ${fault}`
}

function pathFault(path: string): string | undefined {
  if (path === '') return 'must not be empty'
  if (Buffer.byteLength(path) > MAX_BYTES) return `must have at most ${MAX_BYTES} bytes`
  if (/[\x00-\x1f\x7f]/.test(path)) return 'must not contain control characters'
  if (path.includes('\\')) return 'must not contain backslashes'
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'must be relative to the root of the repository'
  for (const segment of path.split('/')) {
    if (segment === '') return 'must not end with a slash or contain two in a row'
    if (segment === '.' || segment === '..') return "must not have a part that is '.' or '..'"
    if (isGitDirectory(segment)) return "must not have a part that is '.git'"
  }
  return undefined
}

/** True for `.git` in any case, and for what NTFS and HFS+ take for it: `git~1`, `.git.`, `.git ::$INDEX_ALLOCATION`. */
function isGitDirectory(segment: string): boolean {
  const plain = segment
    .replaceAll(IGNORED_BY_HFS, '')
    .toLowerCase()
    .replace(/:.*$/, '')
    .replace(/[. ]+$/, '')
  return plain === '.git' || plain === 'git~1'
}

// What a branch, a tag and a commit may look like: git's check-ref-format, in one place for both engines (A9).
// The CRDs hold the same rules as patterns; the worker checks again, before any process or request starts.
import { Failure } from '../lib/failure.ts'
import type { RefSelection } from './engine.ts'

/** What is wrong with a branch or tag name, or undefined. Rules: git-check-ref-format(1), plus no leading dash. */
export function refNameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty'
  if (Buffer.byteLength(name) > 244) return 'it is longer than 244 bytes'
  if (name.startsWith('-')) return 'it starts with a dash'
  if (name === '@' || name.includes('@{')) return "it contains '@{' or is '@'"
  if (/[\u0000-\u0020\u007f~^:?*[\\]/.test(name))
    return 'it contains a space, a control character or one of ~ ^ : ? * [ \\'
  if (name.includes('..')) return "it contains '..'"
  if (name.endsWith('.')) return 'it ends with a dot'
  for (const part of name.split('/')) {
    if (part === '') return 'it has an empty part between slashes'
    if (part.startsWith('.')) return 'a part starts with a dot'
    if (part.endsWith('.lock')) return "a part ends with '.lock'"
  }
  return undefined
}

/** The selection's name for people: `branch main`, `tag v1`, `commit 1234...`. */
export function describeSelection(selection: RefSelection): string {
  if ('branch' in selection) return `branch ${quote(selection.branch)}`
  if ('tag' in selection) return `tag ${quote(selection.tag)}`
  return `commit ${quote(selection.commit)}`
}

/** Throws Failure RefInvalid or ObjectFormatUnsupported unless the selection is one that may be asked for. */
export function checkSelection(selection: RefSelection): void {
  if ('commit' in selection) checkCommitId(selection.commit)
  else checkRefName('branch' in selection ? 'branch' : 'tag', 'branch' in selection ? selection.branch : selection.tag)
}

/** Throws Failure RefInvalid when the name can't be a branch or tag. */
export function checkRefName(kind: 'branch' | 'tag', name: string): void {
  const problem = refNameProblem(name)
  if (problem !== undefined)
    throw new Failure('RefInvalid', 'definite', `${kind} ${quote(name)} is not a valid name: ${problem}`)
}

/** Throws unless `id` is a whole SHA-1 commit id: an abbreviated one would not be a pin. */
export function checkCommitId(id: string): void {
  if (/^[0-9a-f]{40}$/.test(id)) return
  if (/^[0-9a-f]{64}$/.test(id)) throw sha256Unsupported(`commit ${id}`)
  throw new Failure(
    'RefInvalid',
    'definite',
    `commit ${quote(id)} is not valid: give all 40 hexadecimal digits, in lower case`,
  )
}

/** F8: the failure for anything that belongs to a repository with SHA-256 object names. */
export function sha256Unsupported(what: string): Failure {
  return new Failure(
    'ObjectFormatUnsupported',
    'definite',
    `${what} belongs to a repository with SHA-256 object names, which are not supported: use a repository with SHA-1 object names`,
  )
}

function quote(text: string): string {
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text
  return JSON.stringify(shown)
}

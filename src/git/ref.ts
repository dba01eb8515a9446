// Which refs may be asked for, in one place for both engines (A9): the CRDs' rules again, before any process starts.
import { Failure } from '../lib/failure.ts'
import { checkRefName as refNameFault } from '../lib/ref-name.ts'
import type { RefSelection } from './engine.ts'

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
  const fault = refNameFault(name)
  if (fault !== undefined) throw new Failure('RefInvalid', 'definite', `${kind} ${quote(name)} is not valid: ${fault}`)
}

/** Throws unless `id` is a whole SHA-1 commit id: an abbreviated one would not be a pin. */
export function checkCommitId(id: string): void {
  if (/^[0-9a-f]{40}$/.test(id)) return
  if (/^[0-9a-f]{64}$/.test(id)) throw sha256Unsupported(`commit ${id}`)
  const message = `commit ${quote(id)} is not valid: give all 40 hexadecimal digits, in lower case`
  throw new Failure('RefInvalid', 'definite', message)
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

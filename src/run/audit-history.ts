// What git knows for an audit: every commit of a branch with its trailers, and the digest of what it left at the path.
import type { SourceFile } from '../entries/document.ts'
import type { Limits } from '../entries/limits.ts'
import { targetForm } from '../entries/target-form.ts'
import type { GitStore, TreeFile } from '../git/engine.ts'
import { Failure } from '../lib/failure.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { FormatName, LayoutName } from '../resources/request.ts'
import type { CommitFact } from './audit.ts'
import { type RunTrailers, readSquashedTrailers, readTrailers, trailerTarget } from './trailers.ts'

export interface AuditedBranch {
  readonly store: GitStore
  /** Undefined while the repository is empty. */
  readonly head: string | undefined
  readonly path: string
  readonly limits: Limits
}

/** Newest first, each before its parents. Only what runs wrote to the path is read. */
export async function* commitFacts(branch: AuditedBranch): AsyncIterable<CommitFact> {
  if (branch.head === undefined) return
  for await (const { commit, date, changesPath, message } of branch.store.history(branch.head, branch.path)) {
    const trailers = readTrailers(message)
    const isOwn = trailers !== undefined && trailerTarget(trailers).path === branch.path
    const digest = isOwn ? await digestAt(branch, commit, trailers) : undefined
    yield { commit, date, changesPath, trailers, squashed: readSquashedTrailers(message), digest }
  }
}

/** Of what stands there in the layout that the trailers name; undefined when that can't be read (git-contract.md, "Digest"). */
async function digestAt(
  { store, path, limits }: AuditedBranch,
  commit: string,
  trailers: RunTrailers,
): Promise<string | undefined> {
  const { layout, format } = trailerTarget(trailers)
  if (!isLayout(layout) || !isFormat(format)) return undefined
  const form = targetForm({ layout, format })
  const files = (await store.list(commit, path)).filter(file => isRegular(file) && form.concerns(file.path, path))
  const read: SourceFile[] = []
  for await (const { file, bytes } of store.read(files, limits.fileBytes)) read.push({ path: file.path, bytes })
  // A single file needs no reading to be compared, only its bytes.
  if (layout === 'File') return read[0] && sha256Hex(read[0].bytes)
  try {
    // A run that took the last entry away leaves no file, and the digest of none.
    return form.digest(form.index(read, limits, path), path) ?? sha256Hex('')
  } catch (error) {
    if (error instanceof Failure && error.reason === 'TargetInvalid') return undefined
    throw error
  }
}

function isRegular({ mode }: TreeFile): boolean {
  return mode.startsWith('100')
}

function isLayout(text: string): text is LayoutName {
  return text === 'File' || text === 'Directory' || text === 'Namespace'
}

function isFormat(text: string): text is FormatName {
  return text === 'upstream' || text === 'toolhive'
}

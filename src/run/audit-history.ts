// What git knows for an audit: every commit of a branch with its trailers, and the digest of what it left at the path.
import type { SourceFile } from '../entries/document.ts'
import type { Limits } from '../entries/limits.ts'
import { type TargetForm, targetForm } from '../entries/target-form.ts'
import type { GitStore, HistoryCommit, TreeFile } from '../git/engine.ts'
import { Failure } from '../lib/failure.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { FormatName, LayoutName } from '../resources/request.ts'
import type { CommitFact } from './audit-facts.ts'
import { readSquashedTrailers, readTrailers, trailerTarget } from './trailers.ts'

export interface AuditedBranch {
  readonly store: GitStore
  /** Undefined while the repository is empty. */
  readonly head: string | undefined
  readonly path: string
  readonly limits: Limits
}

/** One request brings the files of this many commits, or of fewer when they have many files. */
const MOST_COMMITS = 100
const MOST_FILES = 20_000

interface Listed {
  readonly fact: Omit<CommitFact, 'digest'>
  /** How the files are read; undefined where nothing is to be read. */
  readonly form: TargetForm | undefined
  readonly layout: string
  readonly files: readonly TreeFile[]
}

/** Newest first, each before its parents. Only what runs wrote to the path is read. */
export async function* commitFacts(branch: AuditedBranch): AsyncIterable<CommitFact> {
  if (branch.head === undefined) return
  let batch: Listed[] = []
  let files = 0
  for await (const commit of branch.store.history(branch.head, branch.path)) {
    const listed = await listedFiles(branch, commit)
    batch.push(listed)
    files += listed.files.length
    if (batch.length < MOST_COMMITS && files < MOST_FILES) continue
    yield* withDigests(branch, batch)
    batch = []
    files = 0
  }
  yield* withDigests(branch, batch)
}

async function listedFiles(
  { store, path }: AuditedBranch,
  { commit, parents, date, changesPath, message }: HistoryCommit,
): Promise<Listed> {
  const trailers = readTrailers(message)
  const fact = { commit, parents, date, changesPath, trailers, squashed: readSquashedTrailers(message) }
  const target = trailers && trailerTarget(trailers)
  if (target === undefined || target.path !== path) return { fact, form: undefined, layout: '', files: [] }
  const { layout, format } = target
  const form = isLayout(layout) && isFormat(format) ? targetForm({ layout, format }) : undefined
  const listed = form === undefined ? [] : await store.list(commit, path)
  return { fact, form, layout, files: listed.filter(file => isRegular(file) && form?.concerns(file.path, path)) }
}

/** The files of all, read in one go; those of one commit at a time are in memory. */
async function* withDigests(branch: AuditedBranch, batch: readonly Listed[]): AsyncIterable<CommitFact> {
  const files = batch.flatMap(({ files }) => files)
  const contents = branch.store.read(files, branch.limits.fileBytes)[Symbol.asyncIterator]()
  for (const listed of batch) {
    const read: SourceFile[] = []
    while (read.length < listed.files.length) {
      const next = await contents.next()
      if (next.done) throw new Error(`git gave fewer files than the ${files.length} that were asked for`)
      read.push({ path: next.value.file.path, bytes: next.value.bytes })
    }
    yield { ...listed.fact, digest: digestOf(listed, read, branch) }
  }
}

/** Undefined when nothing stands there that can be read (git-contract.md, "Digest"). */
function digestOf({ form, layout }: Listed, files: SourceFile[], { path, limits }: AuditedBranch): string | undefined {
  if (form === undefined) return undefined
  // A single file needs no reading to be compared, only its bytes.
  if (layout === 'File') return files[0] && sha256Hex(files[0].bytes)
  try {
    // A run that took the last entry away leaves no file, and the digest of none.
    return form.digest(form.index(files, limits, path), path) ?? sha256Hex('')
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

// Source git: the files at a path of one commit. Symlinks, submodules and LFS pointers are never followed; they are issues.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Format, type SourceDocument, unreadableDocument } from '../entries/document.ts'
import type { Limits } from '../entries/limits.ts'
import { readDocuments } from '../entries/parse/documents.ts'
import { remoteOf } from '../git/credentials.ts'
import type { GitStore, TreeFile } from '../git/engine.ts'
import { isLfsPointer } from '../git/lfs.ts'
import { revisionOf } from '../git/revision.ts'
import { readTrustedKeys } from '../git/signature/trusted-keys.ts'
import { verifySource } from '../git/signature/verify.ts'
import { Failure } from '../lib/failure.ts'
import type { Issue } from '../lib/issue.ts'
import type { GitSourceRequest } from '../resources/request.ts'
import type { Access, OpenSource } from './source.ts'

/** Fetches the commit. Throws EmptyRepository, RefNotFound, VerificationError, PathNotFound, and whatever the engine throws. */
export async function openGitSource(
  source: GitSourceRequest,
  format: Format | undefined,
  access: Access,
): Promise<OpenSource> {
  const { ref, verify } = source
  // First, so that keys which can't be used are told before anything is fetched.
  const keys = verify && (await readTrustedKeys(verify.keysSecret, access.secrets))
  const remote = await remoteOf(source.repository, source.authSecret, access)
  const directory = join(access.scratch, 'source')
  await mkdir(directory)
  const store = await access.git.open(remote, directory, access.signal)
  const commit = await store.fetch(ref)
  if (commit === undefined) throw await missingRef(source, () => access.git.probe(remote, ref, access.signal))
  if (verify && keys) {
    const tag = 'tag' in ref ? ref.tag : undefined
    await verifySource(store, { commit, tag }, { mode: verify.mode, keys, now: access.clock.now() })
  }
  // `.` is the whole tree.
  const path = source.path === '.' ? '' : source.path
  const files = (await store.list(commit, path)).filter(file => isWanted(file, path))
  if (files.length === 0) {
    throw new Failure(
      'PathNotFound',
      'definite',
      `nothing that is a catalog stands at ${source.path} in ${source.repository} at ${commit}`,
      {
        hint: 'name a file, a directory or a glob; . is the whole repository',
      },
    )
  }
  return {
    revision: revisionOf(ref, commit),
    documents: () => documentsOf(store, files, { format, access }),
  }
}

const SYMLINK = '120000'
const SUBMODULE = '160000'

async function missingRef(
  source: GitSourceRequest,
  probe: () => Promise<{ emptyRepository: boolean }>,
): Promise<Failure> {
  const { emptyRepository } = await probe()
  if (emptyRepository) {
    return new Failure('EmptyRepository', 'definite', `${source.repository} is empty: it has no branch and no commit`, {
      hint: "commit something to it first; a registry's storage gets its first commit from a sync",
    })
  }
  const [kind, name] = Object.entries(source.ref)[0] ?? ['ref', '']
  return new Failure('RefNotFound', 'definite', `${kind} ${name} does not exist in ${source.repository}`, {
    hint: `correct spec.source.git.${kind}, or create it there`,
  })
}

/**
 * Below a directory and in a glob, files of other kinds stand beside catalogs; a path named outright is read whatever
 * its name. Links and submodules may hide catalogs under any name: each is an issue.
 */
function isWanted({ path, mode }: TreeFile, sourcePath: string): boolean {
  return path === sourcePath || mode === SYMLINK || mode === SUBMODULE || /\.(json|jsonl|ndjson|ya?ml)$/i.test(path)
}

interface Reading {
  readonly format: Format | undefined
  readonly access: Access
}

async function* documentsOf(
  store: GitStore,
  files: readonly TreeFile[],
  reading: Reading,
): AsyncIterable<SourceDocument> {
  const { limits, signal } = reading.access
  const regular: TreeFile[] = []
  for (const file of files) {
    const refusal = refusalOf(file)
    if (refusal) yield unreadableDocument(file.path, [refusal])
    else regular.push(file)
  }
  let total = 0
  let entries = 0
  for await (const { file, bytes } of store.read(regular, limits.fileBytes)) {
    signal.throwIfAborted()
    total += bytes.length
    if (total > limits.totalBytes) {
      throw new Failure(
        'LimitExceeded',
        'definite',
        `the source's files have over ${limits.totalBytes} bytes together`,
        {
          hint: 'name fewer files',
        },
      )
    }
    if (isLfsPointer(bytes)) yield unreadableDocument(file.path, [lfsIssue(file.path)])
    else {
      for (const document of readDocuments({ path: file.path, bytes }, { limits, format: reading.format })) {
        entries += document.count
        if (entries > limits.entries) throw tooManyEntries(limits)
        yield document
      }
    }
  }
}

function tooManyEntries({ entries }: Limits): Failure {
  return new Failure('LimitExceeded', 'definite', `the source's files have over ${entries} entries together`, {
    hint: 'name fewer files',
  })
}

function refusalOf(file: TreeFile): Issue | undefined {
  if (file.mode === SYMLINK)
    return fileIssue(file.path, 'Symlink', 'this is a symbolic link, and links are never followed')
  if (file.mode === SUBMODULE)
    return fileIssue(file.path, 'Submodule', 'this is a submodule, and submodules are never fetched')
  return undefined
}

function lfsIssue(path: string): Issue {
  return fileIssue(path, 'LfsPointer', 'this is a Git LFS pointer; the content behind it is not fetched')
}

function fileIssue(document: string, code: string, message: string): Issue {
  return { code, tier: 'json', severity: 'error', document, pointer: '', path: '', message }
}

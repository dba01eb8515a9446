// PATH of the data commands: a file, a folder, `-` for stdin, or `<repository>@<revision>:<path>`, as documents.
import { readdir, stat } from 'node:fs/promises'
import { extname, join, relative, resolve } from 'node:path'
import type { Format, SourceDocument, SourceFile } from '../entries/document.ts'
import type { Limits } from '../entries/limits.ts'
import { readDocuments } from '../entries/parse/documents.ts'
import { Failure } from '../lib/failure.ts'
import type { Invocation, Terminal } from './command.ts'
import { readInput, readLimited } from './files.ts'
import { URL_START } from './repository.ts'
import { type RepositoryPath, repositoryDocuments, repositoryPath } from './repository-path.ts'

const CATALOG_EXTENSIONS = ['.json', '.jsonl', '.ndjson', '.yaml', '.yml']

const IN_A_REPOSITORY = 'a file or folder in a repository is written <repository>@<revision>:<path>'

export interface InputOptions {
  readonly limits: Limits
  readonly format: Format | undefined
}

/** All documents, one file after the other. Throws PathNotFound, LimitExceeded, and what reading a repository throws. */
export async function* inputDocuments(
  paths: readonly string[],
  invocation: Invocation,
  options: InputOptions,
): AsyncIterable<SourceDocument> {
  const { cwd } = invocation.terminal
  const missing: string[] = []
  const inRepositories = new Map<string, RepositoryPath>()
  for (const path of paths) {
    if (path === '-' || (await exists(path, cwd))) continue
    const inRepository = await repositoryPath(path, cwd)
    if (inRepository) inRepositories.set(path, inRepository)
    else missing.push(path)
  }
  if (missing.length > 0) throw notThere(missing)
  for (const path of paths) {
    const inRepository = inRepositories.get(path)
    if (inRepository) yield* repositoryDocuments(inRepository, invocation, options.format)
    else
      for await (const file of inputFiles(path, invocation.terminal, options.limits))
        yield* readDocuments(file, options)
  }
}

async function* inputFiles(path: string, terminal: Terminal, limits: Limits): AsyncIterable<SourceFile> {
  const { cwd, signal } = terminal
  if (path === '-') {
    yield { path, bytes: await readLimited(terminal.stdin as AsyncIterable<Buffer>, 'stdin', limits.fileBytes) }
    return
  }
  for (const file of await filesAt(path, cwd))
    yield { path: file, bytes: await readInput(file, cwd, { most: limits.fileBytes, signal }) }
}

function notThere(paths: readonly string[]): Failure {
  const verb = paths.length === 1 ? 'does' : 'do'
  const isUrl = paths.some(path => URL_START.test(path))
  return new Failure(
    'PathNotFound',
    'definite',
    `${paths.join(', ')} ${verb} not exist`,
    isUrl ? { hint: IN_A_REPOSITORY } : {},
  )
}

/** What stands on this machine under that very name is what is meant. */
async function exists(path: string, cwd: string): Promise<boolean> {
  return (await stat(resolve(cwd, path)).catch(() => undefined)) !== undefined
}

/** The file itself, or the catalogs below a folder, in byte order; symbolic links below it are not followed. */
async function filesAt(path: string, cwd: string): Promise<string[]> {
  const full = resolve(cwd, path)
  const found = await stat(full).catch(() => undefined)
  if (!found) throw notThere([path])
  if (!found.isDirectory()) return [path]
  const entries = await readdir(full, { recursive: true, withFileTypes: true })
  const files = entries
    .filter(entry => entry.isFile() && CATALOG_EXTENSIONS.includes(extname(entry.name).toLowerCase()))
    .map(entry => join(path, relative(full, join(entry.parentPath, entry.name))))
  if (files.length === 0) {
    const message = `no catalog (${CATALOG_EXTENSIONS.join(', ')}) stands below ${path}`
    const isBare = (await exists('HEAD', full)) && (await exists('objects', full))
    throw new Failure('PathNotFound', 'definite', message, isBare ? { hint: IN_A_REPOSITORY } : {})
  }
  return files.sort()
}

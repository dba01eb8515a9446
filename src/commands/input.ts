// PATH of the data commands: a file, a folder, or `-` for stdin, as documents.
import { readdir, stat } from 'node:fs/promises'
import { extname, join, relative, resolve } from 'node:path'
import type { Format, SourceDocument, SourceFile } from '../entries/document.ts'
import type { Limits } from '../entries/limits.ts'
import { readDocuments } from '../entries/parse/documents.ts'
import { Failure } from '../lib/failure.ts'
import type { Terminal } from './command.ts'
import { readInput, readLimited } from './files.ts'

const CATALOG_EXTENSIONS = ['.json', '.jsonl', '.ndjson', '.yaml', '.yml']

export interface InputOptions {
  readonly limits: Limits
  readonly format: Format | undefined
}

/** All documents, one file after the other. Throws PathNotFound, LimitExceeded. */
export async function* inputDocuments(
  paths: readonly string[],
  terminal: Terminal,
  options: InputOptions,
): AsyncIterable<SourceDocument> {
  for await (const file of inputFiles(paths, terminal, options.limits)) yield* readDocuments(file, options)
}

async function* inputFiles(paths: readonly string[], terminal: Terminal, limits: Limits): AsyncIterable<SourceFile> {
  for (const path of paths) {
    if (path === '-')
      yield { path, bytes: await readLimited(terminal.stdin as AsyncIterable<Buffer>, 'stdin', limits.fileBytes) }
    else
      for (const file of await filesAt(path, terminal.cwd))
        yield { path: file, bytes: await readInput(file, terminal.cwd, limits.fileBytes) }
  }
}

/** The file itself, or the catalogs below a folder, in byte order; symbolic links below it are not followed. */
async function filesAt(path: string, cwd: string): Promise<string[]> {
  const full = resolve(cwd, path)
  const found = await stat(full).catch(() => undefined)
  if (!found) throw new Failure('PathNotFound', 'definite', `${path} does not exist`)
  if (!found.isDirectory()) return [path]
  const entries = await readdir(full, { recursive: true, withFileTypes: true })
  const files = entries
    .filter(entry => entry.isFile() && CATALOG_EXTENSIONS.includes(extname(entry.name).toLowerCase()))
    .map(entry => join(path, relative(full, join(entry.parentPath, entry.name))))
  if (files.length === 0) {
    throw new Failure('PathNotFound', 'definite', `no catalog (${CATALOG_EXTENSIONS.join(', ')}) stands below ${path}`)
  }
  return files.sort()
}

// PATH of the data commands: a file, a folder, or `-` for stdin, as documents.
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, relative, resolve } from 'node:path'
import type { Format, SourceDocument, SourceFile } from '../entries/document.ts'
import type { Limits } from '../entries/limits.ts'
import { readDocuments } from '../entries/parse/documents.ts'
import { Failure } from '../lib/failure.ts'
import type { Terminal } from './command.ts'

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
    if (path === '-') yield { path, bytes: await readStdin(terminal, limits) }
    else
      for (const file of await filesAt(path, terminal.cwd))
        yield { path: file, bytes: await readLimited(file, terminal.cwd, limits) }
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

async function readLimited(path: string, cwd: string, limits: Limits): Promise<Buffer> {
  const full = resolve(cwd, path)
  const { size } = await stat(full)
  if (size > limits.fileBytes) throw tooLarge(path, limits)
  return await readFile(full)
}

async function readStdin({ stdin }: Terminal, limits: Limits): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of stdin as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > limits.fileBytes) throw tooLarge('stdin', limits)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function tooLarge(path: string, limits: Limits): Failure {
  return new Failure(
    'LimitExceeded',
    'definite',
    `${path} is larger than ${limits.fileBytes} bytes, the limit for one file`,
  )
}

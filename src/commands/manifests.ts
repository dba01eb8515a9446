// Manifest files from the command line to checked resources, or one failure that lists every problem.
import { readdir, stat } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { Failure } from '../lib/failure.ts'
import { type LoadedResource, loadManifests, type ManifestFile } from '../resources/load.ts'
import { printIssue } from '../resources/problem.ts'
import { readInput, readLimited } from './files.ts'
import { printable } from './printable.ts'

const EXTENSIONS = ['.yaml', '.yml', '.json']
const LARGEST = 20 * 1024 * 1024

export interface ManifestPlace {
  readonly cwd: string
  /** What `-` stands for. */
  readonly stdin?: Readable
  /** Ends the reading of a pipe. */
  readonly signal?: AbortSignal
}

/**
 * What `-f` gave, `-` for stdin. A folder means the manifests in it, not below it, as kubectl reads it. Throws
 * ManifestInvalid.
 */
export async function readManifests(
  paths: readonly string[],
  place: ManifestPlace,
): Promise<readonly LoadedResource[]> {
  const { stdin } = place
  const files: ManifestFile[] = []
  for (const path of paths) {
    if (path === '-' && stdin) files.push(manifestOf(path, await readLimited(stdin, 'stdin', LARGEST)))
    else files.push(...(await readPath(path, place)))
  }
  const { resources, issues } = loadManifests(files)
  const errors = issues.filter(issue => issue.severity === 'error')
  if (errors.length > 0) {
    const count = errors.length === 1 ? 'a problem' : `${errors.length} problems`
    throw new Failure(
      'ManifestInvalid',
      'definite',
      `the manifests have ${count}:\n${errors.map(issue => printable(printIssue(issue))).join('\n')}`,
    )
  }
  if (resources.length === 0) {
    throw new Failure('ManifestInvalid', 'definite', `${paths.join(', ')}: no resource stands there`, {
      hint: 'a manifest has apiVersion, kind, metadata and spec; examples are in docs/jobs.md',
    })
  }
  return resources
}

async function readPath(path: string, place: ManifestPlace): Promise<ManifestFile[]> {
  const { cwd } = place
  const full = resolve(cwd, path)
  const found = await stat(full).catch(() => undefined)
  if (!found) throw new Failure('ManifestInvalid', 'definite', `${path} does not exist`)
  if (!found.isDirectory()) return [await readManifest(path, place)]
  const names = (await readdir(full)).filter(name => EXTENSIONS.includes(extname(name).toLowerCase())).sort()
  if (names.length === 0)
    throw new Failure('ManifestInvalid', 'definite', `no manifest (${EXTENSIONS.join(', ')}) stands in ${path}`)
  const files: ManifestFile[] = []
  // One after the other: there may be more than a process may have open.
  for (const name of names) files.push(await readManifest(join(path, name), place))
  return files
}

async function readManifest(path: string, { cwd, signal }: ManifestPlace): Promise<ManifestFile> {
  return manifestOf(path, await readInput(path, cwd, { most: LARGEST, signal }))
}

function manifestOf(path: string, bytes: Buffer): ManifestFile {
  try {
    return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    throw new Failure('ManifestInvalid', 'definite', `${path} is not UTF-8`)
  }
}

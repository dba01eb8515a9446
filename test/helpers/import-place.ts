// A place where an import job can be run: a source, a target, a manifest, and the program inside the test's own process.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { importManifest } from './entries.ts'
import { bareRepository, type Files, type TestRepository, temporaryDirectory } from './git-repository.ts'
import { programJson } from './in-process.ts'

export interface ImportPlace {
  readonly directory: string
  readonly source: TestRepository
  readonly target: TestRepository
  /** Runs the job; a spec given here replaces that of the manifest. */
  run(spec?: Readonly<Record<string, unknown>>, ...args: string[]): Promise<{ code: number; data: RunResult }>
}

export interface ImportPlaceOptions {
  readonly source: Files
  readonly target?: Files
  /** Further fields of spec.source.git. */
  readonly sourceGit?: Readonly<Record<string, unknown>>
}

export async function importPlace(t: Test, options: ImportPlaceOptions): Promise<ImportPlace> {
  const directory = await temporaryDirectory(t)
  const source = await bareRepository(t, options.source)
  const target = await bareRepository(t, options.target)
  const env = { PATH: process.env['PATH'] ?? '', HOME: directory, TMPDIR: directory }
  return {
    directory,
    source,
    target,
    async run(spec = {}, ...args) {
      const { sourceGit = {} } = options
      const manifest = importManifest({ source: source.url, target: target.url, sourceGit, spec })
      await writeFile(join(directory, 'import.yaml'), manifest)
      return programJson<RunResult>(['run', '-f', 'import.yaml', '-q', ...args], { cwd: directory, env })
    },
  }
}

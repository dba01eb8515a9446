// A place where an import job can be run: a source, a target, a manifest, and the program inside the test's own process.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunResult } from '../../src/resources/result.ts'
import { assertEngine, type EngineHost } from './engine-host.ts'
import { importManifest } from './entries.ts'
import { type Files, type TestRepository, temporaryDirectory } from './git-repository.ts'
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

export async function importPlace(host: EngineHost, options: ImportPlaceOptions): Promise<ImportPlace> {
  const directory = await temporaryDirectory(host.t)
  const source = await host.repository(options.source)
  const target = await host.repository(options.target)
  const env = { PATH: process.env['PATH'] ?? '', HOME: directory, TMPDIR: directory, ...host.env }
  return {
    directory,
    source,
    target,
    async run(spec = {}, ...args) {
      const { sourceGit = {} } = options
      const manifest = importManifest({ source: source.url, target: target.url, sourceGit, spec })
      await writeFile(join(directory, 'import.yaml'), manifest)
      const ran = await programJson<RunResult>(['run', '-f', 'import.yaml', '-q', ...args], { cwd: directory, env })
      assertEngine(host, ran.data)
      return ran
    },
  }
}

// An import to a branch for review, and what has to be true of its target after every run.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { damageOf, namesIn, wrongDigestsOf } from './branch-state.ts'
import { assertEngine, type EngineHost } from './engine-host.ts'
import { catalogOf, datedServer, importManifest, listOf } from './entries.ts'
import { type TestRepository, temporaryDirectory } from './git-repository.ts'
import { programJson } from './in-process.ts'

export const PATH = 'catalog/registry.json'
export const REVIEW = 'rollbook/import'
export const BASE = 'io.example/base'
export const ONE = 'io.example/one'

export interface ReviewPlace {
  readonly cwd: string
  readonly target: TestRepository
  readonly source: TestRepository
  run(args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<RunResult>
}

/** An import of ONE to pushBranch, into a catalog with BASE. */
export async function reviewPlace(host: EngineHost, options: { readonly empty?: boolean } = {}): Promise<ReviewPlace> {
  const directory = await temporaryDirectory(host.t)
  const source = await host.repository({ 'registry.json': listOf(datedServer(ONE)) })
  // A push that were forced would fail here.
  const config = { 'receive.denyNonFastForwards': 'true', 'receive.denyDeletes': 'true' }
  const target = await host.repository(options.empty ? {} : { [PATH]: catalogOf(datedServer(BASE)) }, { config })
  const manifest = importManifest({
    source: source.url,
    target: target.url,
    targetPath: PATH,
    targetGit: { pushBranch: REVIEW },
  })
  await writeFile(join(directory, 'import.yaml'), manifest)
  return {
    cwd: directory,
    source,
    target,
    run: async (args = [], env = {}) => {
      const PATH = process.env['PATH'] ?? ''
      const ran = await programJson<RunResult>(['run', '-f', 'import.yaml', ...args], {
        cwd: directory,
        env: { PATH, ...host.env, ...env },
      })
      assertEngine(host, ran.data)
      return ran.data
    },
  }
}

/** Everything that a wrong push would spoil. Merges are damage elsewhere; here each test says where it wants one. */
export async function sound(t: Test, target: TestRepository): Promise<void> {
  const merges = (await target.git(['rev-list', '--all', '--merges'])).split('\n')
  t.strictSame(
    (await damageOf(target)).filter(line => !merges.includes(line)),
    [],
  )
  t.strictSame(await wrongDigestsOf({ ...target, branch: REVIEW }), [])
}

export function parentsOf(target: TestRepository, revision: string): Promise<string> {
  return target.git(['log', '-1', '--format=%P', revision])
}

export function reviewed(target: TestRepository): Promise<string[]> {
  return namesIn({ ...target, branch: REVIEW }, PATH)
}

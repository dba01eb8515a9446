// The git engines that a flow test runs on, and the repositories as each of them can reach them.
import type { Test } from 'tap'
import type { GitEngine } from '../../src/git/engine.ts'
import { isomorphicEngine } from '../../src/git/isomorphic/engine.ts'
import { nativeEngine } from '../../src/git/native/engine.ts'
import { gitHttpServer } from './git-http-server.ts'
import { bareRepository, type Files, type RepositoryOptions, type TestRepository } from './git-repository.ts'

/** One engine in one test. */
export interface EngineHost {
  readonly t: Test
  readonly name: GitEngine['name']
  /** Chooses the engine, for the environment of the program. */
  readonly env: { readonly ROLLBOOK_GIT_ENGINE: string }
  /** As bareRepository. Its URL is a file for native, and on a server over http for the embedded engine, which reads no files. */
  repository(files?: Files, options?: RepositoryOptions): Promise<TestRepository>
  /** The engine itself, for runs without the program. */
  engine(): GitEngine
}

/** The test on each engine, under its name with the engine's behind it. */
export function onBothEngines(t: Test, name: string, body: (t: Test, host: EngineHost) => Promise<void>): void {
  for (const engine of ['native', 'isomorphic'] as const) {
    t.test(`${name} (${engine})`, t => body(t, engineHost(t, engine)))
  }
}

export function engineHost(t: Test, name: GitEngine['name'] = 'native'): EngineHost {
  const ambient = { PATH: process.env['PATH'] }
  return {
    t,
    name,
    env: { ROLLBOOK_GIT_ENGINE: name },
    async repository(files, options) {
      const repository = await bareRepository(t, files, options)
      if (name === 'native') return repository
      return { ...repository, url: (await gitHttpServer(t, repository)).url }
    },
    engine: () =>
      name === 'native'
        ? nativeEngine({ allowFile: true, allowHttp: false, ambient })
        : isomorphicEngine({ allowHttp: true, ambient: {} }),
  }
}

/** Throws when a run was made by another engine: then the test would prove nothing. */
export function assertEngine({ name }: EngineHost, result: { readonly engine: string }): void {
  if (result.engine !== name) throw new Error(`the run was made by ${result.engine}, not by ${name}`)
}

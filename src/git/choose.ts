// Which engine a process uses: the git program where a usable one is installed, else the embedded engine. Only the engine
// that is chosen is loaded.
import type { GitEngine } from './engine.ts'

export const ENGINE_CHOICES = ['auto', 'native', 'isomorphic'] as const

export type EngineChoice = (typeof ENGINE_CHOICES)[number]

export interface EngineOptions {
  /** file URLs: local mode only, and the native engine only. */
  readonly allowFile: boolean
  /** Plain http, without credentials. */
  readonly allowHttp: boolean
  /** The variables of which PATH and proxies are used. */
  readonly ambient: Readonly<Record<string, string | undefined>>
}

/** The first version whose options the native engine uses. */
const OLDEST_GIT = [2, 37] as const
const PATIENCE_MS = 5_000

/** `auto` prefers native. `native` never fails here: without git it says so when it is used (GitMissing). */
export async function chooseEngine(choice: EngineChoice, options: EngineOptions): Promise<GitEngine> {
  const useNative = choice === 'native' || (choice === 'auto' && (await isGitUsable(options.ambient)))
  if (useNative) return (await import('./native/engine.ts')).nativeEngine(options)
  return (await import('./isomorphic/engine.ts')).isomorphicEngine(options)
}

/** True when `git version` answers, and with a version that is new enough. */
async function isGitUsable(ambient: EngineOptions['ambient']): Promise<boolean> {
  const { execFile } = await import('node:child_process')
  const path = ambient['PATH']
  const env = { LC_ALL: 'C', ...(path === undefined ? {} : { PATH: path }) }
  const said = await new Promise<string>(resolve => {
    execFile('git', ['version'], { env, timeout: PATIENCE_MS }, (error, stdout) => resolve(error ? '' : stdout))
  })
  const [, major = '0', minor = '0'] = /^git version (\d+)\.(\d+)/.exec(said) ?? []
  const [wantedMajor, wantedMinor] = OLDEST_GIT
  return Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor)
}

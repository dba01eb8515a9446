// Git for the controller: one ls-remote and nothing else. https in process, since a process for each of a thousand registries
// would cost most of what the controller may use; ssh, files and old servers through the git program.
import type { EngineOptions } from '../git/choose.ts'
import type { GitEngine } from '../git/engine.ts'
import { Failure } from '../lib/failure.ts'

export type GitProbe = GitEngine['probe']

export function gitProbe(options: EngineOptions): GitProbe {
  let made: Promise<GitProbe> | undefined
  const overHttp: GitProbe = async (...question) => {
    made ??= loadedHttpProbe(options)
    return (await made)(...question)
  }
  return async (remote, selection, signal) => {
    if (!/^https?:/.test(remote.url) || remote.userConfig === true) return native(options, [remote, selection, signal])
    try {
      return await overHttp(remote, selection, signal)
    } catch (error) {
      // A server that knows only the older protocols.
      if (!(error instanceof Failure) || error.reason !== 'GitMissing') throw error
      return native(options, [remote, selection, signal])
    }
  }
}

/** Loaded when it is needed: its HTTP client is a third of what local mode would have to load. */
async function loadedHttpProbe(options: EngineOptions): Promise<GitProbe> {
  const { httpProbe } = await import('../git/isomorphic/probe.ts')
  return httpProbe(options)
}

/** Loaded when it is needed. */
async function native(options: EngineOptions, question: Parameters<GitProbe>): ReturnType<GitProbe> {
  const { nativeEngine } = await import('../git/native/engine.ts')
  return nativeEngine(options).probe(...question)
}

// Probe before pod without a git program: in process, and without what reads packs. The controller keeps it loaded.
import type { GitEngine } from '../engine.ts'
import { probe, Remote } from './fetch.ts'
import { proxiesIn } from './proxies.ts'
import { openSession } from './session.ts'

export interface HttpProbeOptions {
  /** Plain http, without credentials. */
  readonly allowHttp: boolean
  /** The variables of which the proxies are used. */
  readonly ambient: Readonly<Record<string, string | undefined>>
}

/** One ls-remote over https. */
export function httpProbe({ allowHttp, ambient }: HttpProbeOptions): GitEngine['probe'] {
  const proxies = proxiesIn(ambient)
  return async (remote, selection, signal) => {
    const session = openSession(remote, { allowHttp, proxies, signal })
    try {
      return await probe(new Remote(session), selection)
    } finally {
      await session.http.close()
    }
  }
}

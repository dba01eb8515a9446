// Redirects: git is told not to follow any, so that credentials stay with the host they were given for (B6).
// When a server answers with one, this asks where to, without credentials, so that the failure can say it.

import { readFile } from 'node:fs/promises'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Failure } from '../../lib/failure.ts'
import { timeLimit } from '../../lib/time-limit.ts'
import { redirectStatus } from '../classify.ts'
import { pinnedLookup } from '../pinned-lookup.ts'
import { redirected } from '../redirected.ts'
import type { GitExit } from './process.ts'
import type { GitSession } from './session.ts'

const TIMEOUT_MS = 5_000

/** A failure that names the redirect's target host, or undefined when git's exit was not about a redirect. */
export async function redirectFailure(session: GitSession, exit: GitExit): Promise<Failure | undefined> {
  const status = redirectStatus(exit)
  if (status === undefined) return undefined
  const target = await redirectTarget(session).catch(() => undefined)
  return redirected(session, target, status)
}

/** Where the first request of a git client is sent on to. */
async function redirectTarget(session: GitSession): Promise<URL | undefined> {
  const ca = session.caFile === undefined ? {} : { ca: await readFile(session.caFile) }
  const asked = new URL(`${session.url.href.replace(/\/$/, '')}/info/refs?service=git-upload-pack`)
  const limit = timeLimit(session.signal, TIMEOUT_MS)
  const lookup = session.addresses.length > 0 ? { lookup: pinnedLookup(session.addresses) } : {}
  const answered = new Promise<URL | undefined>((resolve, reject) => {
    const send = asked.protocol === 'https:' ? requestHttps : requestHttp
    const asking = send(
      asked,
      { ...ca, ...lookup, signal: limit.signal, agent: false, headers: { 'user-agent': 'git/2' } },
      answer => {
        answer.destroy()
        const location = answer.headers.location
        resolve(location === undefined ? undefined : new URL(location, asked))
      },
    )
    asking.on('error', reject)
    asking.end()
  })
  return answered.finally(limit.end)
}

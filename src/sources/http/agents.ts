// Connections: each one goes to an address that was checked for it, and the Secret's authority is trusted for the
// source's own origin only. undici is loaded by the first request, not by commands that make none.
import type { LookupFunction } from 'node:net'
import type { Agent } from 'undici'
import type { HostGuard } from '../../lib/hosts.ts'

export interface HttpTimeouts {
  /** Milliseconds to connect, and then until the headers are there. */
  readonly headers: number
  /** Milliseconds in which a body brings nothing. */
  readonly idle: number
}

export const DEFAULT_TIMEOUTS: HttpTimeouts = { headers: 30_000, idle: 30_000 }

export interface Agents {
  /** For the source's own origin. */
  readonly own: Agent
  /** For where it redirects to. */
  readonly other: Agent
  close(): Promise<void>
}

export async function openAgents(
  hosts: HostGuard,
  { ca, timeouts }: { readonly ca: string | undefined; readonly timeouts: HttpTimeouts },
): Promise<Agents> {
  const { Agent } = await import('./undici.ts')
  const open = (authority: string | undefined) =>
    new Agent({
      connect: {
        lookup: checkedLookup(hosts),
        timeout: timeouts.headers,
        ...(authority === undefined ? {} : { ca: authority }),
      },
      headersTimeout: timeouts.headers,
      bodyTimeout: timeouts.idle,
    })
  const own = open(ca)
  const other = open(undefined)
  return { own, other, close: async () => void (await Promise.all([own.destroy(), other.destroy()])) }
}

/** The system's lookup, with every address checked: what the guard lets pass is what the socket connects to. */
function checkedLookup(hosts: HostGuard): LookupFunction {
  return (name, { all }, callback) => {
    hosts.addressesFor(name).then(
      addresses => {
        const [first] = addresses
        if (all === true || !first) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      },
      (error: Error) => callback(error, ''),
    )
  }
}

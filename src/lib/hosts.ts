// Which hosts may be spoken to: one policy from the install settings for git, http and the controller's probes
// (design section 8, "Hosts"). The name is checked before anything is sent, its addresses when a connection is made.
import { isIP } from 'node:net'
import { AddressRanges, plainAddress } from './addresses.ts'
import { LOOK_AT_NAME } from './connection-error.ts'
import { Failure } from './failure.ts'

/** Plain data: it travels in the request. */
export interface HostPolicy {
  /** `host`, or `*.domain` for everything below a domain. Absent: every host. */
  readonly allowHosts?: readonly string[]
  /** `10.96.0.0/12`: ranges that are denied besides loopback, link-local and metadata addresses. */
  readonly denyCidrs: readonly string[]
  /** Hosts, written as in allowHosts, that may be spoken to without TLS; never with credentials. */
  readonly allowPlainHttp: readonly string[] | 'all'
  /** Local mode: file URLs are taken, and loopback and link-local addresses are not denied. */
  readonly local: boolean
}

/** What holds when no setting says otherwise. */
export const DEFAULT_HOSTS: HostPolicy = { denyCidrs: [], allowPlainHttp: [], local: false }

/** `rollbook run` on somebody's own machine. */
export const LOCAL_HOSTS: HostPolicy = { denyCidrs: [], allowPlainHttp: 'all', local: true }

export interface HostAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** Every address of a name, as the system's resolver has them. Rejects with the resolver's error. */
export type Resolve = (name: string) => Promise<readonly HostAddress[]>

/** The policy at work. */
export interface HostGuard {
  /** Throws HostDenied, InsecureCredentials, UrlInvalid. Looks up nothing: no byte leaves the machine. */
  checkUrl(url: URL, use: { readonly credentials: boolean }): void
  /**
   * The addresses of a name or of an address in any notation, all of them allowed; whoever connects must connect to one
   * of these and look up nothing again. Throws HostDenied when one address is denied, NetworkFailed when there is none.
   */
  addressesFor(host: string): Promise<readonly HostAddress[]>
  /** False where no address is denied: then there is nothing to look up, and names may be a proxy's or ssh's to resolve. */
  readonly deniesAddresses: boolean
}

export function hostGuard(policy: HostPolicy, resolve: Resolve): HostGuard {
  const ranges = policy.local ? policy.denyCidrs : [...NEVER_IN_A_CLUSTER, ...policy.denyCidrs]
  const denied = new AddressRanges(ranges)
  const checkName = (host: string) => {
    if (policy.allowHosts && !policy.allowHosts.some(pattern => matchesHost(pattern, host))) throw notAllowed(host)
    const literal = literalAddress(host)
    if (literal && denied.has(literal.address)) throw addressDenied(host)
  }
  return {
    deniesAddresses: ranges.length > 0,
    checkUrl(url, { credentials }) {
      if (url.protocol === 'file:') return checkFile(policy)
      if (!['https:', 'http:', 'ssh:'].includes(url.protocol))
        throw new Failure('UrlInvalid', 'definite', `the scheme ${url.protocol.slice(0, -1)} is not supported`)
      checkName(hostOf(url))
      if (url.protocol === 'http:') checkPlainHttp(hostOf(url), policy, credentials)
    },
    async addressesFor(host) {
      checkName(host)
      const literal = literalAddress(host)
      const addresses = literal ? [literal] : await resolved(host, resolve)
      // One denied address among several is how a name is bent towards the inside: no guess which one would be used.
      if (addresses.some(({ address }) => denied.has(address))) throw addressDenied(host)
      return addresses
    },
  }
}

/** Why a pattern of allowHosts is refused, or undefined. */
export function hostPatternFault(pattern: string): string | undefined {
  const name = pattern.replace(/^\*\./, '')
  const fine = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?$/.test(name) || isIP(bare(name)) !== 0
  return fine ? undefined : `${JSON.stringify(pattern)} is neither a host nor *.domain`
}

/**
 * Loopback, "this host", link-local with the metadata services of the clouds, multicast and reserved. Private ranges
 * are where most git servers stand: an install denies its cluster's ranges with --deny-cidrs.
 */
const NEVER_IN_A_CLUSTER = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  'fe80::/10',
  'fec0::/10',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  'ff00::/8',
]

function checkFile(policy: HostPolicy): void {
  if (!policy.local)
    throw new Failure('HostDenied', 'definite', 'file URLs are taken in local mode only', { hint: 'use https' })
}

function checkPlainHttp(host: string, { allowPlainHttp }: HostPolicy, credentials: boolean): void {
  if (credentials)
    throw new Failure('InsecureCredentials', 'definite', `credentials are never sent to ${host} over plain http`, {
      hint: 'use https, or take authSecret away',
    })
  if (allowPlainHttp === 'all' || allowPlainHttp.some(pattern => matchesHost(pattern, host))) return
  throw new Failure('HostDenied', 'definite', `plain http to ${host} is not allowed`, {
    hint: 'use https, or allow the host with --allow-plain-http',
  })
}

function matchesHost(pattern: string, host: string): boolean {
  const wanted = comparable(pattern)
  const name = comparable(host)
  return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) && name.length >= wanted.length : name === wanted
}

function comparable(host: string): string {
  const name = bare(host).toLowerCase().replace(/\.$/, '')
  return isIP(name) === 0 ? name : plainAddress(name)
}

async function resolved(host: string, resolve: Resolve): Promise<readonly HostAddress[]> {
  try {
    const addresses = await resolve(host)
    if (addresses.length > 0) return addresses
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'failed'
    throw new Failure('NetworkFailed', 'transient', `the name ${host} can't be resolved (${code})`, {
      hint: LOOK_AT_NAME,
    })
  }
  throw new Failure('NetworkFailed', 'transient', `the name ${host} has no address`, { hint: LOOK_AT_NAME })
}

/** Also `2130706433`, `0x7f.1` and `[::ffff:7f00:1]`, which resolvers and URL parsers take for addresses. */
function literalAddress(host: string): HostAddress | undefined {
  const url = `http://${isIP(bare(host)) === 6 ? `[${bare(host)}]` : host}/`
  const address = bare(URL.canParse(url) ? new URL(url).hostname : host)
  const family = isIP(address)
  return family === 4 || family === 6 ? { address, family } : undefined
}

function hostOf(url: URL): string {
  return bare(url.hostname)
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}

function notAllowed(host: string): Failure {
  return new Failure('HostDenied', 'definite', `${host} is not among the allowed hosts`, {
    hint: 'allow it with --allow-hosts',
  })
}

/** Says nothing of the address, and is the same whether anything answers there or not (G4). */
function addressDenied(host: string): Failure {
  return new Failure('HostDenied', 'definite', `${host} is or leads to an address that is denied here`, {
    hint: 'loopback, link-local and metadata addresses are for local mode only; other ranges are denied by --deny-cidrs',
  })
}

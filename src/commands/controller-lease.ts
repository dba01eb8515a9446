// Whether a controller works on a cluster, as far as its Lease tells (docs/controller.md).
import type { Cluster } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { LEASES, type Lease } from '../cluster/lease.ts'

/** What a controller that works holds. */
export const CONTROLLER_LEASE = 'rollbook-controller'

/** What to do where nobody holds it. */
export const NO_CONTROLLER =
  'start one with rollbook controller: nothing runs without (one with --leader-elect=false works without the Lease)'

export interface LeaseState {
  /** `unknown`: the caller may not look, or not everywhere. */
  readonly state: 'held' | 'none' | 'unknown'
  /** Who holds it and where, or what is known instead. */
  readonly message: string
}

/** Milliseconds by which the clocks of this machine and of the controller's may differ. */
const CLOCKS_DIFFER = 60_000

/** Looks in every namespace, or where the caller may not, in the given one. Throws what the cluster throws, but for refusals. */
export async function controllerLease(
  cluster: Pick<Cluster, 'list' | 'get'>,
  { namespace, now }: { readonly namespace: string; readonly now: Date },
): Promise<LeaseState> {
  const everywhere = await unlessRefused(async () => (await cluster.list(LEASES, { name: CONTROLLER_LEASE })).items)
  if (everywhere) return stateOf(everywhere, now)
  const here = await unlessRefused(async () => {
    const lease = await cluster.get(LEASES, { namespace, name: CONTROLLER_LEASE })
    return stateOf(lease ? [lease] : [], now)
  })
  if (here?.state === 'held') return here
  const where = here ? `; in namespace ${namespace} ${here.message}` : ''
  return { state: 'unknown', message: `not known: you may not list Leases${where}` }
}

function stateOf(leases: readonly Lease[], now: Date): LeaseState {
  const held = leases.filter(({ spec }) => (spec?.holderIdentity ?? '') !== '')
  const fresh = held.filter(lease => isFresh(lease, now))
  if (fresh.length > 0) {
    const holders = fresh.map(lease => `${lease.spec?.holderIdentity} holds the Lease ${nameOf(lease)}`)
    return { state: 'held', message: holders.join('; ') }
  }
  const over = held.map(lease => `; ${lease.spec?.holderIdentity} renewed ${nameOf(lease)} last at ${renewed(lease)}`)
  return { state: 'none', message: `no controller holds the Lease ${CONTROLLER_LEASE}${over.join('')}` }
}

function isFresh(lease: Lease, now: Date): boolean {
  const { leaseDurationSeconds = 0 } = lease.spec ?? {}
  return Date.parse(renewed(lease)) + leaseDurationSeconds * 1000 + CLOCKS_DIFFER > now.getTime()
}

function renewed({ spec }: Lease): string {
  return spec?.renewTime ?? spec?.acquireTime ?? 'no time'
}

function nameOf({ metadata: { namespace, name } }: Lease): string {
  return `${namespace}/${name}`
}

async function unlessRefused<R>(call: () => Promise<R>): Promise<R | undefined> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof ClusterError && error.reason === 'Forbidden') return undefined
    throw error
  }
}

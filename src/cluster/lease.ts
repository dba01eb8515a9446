// Leader election on a Lease of coordination.k8s.io, after client-go's rules: of several controllers, one works.
// Clocks of machines are never compared: a lease is over when nobody renewed it for its duration on one's own clock.
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../lib/clock.ts'
import type { ObjectMeta } from '../resources/object-meta.ts'
import type { Cluster, ObjectName, ObjectType } from './cluster.ts'
import { ClusterError } from './cluster-error.ts'

export interface Lease {
  readonly apiVersion: 'coordination.k8s.io/v1'
  readonly kind: 'Lease'
  readonly metadata: ObjectMeta
  readonly spec?: LeaseSpec
}

interface LeaseSpec {
  /** '' or absent when nobody holds it. */
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  /** RFC 3339 with six digits of a second, as the next. */
  readonly acquireTime?: string
  readonly renewTime?: string
  /** How often the holder changed. */
  readonly leaseTransitions?: number
}

export const LEASES: ObjectType<Lease> = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' }

export interface LeaseOptions {
  readonly cluster: Pick<Cluster, 'get' | 'create' | 'patch'>
  readonly clock: Clock
  readonly name: ObjectName
  /** Different for every process, also of the same Pod: `<host name>_<random>`. */
  readonly identity: string
  /** Told whenever all that was asked at a time was answered, whoever holds the lease. */
  readonly onAnswer?: () => void
  /** Told of calls that failed; they are tried again. */
  readonly onError?: (error: ClusterError) => void
  /** Told who holds the lease, whenever that changes; '' is nobody. */
  readonly onHolder?: (identity: string) => void
  readonly times?: LeaseTimes
}

/** In seconds. */
export interface LeaseTimes {
  /** Others take the lease when it was not renewed for so long. */
  readonly lease: number
  /** The holder gives up when it could not renew for so long: earlier than others take it. */
  readonly renew: number
  /** Between attempts. */
  readonly retry: number
}

export const LEASE_SECONDS = 15

/** As controllers of Kubernetes have them. */
const TIMES: LeaseTimes = { lease: LEASE_SECONDS, renew: 10, retry: 2 }

/** Candidates wait up to so many times longer than the retry, so that they do not come all at once. */
const JITTER = 1.2

/** `Lost`: others may work by now, so end the process. `Done`: the work ended by itself. */
export type LeadEnd = 'Stopped' | 'Lost' | 'Done'

/**
 * Waits until this process holds the lease, then works. The signal for the work fires when `stop` does or the lease is
 * lost. After `stop` the lease is renewed until the work has ended, and only then given back; a lost one returns at once.
 * Throws what the work throws.
 */
export async function lead(
  options: LeaseOptions,
  work: (signal: AbortSignal) => Promise<void>,
  stop: AbortSignal,
): Promise<LeadEnd> {
  const candidate = new Candidate(options)
  if (!(await candidate.acquire(stop))) return 'Stopped'
  const lost = new AbortController()
  const ended = new AbortController()
  const working = work(AbortSignal.any([stop, lost.signal]))
  const holding = candidate.hold(ended.signal)
  try {
    const first = await Promise.race([working.then(() => 'Done' as const), holding])
    if (first === 'Lost') {
      lost.abort(new Error(`the lease ${options.name.namespace}/${options.name.name} is lost`))
      working.catch(() => undefined) // The process ends; how its work ends tells nothing more.
      return 'Lost'
    }
    return stop.aborted ? 'Stopped' : 'Done'
  } finally {
    ended.abort()
    if (!lost.signal.aborted) {
      await holding
      await candidate.release()
    }
  }
}

class Candidate {
  readonly #options: LeaseOptions
  readonly #times: LeaseTimes
  /** The lease as last seen, and when on the own clock it was first seen so. */
  #seen: { readonly lease: Lease; readonly at: number } | undefined
  /** When the last successful attempt began: the server may have noted it any time after. */
  #renewed = 0

  constructor(options: LeaseOptions) {
    this.#options = options
    this.#times = options.times ?? TIMES
  }

  /** True when the lease is held, false when the signal fired before. */
  async acquire(stop: AbortSignal): Promise<boolean> {
    const { clock } = this.#options
    while (!stop.aborted) {
      // An answer that took too long tells of a lease that may be over.
      if ((await this.#attempt()) && this.#left() > 0) return true
      await paused(clock, this.#times.retry * (1 + clock.random() * JITTER), stop)
    }
    return false
  }

  /** Renews until the signal fires or the lease is lost. */
  async hold(ended: AbortSignal): Promise<'Lost' | 'Ended'> {
    const { clock } = this.#options
    while (!ended.aborted) {
      await paused(clock, this.#times.retry, ended)
      if (ended.aborted) break
      const left = this.#left()
      if (left <= 0) return 'Lost'
      const late = new AbortController()
      // A call that hangs must not keep this process from knowing that its time is over.
      const done = await Promise.race([this.#attempt(), paused(clock, left, late.signal).then(() => undefined)])
      late.abort()
      if (done === undefined) return 'Lost'
      if (!done && this.#holder() !== this.#options.identity) return 'Lost'
    }
    return 'Ended'
  }

  /** Seconds until this process must have renewed the lease. */
  #left(): number {
    return this.#times.renew - (this.#options.clock.elapsed() - this.#renewed) / 1000
  }

  /** Gives the lease back, so that another need not wait until it is over. */
  async release(): Promise<void> {
    if (this.#holder() !== this.#options.identity) return
    await this.#tried(() => this.#patch({ renewTime: this.#now(), holderIdentity: '', leaseDurationSeconds: 1 }))
  }

  /** True when the lease is this process's from now on. */
  async #attempt(): Promise<boolean> {
    const { clock, identity } = this.#options
    const begin = clock.elapsed()
    // The holder need not look first: when somebody else has changed the lease, the patch conflicts.
    const renewed = this.#holder() === identity && (await this.#tried(() => this.#patch(this.#renewal())))
    const held = renewed || ((await this.#tried(() => this.#take())) ?? false)
    if (held) this.#renewed = begin
    return held
  }

  async #take(): Promise<boolean> {
    const { cluster, name, identity, clock } = this.#options
    const found = await cluster.get(LEASES, name)
    if (!found) return this.#create()
    const seenAt = this.#see(found)
    const { holderIdentity = '', leaseDurationSeconds = 0, leaseTransitions = 0 } = found.spec ?? {}
    if (holderIdentity === identity) return this.#patch(this.#renewal())
    if (holderIdentity !== '' && clock.elapsed() - seenAt < leaseDurationSeconds * 1000) return false
    return this.#patch({ ...this.#renewal(), acquireTime: this.#now(), leaseTransitions: leaseTransitions + 1 })
  }

  async #create(): Promise<boolean> {
    const { cluster, name } = this.#options
    const spec = { ...this.#renewal(), acquireTime: this.#now(), leaseTransitions: 0 }
    const { apiVersion, kind } = LEASES
    this.#see(await cluster.create(LEASES, { apiVersion, kind, metadata: { ...name }, spec } as Lease))
    return true
  }

  /** Throws Conflict when the lease is not as it was seen last. */
  async #patch(spec: LeaseSpec): Promise<true> {
    const { cluster, name } = this.#options
    const { resourceVersion } = this.#seen?.lease.metadata ?? {}
    this.#see(await cluster.patch(LEASES, name, { metadata: { resourceVersion }, spec: { ...spec } }))
    return true
  }

  #renewal(): LeaseSpec {
    const { identity } = this.#options
    return { holderIdentity: identity, leaseDurationSeconds: this.#times.lease, renewTime: this.#now() }
  }

  #holder(): string | undefined {
    return this.#seen?.lease.spec?.holderIdentity
  }

  /** Since when the lease is as it is, on the own clock. */
  #see(lease: Lease): number {
    const before = this.#holder()
    if (!this.#seen || !isDeepStrictEqual(lease.spec, this.#seen.lease.spec)) {
      this.#seen = { lease, at: this.#options.clock.elapsed() }
    } else {
      this.#seen = { lease, at: this.#seen.at }
    }
    const { holderIdentity = '' } = lease.spec ?? {}
    if (before !== holderIdentity) this.#options.onHolder?.(holderIdentity)
    return this.#seen.at
  }

  #now(): string {
    return this.#options.clock.now().toISOString().replace('Z', '000Z')
  }

  /** Undefined when the call failed; that another process was faster is no error. */
  async #tried<T>(call: () => Promise<T>): Promise<T | undefined> {
    const { onAnswer, onError } = this.#options
    try {
      const result = await call()
      onAnswer?.()
      return result
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error
      if (error.reason === 'Conflict' || error.reason === 'AlreadyExists') onAnswer?.()
      else onError?.(error)
      return undefined
    }
  }
}

/** Sleeps so many seconds, or until the signal fires. */
async function paused(clock: Clock, seconds: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(seconds * 1000, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

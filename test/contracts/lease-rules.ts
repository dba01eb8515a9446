// Leader election between candidates with clocks of their own, on any cluster that has Leases.
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import type { ClusterObject } from '../../src/cluster/cluster.ts'
import { ClusterError } from '../../src/cluster/cluster-error.ts'
import { LEASES, type LeaseOptions, lead } from '../../src/cluster/lease.ts'
import { type LeaseSight, leaseSight } from '../../src/cluster/lease-sight.ts'
import { type ManualClock, manualClock } from '../helpers/manual-clock.ts'
import { until } from '../helpers/until.ts'

type Leases = LeaseOptions['cluster']

interface Running {
  readonly clock: ManualClock
  readonly errors: ClusterError[]
  readonly sight: LeaseSight
  /** Undefined until the work has begun; fires when it must end. */
  readonly signal: () => AbortSignal | undefined
  readonly stop: () => void
  /** Lets the work end. */
  readonly finish: (error?: Error) => void
  readonly end: Promise<string>
  /** Passes time, and waits until all that it brought about is done and the next sleep has begun. */
  readonly pass: (seconds: number) => Promise<void>
}

interface Candidate {
  readonly cluster: Leases
  readonly namespace: string
  readonly identity: string
  /** Milliseconds that its machine's time is off. */
  readonly beside?: number
  readonly fault?: () => Fault | undefined
}

type Fault = 'fails' | 'is silent'

function candidate(t: Test, { cluster, namespace, identity, beside = 0, fault }: Candidate): Running {
  let calls = 0
  const asked = async <T extends ClusterObject | undefined>(call: () => Promise<T>): Promise<T> => {
    const faulty = fault?.()
    if (faulty === 'is silent') return new Promise(() => undefined)
    if (faulty === 'fails') throw new ClusterError('Unavailable', 'the server is not well')
    calls++
    return call().finally(() => calls--)
  }
  const leases: Leases = {
    get: (type, name) => asked(() => cluster.get(type, name)),
    create: (type, object) => asked(() => cluster.create(type, object)),
    patch: (type, name, patch) => asked(() => cluster.patch(type, name, patch)),
  }
  const clock = manualClock({ beside })
  const errors: ClusterError[] = []
  const stop = new AbortController()
  let signal: AbortSignal | undefined
  let finish: Running['finish'] = () => undefined
  const worked = new Promise<void>((resolve, reject) => {
    finish = error => (error ? reject(error) : resolve())
  })
  const name = { namespace, name: 'rollbook-controller' }
  const sight = leaseSight(clock)
  const told = { onAnswer: () => sight.answered(), onError: (error: ClusterError) => void errors.push(error) }
  const options = { cluster: leases, clock, name, identity, ...told }
  const end = lead(
    options,
    given => {
      signal = given
      return worked
    },
    stop.signal,
  )
  t.teardown(async () => {
    finish()
    stop.abort()
    await end.catch(() => undefined)
  })
  const settled = async () => {
    await pause(0)
    await until(() => calls === 0 && clock.sleepers === 1, `${identity} to have asked`)
  }
  return {
    clock,
    errors,
    sight,
    signal: () => signal,
    stop: () => stop.abort(),
    finish,
    end,
    pass: async seconds => {
      await settled()
      clock.pass(seconds * 1000)
      await settled()
    },
  }
}

/** Runs every rule with leases of its own. */
export function leaseRules(
  t: Test,
  site: (t: Test) => Promise<{ readonly cluster: Leases; readonly namespace: string }>,
): void {
  t.test('one of two leads; the other takes over when the lease was not renewed for 15 s of its own time', async t => {
    const place = await site(t)
    const first = candidate(t, { ...place, identity: 'first' })
    await until(() => first.signal() !== undefined, 'the first to lead')
    const second = candidate(t, { ...place, identity: 'second', beside: 3_600_000 })
    await second.pass(2)
    await first.pass(2)
    await second.pass(14)
    t.equal(second.signal(), undefined, 'the renewal was seen, an hour between the clocks is nothing')
    await second.pass(14)
    t.equal(second.signal(), undefined, 'not yet 15 s since then')
    second.clock.pass(2_000)
    await until(() => second.signal() !== undefined, 'the second to lead')
    t.notOk(first.signal()?.aborted, 'the first does not know it yet')
    first.clock.pass(2_000)
    t.equal(await first.end, 'Lost')
    t.ok(first.signal()?.aborted, 'its work is told to end')
    t.match(await place.cluster.get(LEASES, { namespace: place.namespace, name: 'rollbook-controller' }), {
      spec: { holderIdentity: 'second', leaseTransitions: 1, leaseDurationSeconds: 15 },
    })
  })

  t.test('a graceful stop ends the work first, renewing all the while, and gives the lease back', async t => {
    const place = await site(t)
    const first = candidate(t, { ...place, identity: 'first' })
    await until(() => first.signal() !== undefined, 'the first to lead')
    const second = candidate(t, { ...place, identity: 'second' })
    await second.pass(2)
    first.stop()
    t.ok(first.signal()?.aborted, 'the work is told to end')
    for (let round = 0; round < 10; round++) {
      await first.pass(2)
      await second.pass(2)
    }
    t.equal(second.signal(), undefined, 'the lease is renewed while the work winds down')
    first.finish()
    t.equal(await first.end, 'Stopped')
    await second.pass(2)
    await until(() => second.signal() !== undefined, 'the second to lead')
    const lease = await place.cluster.get(LEASES, { namespace: place.namespace, name: 'rollbook-controller' })
    t.match(lease?.spec, { holderIdentity: 'second', leaseTransitions: 1 })
    t.match(lease?.spec?.renewTime, /^2026-01-01T00:00:\d\d\.\d{6}Z$/)
  })

  t.test('who is stopped before it leads never works', async t => {
    const place = await site(t)
    const first = candidate(t, { ...place, identity: 'first' })
    await until(() => first.signal() !== undefined, 'the first to lead')
    const second = candidate(t, { ...place, identity: 'second' })
    await second.pass(2)
    second.stop()
    t.equal(await second.end, 'Stopped')
    t.equal(second.signal(), undefined)
  })

  t.test('work that fails gives the lease back, and its error', async t => {
    const place = await site(t)
    const first = candidate(t, { ...place, identity: 'first' })
    await until(() => first.signal() !== undefined, 'the first to lead')
    first.finish(new Error('the work failed'))
    await t.rejects(first.end, { message: 'the work failed' })
    const lease = await place.cluster.get(LEASES, { namespace: place.namespace, name: 'rollbook-controller' })
    t.match(lease?.spec, { holderIdentity: '', leaseDurationSeconds: 1 })
  })

  t.test('a server that fails, or is silent, for 10 s costs the lease, and not before', async t => {
    const place = await site(t)
    for (const fault of ['fails', 'is silent'] as const) {
      let healthy = true
      const first = candidate(t, { ...place, identity: fault, fault: () => (healthy ? undefined : fault) })
      await until(() => first.signal() !== undefined, 'the first to lead')
      await first.pass(2)
      healthy = false
      for (let round = 0; round < 4; round++) await first.pass(2)
      t.notOk(first.signal()?.aborted, `${fault} for 8 s`)
      first.clock.pass(2_000)
      t.equal(await first.end, 'Lost', `${fault} for 10 s`)
      if (fault === 'fails')
        t.ok(first.errors.length >= 4 && first.errors.every(error => error.reason === 'Unavailable'))
      await place.cluster.patch(LEASES, { namespace: place.namespace, name: 'rollbook-controller' }, { spec: null })
    }
  })

  t.test('who waits sees the lease after the first answer, and no longer after 15 s without one', async t => {
    const place = await site(t)
    const first = candidate(t, { ...place, identity: 'first' })
    await until(() => first.signal() !== undefined, 'the first to lead')
    let healthy = false
    const second = candidate(t, { ...place, identity: 'second', fault: () => (healthy ? undefined : 'fails') })
    await second.pass(5)
    t.equal(second.sight.fault(), 'the Lease could not be read yet')
    healthy = true
    await second.pass(5)
    t.equal(second.sight.fault(), undefined)
    healthy = false
    for (let round = 0; round < 3; round++) await second.pass(5)
    t.equal(second.sight.fault(), undefined, 'for 15 s')
    await second.pass(5)
    t.equal(second.sight.fault(), 'the Lease could not be read for 20 s')
    t.equal(first.sight.fault(), undefined, 'it holds the lease')
  })
}

// How often sources and Secrets are asked, on a real API server: after a wrong password, and by many registries at once (cases
// of design section 7).
import t from 'tap'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { SECRETS } from '../../src/cluster/types.ts'
import { Failure } from '../../src/lib/failure.ts'
import { sha256Hex } from '../../src/lib/hash.ts'
import type { MCPRegistry, Trigger } from '../../src/resources/generated/types.ts'
import type { Job } from '../../src/resources/workload.ts'
import { eventually, REGISTRIES, registry } from '../contracts/cluster-site.ts'
import { needControlPlane } from '../helpers/control-plane.ts'
import { changedCluster, INSTALL } from '../helpers/controllers.ts'
import { A_DAY, condition, hourly, type KubeSite, kubeSite, targetOf } from '../helpers/kube-site.ts'
import type { PlayedEnd } from '../helpers/played-kubelet.ts'
import { completed, failed } from '../helpers/played-worker.ts'

const SECOND = 1000

const plane = needControlPlane(t)

if (plane) {
  t.test('B1 a wrong password: the Secret is looked at with a backoff, and the next run is for a new one', async t => {
    const site = await kubeSite(t, plane)
    const metadata = { namespace: site.namespace, name: 'git' }
    const secret = (password: string) => ({ stringData: { username: 'ada', password } })
    await site.cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, ...secret('wrong') })
    const looks: number[] = []
    site.worker = job => refusal(site, job)
    await site.start({ cluster: watchedSecrets(site, looks) })
    const target = { git: { ...targetOf('one'), authSecret: { name: 'git' } } }
    await site.add('one', { target, activeDeadlineSeconds: A_DAY })
    const first = await site.ended('one')
    t.match(first.status?.lastRun, { outcome: 'Failed', class: 'definite', attempts: 1 })
    t.equal(condition(first, 'Stalled'), 'True AuthenticationFailed')
    for (let n = 1; n <= 24; n++) {
      site.clock.pass(25 * SECOND)
      await site.patch('one', { metadata: { labels: { touched: String(n) } } })
      await fence(site, `fence-${n}`)
    }
    const pauses = looks.slice(1).map((time, index) => time - (looks[index] ?? 0))
    t.ok(
      pauses.slice(1).every(pause => pause >= 10 * SECOND),
      `pauses of ${pauses.map(Math.round)} ms`,
    )
    // 10 s, then twice as long each time: seven of them are 21 min.
    t.ok(looks.length >= 4 && looks.length <= 8, `${looks.length} looks in ten minutes`)
    t.equal(site.kubelet.jobs.length, 1)
    site.worker = job => completed(job, site.clock.now())
    await site.cluster.patch(SECRETS, metadata, secret('right'))
    site.clock.pass(300 * SECOND)
    const done = await site.ended('one', { not: first.status?.lastRun?.id })
    t.match(done.status?.lastRun, { outcome: 'Completed', generation: 1 })
    t.equal(site.kubelet.jobs.length, 2)
    t.strictSame(site.broken, [])
  })

  t.test('B1 ticks with the same wrong password: one look each, and no pod', async t => {
    const site = await kubeSite(t, plane)
    let asked = 0
    site.worker = job => refusal(site, job)
    await site.start({
      git: async () => {
        asked++
        throw new Failure('AuthenticationFailed', 'definite', 'the password is wrong')
      },
    })
    await site.add('one', { schedule: hourly() })
    let last = await site.ended('one')
    for (let tick = 1; tick <= 5; tick++) {
      const { nextRunTime } = last.status ?? {}
      site.clock.pass(3600 * SECOND)
      last = await site.until('one', status => status.nextRunTime !== nextRunTime)
      t.equal(asked, tick)
    }
    t.match(last.status?.history, [{ reason: 'AuthenticationFailed' }])
    t.equal(last.status?.history?.length, 1)
    t.equal(site.kubelet.jobs.length, 1)
    t.strictSame(site.broken, [])
  })

  t.test('H1 two hundred registries of one interval, synced at one moment: they look again one by one', async t => {
    const site = await kubeSite(t, plane)
    site.nodeAnswers = false
    const ended = new Date()
    const names = Array.from({ length: 200 }, (_, index) => `registry-${index}`)
    await Promise.all(names.map(name => syncedRegistry(site, name, ended.toISOString())))
    await site.start({ install: { ...INSTALL, jitter: 0.05 }, maxConcurrentRuns: names.length, concurrency: 16 })
    const started = Date.now()
    site.clock.pass(330 * SECOND)
    let triggers: Trigger[] = []
    const allStarted = async () => {
      const { items } = await site.cluster.list(REGISTRIES, { namespace: site.namespace })
      triggers = items.flatMap(({ status }) => status?.activeRun?.trigger ?? [])
      return triggers.length === names.length
    }
    await eventually(allStarted, 'all registries to be looked at')
    t.strictSame([...new Set(triggers.map(({ type }) => type))], ['Interval'])
    const sinceEnd = ({ token = '' }: Trigger) => (Date.parse(token) - ended.getTime()) / SECOND
    const times = triggers.map(sinceEnd).sort((a, b) => a - b)
    // Or within one interval of the start, where that is later.
    const latest = Math.max(315, (started - ended.getTime()) / SECOND + 300)
    t.ok((times[0] ?? 0) >= 285 && (times.at(-1) ?? 0) <= latest, 'within 5 % of the interval')
    const most = Math.max(...times.map(time => times.filter(other => other >= time && other < time + 1).length))
    // Of 200 over 30 s some seven fall into a second.
    t.ok(most <= 25, `${most} within a second`)
    t.ok(new Set(times).size > 190, `${new Set(times).size} times`)
    t.strictSame(site.broken, [])
  })
}

/** Notes when the controllers get a Secret. */
function watchedSecrets({ cluster, clock }: KubeSite, looks: number[]): Cluster {
  return changedCluster(cluster, {
    get: (type, name) => {
      if (type.kind === 'Secret') looks.push(clock.elapsed())
      return cluster.get(type, name)
    },
  })
}

/** By the time that it is suspended, passes that were due before have begun. */
async function fence(site: KubeSite, name: string): Promise<void> {
  await site.add(name, { suspend: true })
  await site.until(name, ({ phase }) => phase === 'Suspended')
}

/** A registry whose first run is over. */
async function syncedRegistry(site: KubeSite, name: string, completionTime: string): Promise<void> {
  const given = registry(site, name)
  const { metadata } = await site.cluster.create(REGISTRIES, {
    ...given,
    spec: { ...given.spec, syncPolicy: { interval: '5m' } },
  } as MCPRegistry)
  const run = {
    id: sha256Hex(name).slice(0, 24),
    generation: 1,
    trigger: { type: 'Spec' },
    outcome: 'Unchanged',
    reason: 'NoChanges',
    message: 'nothing to write',
    startTime: completionTime,
    completionTime,
    attempts: 1,
  }
  const status = { observedGeneration: 1, lastRun: run, lastSuccessfulRun: run, history: [run] }
  await site.cluster.applyStatus(REGISTRIES, { metadata, status }, { manager: 'rollbook' })
}

/** The password is wrong. */
function refusal({ clock }: KubeSite, job: Job): PlayedEnd {
  return { ...failed(job, clock.now(), 'AuthenticationFailed'), exitCode: 10 }
}

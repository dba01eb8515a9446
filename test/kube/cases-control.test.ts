// What people ask of a run, on a real API server: suspend, resume, request, edit; and controllers that end in the middle of it
// (cases of design section 7).
import t from 'tap'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { ClusterError } from '../../src/cluster/cluster-error.ts'
import { CONFIG_MAPS, SECRETS, typeOf } from '../../src/cluster/types.ts'
import type { MCPRegistry } from '../../src/resources/generated/types.ts'
import { SHORT_REPORT } from '../../src/resources/names.ts'
import { eventually, registry } from '../contracts/cluster-site.ts'
import { needControlPlane } from '../helpers/control-plane.ts'
import { changedCluster, eventsOf, withCalls } from '../helpers/controllers.ts'
import { condition, kubeSite, targetOf } from '../helpers/kube-site.ts'
import { completed, failed, requestOf } from '../helpers/played-worker.ts'

const AT = 'toolhive.stacklok.io/run-requested-at'
const WRITES: readonly string[] = ['create', 'applyStatus', 'apply', 'patch', 'delete']

const plane = needControlPlane(t)

if (plane) {
  t.test('D9 created suspended: no Job; resumed: exactly one run; B9 with the Secret of that time', async t => {
    const site = await kubeSite(t, plane)
    const { namespace } = site
    const metadata = { namespace, name: 'git' }
    const secret = (password: string) => ({ username: 'ada', password })
    await site.cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, ...{ stringData: secret('old') } })
    await site.start()
    const target = { git: { ...targetOf('one'), authSecret: { name: 'git' } } }
    await site.add('one', { suspend: true, target })
    const held = await site.until('one', ({ phase }) => phase === 'Suspended')
    t.equal(condition(held, 'Ready'), 'False Suspended')
    await site.cluster.patch(SECRETS, metadata, { stringData: secret('new') })
    await site.patch('one', { spec: { suspend: false } })
    const done = await site.ended('one')
    t.equal(site.kubelet.jobs.length, 1)
    const { metadata: now } = (await site.cluster.get(SECRETS, metadata)) ?? { metadata }
    t.match(done.status?.observed?.dependencies, [
      { kind: 'Secret', name: 'git', resourceVersion: 'resourceVersion' in now ? now.resourceVersion : '' },
    ])
    t.strictSame(site.broken, [])
  })

  t.test('D9 suspended mid-run: the run ends by itself, and nothing follows until it is resumed', async t => {
    const site = await kubeSite(t, plane)
    site.worker = () => undefined
    await site.start()
    await site.add('one')
    await site.until('one', ({ activeRun }) => activeRun?.jobName !== undefined)
    await site.patch('one', { spec: { suspend: true } })
    const going = await site.until('one', ({ observedGeneration }) => observedGeneration === 2)
    t.equal(going.status?.phase, 'Running')
    site.worker = job => completed(job, site.clock.now())
    const held = await site.until('one', ({ phase }) => phase === 'Suspended')
    t.match(held.status?.lastRun, { outcome: 'Completed', generation: 1 })
    t.equal(site.kubelet.jobs.length, 1)
    await site.patch('one', { spec: { suspend: false } })
    await site.ended('one', { not: held.status?.lastRun?.id })
    t.equal(site.kubelet.jobs.length, 2)
    t.strictSame(site.broken, [])
  })

  t.test('D10 a request while suspended is echoed with an event, and not run on resume', async t => {
    const site = await kubeSite(t, plane)
    await site.start()
    await site.add('one', { suspend: true })
    await site.until('one', ({ phase }) => phase === 'Suspended')
    await site.patch('one', { metadata: { annotations: { [AT]: 'now' } } })
    await site.until('one', ({ lastHandledRunRequest }) => lastHandledRunRequest === 'now')
    t.strictSame(site.kubelet.jobs, [])
    await site.patch('one', { spec: { suspend: false } })
    const done = await site.ended('one')
    t.equal(done.status?.lastRun?.trigger?.type, 'Spec')
    t.equal(site.kubelet.jobs.length, 1)
    t.match((await eventsOf(site.cluster, site.namespace)).join('\n'), /^RequestIgnored ×1/m)
    t.strictSame(site.broken, [])
  })

  t.test('D11 one token is one run, also for the next controller; another token another', async t => {
    const site = await kubeSite(t, plane)
    const first = await site.start()
    await site.add('one', {}, { annotations: { [AT]: 'one' } })
    const once = await site.ended('one')
    t.match(once.status?.lastRun?.trigger, { type: 'Request', token: 'one' })
    await site.patch('one', { metadata: { labels: { looked: 'at' }, annotations: { [AT]: 'one' } } })
    await first.stop()
    await site.start()
    await site.fence()
    t.equal(site.kubelet.jobs.length, 2, 'the one and the fence')
    await site.patch('one', { metadata: { annotations: { [AT]: 'two' } } })
    const twice = await site.ended('one', { not: once.status?.lastRun?.id })
    t.match(twice.status?.lastRun?.trigger, { type: 'Request', token: 'two' })
    t.equal(site.kubelet.jobs.length, 3)
    t.strictSame(site.broken, [])
  })

  t.test('D12 a spec edited mid-run: the run keeps its own, then the new one runs', async t => {
    const site = await kubeSite(t, plane)
    const paths: unknown[] = []
    site.worker = () => undefined
    await site.start()
    await site.add('one')
    await site.until('one', ({ activeRun }) => activeRun?.jobName !== undefined)
    await site.patch('one', { spec: { target: { git: { path: 'new/registry.json' } } } })
    const going = await site.until('one', ({ observedGeneration }) => observedGeneration === 2)
    t.equal(going.status?.activeRun?.generation, 1)
    t.equal(condition(going, 'Ready'), 'Unknown Progressing')
    site.worker = job => {
      const { target } = requestOf(job)
      paths.push(target.type === 'git' ? target.path : target.type)
      return completed(job, site.clock.now())
    }
    const done = await site.until('one', ({ lastRun, activeRun }) => lastRun?.generation === 2 && !activeRun)
    t.strictSame(
      done.status?.history?.map(({ generation }) => generation),
      [2, 1],
    )
    t.strictSame([...new Set(paths)], ['one/registry.json', 'new/registry.json'])
    t.equal(site.kubelet.jobs.length, 2)
    t.strictSame(site.broken, [])
  })

  t.test('G2 a registry and a Secret of another namespace are not found', async t => {
    const site = await kubeSite(t, plane)
    const other = await kubeSite(t, plane)
    await other.cluster.create(typeOf<MCPRegistry>('MCPRegistry'), registry(other, 'shared'))
    const metadata = { namespace: other.namespace, name: 'git' }
    await other.cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata })
    await site.start({ namespaces: [site.namespace, other.namespace] })
    await site.add('registry', { source: { type: 'registry', registry: { registryRef: { name: 'shared' } } } })
    await site.add('secret', { target: { git: { ...targetOf('secret'), authSecret: { name: 'git' } } } })
    for (const name of ['registry', 'secret']) {
      const refused = await site.until(name, ({ conditions }) => conditions !== undefined)
      t.match(condition(refused, 'Ready'), /^False (ReferenceNotFound|SecretNotFound|DependencyMissing)/, name)
    }
    t.strictSame(site.kubelet.jobs, [])
    t.strictSame(site.broken, [])
  })

  t.test(
    'H3 H6 failures of one kind are one entry, their events become one; the last success is never dropped',
    async t => {
      const site = await kubeSite(t, plane)
      await site.start()
      await site.add('one', { historyLimit: 2 })
      let last = await site.ended('one')
      const success = last.status?.lastRun?.id
      const ask = async (token: string) => {
        await site.patch('one', { metadata: { annotations: { [AT]: token } } })
        last = await site.ended('one', { not: last.status?.lastRun?.id })
      }
      site.worker = job => ({ ...failed(job, site.clock.now(), 'AuthenticationFailed'), exitCode: 10 })
      for (let n = 0; n < 14; n++) await ask(`auth-${n}`)
      t.match(last.status?.history, [{ reason: 'AuthenticationFailed', count: 14 }, { id: success }])
      site.worker = job => ({ ...failed(job, site.clock.now(), 'PushDenied'), exitCode: 10 })
      await ask('denied')
      t.match(last.status?.history, [{ reason: 'PushDenied' }, { id: success }])
      t.equal(last.status?.history?.length, 2)
      await site.stop()
      const events = await eventsOf(site.cluster, site.namespace)
      const told = events.filter(event => /^AuthenticationFailed/.test(event))
      t.ok(told.length <= 11, `${told.length} events of 14 failures`)
      t.match(told.join('\n'), /combined from similar events/)
      t.strictSame(site.broken, [])
    },
  )

  t.test(
    'H2 the report of ten thousand entries is a ConfigMap that the server takes; H4 a plan has one, too',
    async t => {
      const site = await kubeSite(t, plane)
      const entry = (n: number) =>
        `{"name":"io.example.team-${n % 97}/server-${n}","version":"1.0.${n}","outcome":"added","reason":null,"issues":[]}\n`
      const lines = Array.from({ length: 10_000 }, (_, n) => entry(n)).join('')
      await site.start({ cluster: changedCluster(site.cluster, { podLog: async () => Buffer.from(lines) }) })
      await site.add('one')
      const done = await site.ended('one')
      const { reportRef: name = '' } = done.status?.lastRun ?? {}
      const report = await site.cluster.get(CONFIG_MAPS, { namespace: site.namespace, name })
      t.ok(report?.binaryData?.[SHORT_REPORT])
      t.equal(report?.metadata.ownerReferences?.[0]?.uid, done.metadata.uid)
      site.worker = job => completed(job, site.clock.now(), { outcome: 'Planned', reason: 'Planned' })
      await site.add('plan', { mode: 'Plan' })
      const planned = await site.ended('plan')
      t.match(planned.status?.lastRun, { outcome: 'Planned', reportRef: /-report$/ })
      t.equal(planned.status?.lastSuccessfulRun, undefined)
      t.strictSame(site.broken, [])
    },
  )

  t.test(
    'D1 the controller ends at each write, before it and after it: the next one comes to the same end',
    async t => {
      const site = await kubeSite(t, plane)
      const steps = new Set<string>()
      let hasEnded = true
      for (let step = 1; hasEnded && step < 20; step++) {
        for (const side of ['before', 'after'] as const) {
          const mortal = mortalCluster(site.cluster, { step, side, wrote: what => steps.add(what) })
          const first = await site.start({ cluster: mortal.cluster })
          const name = `at-${step}-${side}`
          const { metadata } = await site.add(name)
          const isOver = async () => mortal.isDead() || (await site.get(name)).status?.lastRun !== undefined
          await eventually(isOver, `the end of the controller or of ${name}`)
          hasEnded = mortal.isDead()
          await first.stop()
          const second = await site.start()
          const done = await site.ended(name)
          t.match(done.status?.lastRun, { outcome: 'Completed', attempts: 1 }, name)
          t.equal(done.status?.history?.length, 1, name)
          const jobs = (await site.jobs()).filter(job => job.metadata.ownerReferences?.[0]?.uid === metadata.uid)
          t.equal(jobs.length, 1, name)
          await second.stop()
        }
      }
      t.notOk(hasEnded, 'every step was tried')
      t.ok(steps.size >= 3, [...steps].join())
      t.strictSame(site.broken, [])
    },
  )
}

interface Death {
  /** The write at which it ends, from 1. */
  readonly step: number
  readonly side: 'before' | 'after'
  wrote(what: string): void
}

/** The cluster of a process that ends at one of its writes. */
function mortalCluster(cluster: Cluster, { step, side, wrote }: Death) {
  let writes = 0
  let isDead = false
  const died = () => new ClusterError('Unavailable', 'the process has ended')
  const mortal = withCalls(cluster, async (call, go, kind) => {
    if (isDead) throw died()
    if (!WRITES.includes(call) || kind === 'Event') return go()
    const isLast = ++writes === step
    wrote(`${call} ${kind}`)
    if (isLast && side === 'before') isDead = true
    if (isDead) throw died()
    const answer = await go()
    if (isLast) {
      isDead = true
      throw died()
    }
    return answer
  })
  return { cluster: mortal, isDead: () => isDead }
}

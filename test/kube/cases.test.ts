// What happens to the Job of a run behind the controllers' back, on a real API server with its Job controller and garbage
// collector (cases of design section 7).
import t from 'tap'
import type { ObjectType } from '../../src/cluster/cluster.ts'
import { ClusterError } from '../../src/cluster/cluster-error.ts'
import { CONFIG_MAPS, JOBS, PODS } from '../../src/cluster/types.ts'
import type { Job, Pod } from '../../src/resources/workload.ts'
import { eventually } from '../contracts/cluster-site.ts'
import { needControlPlane } from '../helpers/control-plane.ts'
import { changedCluster, eventsOf, IMPORTS } from '../helpers/controllers.ts'
import { condition, type KubeSite, kubeSite } from '../helpers/kube-site.ts'
import { completed, failed } from '../helpers/played-worker.ts'

/** What controllers make. */
const OURS: readonly ObjectType[] = [JOBS, PODS, CONFIG_MAPS]

const plane = needControlPlane(t)

if (plane) {
  t.test(
    'D4 a ResourceQuota refuses the Job: the generation is not used up, and it runs once there is room',
    async t => {
      const site = await kubeSite(t, plane)
      await plane.kubectl('create', 'quota', 'none', '--hard=count/jobs.batch=0', '-n', site.namespace)
      const inForce = '--for=jsonpath={.status.hard.count/jobs\\.batch}=0'
      await plane.kubectl('wait', inForce, '--timeout=60s', 'quota/none', '-n', site.namespace)
      await site.start()
      await site.add('one')
      const refused = await site.until('one', ({ conditions }) => conditions !== undefined)
      t.equal(condition(refused, 'Ready'), 'False JobRefused')
      t.match(refused.status?.conditions?.find(({ type }) => type === 'Ready')?.message, /exceeded quota: none/)
      t.equal(refused.status?.lastRun, undefined)
      t.equal(refused.status?.activeRun, undefined)
      t.strictSame(site.kubelet.jobs, [])
      await plane.kubectl('delete', 'quota', 'none', '-n', site.namespace)
      site.clock.pass(60_000)
      const done = await site.ended('one')
      t.match(done.status?.lastRun, { outcome: 'Completed', generation: 1, attempts: 1 })
      t.equal(site.kubelet.jobs.length, 1)
      t.strictSame(site.broken, [])
    },
  )

  t.test('D5 a Job of the run that no status knows is adopted', async t => {
    const site = await kubeSite(t, plane)
    site.worker = () => undefined
    // The controller ends between making the Job and writing the status.
    const cut = changedCluster(site.cluster, {
      applyStatus: () => Promise.reject(new ClusterError('Unavailable', 'gone')),
    })
    const first = await site.start({ cluster: cut })
    const { metadata } = await site.add('one')
    const made = await site.job()
    await first.stop()
    t.equal((await site.get('one')).status?.activeRun, undefined)
    t.equal(made.metadata.ownerReferences?.[0]?.uid, metadata.uid)
    site.worker = job => completed(job, site.clock.now())
    await site.start()
    const done = await site.ended('one')
    t.match(done.status?.lastRun, { outcome: 'Completed', attempts: 1 })
    t.strictSame(site.kubelet.jobs, [made.metadata.name])
    t.strictSame(site.broken, [])
  })

  t.test('D5 a foreign Job of that name is refused and left alone; once it is gone the run starts', async t => {
    const site = await kubeSite(t, plane)
    let foreign: Job | undefined
    const squatted = changedCluster(site.cluster, {
      create: async (type, object) => {
        if (type.kind === 'Job' && !foreign) {
          const { name, namespace } = object.metadata
          foreign = await site.cluster.create(JOBS, { ...(object as unknown as Job), metadata: { name, namespace } })
        }
        return site.cluster.create(type, object)
      },
    })
    await site.start({ cluster: squatted })
    await site.add('one')
    const refused = await site.until('one', ({ conditions }) => conditions !== undefined)
    t.equal(condition(refused, 'Stalled'), 'True JobNotOurs')
    const [job] = await site.jobs()
    t.equal(job?.metadata.uid, foreign?.metadata.uid, 'it is as it was')
    t.equal(job?.metadata.ownerReferences, undefined)
    await site.cluster.delete(JOBS, foreign?.metadata ?? { namespace: '', name: '' })
    // The pass that the status caused may have made ours by now.
    const isGone = async () => (await site.jobs()).every(({ metadata }) => metadata.uid !== foreign?.metadata.uid)
    await eventually(isGone, 'the end of the foreign Job')
    site.clock.pass(60_000)
    t.match((await site.ended('one')).status?.lastRun, { outcome: 'Completed' })
    t.strictSame(site.broken, [])
  })

  t.test('D2 a Job that a user deletes mid-run ends the run as Cancelled, and nothing takes its place', async t => {
    const site = await kubeSite(t, plane)
    site.worker = () => undefined
    await site.start()
    await site.add('one')
    await site.until('one', ({ activeRun }) => activeRun?.jobName !== undefined)
    await podOf(site)
    await plane.kubectl('delete', 'jobs', '--all', '-n', site.namespace)
    const done = await site.ended('one')
    t.match(done.status?.lastRun, { outcome: 'Cancelled', reason: 'JobDeleted' })
    t.equal(condition(done, 'Succeeded'), 'False JobDeleted')
    site.clock.pass(300_000)
    // By then it would have been started again.
    site.worker = job => completed(job, site.clock.now())
    await site.add('another')
    await site.ended('another')
    t.equal(site.kubelet.jobs.length, 2)
    t.equal((await site.get('one')).status?.activeRun, undefined)
    t.strictSame(site.broken, [])
  })

  for (const [name, end, reason] of [
    ['evicted', { exitCode: 137, podReason: 'Evicted' }, 'Evicted'],
    ['on a node that is lost', { exitCode: 137, podReason: 'NodeLost' }, 'NodeLost'],
  ] as const) {
    t.test(`D3 a pod that is ${name} counts as no failure, and the run goes on`, async t => {
      const site = await kubeSite(t, plane)
      site.worker = job => (site.kubelet.jobs.length === 1 ? end : completed(job, site.clock.now()))
      await site.start()
      await site.add('one', { retry: { maxRetries: 0 } })
      const waiting = await site.until('one', ({ activeRun }) => activeRun?.retryTime !== undefined)
      t.match(waiting.status?.activeRun, { failures: 0, lastFailure: { reason } })
      site.clock.pass(60_000)
      t.match((await site.ended('one')).status?.lastRun, { outcome: 'Completed', attempts: 2 })
      t.strictSame(site.broken, [])
    })
  }

  t.test('D3 out of memory twice is definite, and says what to raise', async t => {
    const site = await kubeSite(t, plane)
    site.worker = () => ({ exitCode: 137, reason: 'OOMKilled' })
    await site.start()
    await site.add('one')
    await site.until('one', ({ activeRun }) => activeRun?.retryTime !== undefined)
    site.clock.pass(60_000)
    const done = await site.ended('one')
    t.match(done.status?.lastRun, { outcome: 'Failed', class: 'definite', reason: 'OOMKilled', attempts: 2 })
    t.match(done.status?.lastRun?.message, /resources\.limits\.memory/)
    t.equal(condition(done, 'Stalled'), 'True OOMKilled')
    t.strictSame(site.broken, [])
  })

  t.test('D7 deleted mid-run: held until the pod has confirmed its end, then all of it is gone', async t => {
    const site = await kubeSite(t, plane)
    site.worker = () => undefined
    await site.start()
    await site.add('one')
    const pod = await podOf(site)
    await bind(site, pod)
    site.nodeAnswers = false
    await site.cluster.delete(IMPORTS, { namespace: site.namespace, name: 'one' })
    const told = async () => (await site.cluster.get(PODS, pod.metadata))?.metadata.deletionTimestamp !== undefined
    await eventually(told, 'the worker to be told to end')
    t.ok((await site.get('one')).metadata.deletionTimestamp, 'held by our finalizer')
    site.nodeAnswers = true
    await goneAll(site)
    t.equal(site.kubelet.jobs.length, 1)
    t.strictSame(site.broken, [])
  })

  t.test('D8 a namespace that ends is not held by our finalizer', async t => {
    const site = await kubeSite(t, plane)
    site.worker = () => undefined
    await site.start()
    await site.add('running')
    await site.add('idle', { suspend: true })
    await podOf(site)
    await site.until('idle', ({ phase }) => phase === 'Suspended')
    await plane.kubectl('delete', 'namespace', site.namespace, '--wait=true', '--timeout=60s')
    t.equal(await plane.kubectl('get', 'namespace', site.namespace, '--ignore-not-found'), '')
    t.strictSame(site.broken, [])
  })

  t.test('D13 after ttlSecondsAfterFinished Job and pod go; history, report and commit stay', async t => {
    const site = await kubeSite(t, plane)
    await site.start()
    await site.add('one', { ttlSecondsAfterFinished: 600 })
    const before = await site.ended('one')
    const isOver = async () => (await site.jobs())[0]?.status?.conditions?.some(({ type }) => type === 'Complete')
    await eventually(async () => (await isOver()) === true, 'the Job controller to end the Job')
    t.equal((await site.cluster.list(PODS, { namespace: site.namespace })).items.length, 1)
    site.clock.pass(601_000)
    await eventually(async () => (await site.jobs()).length === 0, 'the Job to go')
    const noPod = async () => (await site.cluster.list(PODS, { namespace: site.namespace })).items.length === 0
    await eventually(noPod, 'the pod to go')
    const after = await site.get('one')
    t.strictSame(after.status?.history, before.status?.history)
    t.match(after.status?.lastRun?.target?.revision, /^main@sha1:b{40}$/)
    const reportRef = after.status?.lastRun?.reportRef
    if (reportRef !== undefined)
      t.ok(await site.cluster.get(CONFIG_MAPS, { namespace: site.namespace, name: reportRef }))
    t.equal(site.kubelet.jobs.length, 1)
    t.strictSame(site.broken, [])
  })

  t.test('D14 the deadline of the pod: DeadlineExceeded, once more, then definite', async t => {
    const site = await kubeSite(t, plane)
    site.worker = () => ({ exitCode: 137, podReason: 'DeadlineExceeded' })
    await site.start()
    await site.add('one', { activeDeadlineSeconds: 900 })
    const { spec } = await site.job()
    t.equal(spec.template.spec.activeDeadlineSeconds, 900, 'the kubelet ends it')
    await site.until('one', ({ activeRun }) => activeRun?.retryTime !== undefined)
    site.clock.pass(60_000)
    const done = await site.ended('one')
    t.match(done.status?.lastRun, { outcome: 'Failed', class: 'definite', reason: 'DeadlineExceeded', attempts: 2 })
    t.strictSame(site.broken, [])
  })

  t.test('D6 a failed Job stands there, and the spec is mended: a new run starts', async t => {
    const site = await kubeSite(t, plane)
    site.worker = job => ({ ...failed(job, site.clock.now(), 'AuthenticationFailed'), exitCode: 10 })
    await site.start()
    await site.add('one')
    const first = await site.ended('one')
    t.equal(condition(first, 'Stalled'), 'True AuthenticationFailed')
    site.worker = job => completed(job, site.clock.now())
    await site.patch('one', { spec: { target: { git: { path: 'other/registry.json' } } } })
    const done = await site.until('one', ({ lastRun }) => lastRun?.generation === 2)
    t.match(done.status?.lastRun, { outcome: 'Completed', generation: 2 })
    t.equal((await site.jobs()).length, 2, 'the failed one is kept until its time')
    t.strictSame(site.broken, [])
  })

  t.test('G5 labels and annotations of GitOps tools are not copied to what we make', async t => {
    const site = await kubeSite(t, plane)
    await site.start()
    const labels = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'app.kubernetes.io/instance': 'argo' }
    const annotations = {
      'argocd.argoproj.io/tracking-id': 'apps:x',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
    }
    await site.add('one', {}, { labels, annotations })
    await site.ended('one')
    const { namespace } = site
    const lists = await Promise.all(OURS.map(type => site.cluster.list(type, { namespace })))
    const made = lists.flatMap(({ items }) => items).filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
    t.ok(made.length >= 2)
    t.notMatch(
      JSON.stringify(made.map(({ metadata }) => [metadata.labels, metadata.annotations])),
      /fluxcd|argo|last-applied/,
    )
    t.strictSame(site.broken, [])
  })

  for (const reason of ['Conflict', 'Unavailable'] as const) {
    t.test(
      `C9 the status can not be written (${reason}), then it can: the commit is recorded, nothing runs twice`,
      async t => {
        const site = await kubeSite(t, plane)
        let refusals = 0
        const cluster = changedCluster(site.cluster, {
          applyStatus: async (type, object, options) => {
            const { lastRun } = object.status as { lastRun?: object }
            if (lastRun !== undefined && refusals < 8) {
              refusals++
              throw new ClusterError(reason, 'not now')
            }
            return site.cluster.applyStatus(type, object, options)
          },
        })
        await site.start({ cluster })
        await site.add('one')
        const later = setInterval(() => site.clock.pass(10_000), 50)
        const done = await site.ended('one').finally(() => clearInterval(later))
        t.equal(refusals, 8)
        t.match(done.status?.lastRun, { outcome: 'Completed', target: { revision: /^main@sha1:b{40}$/ } })
        t.equal(done.status?.history?.length, 1)
        t.equal(site.kubelet.jobs.length, 1)
        t.equal((await eventsOf(site.cluster, site.namespace)).filter(event => /^RunStarted/.test(event)).length, 1)
        t.strictSame(site.broken, [])
      },
    )
  }
}

/** The pod that the Job controller made. */
async function podOf({ cluster, namespace }: KubeSite): Promise<Pod> {
  let found: Pod | undefined
  const isThere = async () => {
    ;[found] = (await cluster.list(PODS, { namespace })).items
    return found !== undefined
  }
  await eventually(isThere, 'the pod')
  if (!found) throw new Error('there is no pod')
  return found
}

/** The pod has a node: from now on only that node ends it. */
async function bind({ plane }: KubeSite, { metadata: { namespace, name } }: Pod): Promise<void> {
  const target = { apiVersion: 'v1', kind: 'Node', name: 'played' }
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name }, target }
  await plane.kubectlWith(binding, 'create', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, '-f', '-')
}

async function goneAll({ cluster, namespace }: KubeSite): Promise<void> {
  const left = async () => {
    const lists = await Promise.all([...OURS, IMPORTS].map(type => cluster.list(type, { namespace })))
    return lists.flatMap(({ items }) => items).every(({ metadata }) => metadata.name === 'kube-root-ca.crt')
  }
  await eventually(left, 'everything to go')
}

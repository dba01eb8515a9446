// Objects that were stored under another edition of the CRD, on an API server of the test's own (cases of design section 7).
import t from 'tap'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { ClusterError } from '../../src/cluster/cluster-error.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { eventually } from '../contracts/cluster-site.ts'
import { type ControlPlane, needOwnApiServer } from '../helpers/control-plane.ts'
import { IMPORTS, importJob, type LogLine } from '../helpers/controllers.ts'
import { condition, type KubeSite, kubeSite } from '../helpers/kube-site.ts'
import { checkStatusLaws } from '../helpers/laws.ts'

const CRD = 'mcpregistryimportjobs.toolhive.stacklok.io'
const INVALID = 'a stored resource is not valid, and is left alone'
// No schema knows the time zones of this machine: this one is found when a run would start.
const STALLED = 'a resource can not run until somebody acts'
const RUN_ID = 'a1b2c3d4e5f60718293a4b5c'

t.test('objects of another edition of the CRD', async t => {
  const plane = needOwnApiServer(t)
  if (!plane) return

  t.test('G6 objects that got in invalid are told so and left alone; the others go on', async t => {
    const site = await kubeSite(t, plane, { playsJobs: true })
    const restore = await loosen(plane, site)
    const stored: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      cron: { schedule: 'every day' },
      zone: { schedule: '0 * * * *', timeZone: 'Mars/Olympus' },
      duration: { retry: { maxRetries: 1, backoffInterval: 'soon' } },
      shape: { source: 'no object' },
      nothing: { source: undefined, target: undefined },
    }
    for (const [name, spec] of Object.entries(stored)) await site.add(name, spec)
    await restore()
    await site.start()
    await site.add('good')
    t.match((await site.ended('good')).status?.lastRun, { outcome: 'Completed' })
    for (const name of Object.keys(stored)) {
      const isOfIt = ({ resource }: LogLine) => resource === `MCPRegistryImportJob/${site.namespace}/${name}`
      await eventually(() => site.log.some(isOfIt), `a word about ${name}`)
      t.match(site.log.filter(isOfIt), [{ level: 'warn', text: name === 'zone' ? STALLED : INVALID }], name)
    }
    for (const name of ['cron', 'zone', 'duration']) {
      const told = await site.until(name, ({ conditions }) => conditions !== undefined)
      t.equal(condition(told, 'Stalled'), 'True ManifestInvalid', name)
    }
    t.equal(site.kubelet.jobs.length, 1, 'the good one alone')
    for (const name of Object.keys(stored)) {
      await site.cluster.delete(IMPORTS, { namespace: site.namespace, name })
      const isGone = async () => (await site.cluster.get(IMPORTS, { namespace: site.namespace, name })) === undefined
      await eventually(isGone, `the end of ${name}`)
    }
    t.strictSame(site.broken, [])
  })

  t.test('D17 the CRD is upgraded over stored objects: their status is read, and nothing is run again', async t => {
    const site = await kubeSite(t, plane, { playsJobs: true })
    const restore = await loosen(plane, site)
    // Without the fields that have defaults by now, and with one that is no more.
    await site.add('old', { formerly: true })
    const time = '2026-01-02T03:04:05.000Z'
    const run = {
      id: RUN_ID,
      generation: 1,
      trigger: { type: 'Spec' },
      outcome: 'Completed',
      reason: 'EntriesWritten',
      message: '1 added',
      startTime: time,
      completionTime: time,
      attempts: 1,
    }
    const status = { observedGeneration: 1, lastRun: run, lastSuccessfulRun: run, history: [run], formerState: 'fine' }
    const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]
    await plane.kubectl('patch', 'mcpregistryimportjob', 'old', '-n', site.namespace, ...patch)
    await restore()
    await site.start()
    const read = await site.until('old', ({ conditions }) => conditions !== undefined)
    t.equal(condition(read, 'Ready'), 'True EntriesWritten')
    await site.add('fence')
    await site.ended('fence')
    const after = await site.get('old')
    t.match(after, {
      metadata: { generation: 1 },
      status: { phase: 'Completed', history: [{ id: RUN_ID, startTime: time }] },
    })
    t.notOk('formerState' in (after.status ?? {}))
    t.equal(site.kubelet.jobs.length, 1, 'the fence alone')
    t.strictSame([...site.broken, ...checkStatusLaws(after)], [])
  })
})

/** The server takes any spec and status of an import job from here, until what is given is called. */
async function loosen(plane: ControlPlane, site: KubeSite): Promise<() => Promise<void>> {
  const path = '{.spec.versions[0].schema.openAPIV3Schema}'
  const strict = JSON.parse(await plane.kubectl('get', 'crd', CRD, '-o', `jsonpath=${path}`)) as JsonObject
  const any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const set = (schema: object) => {
    const patch = [{ op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema', value: schema }]
    return plane.kubectl('patch', 'crd', CRD, '--type=json', '-p', JSON.stringify(patch))
  }
  await set({ type: 'object', properties: { spec: any, status: any } })
  await eventually(() => takes(site.cluster, site.namespace, 'loose'), 'the loose CRD')
  return async () => {
    await set(strict)
    await eventually(async () => !(await takes(site.cluster, site.namespace, 'strict')), 'the strict CRD')
  }
}

/** Whether a schedule that is none gets in; it is taken away again. */
async function takes(cluster: Cluster, namespace: string, name: string): Promise<boolean> {
  const invalid = importJob(name, { schedule: 'never ever' })
  try {
    await cluster.create(IMPORTS, { ...invalid, metadata: { name, namespace } })
  } catch (error) {
    if (error instanceof ClusterError && error.reason === 'Invalid') return false
    throw error
  }
  await cluster.delete(IMPORTS, { namespace, name })
  return true
}

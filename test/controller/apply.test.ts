// ConfigMaps that are not ours are never touched; steps can be taken twice.
import t from 'tap'
import { memoryCluster } from '../../src/cluster/memory/cluster.ts'
import { CONFIG_MAPS, JOBS } from '../../src/cluster/types.ts'
import { applySteps } from '../../src/controller/apply.ts'
import { Events } from '../../src/controller/events.ts'
import type { Step } from '../../src/reconcile/plan.ts'
import type { ConfigMap, RollbookResource } from '../../src/resources/kinds.ts'
import { MANAGED_BY } from '../../src/resources/names.ts'
import { IMPORTS, importJob, stored } from '../helpers/controllers.ts'
import { PlayedClock } from '../helpers/played-clock.ts'

async function site() {
  const clock = new PlayedClock()
  const memory = memoryCluster({ clock })
  const resource: RollbookResource = await memory.create(IMPORTS, importJob('job'))
  const events = new Events({ cluster: memory, clock, failed() {} })
  const take = (...steps: Step[]) =>
    applySteps(steps, resource, { cluster: memory, events, adopted: () => false, written() {} })
  const map = (name: string, data: Readonly<Record<string, string>>, own = false): ConfigMap => {
    const { apiVersion, kind, metadata } = resource
    const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true }
    const more = own ? { ownerReferences: [owner] } : {}
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'team', name, labels: MANAGED_BY, ...more },
      data,
    }
  }
  return { memory, take, map }
}

const FOREIGN = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'team', name: 'taken' },
  data: { mine: '1' },
} as const

t.test('a report takes no name that somebody else has', async t => {
  const { memory, take, map } = await site()
  await memory.create(CONFIG_MAPS, FOREIGN)
  const { refusal } = await take(
    { type: 'writeReport', configMap: map('taken', { a: '1' }, true) },
    { type: 'addFinalizer' },
  )
  t.match(refusal, { step: 'writeReport', reason: 'AlreadyExists', message: /team\/taken/ })
  await take({ type: 'deleteReport', name: 'taken' }, { type: 'shortenReport', name: 'taken' })
  t.strictSame((await stored(memory, CONFIG_MAPS, 'taken')).data, { mine: '1' })
  t.strictSame((await stored(memory, IMPORTS, 'job')).metadata.finalizers, undefined, 'the next step was not taken')
})

t.test('a report is written, written again, and deleted twice', async t => {
  const { memory, take, map } = await site()
  await take({ type: 'writeReport', configMap: map('report', { a: '1' }, true) })
  await take({ type: 'writeReport', configMap: map('report', { a: '2' }, true) })
  t.strictSame((await stored(memory, CONFIG_MAPS, 'report')).data, { a: '2' })
  const gone = { type: 'deleteReport', name: 'report' } as const
  t.notOk((await take(gone, gone)).refusal)
  t.equal(await memory.get(CONFIG_MAPS, { namespace: 'team', name: 'report' }), undefined)
})

t.test('an export keeps other keys and labels, also those of other exports', async t => {
  const { memory, take, map } = await site()
  const others = { ...FOREIGN, metadata: { ...FOREIGN.metadata, labels: { ...MANAGED_BY, team: 'a' } } }
  await memory.create(CONFIG_MAPS, others)
  await take({ type: 'writeExport', configMap: map('taken', { 'one.json': '1' }) })
  await take({ type: 'writeExport', configMap: map('taken', { 'two.json': '2' }) })
  await take({ type: 'writeExport', configMap: map('taken', { 'one.json': '3' }) })
  const { data, metadata } = await stored(memory, CONFIG_MAPS, 'taken')
  t.strictSame(data, { mine: '1', 'one.json': '3', 'two.json': '2' })
  t.match(metadata.labels, { team: 'a' })
})

t.test('an export takes no ConfigMap without our label', async t => {
  const { memory, take, map } = await site()
  await memory.create(CONFIG_MAPS, FOREIGN)
  const { refusal } = await take({ type: 'writeExport', configMap: map('taken', { 'one.json': '1' }) })
  t.match(refusal, { step: 'writeExport', reason: 'TargetNotOurs' })
  t.strictSame((await stored(memory, CONFIG_MAPS, 'taken')).data, { mine: '1' })
})

t.test('another Job of the name is not deleted', async t => {
  const { memory, take } = await site()
  const spec = { template: { metadata: {}, spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] } } }
  await memory.create(JOBS, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: 'team', name: 'run-1' },
    spec,
  } as never)
  const step = { type: 'deleteJob', name: 'run-1', propagation: 'Background' } as const
  t.notOk((await take({ ...step, uid: 'another' })).refusal)
  t.ok(await memory.get(JOBS, { namespace: 'team', name: 'run-1' }))
})

t.test('finalizers of others stay', async t => {
  const { memory, take } = await site()
  await memory.patch(IMPORTS, { namespace: 'team', name: 'job' }, { metadata: { finalizers: ['example.com/hold'] } })
  await t.rejects(take({ type: 'addFinalizer' }), { message: /./ }, 'the list that was seen is an older one')
  t.strictSame((await stored(memory, IMPORTS, 'job')).metadata.finalizers, ['example.com/hold'])
})

// Exports: what they read, and the ConfigMap that the controller writes from the worker's log.
import t from 'tap'
import { sha256Hex } from '../../src/lib/hash.ts'
import { exportBlock } from '../../src/resources/export-block.ts'
import { Reconciled } from '../helpers/reconciled.ts'

const CONTENT = Buffer.from('{"servers":{}}\n')
const DIGEST = `sha256:${sha256Hex(CONTENT)}`
const RESULT = {
  digest: DIGEST,
  target: { repository: null, branch: null, revision: null, configMap: 'default/evil/key' },
}
const LOG = [...exportBlock(CONTENT)].map(line => line.trimEnd())

/** An export to a ConfigMap of a registry that was synced, its worker at work. */
function exporting(): Reconciled {
  const world = new Reconciled()
  world.add('MCPRegistry', 'catalog')
  world.settle('catalog')
  world.run()
  world.end({ result: { outcome: 'Unchanged', reason: 'NoChanges' } })
  world.settle('catalog')
  world.add('MCPRegistryExportJob', 'export', { 'spec.target': { configMap: { name: 'out' } } })
  world.settle('export')
  world.run()
  return world
}

t.test('waits for the first sync of its registry, and looks again after 30 s', async t => {
  const world = new Reconciled()
  world.add('MCPRegistryExportJob', 'export')
  world.settle('export')
  t.equal(world.condition('export', 'Stalled'), 'True ReferenceNotFound')
  world.add('MCPRegistry', 'catalog')
  const { wake } = world.reconcile('export')
  t.equal(world.condition('export', 'Reconciling'), 'True DependencyNotReady')
  t.equal(Number(wake) - world.now.getTime(), 30_000)
  const told = world.events.map(({ severity, reason }) => `${severity} ${reason}`)
  t.strictSame(told, ['Warning ReferenceNotFound', 'Normal DependencyNotReady'])
  t.match(world.status('export'), { phase: 'Pending' })
  t.strictSame(world.broken, [])
})

t.test('says what stops the sync of its registry, until that is mended', async t => {
  const world = new Reconciled()
  world.add('MCPRegistry', 'catalog', { 'spec.source.git.authSecret': { name: 'gone' } })
  world.add('MCPRegistryExportJob', 'export')
  world.settle('catalog', 'export')
  const said = () => world.status('export').conditions?.find(({ type }) => type === 'Ready')?.message
  t.match(said(), /^MCPRegistry catalog was not synced yet: SecretNotFound stops its sync; see to MCPRegistry catalog/)
  world.edit('catalog', spec => ({ ...spec, suspend: false }))
  world.settle('export')
  t.match(said(), /^MCPRegistry catalog was not synced yet; wait for its sync/, 'nothing is known of the new spec')
})

t.test('the ConfigMap is written from the log, with our label and no owner', async t => {
  const world = exporting()
  world.end({ result: RESULT, log: LOG })
  world.settle('export')
  t.match(world.configMaps.get('out'), {
    metadata: { name: 'out', namespace: 'default', labels: { 'app.kubernetes.io/managed-by': 'rollbook' } },
    data: { 'registry.json': CONTENT.toString() },
  })
  t.equal(world.configMaps.get('out')?.metadata.ownerReferences, undefined)
  t.notOk(world.configMaps.has('evil'), 'the worker does not choose what is written')
  t.match(world.status('export'), { phase: 'Completed', lastRun: { outcome: 'Completed', digest: DIGEST } })
  t.strictSame(world.broken, [])
})

t.test('a log that is gone, or not what the result says, is ResultLost and tried again', async t => {
  for (const log of [[], LOG.slice(0, 1), [...exportBlock(Buffer.from('other'))]]) {
    const world = exporting()
    world.end({ result: RESULT, log })
    world.settle('export')
    t.match(world.status('export').activeRun, { lastFailure: { reason: 'ResultLost' } })
    t.notOk(world.configMaps.has('out'))
    t.strictSame(world.broken, [])
  }
})

t.test('a ConfigMap that is not ours is refused before any Job; one that the cluster refuses ends the run', async t => {
  const foreign = new Reconciled()
  foreign.add('MCPRegistry', 'catalog', {})
  foreign.settle('catalog')
  foreign.run()
  foreign.end({ result: { outcome: 'Unchanged', reason: 'NoChanges' } })
  foreign.settle('catalog')
  foreign.object('ConfigMap', 'catalog')
  foreign.add('MCPRegistryExportJob', 'export')
  foreign.settle('export')
  t.equal(foreign.condition('export', 'Stalled'), 'True TargetNotOurs')
  foreign.object('ConfigMap', 'catalog', { ours: true, resourceVersion: '2' })
  foreign.pass(10)
  foreign.settle('export')
  t.equal(foreign.created.length, 2)

  for (const [reason, wanted] of [
    ['Forbidden', { lastRun: { reason: 'ExportRefused', class: 'definite' } }],
    ['AlreadyExists', { lastRun: { reason: 'TargetNotOurs', class: 'definite' } }],
    ['Unavailable', { activeRun: { lastFailure: { reason: 'ExportRefused' } } }],
  ] as const) {
    const world = exporting()
    world.end({ result: RESULT, log: LOG })
    world.refuse = step => (step.type === 'writeExport' ? { step: step.type, reason, message: 'no' } : undefined)
    world.settle('export')
    t.match(world.status('export'), wanted)
    t.strictSame(world.broken, [])
  }
})

t.test('a refused report loses the report, not the run', async t => {
  const world = exporting()
  const line = '{"name":"a","version":"1","outcome":"added","reason":null,"issues":[]}'
  world.end({ result: RESULT, log: [line, ...LOG] })
  world.refuse = step =>
    step.type === 'writeReport' ? { step: step.type, reason: 'Forbidden', message: 'quota' } : undefined
  world.settle('export')
  t.match(world.status('export').lastRun, { outcome: 'Completed', reportRef: '' })
  t.ok(world.events.some(({ reason }) => reason === 'ReportLost'))
  t.ok(world.configMaps.has('out'))
  t.strictSame(world.broken, [])
})

t.test('a log that is gone loses the report, and the run ends from exit code and message', async t => {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one')
  world.settle('one')
  world.end()
  world.logs.clear()
  world.settle('one')
  t.match(world.status('one').lastRun, { outcome: 'Completed', reportRef: '' })
  t.strictSame(world.broken, [])
})

t.test('a message that the kubelet cut is made up for by the log', async t => {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one')
  world.settle('one')
  const result = JSON.stringify(world.result(world.job))
  world.end({ message: result.slice(10), log: ['noise', result] })
  world.settle('one')
  t.match(world.status('one').lastRun, { outcome: 'Completed', counts: { added: 1 } })
  t.strictSame(world.broken, [])
})

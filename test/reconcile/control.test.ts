// What people ask of a run: suspend, request, cancel, edit, delete; and what happens to its Job behind its back.
import t from 'tap'
import { failure } from '../helpers/played-cluster.ts'
import { Reconciled } from '../helpers/reconciled.ts'

const AT = 'toolhive.stacklok.io/run-requested-at'
const BY = 'toolhive.stacklok.io/run-requested-by'
const CANCEL = 'toolhive.stacklok.io/run-cancel-requested'

function added(changes = {}): Reconciled {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one', changes)
  world.settle('one')
  return world
}

function done(world: Reconciled): void {
  world.run()
  world.pass(5)
  world.end()
  world.settle('one')
}

const reasons = (world: Reconciled) => world.events.map(({ reason }) => reason)

t.test('D9 created suspended: no Job; resumed: exactly one run', async t => {
  const world = added({ 'spec.suspend': true })
  t.equal(world.created.length, 0)
  t.match(world.status('one'), { phase: 'Suspended', observedGeneration: 1 })
  t.equal(world.condition('one', 'Ready'), 'False Suspended')
  t.strictSame(reasons(world), ['Suspended'])
  world.edit('one', spec => ({ ...spec, suspend: false }))
  world.settle('one')
  t.strictSame(reasons(world), ['Suspended', 'Resumed', 'RunStarted'])
  done(world)
  t.equal(world.created.length, 1)
  t.strictSame(world.broken, [])
})

t.test('D9 suspended mid-run: the run ends by itself, and nothing follows', async t => {
  const world = added()
  world.run()
  world.edit('one', spec => ({ ...spec, suspend: true }))
  world.settle('one')
  t.match(world.status('one'), { phase: 'Running', activeRun: { attempt: 1 } })
  world.pass(5)
  world.end()
  world.settle('one')
  t.match(world.status('one'), { phase: 'Suspended', lastRun: { outcome: 'Completed', generation: 1 } })
  world.edit('one', spec => ({ ...spec, suspend: false }))
  world.settle('one')
  t.equal(world.created.length, 2, 'one run after resuming')
  t.strictSame(world.broken, [])
})

t.test('suspended mid-run: a failure is not tried again', async t => {
  const world = added()
  world.run()
  world.edit('one', spec => ({ ...spec, suspend: true }))
  world.end({ exitCode: 11, result: failure('NetworkFailed') })
  world.settle('one')
  t.match(world.status('one'), {
    phase: 'Suspended',
    activeRun: undefined,
    lastRun: { outcome: 'Failed', reason: 'NetworkFailed' },
  })
  t.strictSame(world.broken, [])
})

t.test('D10 a request while suspended is echoed, with an event, and not run on resume', async t => {
  const world = added({ 'spec.suspend': true })
  world.annotate('one', { [AT]: 'now' })
  world.settle('one')
  t.match(world.status('one'), { lastHandledRunRequest: 'now', activeRun: undefined })
  t.match(reasons(world), ['Suspended', 'RequestIgnored'])
  world.edit('one', spec => ({ ...spec, suspend: false }))
  world.settle('one')
  done(world)
  t.equal(world.created.length, 1)
  t.match(world.status('one').lastRun?.trigger, { type: 'Spec' })
  t.strictSame(world.broken, [])
})

t.test('D11 a token starts exactly one run', async t => {
  const world = added()
  done(world)
  world.annotate('one', { [AT]: 'one', [BY]: 'ada' })
  world.settle('one')
  t.match(world.status('one'), {
    lastHandledRunRequest: 'one',
    activeRun: { trigger: { type: 'Request', token: 'one', requestedBy: 'ada' } },
  })
  t.equal(world.condition('one', 'Ready'), 'True EntriesWritten', 'a later run leaves Ready alone')
  t.equal(world.condition('one', 'Succeeded'), 'Unknown Progressing')
  done(world)
  world.pass(86_400)
  world.settle('one')
  t.equal(world.created.length, 2, 'the same token: no second run')
  world.annotate('one', { [AT]: 'two' })
  world.settle('one')
  t.equal(world.created.length, 3)
  t.strictSame(world.broken, [])
})

t.test('a request and a new generation are one run; a token of any length is found handled', async t => {
  const world = added()
  done(world)
  world.edit('one', spec => ({ ...spec, historyLimit: 5 }))
  world.annotate('one', { [AT]: 'x'.repeat(2000) })
  world.settle('one')
  done(world)
  world.settle('one')
  t.equal(world.created.length, 2)
  t.match(world.status('one').lastRun, { generation: 2, trigger: { type: 'Request' } })
  t.strictSame(world.broken, [])
})

t.test('a request during a run waits for its end', async t => {
  const world = added()
  world.annotate('one', { [AT]: 'later' })
  world.settle('one')
  t.equal(world.created.length, 1)
  t.equal(world.status('one').lastHandledRunRequest, undefined)
  done(world)
  t.equal(world.created.length, 2)
  t.strictSame(world.broken, [])
})

t.test('a cancelled run: echo, its Job deleted, outcome Cancelled, nothing after it', async t => {
  const world = added()
  world.run()
  const { id = '' } = world.status('one').activeRun ?? {}
  world.annotate('one', { [CANCEL]: id })
  world.settle('one')
  t.equal(world.status('one').lastHandledCancelRequest, id)
  t.ok(world.job.job.metadata.deletionTimestamp, 'the worker is told to end')
  t.ok(world.status('one').activeRun, 'the run ends when its worker has')
  world.pass(2)
  const played = world.job
  world.end({ exitCode: 143, result: { outcome: 'Cancelled', reason: 'Cancelled' } }, played)
  world.settle('one')
  t.match(world.status('one'), { activeRun: undefined, lastRun: { outcome: 'Cancelled', reason: 'Cancelled' } })
  t.equal(world.condition('one', 'Succeeded'), 'False Cancelled')
  t.notOk(reasons(world).includes('ReportLost'), 'a worker that was ended has no report to lose')
  world.pass(86_400)
  world.settle('one')
  t.equal(world.created.length, 1)
  t.strictSame(world.broken, [])
})

function cancelled(world: Reconciled): void {
  world.run()
  world.annotate('one', { [CANCEL]: world.status('one').activeRun?.id ?? '' })
  world.settle('one')
  world.pass(2)
  world.end({ exitCode: 143, result: { outcome: 'Cancelled', reason: 'Cancelled' } })
  world.settle('one')
}

t.test('cancelled before anything was done: not Ready, each run a row of its own', async t => {
  const world = added()
  cancelled(world)
  t.match(world.status('one'), { phase: 'Failed' })
  t.equal(world.condition('one', 'Ready'), 'False Cancelled')
  t.equal(world.condition('one', 'Stalled'), 'False NotStalled')
  world.annotate('one', { [AT]: 'again' })
  world.settle('one')
  cancelled(world)
  t.match(world.status('one').history, [{ outcome: 'Cancelled' }, { outcome: 'Cancelled' }])
  t.strictSame(world.broken, [])
})

t.test('cancelled after a run that was done: what that left stands', async t => {
  const world = added()
  world.run()
  world.end({ result: { outcome: 'PartiallyCompleted', reason: 'SkippedEntries' } })
  world.settle('one')
  world.annotate('one', { [AT]: 'again' })
  world.settle('one')
  cancelled(world)
  t.match(world.status('one'), { phase: 'PartiallyCompleted', lastRun: { outcome: 'Cancelled' } })
  t.equal(world.condition('one', 'Ready'), 'True Cancelled')
  t.equal(world.condition('one', 'Succeeded'), 'False Cancelled')
  world.edit('one', spec => ({ ...spec, filter: { versions: 'latest' } }))
  world.settle('one')
  cancelled(world)
  t.equal(world.condition('one', 'Ready'), 'False Cancelled', 'the new spec has done nothing yet')
  t.strictSame(world.broken, [])
})

t.test('a run that was done before the cancel reached it is done', async t => {
  const world = added()
  world.run()
  const { id = '' } = world.status('one').activeRun ?? {}
  world.annotate('one', { [CANCEL]: id })
  world.settle('one')
  world.end()
  world.settle('one')
  t.match(world.status('one').lastRun, { outcome: 'Completed' })
  t.strictSame(world.broken, [])
})

t.test('cancelled while it waits for a retry; cancelled when nothing runs', async t => {
  const world = added()
  world.run()
  world.end({ exitCode: 11, result: failure('NetworkFailed') })
  world.settle('one')
  const { id = '' } = world.status('one').activeRun ?? {}
  world.annotate('one', { [CANCEL]: id })
  world.settle('one')
  t.match(world.status('one'), {
    activeRun: undefined,
    lastRun: { outcome: 'Cancelled' },
    lastHandledCancelRequest: id,
  })
  world.annotate('one', { [CANCEL]: 'nothing' })
  world.settle('one')
  t.equal(world.status('one').lastHandledCancelRequest, 'nothing')
  t.equal(reasons(world).at(-1), 'NothingToCancel')
  t.strictSame(world.broken, [])
})

t.test('D2 a Job that somebody deletes ends its run as Cancelled, JobDeleted', async t => {
  const world = added()
  world.run()
  world.jobs.clear()
  const report = `${world.status('one').activeRun?.id}-report`
  const metadata = { name: report, namespace: 'team' }
  world.configMaps.set(report, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
  world.settle('one')
  t.ok(world.asked.includes('job'), 'looked at past every cache first')
  t.match(world.status('one').lastRun, { outcome: 'Cancelled', reason: 'JobDeleted' })
  t.notOk(world.configMaps.has(report), 'a report that a controller wrote before it ended goes too')
  world.pass(3600)
  world.settle('one')
  t.equal(world.created.length, 1, 'nothing is started in its place')
  t.strictSame(world.broken, [])
})

t.test('D5 a Job of ours that status does not know is taken up; a foreign one is refused', async t => {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one')
  world.reconcile('one', { killAfter: 2 })
  t.equal(world.created.length, 1)
  t.equal(world.writes.length, 0, 'the controller ended before it wrote the status')
  world.pass(30)
  world.settle('one')
  t.equal(world.created.length, 1, 'the same run goes on')
  t.match(world.status('one').activeRun, { startTime: '2026-03-02T10:00:00.000Z', attempt: 1 })
  done(world)
  t.match(world.status('one').lastRun, { outcome: 'Completed' })
  const foreign = new Reconciled()
  foreign.add('MCPRegistryImportJob', 'one')
  const name = world.created[0] ?? ''
  foreign.jobs.set(name, { job: { ...world.job.job, metadata: { name, namespace: 'default' } }, pods: [] })
  foreign.settle('one')
  t.equal(foreign.condition('one', 'Stalled'), 'True JobNotOurs')
  foreign.jobs.clear()
  foreign.pass(10)
  foreign.settle('one')
  t.equal(foreign.created.length, 1, 'once it is gone the run starts')
  t.strictSame([...world.broken, ...foreign.broken], [])
})

t.test('D5 a Job that nobody noted is taken up also when there is a newer reason to run', async t => {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one')
  world.annotate('one', { [AT]: 'first' })
  world.reconcile('one', { killAfter: 2 })
  world.edit('one', spec => ({ ...spec, filter: { versions: 'latest' } }))
  world.settle('one')
  t.equal(world.created.length, 1, 'one worker at a time')
  t.match(world.status('one'), {
    activeRun: { generation: 1 },
    lastHandledRunRequest: 'first',
    observed: { dependencies: [] },
  })
  done(world)
  t.match(world.status('one'), { lastRun: { generation: 1 }, activeRun: { generation: 2, trigger: { type: 'Spec' } } })
  t.strictSame(world.broken, [])
})

t.test('a lower historyLimit shortens the history, and its reports go', async t => {
  const world = added()
  const line = '{"name":"a","version":"1","outcome":"added","reason":null,"issues":[]}'
  for (let index = 0; index < 4; index++) {
    world.run()
    world.pass(5)
    world.end({ log: [line] })
    world.settle('one')
    world.annotate('one', { [AT]: String(index) })
    world.settle('one')
  }
  t.equal(world.configMaps.size, 4)
  world.edit('one', spec => ({ ...spec, historyLimit: 2 }))
  world.settle('one')
  const { history = [] } = world.status('one')
  t.strictSame([...world.configMaps.keys()].sort(), history.map(({ reportRef }) => reportRef ?? '').sort())
  t.equal(history.length, 2)
  t.strictSame(world.broken, [])
})

t.test('D4 a refused Job: the generation is not used up, the condition says why, it is tried again', async t => {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one')
  world.refuse = step =>
    step.type === 'createJob' ? { step: 'createJob', reason: 'Forbidden', message: 'exceeded quota' } : undefined
  const { wake } = world.reconcile('one')
  t.equal(world.condition('one', 'Ready'), 'False JobRefused')
  t.match(world.status('one'), { activeRun: undefined, lastRun: undefined, phase: 'Pending' })
  t.equal(Number(wake) - world.now.getTime(), 10_000)
  world.pass(10)
  world.refuse = () => undefined
  world.settle('one')
  t.equal(world.created.length, 1)
  t.strictSame(world.broken, [])
})

t.test('D7 deleted mid-run: the worker is ended, then the finalizer goes', async t => {
  const world = added()
  world.run()
  world.delete('one')
  const { wake } = world.reconcile('one')
  t.equal(Number(wake) - world.now.getTime(), 300_000)
  t.ok(world.job.job.metadata.deletionTimestamp)
  t.ok(world.resources.has('one'), 'held until the pod is gone')
  world.jobs.clear()
  world.reconcile('one')
  t.notOk(world.resources.has('one'))
  t.strictSame(world.broken, [])
})

t.test('D8 a pod that never confirms holds nothing longer than 5 minutes', async t => {
  const world = added()
  world.run()
  world.delete('one')
  world.reconcile('one')
  world.pass(300)
  world.reconcile('one')
  t.notOk(world.resources.has('one'))
  t.equal(reasons(world).at(-1), 'PodUnconfirmed')
})

t.test('D12 a spec edited mid-run: the run keeps its own, then the new one runs', async t => {
  const world = added()
  world.run()
  world.edit('one', spec => ({ ...spec, filter: { versions: 'latest' } }))
  world.settle('one')
  t.match(world.status('one'), { observedGeneration: 2, activeRun: { generation: 1 } })
  t.equal(world.condition('one', 'Ready'), 'Unknown Progressing', 'nothing is known of the new spec')
  done(world)
  t.match(world.status('one'), { lastRun: { generation: 1, outcome: 'Completed' }, activeRun: { generation: 2 } })
  t.equal(world.request().filter.versions, 'latest')
  done(world)
  t.equal(world.created.length, 2)
  t.strictSame(world.broken, [])
})

t.test('a plan is a run that changes nothing that others are compared with', async t => {
  const world = added({ 'spec.mode': 'Plan' })
  world.run()
  world.end({ result: { outcome: 'Planned', reason: 'Planned' }, log: ['{"kind":"Diff","counts":{}}'] })
  world.settle('one')
  t.match(world.status('one'), {
    phase: 'Completed',
    lastRun: { outcome: 'Planned', reportRef: /-report$/ },
    lastSuccessfulRun: undefined,
    observed: { requestHash: undefined },
  })
  t.equal(world.condition('one', 'Ready'), 'True Planned')
  t.notOk(world.asked.includes('slot') && world.request().mode === 'Apply')
  t.strictSame(world.broken, [])
})

t.test('writers of one branch wait for each other', async t => {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one')
  world.slot = { granted: false, behind: 'MCPRegistryImportJob/default/other' }
  const { wake } = world.reconcile('one')
  t.match(world.status('one'), { phase: 'Scheduled', activeRun: undefined })
  t.equal(world.condition('one', 'Reconciling'), 'True WaitingForBranch')
  t.equal(Number(wake) - world.now.getTime(), 30_000)
  world.slot = { granted: false }
  world.settle('one')
  t.equal(world.condition('one', 'Reconciling'), 'True WaitingForTurn')
  world.slot = { granted: true }
  world.settle('one')
  t.equal(world.created.length, 1)
  t.strictSame(world.broken, [])
})

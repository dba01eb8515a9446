// What follows an attempt that ended badly: the failure decides (design 4.6).
import t from 'tap'
import { failure, type PlayedEnd } from '../helpers/played-cluster.ts'
import { Reconciled } from '../helpers/reconciled.ts'

/** A job whose first attempt runs. */
function running(changes = {}): Reconciled {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one', changes)
  world.settle('one')
  world.run()
  return world
}

function endWith(world: Reconciled, end: PlayedEnd): void {
  world.run()
  world.pass(5)
  world.end(end)
  world.settle('one')
}

/** Lets the next attempt start. */
function retry(world: Reconciled): void {
  const { retryTime } = world.status('one').activeRun ?? {}
  world.now = new Date(retryTime ?? world.now)
  world.settle('one')
}

const ENDS: Record<string, { end: PlayedEnd; reason: string; again: boolean }> = {
  'exit 10': {
    end: { exitCode: 10, result: failure('AuthenticationFailed') },
    reason: 'AuthenticationFailed',
    again: false,
  },
  'exit 10 without a word': { end: { exitCode: 10 }, reason: 'WorkerFailed', again: false },
  'exit 11': { end: { exitCode: 11, result: failure('NetworkFailed') }, reason: 'NetworkFailed', again: true },
  'exit 12': {
    end: { exitCode: 12, result: failure('ConflictRetriesExhausted') },
    reason: 'ConflictRetriesExhausted',
    again: true,
  },
  'B7 push denied': { end: { exitCode: 10, result: failure('PushDenied') }, reason: 'PushDenied', again: false },
  'a defect': { end: { exitCode: 70 }, reason: 'WorkerFailed', again: true },
  'D3 out of memory': { end: { exitCode: 137, reason: 'OOMKilled' }, reason: 'OOMKilled', again: true },
  'D3 evicted': { end: { exitCode: 137, pod: { reason: 'Evicted' } }, reason: 'Evicted', again: true },
  'D3 node lost': {
    end: {
      exitCode: 137,
      pod: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager' }] },
    },
    reason: 'NodeLost',
    again: true,
  },
  'D14 the deadline of the pod': {
    end: { exitCode: 137, pod: { reason: 'DeadlineExceeded' } },
    reason: 'DeadlineExceeded',
    again: true,
  },
  'told to end by somebody': {
    end: { exitCode: 143, result: { outcome: 'Cancelled', reason: 'Cancelled' } },
    reason: 'WorkerTerminated',
    again: true,
  },
  'no exit code': { end: { exitCode: 1, pod: { containerStatuses: [] } }, reason: 'PodLost', again: true },
  'a result of another run': { end: { exitCode: 0, result: { id: 'another' } }, reason: 'ResultLost', again: true },
  'a result that says it failed': {
    end: { exitCode: 0, result: failure('NetworkFailed') },
    reason: 'ResultLost',
    again: true,
  },
  'a reason that nobody knows': {
    end: { exitCode: 10, result: { ...failure('GitFailed'), reason: 'Bogus' as 'GitFailed' } },
    reason: 'WorkerFailed',
    again: false,
  },
}

for (const [name, { end, reason, again }] of Object.entries(ENDS)) {
  t.test(name, async t => {
    const world = running()
    endWith(world, end)
    const { activeRun, lastRun } = world.status('one')
    if (again) {
      t.match(activeRun, { attempt: 1, lastFailure: { reason, repeats: 1 }, retryTime: String })
      t.equal(world.condition('one', 'Reconciling'), `True ${reason}`)
      t.equal(world.condition('one', 'Ready'), `False ${reason}`)
      retry(world)
      t.equal(world.created.length, 2)
      t.equal(world.request().attempt, 2)
      t.equal(world.request().startTime, world.status('one').activeRun?.startTime, 'of the first attempt')
      endWith(world, {})
      t.match(world.status('one').lastRun, { outcome: 'Completed', attempts: 2 })
    } else {
      t.match(lastRun, { outcome: 'Failed', class: 'definite', reason, attempts: 1 })
      t.equal(world.condition('one', 'Stalled'), `True ${reason}`)
      t.equal(world.created.length, 1)
    }
    t.strictSame(world.broken, [])
  })
}

t.test('transient failures are retried maxRetries times, each pause twice the last', async t => {
  const world = running({ 'spec.retry': { maxRetries: 2, backoffInterval: '30s' } })
  const pauses: number[] = []
  for (let attempt = 0; attempt < 2; attempt++) {
    endWith(world, { exitCode: 11, result: failure('NetworkFailed') })
    pauses.push(Date.parse(world.status('one').activeRun?.retryTime ?? '') - world.now.getTime())
    retry(world)
  }
  endWith(world, { exitCode: 11, result: failure('NetworkFailed', 'the host is down') })
  t.strictSame(pauses, [30_000, 60_000])
  t.match(world.status('one').lastRun, { outcome: 'Failed', class: 'transient', reason: 'NetworkFailed', attempts: 3 })
  t.equal(world.condition('one', 'Stalled'), 'True RetriesExhausted')
  t.equal(world.condition('one', 'Ready'), 'False NetworkFailed')
  world.pass(86_400)
  world.settle('one')
  t.equal(world.created.length, 3, 'nothing starts by itself')
  t.strictSame(world.broken, [])
})

t.test('no retry allowed is one attempt, and says so', async t => {
  const world = running({ 'spec.retry': { maxRetries: 0 } })
  endWith(world, { exitCode: 11, result: failure('NetworkFailed', 'the host is down') })
  t.match(
    world.status('one').conditions?.find(({ type }) => type === 'Stalled'),
    { reason: 'RetriesExhausted', message: 'NetworkFailed after 1 attempt: the host is down' },
  )
})

for (const end of [
  { exitCode: 137, reason: 'OOMKilled' },
  { exitCode: 11, result: failure('DeadlineExceeded') },
]) {
  t.test(`${end.reason ?? 'DeadlineExceeded'} twice in a row is definite`, async t => {
    const world = running()
    endWith(world, end)
    retry(world)
    endWith(world, end)
    t.match(world.status('one').lastRun, { outcome: 'Failed', class: 'definite', attempts: 2 })
    t.strictSame(world.broken, [])
  })
}

t.test('disruptions are not counted, but five in a row are enough', async t => {
  const world = running({ 'spec.retry': { maxRetries: 0 } })
  for (const reason of ['Evicted', 'Evicted', 'NodeLost', 'Evicted', 'NodeLost']) {
    endWith(world, { exitCode: 137, pod: { reason } })
    t.ok(world.status('one').activeRun?.retryTime, 'tried again')
    retry(world)
  }
  endWith(world, { exitCode: 137, pod: { reason: 'Evicted' } })
  t.match(world.status('one').lastRun, { outcome: 'Failed', class: 'transient', reason: 'Evicted', attempts: 6 })
  t.strictSame(world.broken, [])
})

t.test(
  'what the end of local mode ended goes on at once; only a program that dies again and again is given up',
  async t => {
    const stopped = { exitCode: 143, pod: { reason: 'RollbookStopped', message: 'rollbook was stopped while it ran' } }
    const killed = { exitCode: 1, pod: { reason: 'RollbookKilled', containerStatuses: [] } }
    const world = running({ 'spec.retry': { maxRetries: 0 } })
    for (let attempt = 2; attempt < 10; attempt++) {
      endWith(world, stopped)
      t.match(world.status('one').activeRun, { attempt, failures: 0, retryTime: undefined })
    }
    t.match(world.events.at(-1), {
      severity: 'Normal',
      reason: 'WorkerTerminated',
      message: 'attempt 8 was ended: rollbook was stopped while it ran',
    })
    for (let attempt = 10; attempt < 14; attempt++) {
      endWith(world, killed)
      t.match(world.status('one').activeRun, { attempt, lastFailure: { reason: 'NodeLost' }, retryTime: undefined })
    }
    endWith(world, killed)
    t.match(world.status('one').lastRun, { outcome: 'Failed', class: 'transient', reason: 'NodeLost', attempts: 13 })
    t.strictSame(world.broken, [])
  },
)

t.test('D6 a new spec ends the wait for a retry and runs at once', async t => {
  const world = running()
  endWith(world, { exitCode: 11, result: failure('NetworkFailed', 'down') })
  world.edit('one', spec => ({ ...spec, filter: { versions: 'latest' } }))
  world.settle('one')
  t.match(world.status('one'), {
    activeRun: { generation: 2, attempt: 1, trigger: { type: 'Spec' } },
    lastRun: {
      outcome: 'Failed',
      reason: 'NetworkFailed',
      generation: 1,
      message: /one has a newer spec, which comes first/,
    },
  })
  t.strictSame(world.broken, [])
})

t.test('after a definite failure a changed Secret starts one run', async t => {
  const world = new Reconciled()
  world.object('Secret', 'git')
  world.add('MCPRegistryImportJob', 'one', { 'spec.target.git.authSecret': { name: 'git' } })
  world.settle('one')
  endWith(world, { exitCode: 10, result: failure('AuthenticationFailed') })
  const wake = () => Number(world.reconcile('one').wake) - world.now.getTime()
  t.equal(wake(), 10_000, 'looked at again soon')
  world.pass(60)
  t.equal(wake(), 60_000, 'then less often')
  world.pass(3600 * 24)
  t.equal(wake(), 300_000, 'at least every 5 minutes')
  t.equal(world.created.length, 1)
  world.object('Secret', 'git', { resourceVersion: '2' })
  world.settle('one')
  t.equal(world.created.length, 2)
  t.match(world.status('one').activeRun?.trigger, { type: 'Spec', token: 'Secret/git@2' })
  endWith(world, { exitCode: 10, result: failure('AuthenticationFailed') })
  world.pass(3600)
  world.settle('one')
  t.equal(world.created.length, 2, 'the same Secret starts nothing twice')
  t.strictSame(world.broken, [])
})

const waiting = (reason: string, message: string) => ({
  phase: 'Pending' as const,
  containerStatuses: [{ name: 'worker', state: { waiting: { reason, message } } }],
})

const unschedulable = (message = '0/3 nodes are available') => ({
  phase: 'Pending' as const,
  conditions: [{ type: 'PodScheduled', status: 'False' as const, reason: 'Unschedulable', message }],
})

t.test('a pod that does not start', async t => {
  for (const [status, reason] of [
    [waiting('ImagePullBackOff', 'back-off pulling image'), 'ImageNotPullable'],
    [unschedulable(), 'Unschedulable'],
    [waiting('ContainerCreating', ''), 'PodNotStarted'],
  ] as const) {
    const world = new Reconciled()
    world.add('MCPRegistryImportJob', 'one', { 'spec.retry': { maxRetries: 0 } })
    world.settle('one')
    world.podOf(world.job, status)
    const { wake } = world.reconcile('one')
    t.equal(Number(wake) - world.now.getTime(), 600_000, 'looked at when its time is over')
    if (reason !== 'PodNotStarted') t.equal(world.condition('one', 'Ready'), `Unknown ${reason}`, 'told while it waits')
    world.now = wake ?? world.now
    world.settle('one')
    t.match(world.status('one').lastRun, { outcome: 'Failed', class: 'transient', reason })
    t.equal(world.jobs.size, 0, 'its Job is not left behind')
    t.strictSame(world.broken, [])
  }
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one')
  world.settle('one')
  world.podOf(world.job, waiting('InvalidImageName', "couldn't parse image name"))
  world.settle('one')
  t.match(world.status('one').lastRun, { outcome: 'Failed', class: 'definite', reason: 'ImageNotPullable' })
  t.strictSame(world.broken, [])
})

t.test('why the pod of a later attempt or a later run does not start is told, too', async t => {
  const world = running()
  endWith(world, { exitCode: 11, result: failure('NetworkFailed', 'the host is down') })
  retry(world)
  world.podOf(world.job, unschedulable())
  world.settle('one')
  t.equal(world.condition('one', 'Ready'), 'False NetworkFailed', 'what failed last')
  t.equal(world.condition('one', 'Reconciling'), 'True Unschedulable')
  t.equal(world.condition('one', 'Succeeded'), 'Unknown Unschedulable')
  t.match(world.status('one').conditions?.at(-1), { type: 'Succeeded', message: '0/3 nodes are available' })
  world.run()
  world.settle('one')
  t.equal(world.condition('one', 'Reconciling'), 'True NetworkFailed')
  t.match(world.status('one').conditions, [{ type: 'Ready', message: 'attempt 1 failed: the host is down' }])
  endWith(world, {})
  world.annotate('one', { 'toolhive.stacklok.io/run-requested-at': 'again' })
  world.settle('one')
  world.podOf(world.job, unschedulable())
  world.settle('one')
  t.equal(world.condition('one', 'Ready'), 'True EntriesWritten')
  t.equal(world.condition('one', 'Reconciling'), 'False Unschedulable')
  t.equal(world.condition('one', 'Succeeded'), 'Unknown Unschedulable')
  t.strictSame(world.broken, [])
})

t.test('H3 a pod that is told to wait again and again is told of once', async t => {
  const world = running()
  const writesOf = (...states: Parameters<typeof world.podOf>[1][]) => {
    const before = world.writes.length
    for (const state of states) {
      world.podOf(world.job, state)
      world.settle('one')
    }
    return world.writes.length - before
  }
  t.equal(writesOf(unschedulable('0/3 nodes: 1 is full'), unschedulable('0/4 nodes: 2 is full')), 1, 'numbers')
  t.equal(writesOf(unschedulable('no node has the label')), 1, 'other words')
  const [error, pause] = [waiting('ErrImagePull', '403 Forbidden'), waiting('ImagePullBackOff', 'back-off 20s')]
  t.equal(writesOf(pause, waiting('ImagePullBackOff', 'back-off 40s'), error, pause, error, pause), 2)
  t.match(world.status('one').conditions, [{ type: 'Ready', message: 'ErrImagePull: 403 Forbidden' }])
  t.strictSame(world.broken, [])
})

t.test('a Job without a pod, and a pod that nobody schedules, are told of after a while', async t => {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one')
  world.settle('one')
  const seconds = () => (Number(world.reconcile('one').wake) - world.now.getTime()) / 1000
  t.equal(seconds(), 10)
  world.pass(10)
  world.settle('one')
  t.equal(world.condition('one', 'Ready'), 'Unknown PodNotStarted')
  const name = world.job.job.metadata.name
  t.match(world.status('one').conditions, [
    { message: `its Job has no pod yet; kubectl describe job ${name} -n default tells why` },
  ])
  world.podOf(world.job, { phase: 'Pending' }, { creationTimestamp: world.now.toISOString() })
  world.settle('one')
  t.equal(world.condition('one', 'Ready'), 'Unknown Progressing')
  world.pass(10)
  world.settle('one')
  t.match(world.status('one').conditions, [{ message: 'no scheduler has looked at the pod yet' }])
  const conditions = [{ type: 'Suspended', status: 'True' as const, reason: 'JobSuspended' }]
  world.job.pods = []
  world.job.job = { ...world.job.job, status: { conditions } }
  world.settle('one')
  t.match(world.status('one').conditions, [{ message: /^its Job is suspended/ }])
  t.strictSame(world.broken, [])
})

t.test('a sync job tells why the pod of its run does not start', async t => {
  const world = new Reconciled()
  world.add('MCPRegistry', 'reg')
  world.settle('reg')
  world.run()
  world.end()
  world.settle('reg')
  world.add('MCPRegistrySyncJob', 'sync', { 'spec.registryRef.name': 'reg' })
  world.settle('reg', 'sync')
  world.podOf(world.job, unschedulable())
  world.settle('reg', 'sync')
  t.equal(world.condition('sync', 'Ready'), 'Unknown Unschedulable')
  t.strictSame(world.broken, [])
})

t.test('a Job that reached its deadline without a pod, and one that lost its pod', async t => {
  for (const [reason, wanted, again] of [
    ['DeadlineExceeded', 'PodNotStarted', true],
    ['BackoffLimitExceeded', 'PodLost', true],
  ] as const) {
    const world = running()
    world.job.pods = []
    world.job.job = { ...world.job.job, status: { conditions: [{ type: 'Failed', status: 'True', reason }] } }
    world.settle('one')
    t.match(world.status('one').activeRun?.lastFailure, { reason: wanted }, `${again}`)
    t.strictSame(world.broken, [])
  }
})

t.test('D3 a pod on a node that is gone is not waited for', async t => {
  const world = running()
  const conditions = [{ type: 'DisruptionTarget', status: 'True' as const, reason: 'DeletionByTaintManager' }]
  world.podOf(
    world.job,
    { phase: 'Running', conditions, containerStatuses: [{ name: 'worker', state: { running: {} } }] },
    { deletionTimestamp: world.now.toISOString() },
  )
  world.settle('one')
  t.equal(world.status('one').activeRun?.retryTime, undefined)
  world.pass(31)
  world.settle('one')
  t.match(world.status('one').activeRun, { lastFailure: { reason: 'NodeLost' }, failures: 0 })
  t.equal(world.jobs.size, 0, 'the Job that can not end is taken away')
  t.strictSame(world.broken, [])
})

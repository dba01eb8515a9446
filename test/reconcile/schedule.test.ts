// Scheduled jobs: ticks, missed ones, clocks that jump, summer time, and looks at the source that spare a pod.
import t from 'tap'
import { dueTime, scheduleFault, tickUntil } from '../../src/reconcile/schedule.ts'
import { failure } from '../helpers/played-cluster.ts'
import { Reconciled } from '../helpers/reconciled.ts'

const HEAD = 'b'.repeat(40)
const REVISION = `main@sha1:${'a'.repeat(40)}`
const UNCHANGED = { state: 'unchanged', revision: REVISION, targetHead: HEAD } as const

/** An hourly job, its first run done at 10:00:05. */
function hourly(changes = {}): Reconciled {
  const world = new Reconciled()
  world.probe = UNCHANGED
  world.add('MCPRegistryImportJob', 'one', { 'spec.schedule': '0 * * * *', ...changes })
  world.settle('one')
  finish(world)
  return world
}

function finish(world: Reconciled, end: Parameters<Reconciled['end']>[0] = {}): void {
  world.run()
  world.pass(5)
  world.end(end)
  world.settle('one')
}

function at(world: Reconciled, time: string): void {
  world.now = new Date(time)
  world.settle('one')
}

t.test('runs for its generation first, then waits for the tick', async t => {
  const world = hourly()
  t.match(world.status('one'), { phase: 'Completed', nextRunTime: '2026-03-02T11:00:00.000Z' })
  t.strictSame(world.reconcile('one').wake, new Date('2026-03-02T11:00:00.000Z'))
  world.probe = { ...UNCHANGED, state: 'changed', revision: 'main@sha1:new' }
  at(world, '2026-03-02T11:00:00.000Z')
  t.match(world.status('one'), {
    activeRun: { trigger: { type: 'Schedule', token: '2026-03-02T11:00:00.000Z' } },
    nextRunTime: '2026-03-02T12:00:00.000Z',
  })
  t.strictSame(world.broken, [])
})

t.test('A8 nothing changed: no pod, no history entry, only the next tick', async t => {
  const world = hourly()
  const { history } = world.status('one')
  const writes = world.writes.length
  at(world, '2026-03-02T11:00:00.000Z')
  t.equal(world.created.length, 1)
  t.equal(world.writes.length, writes + 1)
  t.match(world.status('one'), { nextRunTime: '2026-03-02T12:00:00.000Z', history })
  t.match(world.probeQuestions[0], { seen: { revision: REVISION, targetHead: HEAD }, source: { type: 'git' } })
  t.strictSame(world.broken, [])
})

t.test('a moved target runs at the tick; ends it Unchanged, the head is noted without an entry', async t => {
  const world = hourly()
  const moved = 'd'.repeat(40)
  world.probe = { ...UNCHANGED, targetHead: moved }
  at(world, '2026-03-02T11:00:00.000Z')
  t.equal(world.created.length, 2)
  const target = { repository: 'r', branch: 'main', revision: `main@sha1:${moved}` }
  finish(world, { result: { outcome: 'Unchanged', reason: 'NoChanges', target } })
  t.match(world.status('one'), {
    observed: { targetHead: moved },
    lastRun: { outcome: 'Unchanged', target: { repository: 'r' } },
    activeRun: undefined,
  })
  t.equal(world.status('one').history?.length, 1)
  at(world, '2026-03-02T12:00:00.000Z')
  t.equal(world.created.length, 2, 'the head is known now')
  t.strictSame(world.broken, [])
})

t.test('a run that found its commit is compared by the request of that commit', async t => {
  const world = hourly()
  at(world, '2026-03-02T11:00:00.000Z')
  world.probe = { state: 'changed', revision: `main@sha1:${'e'.repeat(40)}` }
  at(world, '2026-03-02T12:00:00.000Z')
  const requestHash = 'a'.repeat(64)
  finish(world, { result: { outcome: 'Completed', reason: 'AlreadyCommitted', requestHash } })
  t.match(world.status('one'), { observed: { requestHash }, lastRun: { requestHash } })
  t.strictSame(world.broken, [])
})

t.test('a look that fails is a run that says why, once', async t => {
  const world = hourly({ 'spec.retry': { maxRetries: 0 } })
  world.probe = { state: 'failed', reason: 'NetworkFailed', class: 'transient', message: 'down' }
  at(world, '2026-03-02T11:00:00.000Z')
  t.equal(world.created.length, 2)
  finish(world, { exitCode: 11, result: failure('NetworkFailed') })
  at(world, '2026-03-02T12:00:00.000Z')
  t.equal(world.created.length, 2, 'the run would say the same')
  world.probe = UNCHANGED
  at(world, '2026-03-02T13:00:00.000Z')
  t.equal(world.created.length, 3, 'what failed is made up for')
  t.strictSame(world.broken, [])
})

t.test('after a definite failure a tick runs only for a new revision', async t => {
  const world = hourly()
  world.probe = { ...UNCHANGED, state: 'changed', revision: 'main@sha1:bad' }
  at(world, '2026-03-02T11:00:00.000Z')
  finish(world, { exitCode: 10, result: { ...failure('EntriesInvalid'), source: { revision: 'main@sha1:bad' } } })
  for (const hour of [12, 13, 14]) at(world, `2026-03-02T${hour}:00:00.000Z`)
  t.equal(world.created.length, 2)
  world.probe = { ...UNCHANGED, state: 'changed', revision: 'main@sha1:good' }
  at(world, '2026-03-02T15:00:00.000Z')
  t.equal(world.created.length, 3)
  t.strictSame(world.broken, [])
})

t.test('validators of a look are remembered with their revision, once', async t => {
  const world = hourly()
  world.probe = { ...UNCHANGED, etag: '"1"' }
  at(world, '2026-03-02T11:00:00.000Z')
  t.equal(world.status('one').observed?.etag, '"1"')
  world.probe = { ...UNCHANGED, etag: '"2"' }
  at(world, '2026-03-02T12:00:00.000Z')
  t.equal(world.status('one').observed?.etag, '"1"')
  world.probe = { state: 'changed', revision: 'main@sha1:new', etag: '"3"', targetHead: HEAD }
  at(world, '2026-03-02T13:00:00.000Z')
  finish(world, { result: { source: { revision: 'main@sha1:new' } } })
  t.equal(world.status('one').observed?.etag, '"3"')
  t.strictSame(world.broken, [])
})

t.test('D15 hours missed: one run catches up', async t => {
  const world = hourly()
  world.probe = { ...UNCHANGED, state: 'changed', revision: 'main@sha1:new' }
  at(world, '2026-03-02T16:30:00.000Z')
  t.match(world.status('one').activeRun?.trigger, { type: 'Schedule', token: '2026-03-02T16:00:00.000Z' })
  finish(world, { result: { source: { revision: 'main@sha1:new' } } })
  t.equal(world.created.length, 2)
  t.equal(world.status('one').nextRunTime, '2026-03-02T17:00:00.000Z')
  t.strictSame(world.broken, [])
})

t.test('D15 a tick later than startingDeadlineSeconds is left out', async t => {
  const world = hourly({ 'spec.startingDeadlineSeconds': 300 })
  world.probe = { ...UNCHANGED, state: 'changed', revision: 'main@sha1:new' }
  at(world, '2026-03-02T11:30:00.000Z')
  t.equal(world.created.length, 1)
  t.equal(world.events.at(-1)?.reason, 'TickMissed')
  at(world, '2026-03-02T12:04:59.000Z')
  t.equal(world.created.length, 2)
  t.strictSame(world.broken, [])
})

t.test('D15 a clock that was a year ahead does not stop the schedule', async t => {
  const world = hourly()
  world.probe = { ...UNCHANGED, state: 'changed', revision: 'main@sha1:new' }
  at(world, '2027-03-02T11:00:00.000Z')
  finish(world, { result: { source: { revision: 'main@sha1:new' } } })
  t.equal(world.created.length, 2)
  at(world, '2026-03-02T11:10:00.000Z')
  t.equal(world.status('one').nextRunTime, '2026-03-02T12:00:00.000Z')
  world.probe = { ...UNCHANGED, state: 'changed', revision: 'main@sha1:newer' }
  at(world, '2026-03-02T12:00:00.000Z')
  t.equal(world.created.length, 3)
})

t.test('D15 a clock put back by a second does not repeat a tick', async t => {
  const world = hourly()
  at(world, '2026-03-02T11:00:00.000Z')
  at(world, '2026-03-02T10:59:59.500Z')
  t.equal(world.status('one').nextRunTime, '2026-03-02T12:00:00.000Z')
})

t.test('D15 summer time: each day has one run', async t => {
  const nightly = { schedule: '30 2 * * *', timeZone: 'Europe/Berlin' }
  const days = (from: string, count: number) => {
    const ticks: string[] = []
    for (let now = new Date(from); ticks.length < count; now = new Date(ticks.at(-1) ?? from)) {
      ticks.push(dueTime(nightly, undefined, now)?.toISOString() ?? '')
    }
    return ticks
  }
  t.strictSame(days('2026-03-28T12:00:00Z', 3), [
    '2026-03-29T01:00:00.000Z',
    '2026-03-30T00:30:00.000Z',
    '2026-03-31T00:30:00.000Z',
  ])
  t.strictSame(days('2026-10-24T12:00:00Z', 3), [
    '2026-10-25T00:30:00.000Z',
    '2026-10-26T01:30:00.000Z',
    '2026-10-27T01:30:00.000Z',
  ])
})

t.test('D15 summer time: a night that has no half past two is run once, one that has two of them, too', async t => {
  for (const [night, tick, following] of [
    ['2026-03-29', '2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
    ['2026-10-25', '2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
  ] as const) {
    const world = new Reconciled()
    world.now = new Date(Date.parse(`${night}T00:00:00Z`) - 12 * 3_600_000)
    world.probe = UNCHANGED
    world.add('MCPRegistryImportJob', 'one', { 'spec.schedule': '30 2 * * *', 'spec.timeZone': 'Europe/Berlin' })
    world.settle('one')
    finish(world)
    t.equal(world.status('one').nextRunTime, tick)
    world.probe = { ...UNCHANGED, state: 'changed', revision: 'main@sha1:new' }
    const tokens: (string | undefined)[] = []
    for (let minutes = 0; minutes < 6 * 60; minutes += 10) {
      at(world, new Date(Date.parse(`${night}T00:00:00Z`) + minutes * 60_000).toISOString())
      if (!world.status('one').activeRun) continue
      tokens.push(world.status('one').activeRun?.trigger?.token)
      finish(world)
    }
    t.strictSame(tokens, [tick], night)
    t.equal(world.status('one').nextRunTime, following)
    t.strictSame(world.broken, [])
  }
})

t.test('D16 a tick during a run: Forbid leaves it out and notes it, Replace ends the run', async t => {
  const forbid = hourly()
  forbid.annotate('one', { 'toolhive.stacklok.io/run-requested-at': 'x' })
  forbid.settle('one')
  forbid.run()
  at(forbid, '2026-03-02T11:00:00.000Z')
  t.match(forbid.events.at(-1), { reason: 'TickSkipped' })
  t.equal(forbid.status('one').nextRunTime, '2026-03-02T12:00:00.000Z')
  finish(forbid)
  t.equal(forbid.created.length, 2)

  const replace = hourly({ 'spec.concurrencyPolicy': 'Replace' })
  replace.annotate('one', { 'toolhive.stacklok.io/run-requested-at': 'x' })
  replace.settle('one')
  replace.run()
  at(replace, '2026-03-02T11:00:00.000Z')
  t.ok(replace.job.job.metadata.deletionTimestamp)
  replace.jobs.delete(replace.job.job.metadata.name)
  replace.probe = { ...UNCHANGED, state: 'changed', revision: 'main@sha1:new' }
  replace.settle('one')
  t.match(replace.status('one'), {
    lastRun: { outcome: 'Cancelled', reason: 'Replaced' },
    activeRun: { trigger: { type: 'Schedule' } },
  })
  t.strictSame([...forbid.broken, ...replace.broken], [])
})

t.test('G6 a schedule, zone or duration that got in somehow stops its own resource only', async t => {
  for (const broken of [
    { schedule: 'every day' },
    { schedule: '0 0 30 2 *' },
    { schedule: '0 * * * *', timeZone: 'Mars/Olympus' },
    { retry: { maxRetries: 1, backoffInterval: 'soon' } },
  ]) {
    const world = new Reconciled()
    world.add('MCPRegistryImportJob', 'one')
    world.edit('one', spec => ({ ...spec, ...broken }))
    world.settle('one')
    t.equal(world.condition('one', 'Stalled'), 'True ManifestInvalid', JSON.stringify(broken))
    t.strictSame(world.broken, [])
  }
})

t.test('ticks of a schedule', async t => {
  const time = new Date('2026-03-02T11:00:00.000Z')
  t.strictSame(tickUntil({ schedule: '0 * * * *' }, time), time, 'the very time counts')
  t.equal(dueTime({ schedule: '0 0 30 2 *' }, undefined, time), undefined, 'a day that never comes')
  t.equal(scheduleFault({ schedule: '@daily', timeZone: 'Europe/Berlin' }), undefined)
})

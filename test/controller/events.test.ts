// Events are aggregated as client-go does it, and a flood is cut.
import t from 'tap'
import { ClusterError } from '../../src/cluster/cluster-error.ts'
import { memoryCluster } from '../../src/cluster/memory/cluster.ts'
import { EVENTS } from '../../src/cluster/types.ts'
import { Events } from '../../src/controller/events.ts'
import type { PlannedEvent } from '../../src/reconcile/plan.ts'
import type { RollbookResource } from '../../src/resources/kinds.ts'
import { eventsOf, IMPORTS, importJob, withCalls } from '../helpers/controllers.ts'
import { PlayedClock } from '../helpers/played-clock.ts'

async function site() {
  const clock = new PlayedClock()
  const memory = memoryCluster({ clock })
  const about = await memory.create(IMPORTS, importJob('job'))
  const failures: string[] = []
  const open = (cluster = memory as Parameters<typeof withCalls>[0]) =>
    new Events({ cluster, clock, failed: (_about, { reason }) => failures.push(reason) })
  return { clock, memory, about, failures, open }
}

async function recorded(events: Events, about: RollbookResource, event: PlannedEvent): Promise<void> {
  events.record(about, event)
  await events.idle()
}

function failure(message: string, run?: string): PlannedEvent {
  return { severity: 'Warning', reason: 'NetworkFailed', message, ...(run === undefined ? {} : { run }) }
}

t.test('H3 a thousand identical failures are one event that counts, and few requests', async t => {
  const { clock, memory, about, open } = await site()
  let calls = 0
  const events = open(
    withCalls(memory, (_call, go) => {
      calls++
      return go()
    }),
  )
  for (let index = 0; index < 1000; index++) {
    await recorded(events, about, failure('no route to host', `run-${index}`))
    await clock.advance(1_000)
  }
  t.match(await eventsOf(memory), [/^NetworkFailed ×\d+: no route to host$/])
  t.ok(calls < 100, `${calls} requests`)
})

t.test('the next controller counts on', async t => {
  const { memory, about, open } = await site()
  await recorded(open(), about, failure('no route to host'))
  await recorded(open(), about, failure('no route to host'))
  t.same(await eventsOf(memory), ['NetworkFailed ×2: no route to host'])
})

t.test('an event that expired is made anew', async t => {
  const { memory, about, open } = await site()
  const events = open()
  await recorded(events, about, failure('no route to host'))
  const { items } = await memory.list(EVENTS)
  for (const { metadata } of items) await memory.delete(EVENTS, metadata)
  await recorded(events, about, failure('no route to host'))
  t.same(await eventsOf(memory), ['NetworkFailed ×1: no route to host'])
})

t.test('many messages of one reason become one event', async t => {
  const { memory, about, open } = await site()
  const events = open()
  for (let index = 0; index < 20; index++) await recorded(events, about, failure(`host ${index} is gone`))
  const told = await eventsOf(memory)
  t.equal(told.length, 11)
  t.match(told.at(0), 'NetworkFailed ×10: (combined from similar events) host 19 is gone')
})

t.test('who says too much is not heard, and later is again', async t => {
  const { clock, memory, about, open } = await site()
  const events = open()
  for (let index = 0; index < 40; index++)
    await recorded(events, about, { severity: 'Normal', reason: `Reason${index}`, message: 'it happened' })
  t.equal((await eventsOf(memory)).length, 25)
  await clock.advance(300_000)
  await recorded(events, about, { severity: 'Normal', reason: 'Later', message: 'it happened' })
  t.equal((await eventsOf(memory)).length, 26)
})

t.test('D8 an event that the cluster refuses stops nothing', async t => {
  const { memory, about, failures, open } = await site()
  const refusing = withCalls(memory, () => Promise.reject(new ClusterError('Forbidden', 'the namespace ends')))
  await recorded(open(refusing), about, failure('no route to host'))
  t.same(failures, ['NetworkFailed'])
})

t.test('an event says about what, of which severity, of which run, and when', async t => {
  const { memory, about, open } = await site()
  await recorded(open(), about, failure('no route to host', 'run-1'))
  const { items } = await memory.list(EVENTS)
  t.match(items, [
    {
      type: 'Warning',
      metadata: { namespace: 'team', labels: { 'toolhive.stacklok.io/run': 'run-1' } },
      involvedObject: { kind: 'MCPRegistryImportJob', name: 'job', uid: about.metadata.uid },
      firstTimestamp: '2026-03-01T12:00:00Z',
      reportingComponent: 'rollbook-controller',
    },
  ])
})

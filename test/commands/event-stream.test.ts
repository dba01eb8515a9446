// Events as they happen: in the order of time, and each once.
import t from 'tap'
import type { Watchable } from '../../src/cluster/cluster.ts'
import { memoryCluster } from '../../src/cluster/memory/cluster.ts'
import { EVENTS } from '../../src/cluster/types.ts'
import { eventStream } from '../../src/commands/event-stream.ts'
import { API_VERSION } from '../../src/resources/kinds.ts'

const NAMESPACE = 'team'

function site() {
  const memory = memoryCluster({ clock: { now: () => new Date() } })
  const write = async (name: string, second: number, about = 'job') => {
    const time = `2026-03-02T10:00:0${second}Z`
    const kind = 'MCPRegistryImportJob'
    await memory.create(EVENTS, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace: NAMESPACE, name },
      involvedObject: { apiVersion: API_VERSION, kind, namespace: NAMESPACE, name: about, uid: 'uid' },
      type: 'Normal',
      reason: 'Told',
      message: name,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      reportingComponent: 'rollbook',
      source: { component: 'rollbook' },
    })
  }
  return { memory, write }
}

/** The messages of the next events. */
async function next(stream: AsyncIterator<{ readonly message: string }>, count: number): Promise<string[]> {
  const messages: string[] = []
  while (messages.length < count) {
    const { done, value } = await stream.next()
    if (done) break
    messages.push(value.message)
  }
  return messages
}

t.test('what is there comes in the order of time, then what happens', async t => {
  const { memory, write } = site()
  await write('c', 1)
  await write('a', 2)
  await write('d', 3, 'other')
  await write('b', 2)
  const ending = new AbortController()
  const filter = { namespace: NAMESPACE, about: { kind: 'MCPRegistryImportJob', name: 'job' } }
  const stream = eventStream(memory, { filter, signal: ending.signal })[Symbol.asyncIterator]()
  t.strictSame(await next(stream, 3), ['c', 'a', 'b'])
  await write('0', 4)
  t.strictSame(await next(stream, 1), ['0'])
  ending.abort()
  t.strictSame(await next(stream, 1), [])
})

t.test('a watch that ends, and a list that is asked for again, repeat nothing and lose nothing', async t => {
  const { memory, write } = site()
  await write('b', 1)
  await write('a', 2)
  let watches = 0
  const cluster: Watchable = {
    list: (type, selection) => memory.list(type, selection),
    async *watch() {
      watches++
      if (watches === 2) await write('c', 3)
      if (watches === 4) await memory.patch(EVENTS, { namespace: NAMESPACE, name: 'a' }, { message: 'a again' })
      yield* []
    },
  }
  const ending = new AbortController()
  const stream = eventStream(cluster, { filter: {}, signal: ending.signal })[Symbol.asyncIterator]()
  t.strictSame(await next(stream, 4), ['b', 'a', 'c', 'a again'])
  t.equal(watches, 4)
  ending.abort()
})

t.test('only what was written after a version', async t => {
  const { memory, write } = site()
  await write('b', 1)
  const { resourceVersion: after } = await memory.list(EVENTS)
  await write('a', 1)
  const ending = new AbortController()
  const stream = eventStream(memory, { filter: {}, signal: ending.signal, after })[Symbol.asyncIterator]()
  t.strictSame(await next(stream, 1), ['a'])
  ending.abort()
})

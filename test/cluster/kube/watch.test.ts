// Watches on a server that does everything to them that a server, or a network, can.
import t from 'tap'
import type { WatchEvent } from '../../../src/cluster/cluster.ts'
import type { KubeCluster } from '../../../src/cluster/kube/cluster.ts'
import { linesOf, TOO_LONG } from '../../../src/cluster/kube/lines.ts'
import { CONFIG_MAPS } from '../../../src/cluster/types.ts'
import type { ConfigMap } from '../../../src/resources/kinds.ts'
import { type Answer, reply, stall, status } from '../../helpers/http-server.ts'
import { fakeKube } from '../../helpers/kube-server.ts'

const LIST = '/api/v1/configmaps'

const line = (type: string, metadata: object) => `${JSON.stringify({ type, object: { metadata } })}\n`

/** Reads to the end; what ended it is thrown. */
async function read(cluster: KubeCluster, { signal = new AbortController().signal, from = '5' } = {}) {
  const events: string[] = []
  const shown = (event: WatchEvent<ConfigMap>) =>
    event.type === 'BOOKMARK' ? `to ${event.resourceVersion}` : `${event.type} ${event.object.metadata.name}`
  let error: unknown
  try {
    for await (const event of cluster.watch(CONFIG_MAPS, { resourceVersion: from, signal })) events.push(shown(event))
  } catch (thrown) {
    error = thrown
  }
  return { events, error }
}

/** Sends the text and leaves the connection open. */
const sendAndWait =
  (text: string): Answer =>
  (_request, response) => {
    response.writeHead(200)
    response.write(text)
  }

t.test('events and bookmarks come until the server ends the watch', async t => {
  const text =
    line('ADDED', { name: 'a' }) + line('BOOKMARK', { resourceVersion: '9' }) + line('DELETED', { name: 'a' })
  const { cluster, server, seen } = await fakeKube(t, { [LIST]: reply(text) })
  t.strictSame(await read(cluster), { events: ['ADDED a', 'to 9', 'DELETED a'], error: undefined })
  const query = new URL(server.requests[0]?.url ?? '', server.url).searchParams
  t.match(Object.fromEntries(query), { watch: '1', allowWatchBookmarks: 'true', resourceVersion: '5' })
  const seconds = Number(query.get('timeoutSeconds'))
  t.ok(seconds >= 300 && seconds <= 600, `${seconds} s`)
  t.strictSame(seen, ['watch configmaps 200'])
})

t.test('a version that is too old is Expired, as an answer and as an event', async t => {
  const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }
  const answered = await fakeKube(t, { [LIST]: status(410, {}, JSON.stringify(gone)) })
  t.match(await read(answered.cluster), { events: [], error: { reason: 'Expired' } })
  const sent = await fakeKube(t, {
    [LIST]: reply(`${line('ADDED', { name: 'a' })}${JSON.stringify({ type: 'ERROR', object: gone })}\n`),
  })
  t.match(await read(sent.cluster), { events: ['ADDED a'], error: { reason: 'Expired', message: /too old/ } })
})

t.test('an event that can not be read does not end the watch', async t => {
  const wrong = [
    '{"type":"ADDED"',
    'null',
    '{"type":"ADDED"}',
    line('ADDED', {}).trim(),
    '{"type":"NEW","object":{}}',
    '',
  ]
  const text = `${wrong.join('\n')}\n${line('MODIFIED', { name: 'a', x: 'y'.repeat(500) })}${line('MODIFIED', { name: 'b' })}`
  const { cluster, undecodable } = await fakeKube(t, { [LIST]: reply(text) }, { limits: { event: 300 } })
  t.strictSame(await read(cluster), { events: ['MODIFIED b'], error: undefined })
  t.equal(undecodable.length, 6)
  t.match(undecodable.at(-1), /an event of more than 300 bytes/)
})

t.test('a server error, a cut and silence are Unavailable', async t => {
  const error = await fakeKube(t, { [LIST]: status(500) })
  t.match(await read(error.cluster), { error: { reason: 'Unavailable' } })
  const cutOff = await fakeKube(t, {
    [LIST]: (_request, response) => {
      response.writeHead(200)
      response.write(`${line('ADDED', { name: 'a' })}{"type":"ADD`, () => response.socket?.destroy())
    },
  })
  t.match(await read(cutOff.cluster), {
    events: ['ADDED a'],
    error: { reason: 'Unavailable', message: /cut the connection/ },
  })
  const limits = { watchSeconds: [0, 0], idleSeconds: 0.2 } as const
  const silent = await fakeKube(t, { [LIST]: sendAndWait(line('ADDED', { name: 'a' })) }, { limits })
  t.match(await read(silent.cluster), {
    events: ['ADDED a'],
    error: { reason: 'Unavailable', message: /was silent for 200 ms/ },
  })
  const mute = await fakeKube(t, { [LIST]: stall() }, { deadline: 100 })
  t.match(await read(mute.cluster), { error: { reason: 'Unavailable', message: /takes too long/ } })
})

t.test('the signal ends a watch quietly, before its answer, between events, and from the start', async t => {
  for (const answer of [stall(), sendAndWait(line('ADDED', { name: 'a' }))]) {
    const { cluster, server } = await fakeKube(t, { [LIST]: answer })
    const controller = new AbortController()
    const done = read(cluster, { signal: controller.signal })
    while (server.requests.length === 0) await new Promise(setImmediate)
    controller.abort()
    t.equal((await done).error, undefined)
  }
  const { cluster, server } = await fakeKube(t, { [LIST]: stall() })
  t.strictSame(await read(cluster, { signal: AbortSignal.abort() }), { events: [], error: undefined })
  t.equal(server.requests.length, 0)
})

t.test('leaving a watch closes its connection', async t => {
  let closed: () => void = () => undefined
  const closing = new Promise<void>(resolve => {
    closed = resolve
  })
  const { cluster } = await fakeKube(t, {
    [LIST]: (request, response) => {
      response.on('close', closed)
      sendAndWait(line('ADDED', { name: 'a' }))(request, response)
    },
  })
  const options = { resourceVersion: '5', signal: new AbortController().signal }
  for await (const event of cluster.watch(CONFIG_MAPS, options)) {
    t.equal(event.type, 'ADDED')
    break
  }
  await closing
})

t.test('lines are put together from any pieces', async t => {
  const text = 'one\n\ntwo is longer\nthree\ncut off'
  for (const size of [1, 2, 3, 7, 100]) {
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
      text.slice(at * size, (at + 1) * size),
    )
    const lines: string[] = []
    const chunks = (async function* () {
      for (const piece of pieces) yield Buffer.from(piece)
    })()
    for await (const found of linesOf(chunks, 6)) lines.push(found === TOO_LONG ? 'TOO LONG' : found.toString())
    t.strictSame(lines, ['one', 'TOO LONG', 'three'], `pieces of ${size}`)
  }
})

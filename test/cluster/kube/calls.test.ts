// Single calls: deadlines, polite retries, errors with their reason, and requests that are counted.
import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import type { ClusterErrorReason } from '../../../src/cluster/cluster-error.ts'
import { CONFIG_MAPS, typeOf } from '../../../src/cluster/types.ts'
import { refused } from '../../contracts/cluster-site.ts'
import { type Answer, cut, inTurn, reply, stall, status, stopInTheMiddle } from '../../helpers/http-server.ts'
import { fakeKube } from '../../helpers/kube-server.ts'
import { steppedClock } from '../../helpers/stepped-clock.ts'

const LIST = '/api/v1/namespaces/team/configmaps'
const PATH = `${LIST}/one`
const ONE = JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'one', namespace: 'team', managedFields: [{}] } })
const name = { namespace: 'team', name: 'one' }
const registries = typeOf('MCPRegistry')

/** A Status as API servers answer it. */
const refusal = (code: number, reason: string, more: object = {}): Answer =>
  status(code, {}, JSON.stringify({ kind: 'Status', code, reason, message: `it is ${reason}`, ...more }))

t.test('an object is what the server has, with its kind, without managedFields', async t => {
  const { cluster, seen } = await fakeKube(t, { [PATH]: reply(ONE) })
  t.strictSame(await cluster.get(CONFIG_MAPS, name), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'one', namespace: 'team' },
  })
  t.strictSame(seen, ['get configmaps 200'])
})

t.test('every refusal has its reason', async t => {
  const rows: readonly [answer: Answer, reason: ClusterErrorReason, message: RegExp][] = [
    [refusal(409, 'AlreadyExists'), 'AlreadyExists', /^it is AlreadyExists$/],
    [refusal(409, 'Conflict'), 'Conflict', /it is/],
    [refusal(422, 'Invalid'), 'Invalid', /it is/],
    [refusal(400, 'BadRequest'), 'Invalid', /it is/],
    [refusal(403, 'Forbidden'), 'Forbidden', /it is/],
    [refusal(410, 'Expired'), 'Expired', /it is/],
    [refusal(500, 'InternalError'), 'Unavailable', /it is/],
    [refusal(504, 'Timeout'), 'Unavailable', /it is/],
    [
      status(502, {}, '<html>\u001b[31mBad Gateway'),
      'Unavailable',
      /get configmaps: the server answered 502: <html>Bad Gateway/,
    ],
    [status(404, {}, '404 page not found'), 'NotFound', /the cluster does not have this kind of object/],
    [reply('{"kind":"ConfigMap"}'), 'Unavailable', /without an object with a name/],
    [reply('<html>'), 'Unavailable', /what is not JSON/],
    [cut('{'), 'Unavailable', /get configmaps: 127\.0\.0\.1:\d+ cut the connection/],
  ]
  for (const [answer, reason, message] of rows) {
    const { cluster } = await fakeKube(t, { [PATH]: answer })
    t.match(await refused(t, cluster.get(CONFIG_MAPS, name), reason), message)
  }
})

t.test('an object that is missing is an answer, a kind that is missing is an error', async t => {
  const missing = refusal(404, 'NotFound', { details: { name: 'one', kind: 'configmaps' } })
  const { cluster } = await fakeKube(t, { [PATH]: missing })
  t.equal(await cluster.get(CONFIG_MAPS, name), undefined)
  t.equal(await cluster.delete(CONFIG_MAPS, name), false)
  await refused(t, cluster.get(registries, name), 'NotFound')
  await refused(t, cluster.list(registries), 'NotFound')
  await refused(t, cluster.get(CONFIG_MAPS, { namespace: 'team', name: '../../secrets' }), 'Invalid')
})

t.test('429 and 503 are retried when the server says when, a few times', async t => {
  const clock = steppedClock()
  const busy = (code: number) => status(code, { 'retry-after': '3' })
  const { cluster, seen } = await fakeKube(
    t,
    { [PATH]: inTurn(busy(429), busy(503), reply(ONE), busy(429)) },
    { clock },
  )
  t.ok(await cluster.get(CONFIG_MAPS, name))
  t.strictSame(clock.sleeps, [3000, 3000])
  t.strictSame(seen, ['get configmaps 429', 'get configmaps 503', 'get configmaps 200'])
  await refused(t, cluster.get(CONFIG_MAPS, name), 'TooManyRequests')
  t.equal(seen.length, 8, 'four retries')
})

t.test('whoever is asked to wait long, or not told how long, gets the error at once', async t => {
  const clock = steppedClock()
  const { cluster, seen } = await fakeKube(
    t,
    { [PATH]: inTurn(status(429, { 'retry-after': '60' }), status(429), status(503), status(500)) },
    { clock },
  )
  for (const reason of ['TooManyRequests', 'TooManyRequests', 'Unavailable', 'Unavailable'] as const)
    await refused(t, cluster.get(CONFIG_MAPS, name), reason)
  t.equal(seen.length, 4)
  t.strictSame(clock.sleeps, [])
})

t.test('a server that does not answer, or stops in the middle, is left after the deadline', async t => {
  for (const answer of [stall(), stopInTheMiddle()]) {
    const { cluster } = await fakeKube(t, { [PATH]: answer }, { deadline: 100 })
    t.match(await refused(t, cluster.get(CONFIG_MAPS, name), 'Unavailable'), /takes too long to answer/)
  }
})

t.test('a connection that the server closed meanwhile is opened anew for reading', async t => {
  let cutNext = false
  const route = (request: IncomingMessage, response: ServerResponse) => {
    if (cutNext) request.socket.destroy()
    else reply(ONE)(request, response)
    cutNext = !cutNext
  }
  const { cluster, seen } = await fakeKube(t, { [PATH]: route })
  t.ok(await cluster.get(CONFIG_MAPS, name))
  t.ok(await cluster.get(CONFIG_MAPS, name))
  t.strictSame(seen, ['get configmaps 200', 'get configmaps error', 'get configmaps 200'])
  cutNext = true
  await refused(t, cluster.patch(CONFIG_MAPS, name, {}), 'Unavailable', 'a write may have been done')
})

t.test('a list is read page by page, begun anew when its pages are too old, at last in one piece', async t => {
  const item = (name: string) => ({ metadata: { name, namespace: 'team' } })
  const page = (names: readonly string[], more?: string) =>
    reply(JSON.stringify({ metadata: { resourceVersion: '7', continue: more }, items: names.map(item) }))
  const { cluster, server } = await fakeKube(t, { [LIST]: inTurn(page(['a', 'b'], 'next'), page(['c'])) })
  const { items, resourceVersion } = await cluster.list(CONFIG_MAPS, { namespace: 'team', labelSelector: 'a=b' })
  t.equal(resourceVersion, '7')
  t.strictSame(
    items.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ['a', 'b', 'c'].map(n => `ConfigMap ${n}`),
  )
  t.strictSame(
    server.requests.map(({ url }) => url),
    [`${LIST}?labelSelector=a%3Db&limit=100`, `${LIST}?labelSelector=a%3Db&limit=100&continue=next`],
  )

  const old = refusal(410, 'Expired')
  const first = page(['a'], 'next')
  const slow = await fakeKube(t, { [LIST]: inTurn(first, old, first, old, first, old, page(['a', 'b'])) })
  t.equal((await slow.cluster.list(CONFIG_MAPS, { namespace: 'team' })).items.length, 2)
  t.equal(slow.server.requests.at(-1)?.url, LIST)
  t.equal(slow.seen.length, 7)
})

t.test('one object that can not be read does not hide the others', async t => {
  const items = [{ metadata: { name: 'a' } }, null, { metadata: {} }, 'x', { metadata: { name: 'b' } }]
  const { cluster, undecodable } = await fakeKube(t, {
    [LIST]: reply(JSON.stringify({ metadata: { resourceVersion: '7' }, items })),
  })
  const list = await cluster.list(CONFIG_MAPS, { namespace: 'team' })
  t.strictSame(
    list.items.map(({ metadata }) => metadata.name),
    ['a', 'b'],
  )
  t.equal(undecodable.length, 3)
})

t.test('what the server warns of is told', async t => {
  const warning = '299 - "unknown field \\"dta\\"", 299 - "second"'
  const { cluster, warnings } = await fakeKube(t, { [PATH]: reply(ONE, { warning }) })
  await cluster.patch(CONFIG_MAPS, name, {})
  t.strictSame(warnings, ['unknown field "dta"', 'second'])
})

t.test('an error that asks to be asked later says when', async t => {
  const { cluster } = await fakeKube(t, {
    [PATH]: refusal(500, 'ServerTimeout', { details: { retryAfterSeconds: 2 } }),
  })
  const error = await cluster.get(CONFIG_MAPS, name).then(undefined, (thrown: unknown) => thrown)
  t.match(error, { name: 'ClusterError', retryAfter: 2000 })
})

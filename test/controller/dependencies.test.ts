// Secrets and ConfigMaps that a resource names: looked at one by one, seldom when nothing helps, at once when something may.
import t from 'tap'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { ClusterError } from '../../src/cluster/cluster-error.ts'
import { memoryCluster } from '../../src/cluster/memory/cluster.ts'
import { SECRETS } from '../../src/cluster/types.ts'
import { Dependencies } from '../../src/controller/dependencies.ts'
import { withCalls } from '../helpers/controllers.ts'
import { PlayedClock } from '../helpers/played-clock.ts'

const GIT = [{ kind: 'Secret', name: 'git' }] as const
const WAITING = { namespace: 'team', waits: true }
const STARTING = { namespace: 'team', waits: false }

function site() {
  const clock = new PlayedClock()
  const memory = memoryCluster({ clock })
  const calls: string[] = []
  const cluster: Cluster = withCalls(memory, (call, go) => {
    calls.push(call)
    return go()
  })
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'team', name: 'git' } } as const
  return {
    clock,
    calls,
    dependencies: new Dependencies(cluster, clock),
    create: () => memory.create(SECRETS, { ...secret, data: { password: 'cGxhbnRlZA==' } }),
    rotate: () => memory.patch(SECRETS, secret.metadata, { data: { password: 'b3RoZXI=' } }),
  }
}

t.test('B1 who failed looks after 10 s, then twice as long each time, at most 5 min', async t => {
  const { clock, calls, dependencies } = site()
  const waits: (number | undefined)[] = []
  for (let round = 0; round < 8; round++) {
    const { again = 0 } = await dependencies.look(GIT, WAITING)
    waits.push(again / 1000)
    await clock.advance(again)
  }
  t.same(waits, [10, 20, 40, 80, 160, 300, 300, 300])
  t.same(calls, Array(8).fill('get'))
})

t.test('until then nobody asks, however many resources name it', async t => {
  const { calls, dependencies } = site()
  for (let asker = 0; asker < 100; asker++) await dependencies.look(GIT, WAITING)
  t.same(calls, ['get'])
})

t.test('who is about to start a run looks at once, and nothing is listed or watched', async t => {
  const { calls, dependencies, create } = site()
  await dependencies.look(GIT, WAITING)
  await create()
  const { found, again } = await dependencies.look(GIT, STARTING)
  t.match(found, [{ name: 'git', keys: ['password'] }])
  t.equal(again, undefined)
  t.same(calls, ['get', 'get'])
})

t.test('a change is found at the next look, and the wait begins anew', async t => {
  const { clock, dependencies, create, rotate } = site()
  await create()
  await dependencies.look(GIT, WAITING)
  await clock.advance(10_000)
  const before = await dependencies.look(GIT, WAITING)
  await rotate()
  await clock.advance(20_000)
  const after = await dependencies.look(GIT, WAITING)
  t.not(after.found[0]?.resourceVersion, before.found[0]?.resourceVersion)
  t.equal(after.again, 10_000)
})

t.test('what is forbidden is an answer; a cluster that does not answer is none', async t => {
  const { clock } = site()
  const refusing = (reason: 'Forbidden' | 'Unavailable') =>
    new Dependencies(
      withCalls(memoryCluster({ clock }), () => Promise.reject(new ClusterError(reason, 'no'))),
      clock,
    )
  const { found } = await refusing('Forbidden').look(GIT, STARTING)
  t.strictSame(found, [{ kind: 'Secret', name: 'git', resourceVersion: undefined, keys: [], forbidden: true }])
  await t.rejects(refusing('Unavailable').look(GIT, STARTING), new ClusterError('Unavailable', 'no'))
})

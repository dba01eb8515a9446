// What people see of our resources with kubectl alone, and what scripts wait for.
import t from 'tap'
import { typeOf } from '../../src/cluster/types.ts'
import type { RollbookResource } from '../../src/resources/kinds.ts'
import { kindNames } from '../../src/resources/kinds.ts'
import type { KindName } from '../../src/resources/schema.ts'
import { clusterAt, namespaceFor, needApiServer } from '../helpers/control-plane.ts'
import { resourceOf } from '../helpers/manifests.ts'

const plane = needApiServer(t)

const MINUTE = 60_000

/** The status after a run that added three entries, half an hour ago. */
function statusOf(kind: KindName) {
  const ended = new Date(Date.now() - 30 * MINUTE).toISOString().replace(/\.\d+/, '')
  const condition = { lastTransitionTime: ended, observedGeneration: 1, message: '3 added' }
  const none = { invalid: 0, filtered: 0, conflicts: 0, unchanged: 0, removed: 0, stale: 0 }
  const counts = { ...none, total: 5, added: 3, updated: 2 }
  const isRegistry = kind === 'MCPRegistry'
  return {
    observedGeneration: 1,
    phase: isRegistry ? 'Ready' : 'Completed',
    conditions: [
      { ...condition, type: 'Ready', status: 'True', reason: 'Completed' },
      { ...condition, type: 'Succeeded', status: 'True', reason: 'Completed' },
    ].slice(0, isRegistry ? 1 : 2),
    lastRun: { id: 'a1', outcome: 'Completed', completionTime: ended, counts, message: '3 added, 2 updated' },
    ...(isRegistry ? { servers: 5 } : { nextRunTime: '2027-01-01T00:00:00Z' }),
  }
}

if (plane) {
  const cluster = clusterAt(t, plane.kubeconfig)
  const namespace = await namespaceFor(t, plane)
  const { kubectl } = plane
  const name = { namespace, name: 'example' }

  for (const kind of kindNames)
    await cluster.apply(typeOf(kind), { ...resourceOf(kind), metadata: name }, { manager: 'test' })

  /** Header and cells of the one row that `kubectl get` prints. */
  const table = async (...args: readonly string[]): Promise<Record<string, string>> => {
    const [header = '', row = ''] = (await kubectl('get', ...args, '-n', namespace)).split('\n')
    const starts = [...header.matchAll(/\S+(?: \S+)*/g)].map(found => found.index)
    const cells = starts.map((start, index) => {
      const end = starts[index + 1]
      return [header.slice(start, end).trim(), row.slice(start, end).trim()]
    })
    return Object.fromEntries(cells)
  }

  t.test('each kind is found by its names, and all together by their category', async t => {
    for (const names of ['rbreg', 'mcpregistry', 'rbimport', 'rbexport', 'rbsync'])
      t.match(await table(names, 'example'), { NAME: 'example' }, names)
    const all = await kubectl('get', 'rollbook', '-n', namespace, '-o', 'name')
    t.equal(all.trim().split('\n').length, 4)
  })

  t.test('a resource that was never looked at shows that, and only that', async t => {
    const { NAME, AGE, ...rest } = await table('mcpregistry')
    t.equal(NAME, 'example')
    t.match(AGE, /^\d+s$|^\d+m/)
    t.notMatch(Object.values(rest).join(), /error|invalid|<none>/i)
  })

  t.test('the state, the last run and its counts stand in the columns', async t => {
    for (const kind of kindNames) {
      const type = typeOf<RollbookResource>(kind)
      await cluster.applyStatus(type, { metadata: name, status: statusOf(kind) }, { manager: 'rollbook' })
      const phase = kind === 'MCPRegistry' ? 'Ready' : 'Completed'
      t.match(
        await table(type.plural),
        { PHASE: phase, READY: 'True', REASON: 'Completed', ADDED: '3', UPDATED: '2' },
        kind,
      )
      t.match(await table(type.plural, '-o', 'wide'), { MESSAGE: '3 added' }, `${kind} wide`)
    }
    t.match(await table('mcpregistryimportjob'), { 'NEXT RUN': '2027-01-01T00:00:00Z' })
    t.match(await table('mcpregistry'), { 'LAST SYNC': '30m', SERVERS: '5', 'NEXT SYNC': undefined })
  })

  t.test('kubectl wait sees the conditions', async t => {
    t.match(
      await kubectl('wait', '--for=condition=Ready', '--timeout=10s', 'rbreg/example', '-n', namespace),
      /condition met/,
    )
    const job = ['rbimport/example', '-n', namespace]
    t.match(await kubectl('wait', '--for=condition=Succeeded', '--timeout=10s', ...job), /condition met/)
    t.match(await kubectl('wait', '--for=jsonpath={.status.phase}=Completed', '--timeout=10s', ...job), /condition met/)
    await t.rejects(kubectl('wait', '--for=condition=Stalled', '--timeout=1s', ...job), { message: /timed out/ })
  })

  t.test('kubectl explains every kind', async t => {
    for (const kind of kindNames) {
      const text = await kubectl('explain', `${typeOf(kind).plural}.spec`)
      t.match(text, /Default: /, kind)
    }
  })
}

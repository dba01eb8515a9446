// Import jobs on a played world: each test is a sequence of what people, workers and clusters do.
import t from 'tap'
import { Reconciled } from '../helpers/reconciled.ts'

t.test('a new job runs once, and only once', async t => {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one')
  world.reconcile('one')
  t.equal(world.created.length, 1)
  t.match(world.status('one'), { phase: 'Running', observedGeneration: 1, activeRun: { attempt: 1, generation: 1 } })
  t.equal(world.condition('one', 'Ready'), 'Unknown Progressing')
  world.settle('one')
  world.run()
  world.settle('one')
  t.equal(world.writes.length, 1, 'a pod that runs changes nothing')
  world.pass(5)
  world.end({ log: ['{"name":"a","version":"1","outcome":"added","reason":null,"issues":[]}'] })
  world.settle('one')
  t.match(world.status('one'), {
    phase: 'Completed',
    activeRun: undefined,
    lastRun: { outcome: 'Completed', reason: 'EntriesWritten', counts: { added: 1 }, attempts: 1 },
    history: [{ reportRef: /-report$/ }],
  })
  t.equal(world.condition('one', 'Ready'), 'True EntriesWritten')
  t.equal(world.condition('one', 'Succeeded'), 'True EntriesWritten')
  t.equal(world.created.length, 1)
  t.strictSame(
    world.events.map(({ reason }) => reason),
    ['RunStarted', 'EntriesWritten'],
  )
  world.pass(7200)
  world.settle('one')
  t.equal(world.jobs.size, 0, 'D13 the Job is gone after its time')
  t.strictSame(world.broken, [])
})

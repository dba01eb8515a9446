// Each law finds what breaks it: a status that obeys all of them is broken field by field.
import t from 'tap'
import type { Status } from '../../src/reconcile/subject.ts'
import type { RollbookResource } from '../../src/resources/kinds.ts'
import { CANARY, checkStatusLaws } from './laws.ts'
import { failure } from './played-cluster.ts'
import { Reconciled } from './reconciled.ts'

/** A job with one run done and one under way. */
function lawful(): RollbookResource {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one')
  world.settle('one')
  world.pass(5)
  world.end()
  world.settle('one')
  world.annotate('one', { 'toolhive.stacklok.io/run-requested-at': 'now' })
  world.settle('one')
  return world.get('one')
}

function failed(): RollbookResource {
  const world = new Reconciled()
  world.add('MCPRegistryImportJob', 'one')
  world.settle('one')
  world.end({ exitCode: 10, result: failure('PushDenied') })
  world.settle('one')
  return world.get('one')
}

type Change = (status: { -readonly [K in keyof Status]: Status[K] }) => void

function broken(resource: RollbookResource, change: Change, previous?: Status): string {
  const status = structuredClone(resource.status) as Status
  change(status)
  return checkStatusLaws({ ...resource, status } as RollbookResource, previous).join('; ')
}

/** Sets fields of a condition. */
const condition =
  (type: string, fields: object): Change =>
  status => {
    status.conditions = (status.conditions ?? []).map(each => (each.type === type ? { ...each, ...fields } : each))
  }

const entries =
  (change: (history: NonNullable<Status['history']>) => NonNullable<Status['history']>): Change =>
  status => {
    const { history } = status
    status.history = change(history ?? [])
  }

const BROKEN: Record<string, { change: Change; law: RegExp }> = {
  'a missing condition': {
    change: status => (status.conditions = (status.conditions ?? []).slice(1)),
    law: /conditions are/,
  },
  'Ready and Stalled': { change: condition('Stalled', { status: 'True' }), law: /Ready True excludes/ },
  'Reconciling and Stalled': {
    change: status => {
      for (const type of ['Reconciling', 'Stalled']) condition(type, { status: 'True' })(status)
    },
    law: /never both True/,
  },
  'Ready Unknown': { change: condition('Ready', { status: 'Unknown' }), law: /means Reconciling True/ },
  'Reconciling during a later run': { change: condition('Reconciling', { status: 'True' }), law: /later run leaves/ },
  'a generation that is not there': { change: status => (status.observedGeneration = 7), law: /not above generation/ },
  'a condition of another generation': {
    change: condition('Ready', { observedGeneration: 0 }),
    law: /has the observedGeneration/,
  },
  'a word of nobody': { change: condition('Ready', { reason: 'Bogus' }), law: /closed list/ },
  'no sentence': { change: condition('Ready', { message: '' }), law: /has a message/ },
  'a field that is too long': { change: condition('Ready', { message: 'x'.repeat(5000) }), law: /at most 4096/ },
  'a run without Job and time': {
    change: status => delete (status.activeRun as { jobName?: string }).jobName,
    law: /has a Job or waits/,
  },
  'a phase that hides the run': { change: status => (status.phase = 'Completed'), law: /the phase is Completed/ },
  'Succeeded during a run': { change: condition('Succeeded', { status: 'True' }), law: /Succeeded is Unknown/ },
  'a run twice': { change: entries(([first]) => (first ? [first, first] : [])), law: /each run is in history once/ },
  'repeats apart': {
    change: entries(([first]) =>
      first ? ['a', 'b'].map(id => ({ ...first, id, outcome: 'Unchanged' as const, reason: 'NoChanges' })) : [],
    ),
    law: /adjacent repeats/,
  },
  'an end before the start': {
    change: entries(([first]) => (first ? [{ ...first, startTime: '2027-01-01T00:00:00Z' }] : [])),
    law: /ends after its start/,
  },
  'counts that do not add up': {
    change: entries(([first]) => (first?.counts ? [{ ...first, counts: { ...first.counts, total: 9 } }] : [])),
    law: /add up/,
  },
  'a forgotten success': { change: entries(() => []), law: /last success is never dropped/ },
  'a secret': { change: condition('Ready', { message: CANARY }), law: /no secret/ },
}

t.test('a lawful status breaks none', async t => {
  t.strictSame(checkStatusLaws(lawful()), [])
  t.strictSame(checkStatusLaws(failed()), [])
})

for (const [name, { change, law }] of Object.entries(BROKEN)) {
  t.test(name, async t => t.match(broken(lawful(), change), law))
}

t.test('Ready after a failure', async t => {
  t.match(broken(failed(), condition('Ready', { status: 'True' })), /Ready True needs/)
  t.match(
    broken(failed(), status => (status.lastRun = { ...status.lastRun, class: undefined } as never)),
    '',
  )
})

t.test('from one status to the next', async t => {
  const resource = lawful()
  const before = resource.status as Status
  t.match(
    broken(resource, condition('Ready', { lastTransitionTime: '2030-01-01T00:00:00Z' }), before),
    /changes with its status only/,
  )
  t.match(
    broken(resource, status => delete status.lastRun, before),
    /never forgotten/,
  )
  t.match(
    broken(resource, () => {}, { ...before, observedGeneration: 5 }),
    /never goes back/,
  )
  t.match(
    broken(resource, status => (status.lastRun = { id: 'x', outcome: 'Cancelled' }), before),
    /newest of history/,
  )
})

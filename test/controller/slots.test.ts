import t from 'tap'
import { Slots } from '../../src/controller/slots.ts'

function slotsOf(limit: number) {
  const granted: string[] = []
  return { slots: new Slots({ limit, granted: key => granted.push(key) }), granted }
}

t.test('one writer a branch; the next is named who is before it, and called when the branch is free', async t => {
  const { slots, granted } = slotsOf(10)
  t.same(slots.ask('a', 'main'), { granted: true })
  t.same(slots.ask('b', 'main'), { granted: false, behind: 'a' })
  t.same(slots.ask('c', 'other'), { granted: true })
  slots.release('a')
  t.same(granted, ['b'])
  t.same(slots.ask('b', 'main'), { granted: true })
})

t.test('no more runs than the limit, and then nobody is named', async t => {
  const { slots, granted } = slotsOf(1)
  slots.ask('a', undefined)
  t.same(slots.ask('b', 'main'), { granted: false })
  t.same(slots.ask('c', undefined), { granted: false })
  t.equal(slots.running, 1)
  slots.release('a')
  t.same(granted, ['b'])
  t.equal(slots.running, 1)
})

t.test('C5 ten writers of one branch run one after the other in the order of their coming', async t => {
  const { slots, granted } = slotsOf(3)
  const keys = Array.from({ length: 10 }, (_, index) => `job-${index}`)
  for (const key of keys) slots.ask(key, 'main')
  for (const key of keys) {
    // Who has run comes again at once, and stands at the end.
    slots.release(key)
    slots.ask(key, 'main')
  }
  t.same(granted, [...keys.slice(1), 'job-0'])
})

t.test('a branch that is busy holds up nobody who writes elsewhere', async t => {
  const { slots } = slotsOf(2)
  slots.ask('a', 'main')
  slots.ask('b', 'main')
  t.same(slots.ask('c', 'other'), { granted: true })
})

t.test('who was given a slot while it waited can give it up without having run', async t => {
  const { slots, granted } = slotsOf(1)
  slots.ask('a', 'main')
  slots.ask('b', 'main')
  slots.ask('c', 'main')
  slots.release('a')
  slots.release('b')
  t.same(granted, ['b', 'c'])
  slots.release('c')
  t.equal(slots.running, 0)
})

t.test('who leaves the line is not called', async t => {
  const { slots, granted } = slotsOf(1)
  slots.ask('a', 'main')
  slots.ask('b', 'main')
  slots.release('b')
  slots.release('a')
  t.same(granted, [])
  t.equal(slots.queued, 0)
})

t.test('after a restart those that run are held, also beyond the limit, and block their branch', async t => {
  const { slots } = slotsOf(1)
  slots.hold('a', 'main')
  slots.hold('b', 'other')
  t.same(slots.ask('c', 'main'), { granted: false, behind: 'a' })
  slots.release('a')
  t.same(slots.ask('c', 'main'), { granted: false }, 'the limit holds for new ones')
  slots.release('b')
  t.same(slots.ask('c', 'main'), { granted: true })
})

t.test('who writes another branch than before gives up the one it had', async t => {
  const { slots, granted } = slotsOf(5)
  slots.ask('a', 'main')
  slots.ask('b', 'main')
  t.same(slots.ask('a', 'other'), { granted: true })
  t.same(granted, ['b'])
})

t.test('who held the branch of a Job that still ends takes it from nobody who was given it meanwhile', async t => {
  const { slots, granted } = slotsOf(10)
  slots.ask('a', 'main')
  slots.ask('b', 'main')
  slots.ask('c', 'main')
  slots.ask('a', 'other')
  t.same(granted, ['b'])
  slots.hold('a', 'main')
  slots.ask('a', 'other')
  t.same(granted, ['b'], 'b writes main')
  slots.release('b')
  t.same(granted, ['b', 'c'])
})

t.test('a branch that somebody else was given is not granted again to who holds it for an old Job', async t => {
  const { slots, granted } = slotsOf(10)
  slots.ask('a', 'main')
  slots.hold('b', 'main')
  t.same(slots.ask('b', 'main'), { granted: false, behind: 'a' })
  slots.release('a')
  t.same(granted, ['b'])
})

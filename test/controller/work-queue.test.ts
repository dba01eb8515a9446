import t from 'tap'
import { backoff, WorkQueue } from '../../src/controller/work-queue.ts'
import { PlayedClock } from '../helpers/played-clock.ts'

interface Played {
  readonly clock: PlayedClock
  readonly queue: WorkQueue
  /** Keys in the order in which work on them began. */
  readonly begun: string[]
  readonly failed: { readonly key: string; readonly retryAfter: number }[]
}

/** A queue whose work is what the test says. */
function played(work: (key: string) => Promise<void>, concurrency = 2): Played {
  const clock = new PlayedClock()
  const begun: string[] = []
  const failed: Played['failed'][number][] = []
  const queue = new WorkQueue({
    concurrency,
    clock,
    process: async key => {
      begun.push(key)
      await work(key)
      return 'done'
    },
    failed: (key, _error, retryAfter) => failed.push({ key, retryAfter }),
  })
  return { clock, queue, begun, failed }
}

/** Work that ends when the test says. */
function gate() {
  const open = new Map<string, () => void>()
  return {
    work: (key: string) => new Promise<void>(resolve => open.set(key, resolve)),
    end: (key: string) => open.get(key)?.(),
  }
}

t.test('a key that waits is worked on once, whoever adds it how often', async t => {
  const { queue, begun } = played(async () => {}, 1)
  for (const key of ['first', 'a', 'b', 'a', 'a']) queue.add(key)
  await queue.idle()
  t.same(begun, ['first', 'a', 'b'])
})

t.test('a key is never worked on twice at a time; what comes meanwhile is worked on after', async t => {
  const { work, end } = gate()
  const { queue, begun, clock } = played(work)
  queue.add('a')
  await clock.advance(0)
  queue.add('a')
  queue.add('a')
  await clock.advance(0)
  t.same(begun, ['a'])
  end('a')
  await clock.advance(0)
  t.same(begun, ['a', 'a'])
  end('a')
  await queue.idle()
  t.same(begun, ['a', 'a'])
})

t.test('no more than the limit at a time, first come first served', async t => {
  const { work, end } = gate()
  const { queue, begun, clock } = played(work, 2)
  for (const key of ['a', 'b', 'c', 'd']) queue.add(key)
  await clock.advance(0)
  t.same(begun, ['a', 'b'])
  queue.add('a')
  end('a')
  await clock.advance(0)
  t.same(begun, ['a', 'b', 'c'], 'who comes back stands at the end')
})

t.test('a failure is repeated with a backoff of its own, others are not held up', async t => {
  const { queue, begun, failed, clock } = played(async key => {
    if (key === 'bad') throw new Error('no')
  })
  queue.add('bad')
  queue.add('good')
  await clock.advance(0)
  t.same(begun, ['bad', 'good'])
  t.same(failed, [{ key: 'bad', retryAfter: 1500 }])
  await clock.advance(1499)
  t.equal(begun.length, 2)
  await clock.advance(1)
  t.equal(begun.length, 3)
  t.equal(failed.at(-1)?.retryAfter, 3000)
  await clock.advance(3_600_000)
  t.equal(failed.at(-1)?.retryAfter, 225_000, 'at most five minutes')
  t.ok(begun.length < 25, 'an hour of failures is no storm')
})

t.test('a success makes the next failure the first again', async t => {
  let fails = 3
  const { queue, failed, clock } = played(async () => {
    if (fails-- > 0) throw new Error('no')
  })
  queue.add('a')
  await clock.advance(60_000)
  fails = 1
  queue.add('a')
  await clock.advance(0)
  t.same(
    failed.map(({ retryAfter }) => retryAfter),
    [1500, 3000, 6000, 1500],
  )
})

t.test('backoff stays between 1 s and 5 min, and spreads', async t => {
  for (let failures = 0; failures < 40; failures++) {
    t.ok(backoff(failures, 0) >= 1_000)
    t.ok(backoff(failures, 1) <= 300_000)
    t.ok(backoff(failures, 1) > backoff(failures, 0))
  }
})

t.test('a server that asks to be left alone is left alone', async t => {
  const { queue, failed, clock } = played(async () => {
    throw Object.assign(new Error('busy'), { retryAfter: 90_000 })
  })
  queue.add('a')
  await clock.advance(0)
  t.equal(failed[0]?.retryAfter, 90_000)
})

t.test('of several wishes for later the earliest wins', async t => {
  const { queue, begun, clock } = played(async () => {})
  queue.addAfter('a', 60_000)
  queue.addAt('a', new Date(clock.now().getTime() + 5_000))
  queue.addAfter('a', 30_000)
  await clock.advance(4_999)
  t.same(begun, [])
  await clock.advance(1)
  t.same(begun, ['a'])
  await clock.advance(120_000)
  t.same(begun, ['a'], 'later wishes are done with')
})

t.test('work on a key ends older wishes for it', async t => {
  const { queue, begun, clock } = played(async () => {})
  queue.addAfter('a', 60_000)
  queue.add('a')
  await clock.advance(120_000)
  t.same(begun, ['a'])
})

t.test(
  'D15 a clock that jumps ahead brings what is due within half a minute; one set back delays no backoff',
  async t => {
    const { queue, begun, clock } = played(async () => {})
    queue.addAt('tick', new Date(clock.now().getTime() + 12 * 3_600_000))
    queue.addAfter('retry', 10_000)
    clock.jump(-3_600_000)
    await clock.advance(10_000)
    t.same(begun, ['retry'])
    clock.jump(14 * 3_600_000)
    await clock.advance(30_000)
    t.same(begun, ['retry', 'tick'])
  },
)

t.test('stop ends what is worked on, and nothing else begins', async t => {
  const { work, end } = gate()
  const { queue, begun, clock } = played(work, 1)
  queue.add('a')
  queue.add('b')
  queue.addAfter('c', 1_000)
  await clock.advance(0)
  queue.add('a')
  const stopped = queue.stop()
  queue.add('d')
  end('a')
  await stopped
  await clock.advance(60_000)
  t.same(begun, ['a'])
  t.equal(clock.sleeping, 0, 'nobody sleeps on')
})

t.test('a hung worker shows in the figures', async t => {
  const { work } = gate()
  const { queue, clock } = played(work, 2)
  for (const key of ['a', 'b', 'c']) queue.add(key)
  queue.addAfter('d', 600_000)
  await clock.advance(0)
  await clock.advance(7_000)
  t.same(queue.figures(), {
    depth: 1,
    delayed: 1,
    longestRunning: 7,
    unfinishedWork: 14,
    adds: 3,
    retries: 0,
  })
})

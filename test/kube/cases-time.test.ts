// What time asks of a run, on a real API server: ticks where nothing moved, ticks that were missed, clocks that jump, ticks
// while a run is under way (cases of design section 7). Summer time is tried in reconcile/schedule.test.ts: a server's own
// clock can't be set.
import t from 'tap'
import { Failure } from '../../src/lib/failure.ts'
import { hostGuard, LOCAL_HOSTS } from '../../src/lib/hosts.ts'
import { eventually } from '../contracts/cluster-site.ts'
import { needControlPlane } from '../helpers/control-plane.ts'
import { eventsOf } from '../helpers/controllers.ts'
import { A_DAY, hourly, kubeSite, targetOf } from '../helpers/kube-site.ts'
import { completed } from '../helpers/played-worker.ts'
import { ShiftedClock } from '../helpers/shifted-clock.ts'

const AT = 'toolhive.stacklok.io/run-requested-at'
const HOUR = 3_600_000

const plane = needControlPlane(t)

if (plane) {
  t.test('A8 a tick where nothing moved: no Job, no entry, only the next tick', async t => {
    const site = await kubeSite(t, plane)
    const asked: string[] = []
    await site.start({
      guard: () => hostGuard(LOCAL_HOSTS, async () => [{ address: '192.0.2.1', family: 4 }]),
      git: remote => {
        asked.push(remote.url)
        return unmoved(remote)
      },
    })
    await site.add('one', { schedule: hourly() })
    const before = await site.ended('one')
    t.strictSame(asked, [], 'a run for the spec needs no look')
    for (let tick = 1; tick <= 2; tick++) {
      const { nextRunTime } = (await site.get('one')).status ?? {}
      site.clock.pass(HOUR)
      await site.until('one', status => status.nextRunTime !== nextRunTime)
      const both = ['https://git.example.com/source.git', 'https://git.example.com/target.git']
      t.strictSame(asked.splice(0), both, 'source and target are asked, once a tick')
    }
    const { status } = await site.get('one')
    t.strictSame(status?.history, before.status?.history)
    t.strictSame(status?.lastRun, before.status?.lastRun)
    t.equal(site.kubelet.jobs.length, 1)
    t.strictSame(site.broken, [])
  })

  t.test('D15 no controller for hours, and a source that can not be asked: one run catches up', async t => {
    const site = await kubeSite(t, plane)
    const first = await site.start()
    await site.add('one', { schedule: hourly() })
    const { status } = await site.ended('one')
    await first.stop()
    const next = Date.parse(status?.nextRunTime ?? '')
    const missed = JSON.stringify({ status: { nextRunTime: new Date(next - 6 * HOUR).toISOString() } })
    const patch = ['--subresource=status', '--type=merge', '-p', missed]
    await plane.kubectl('patch', 'mcpregistryimportjob', 'one', '-n', site.namespace, ...patch)
    await site.start({ git: notNow })
    const done = await site.ended('one', { not: status?.lastRun?.id })
    t.match(done.status?.lastRun?.trigger, { type: 'Schedule', token: new Date(next - HOUR).toISOString() })
    t.equal(done.status?.nextRunTime, status?.nextRunTime)
    await site.fence()
    t.equal(site.kubelet.jobs.length, 3, 'the first, the one that catches up, and the fence')
    t.strictSame(site.broken, [])
  })

  t.test('D15 the clock jumps six hours ahead, and back: one run catches up, and no tick is repeated', async t => {
    const site = await kubeSite(t, plane)
    const ahead = await site.start({ git: notNow })
    await site.add('one', { schedule: hourly(), activeDeadlineSeconds: A_DAY })
    const before = await site.ended('one')
    const next = Date.parse(before.status?.nextRunTime ?? '')
    site.clock.pass(6 * HOUR)
    const caughtUp = await site.ended('one', { not: before.status?.lastRun?.id })
    const token = new Date(next + 5 * HOUR).toISOString()
    t.match(caughtUp.status?.lastRun?.trigger, { type: 'Schedule', token })
    t.equal(caughtUp.status?.nextRunTime, new Date(next + 6 * HOUR).toISOString())
    await site.fence()
    t.equal(site.kubelet.jobs.length, 3, 'the first, the one that catches up, and the fence')
    await ahead.stop()
    const clock = new ShiftedClock()
    await site.start({ git: notNow, clock })
    const back = await site.until('one', ({ nextRunTime }) => nextRunTime === new Date(next).toISOString())
    t.equal(back.status?.lastRun?.id, caughtUp.status?.lastRun?.id)
    await site.fence('other-fence')
    t.equal(site.kubelet.jobs.length, 4, 'the other fence alone')
    clock.pass(HOUR)
    const again = await site.ended('one', { not: caughtUp.status?.lastRun?.id })
    t.match(again.status?.lastRun?.trigger, { type: 'Schedule', token: new Date(next).toISOString() })
    t.equal(site.kubelet.jobs.length, 5)
    t.strictSame(site.broken, [])
  })

  t.test(
    'D16 a tick during a run: Forbid leaves it out with an event, Replace ends the run and starts anew',
    async t => {
      const site = await kubeSite(t, plane)
      await site.start({ git: notNow })
      const spec = { schedule: hourly(), activeDeadlineSeconds: A_DAY }
      await site.add('forbid', spec)
      const target = { git: { ...targetOf('replace'), branch: 'other' } }
      await site.add('replace', { ...spec, concurrencyPolicy: 'Replace', target })
      for (const name of ['forbid', 'replace']) await site.ended(name)
      site.worker = () => undefined
      const requested: Record<string, string | undefined> = {}
      for (const name of ['forbid', 'replace']) {
        await site.patch(name, { metadata: { annotations: { [AT]: 'x' } } })
        const { status } = await site.until(name, ({ activeRun }) => activeRun?.jobName !== undefined)
        requested[name] = status?.activeRun?.id
      }
      site.clock.pass(HOUR)
      const replaced = await site.until(
        'replace',
        ({ activeRun }) => activeRun?.trigger?.type === 'Schedule' && activeRun.jobName !== undefined,
      )
      t.ok(replaced.status?.history?.some(({ id, reason }) => id === requested['replace'] && reason === 'Replaced'))
      const skips = async () =>
        (await eventsOf(site.cluster, site.namespace)).filter(event => /^TickSkipped/.test(event))
      await eventually(async () => (await skips()).length > 0, 'a word about the tick that was left out')
      t.match(await skips(), [/^TickSkipped ×1: the tick of .* is left out/])
      t.equal((await site.get('forbid')).status?.activeRun?.id, requested['forbid'], 'it goes on')
      site.worker = job => completed(job, site.clock.now())
      const ended = await site.ended('forbid')
      t.match(ended.status?.lastRun, { id: requested['forbid'], outcome: 'Completed' })
      await site.ended('replace')
      await site.fence()
      t.equal(site.kubelet.jobs.length, 2 + 3 + 1, 'nothing makes up for the tick that was left out')
      t.strictSame(site.broken, [])
    },
  )
}

/** What the played worker has seen of source and target. */
async function unmoved({ url }: { readonly url: string }) {
  return { emptyRepository: false, commit: (url.includes('target') ? 'b' : 'a').repeat(40) }
}

function notNow(): Promise<never> {
  return Promise.reject(new Failure('NetworkFailed', 'transient', 'nobody answers'))
}

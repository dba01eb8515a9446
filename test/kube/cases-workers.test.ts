// Runs whose workers are real programs on real repositories, and whose Jobs are on a real API server: pods that do the same
// run, and targets that somebody edits (cases of design section 7).
import t, { type Test } from 'tap'
import { nativeEngine } from '../../src/git/native/engine.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { eventually } from '../contracts/cluster-site.ts'
import { damageOf, namesIn, runsOf } from '../helpers/branch-state.ts'
import { type ControlPlane, needControlPlane } from '../helpers/control-plane.ts'
import { catalogOf, datedServer, listOf } from '../helpers/entries.ts'
import { bareRepository } from '../helpers/git-repository.ts'
import { type HeldWorker, heldWorker, workerEnd } from '../helpers/held-worker.ts'
import { A_DAY, hourly, kubeSite } from '../helpers/kube-site.ts'
import type { PlayedEnd } from '../helpers/played-kubelet.ts'

const PATH = 'catalog/registry.json'
const HOUR = 3_600_000

const plane = needControlPlane(t)

if (plane) {
  t.test('C10 two pods of one Job push at the same moment: one commit, which the status names', async t => {
    const { site, spec, check } = await workerSite(t, plane)
    const pods: HeldWorker[] = []
    let end: PlayedEnd | undefined
    site.worker = job => {
      while (pods.length < 2) pods.push(heldWorker(t, job))
      return end
    }
    await site.start()
    await site.add('one', spec)
    await eventually(() => pods.length === 2, 'both pods')
    await pushTogether(pods)
    const ends = await Promise.all(pods.map(({ ended }) => ended))
    end = ends[1]
    await check(1, ends)
  })

  t.test('C10 a pod whose node was given up works on beside that of the next attempt: one commit', async t => {
    const { site, spec, check } = await workerSite(t, plane)
    const pods = new Map<string, HeldWorker>()
    const ends = new Map<string, PlayedEnd>()
    site.worker = job => {
      const { name } = job.metadata
      if (!pods.has(name)) pods.set(name, heldWorker(t, job))
      return ends.get(name)
    }
    await site.start()
    await site.add('one', spec)
    await eventually(() => pods.size === 1, 'the first pod')
    const [lost = ''] = pods.keys()
    await pods.get(lost)?.atPush()
    ends.set(lost, { exitCode: 137, podReason: 'NodeLost' })
    await site.until('one', ({ activeRun }) => activeRun?.retryTime !== undefined)
    site.clock.pass(60_000)
    await eventually(() => pods.size === 2, 'the second pod')
    await pushTogether([...pods.values()])
    const said = await Promise.all([...pods.values()].map(({ ended }) => ended))
    const [, last = ''] = pods.keys()
    ends.set(last, said[1] ?? { exitCode: 137 })
    await check(2, said)
  })

  for (const { onConflict, lastRun, description } of [
    { onConflict: 'Replace', lastRun: { outcome: 'Completed', counts: { updated: 1 } }, description: 'the server' },
    { onConflict: 'Keep', lastRun: { outcome: 'Unchanged', counts: { conflicts: 1 } }, description: 'edited by hand' },
  ] as const) {
    t.test(
      `H5 an entry that was edited in the target: the next tick finds it, and counts it (${onConflict})`,
      async t => {
        const { site, spec, target } = await workerSite(t, plane)
        const ends = new Map<string, PlayedEnd | undefined>()
        site.worker = ({ metadata: { name }, ...job }) => {
          if (!ends.has(name)) void workerEnd(t, job).then(end => ends.set(name, end))
          ends.set(name, ends.get(name))
          return ends.get(name)
        }
        const git = nativeEngine({ allowFile: true, allowHttp: false, ambient: { PATH: process.env['PATH'] } })
        await site.start({ git: (...question) => git.probe(...question) })
        await site.add('one', { ...spec, schedule: hourly(), activeDeadlineSeconds: A_DAY, merge: { onConflict } })
        const first = await site.ended('one')
        t.match(first.status?.lastRun, { outcome: 'Completed', counts: { added: 1 } })
        const text = await target.read(PATH)
        await target.commit({ [PATH]: text.replace('the server io.example/one', 'edited by hand') })
        site.clock.pass(HOUR)
        const { status } = await site.ended('one', { not: first.status?.lastRun?.id })
        t.match(status?.lastRun, { trigger: { type: 'Schedule' }, ...lastRun })
        t.match(await target.read(PATH), new RegExp(`"io\\.example/one",\\s*"description": *"${description}`))
        t.strictSame(await damageOf(target), [])
        t.strictSame(site.broken, [])
      },
    )
  }
}

/** An import between real repositories, and what must hold when its run has ended after so many attempts. */
async function workerSite(t: Test, plane: ControlPlane) {
  const site = await kubeSite(t, plane)
  const source = await bareRepository(t, { 'registry.json': listOf(datedServer('io.example/one')) })
  const target = await bareRepository(t, { [PATH]: catalogOf(datedServer('io.example/there-before')) })
  const spec = {
    source: { type: 'git', git: { repository: source.url, path: 'registry.json' } },
    target: { git: { repository: target.url, path: PATH } },
  }
  const check = async (attempts: number, ends: readonly PlayedEnd[]) => {
    const done = await site.ended('one')
    const { lastRun } = done.status ?? {}
    const revision = `main@sha1:${await target.head()}`
    t.match(lastRun, { outcome: 'Completed', attempts, target: { revision } })
    const said = ends.map(({ exitCode, message = '' }) => ({ exitCode, ...(JSON.parse(message) as RunResult) }))
    const wanted = { exitCode: 0, outcome: 'Completed', target: { revision } }
    t.match(said, [wanted, wanted], 'both tell of the one commit')
    t.strictSame(await runsOf(target), [lastRun?.id])
    t.equal((await target.log()).length, 2, 'ours, and what was there')
    t.strictSame((await namesIn(target, PATH)).sort(), ['io.example/one', 'io.example/there-before'])
    t.strictSame(await damageOf(target), [])
    t.equal(site.kubelet.jobs.length, attempts)
    t.strictSame(site.broken, [])
  }
  return { site, spec, target, check }
}

async function pushTogether(pods: readonly HeldWorker[]): Promise<void> {
  await Promise.all(pods.map(pod => pod.atPush()))
  await Promise.all(pods.map(pod => pod.push()))
}

// Kills a run at random moments and runs it again: the body of the kill tests, short in flow/, whole in soak/.
import type { Test } from 'tap'
import {
  type KillSite,
  kill,
  killSite,
  PHASES,
  type Phase,
  runAgain,
  startAttempt,
  type Undisturbed,
} from './kill-site.ts'
import { seededRandom } from './random.ts'
import { until } from './until.ts'

export interface KillRounds {
  /** Runs that are killed once. */
  readonly kills: number
  /** Runs that are killed three to five times in a row. */
  readonly sequences: number
}

/** From where a moment counts: the whole run, what follows the start of node, or the short time that follows the push. */
type From = 'start' | 'scratch folder' | 'push'

interface Moment {
  readonly from: From
  /** 0 up to 1 of the time from there. */
  readonly share: number
  /** A host that outlives its client. */
  readonly spareServer: boolean
}

/** The start of node is half of a run, and the end of the push a few hundredths: of ten kills these are for all of it, these for the rest. */
const FROM: readonly From[] = [...Array<From>(3).fill('start'), ...Array<From>(6).fill('scratch folder'), 'push']

/** What is left of a run when its push has arrived. */
const AFTER_PUSH_MS = 60

/** Multiples of it, taken modulo 1, spread evenly however many there are. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

export async function killRounds(t: Test, undisturbed: Undisturbed, { kills, sequences }: KillRounds): Promise<void> {
  const random = seededRandom(t)
  const { tree, source } = undisturbed
  const timing = new Timing(undisturbed.milliseconds)
  const phases: Phase[] = []
  const offset = random()
  let inFlight = 0

  for (let round = 0; round < kills; round++) {
    await t.test(`kill ${round + 1}`, async t => {
      const site = await killSite(t, source)
      const share = (offset + round * GOLDEN) % 1
      const from = FROM[round % FROM.length] ?? 'start'
      const killed = await killAt(site, { from, share, spareServer: random() < 0.5 }, timing)
      phases.push(killed.phase)
      const begin = performance.now()
      const reason = await runAgain(t, site, { tree, what: killed.what })
      if (reason === 'EntriesWritten') timing.ran(performance.now() - begin)
      else if (killed.phase === 'committed locally') inFlight++
    })
  }
  // Chance may miss a phase that lasts some hundredths of a run: soak/kill-phases.test.ts stops a run in each of them.
  const counts = PHASES.map(phase => `${phases.filter(found => found === phase).length} ${phase}`)
  t.comment(`kills: ${counts.join(', ')}; ${inFlight} pushes in flight were finished by the server`)

  for (let sequence = 1; sequence <= sequences; sequence++) {
    await t.test(`kills in a row ${sequence}`, async t => {
      const site = await killSite(t, source)
      const killed: string[] = []
      for (let left = 3 + Math.floor(random() * 3); left > 0; left--) {
        const moment = { from: 'scratch folder' as const, share: random(), spareServer: random() < 0.5 }
        killed.push((await killAt(site, moment, timing)).what)
      }
      await runAgain(t, site, { tree, what: killed.join('; ') })
    })
  }
}

async function killAt(site: KillSite, moment: Moment, timing: Timing): Promise<{ phase: Phase; what: string }> {
  const { from, share, spareServer } = moment
  const begin = performance.now()
  const attempt = startAttempt(site)
  let hasEnded = false
  void attempt.program.ended.then(() => {
    hasEnded = true
  })
  let length = timing.whole()
  if (from !== 'start') {
    await until(() => hasEnded || attempt.scratch().length > 0, 'the scratch folder of the run')
    timing.started(performance.now() - begin)
    length = timing.working()
  }
  if (from === 'push') {
    await until(() => hasEnded || attempt.hasMoved(), 'the push of the run')
    length = AFTER_PUSH_MS
  }
  const due = share * length + (from === 'start' ? begin : performance.now())
  await until(() => hasEnded || performance.now() >= due, 'the moment of the kill')
  const time = Math.round(performance.now() - begin)
  if (hasEnded) timing.ran(time)
  const phase = await kill(site, attempt, spareServer)
  return { phase, what: `killed after ${time} ms, ${phase}${spareServer ? ', the server lives' : ''}` }
}

/** How long runs take at the moment: the machine's load changes while the test goes on. */
class Timing {
  private readonly runs: number[]
  private readonly starts: number[] = []

  constructor(milliseconds: number) {
    this.runs = [milliseconds]
  }

  ran(milliseconds: number): void {
    this.runs.push(milliseconds)
  }

  started(milliseconds: number): void {
    this.starts.push(milliseconds)
  }

  whole(): number {
    return recent(this.runs)
  }

  working(): number {
    return Math.max(this.whole() - recent(this.starts), this.whole() / 4)
  }
}

/** The median of the last three. */
function recent(values: readonly number[]): number {
  const sorted = values.slice(-3).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

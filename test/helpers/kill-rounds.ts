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

/** When to kill, and whether a server on the other side dies too. */
interface Moment {
  /** 0 up to 1: of the whole run, or of what follows the start of node. */
  readonly share: number
  readonly afterStart: boolean
  readonly spareServer: boolean
}

/** Multiples of it, taken modulo 1, spread evenly however many there are. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

/** The start of node is half of a run: three kills of ten are spread over all of it, the others over the rest. */
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
      const killed = await killAt(site, { share, afterStart: round % 10 > 2, spareServer: round % 2 === 1 }, timing)
      phases.push(killed.phase)
      const begin = performance.now()
      const reason = await runAgain(t, site, { tree, what: killed.what })
      if (reason === 'EntriesWritten') timing.ran(performance.now() - begin)
      else if (killed.phase === 'committed locally') inFlight++
    })
  }
  const counts = PHASES.map(phase => `${phases.filter(found => found === phase).length} ${phase}`)
  t.comment(`kills: ${counts.join(', ')}; ${inFlight} pushes in flight were finished by the server`)
  // Fewer may miss a phase that lasts some hundredths of a run; flow/kills.test.ts stops a run in each of them.
  if (kills >= 100) t.same(new Set(phases), new Set(PHASES), 'the kills hit a run in every phase')

  for (let sequence = 1; sequence <= sequences; sequence++) {
    await t.test(`kills in a row ${sequence}`, async t => {
      const site = await killSite(t, source)
      const killed: string[] = []
      for (let left = 3 + Math.floor(random() * 3); left > 0; left--) {
        const moment = { share: random(), afterStart: true, spareServer: random() < 0.5 }
        killed.push((await killAt(site, moment, timing)).what)
      }
      await runAgain(t, site, { tree, what: killed.join('; ') })
    })
  }
}

async function killAt(site: KillSite, moment: Moment, timing: Timing): Promise<{ phase: Phase; what: string }> {
  const { share, afterStart, spareServer } = moment
  const begin = performance.now()
  const attempt = startAttempt(site)
  let hasEnded = false
  void attempt.program.ended.then(() => {
    hasEnded = true
  })
  let due = begin + share * timing.whole()
  if (afterStart) {
    await until(() => hasEnded || attempt.scratch().length > 0, 'the scratch folder of the run')
    timing.started(performance.now() - begin)
    due = performance.now() + share * timing.working()
  }
  await until(() => hasEnded || performance.now() >= due, 'the moment of the kill')
  const time = Math.round(performance.now() - begin)
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

/** The median of the last five. */
function recent(values: readonly number[]): number {
  const sorted = values.slice(-5).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

// Judges the history of a target against the runs on record, both ways (cli.md, `rollbook audit`). Pure: facts in, findings out.
import type { CommitFact, Finding, FindingType, RunFact } from './audit-facts.ts'
import { differences, lackingTrailers } from './audit-trailers.ts'
import { Standing } from './standing.ts'
import { type RunTrailers, trailerTarget } from './trailers.ts'

/** Paths that are named to somebody who audits a wrong one. */
const MOST_PATHS = 5

const INFO: ReadonlySet<FindingType> = new Set(['HandEdit', 'Rewritten', 'HistoryTruncated'])

/** One audit: `see` every commit, each before its parents, then ask for `findings`. Holds runs and findings, never commits. */
export class Audit {
  /** Commits with trailers for the path, or without any that change it. */
  commits = 0
  /** Paths that runs wrote to, as their trailers say: the first few that were seen. */
  readonly written = new Set<string>()
  private readonly path: string
  private readonly runs = new Map<string, RunFact>()
  /** When the record begins, seconds, by resource. */
  private readonly oldest = new Map<string, number>()
  private readonly recorded = new Set<string>()
  /** Heads that runs on record met. */
  private readonly met = new Set<string>()
  /** Commits still to come that a run on record met. */
  private readonly reached = new Set<string>()
  /** Recorded commits that the branch still has. */
  private readonly present = new Set<string>()
  /** Runs whose commit was seen. */
  private readonly proven = new Set<string>()
  /** Commits that carry a run's trailers but are not the recorded one, newest first. */
  private readonly claims = new Map<string, string[]>()
  /** Runs that only a squash still tells of, and its commit. */
  private readonly squashes = new Map<string, string>()
  /** Commits that may be older than the record, by their run: their date says so, or a run on record met them. */
  private readonly older = new Map<string, string>()
  /** Those of them whose date says something else. */
  private readonly dated = new Set<string>()
  /** Commits of times of which the record does not tell each run. */
  private readonly untold = new Map<string, string>()
  private readonly standing = new Standing()
  private readonly found: Finding[] = []

  constructor(path: string, runs: Iterable<RunFact>) {
    this.path = path
    for (const run of runs) this.remember(run)
  }

  /** One run may be on record more than once: tried again, it found its own commit. */
  private remember(run: RunFact): void {
    const known = this.runs.get(run.id)
    if (known === undefined || known.made !== 'commit') this.runs.set(run.id, run)
    if (run.commit !== undefined) this.recorded.add(run.commit)
    if (run.met !== undefined) this.met.add(run.met)
    // Commits know whole seconds.
    const start = Math.floor(run.startTime.getTime() / 1000)
    this.oldest.set(run.resource, Math.min(start, this.oldest.get(run.resource) ?? start))
  }

  see(fact: CommitFact): void {
    const { commit, parents, trailers } = fact
    if (this.recorded.has(commit)) this.present.add(commit)
    const isMet = this.met.has(commit)
    const isWitness = isMet || this.isOnRecord(fact)
    if (isWitness) this.accuseBackdated(commit)
    const isReached = this.reached.delete(commit) || isMet
    this.judge(fact, isReached)
    if (isWitness || isReached) for (const parent of parents) this.reached.add(parent)
    this.standing.pass(fact, this.older.get(trailers?.run ?? '') === commit)
  }

  /** `isReached`: a run on record met the commit, so that it is no younger than that, whatever the clocks said. */
  private judge(fact: CommitFact, isReached: boolean): void {
    for (const block of fact.squashed) {
      const run = this.runs.get(block.run)
      if (run && differences(block, run).length === 0) this.squashes.set(run.id, fact.commit)
    }
    const { trailers } = fact
    if (trailers !== undefined) this.noteTarget(trailerTarget(trailers).path)
    if (trailers !== undefined && trailerTarget(trailers).path !== this.path) this.seeElsewhere(fact, trailers)
    else if (trailers !== undefined) this.seeOwn(fact, trailers, isReached)
    else if (fact.changesPath) {
      this.commits++
      this.tell('HandEdit', fact.commit, null, 'somebody changed the path by hand: the commit has no trailers of ours')
    }
  }

  /** What the commits seen so far amount to, in their order, then what no commit tells of. */
  findings(): readonly Finding[] {
    const found = [...this.found]
    const tell = (...finding: Parameters<typeof findingOf>) => found.push(findingOf(...finding))
    const proven = new Set(this.proven)
    for (const [id, commits] of this.claims) {
      const run = this.runs.get(id)
      const isThere = run?.commit !== undefined && this.present.has(run.commit)
      const original = isThere || proven.has(id) ? undefined : commits.at(-1)
      for (const commit of commits) {
        if (commit !== original) {
          const why = `it carries the trailers of run ${id}, whose commit is ${run?.commit ?? original ?? 'another one'}`
          tell('ForgedTrailer', this.path, { commit, run: id, message: why })
          continue
        }
        proven.add(id)
        if (run?.commit === undefined) continue
        const message = `the commit of run ${id} was ${run.commit}; a rebase or squash made it this one`
        tell('Rewritten', this.path, { commit, run: id, message })
      }
    }
    for (const run of this.runs.values()) {
      if (run.made !== 'commit' || proven.has(run.id)) continue
      const squash = this.squashes.get(run.id)
      const message =
        squash === undefined
          ? `run ${run.id} made commit ${run.commit ?? 'on record'}, and the branch has no commit of it`
          : `the commit of run ${run.id} was ${run.commit ?? 'another one'}; this one joined it with others`
      const type = squash === undefined ? 'RunWithoutCommit' : 'Rewritten'
      tell(type, this.path, { commit: squash ?? run.commit ?? null, run: run.id, message })
    }
    const unproven = this.older.size + this.untold.size
    if (unproven > 0) {
      const what =
        this.runs.size === 0
          ? 'no run is on record'
          : this.older.size > 0
            ? 'the record of runs begins later'
            : 'the record does not tell of each run'
      const message = `${what}: ${unproven} of the commits were judged by their trailers and digest alone`
      tell('HistoryTruncated', this.path, { commit: null, run: null, message })
    }
    return found
  }

  private noteTarget(path: string): void {
    if (path === this.path || (path !== '' && this.written.size < MOST_PATHS)) this.written.add(path)
  }

  private seeOwn(fact: CommitFact, trailers: RunTrailers, isReached: boolean): void {
    this.commits++
    const { commit } = fact
    const lacking = lackingTrailers(trailers)
    if (lacking.length > 0) {
      this.tell('ForgedTrailer', commit, trailers.run, `its trailers lack ${lacking.join(', ')}: no run writes such`)
    } else if (fact.digest !== trailers.digest) {
      const there = fact.digest === undefined ? 'has no catalog that can be read' : `has digest sha256:${fact.digest}`
      const message = `the tree ${there} at ${this.path}, and the trailer says sha256:${trailers.digest}`
      this.tell('DigestMismatch', commit, trailers.run, message)
    }
    const run = this.runs.get(trailers.run)
    if (run === undefined) this.seeUnknown(fact, trailers, isReached)
    else this.seeKnown(commit, trailers, run)
  }

  private isOnRecord({ commit, trailers }: CommitFact): boolean {
    if (this.recorded.has(commit)) return true
    const run = trailers && this.runs.get(trailers.run)
    return (
      run !== undefined && run.made === 'commit' && trailers !== undefined && differences(trailers, run).length === 0
    )
  }

  /** Whatever its date says, a commit is younger than what it stands on. */
  private accuseBackdated(commit: string): void {
    const above = new Set(this.standing.takeOn(commit))
    for (const [run, older] of this.older) {
      if (!above.has(older)) continue
      this.older.delete(run)
      const why = this.dated.has(older) ? '' : ': its date is not true'
      const message = `run ${run} is on no record, and the commit stands on ${commit}, the commit of a run that is${why}`
      this.tell('CommitWithoutRun', older, run, message)
    }
  }

  private seeUnknown({ commit, date }: CommitFact, { run, resource }: RunTrailers, isReached: boolean): void {
    const [name = ''] = resource.split(' ')
    // A resource that is on no record at all is no excuse: anybody can make one up.
    const oldest = this.oldest.get(name) ?? Math.min(...this.oldest.values())
    const isTold = this.runs.size > 0 && !this.isBetween(name, date)
    const isYounger = isTold && date.getTime() / 1000 >= oldest
    if (isYounger && !isReached) {
      const message = `run ${run} is on no record, though the commit is younger than the oldest run there`
      this.tell('CommitWithoutRun', commit, run, message)
      return
    }
    if (isYounger) this.dated.add(commit)
    const known = isTold ? this.older : this.untold
    const newer = known.get(run)
    if (newer !== undefined) {
      this.tell('ForgedTrailer', newer, run, `it carries the trailers of run ${run}, whose commit is ${commit}`)
    }
    known.set(run, commit)
  }

  /** At a time of runs that are on record as one. */
  private isBetween(resource: string, date: Date): boolean {
    const seconds = date.getTime() / 1000
    return [...this.runs.values()].some(
      ({ resource: name, made, startTime, until }) =>
        name === resource &&
        made === 'unknown' &&
        until !== undefined &&
        Math.floor(startTime.getTime() / 1000) <= seconds &&
        seconds <= until.getTime() / 1000,
    )
  }

  private seeKnown(commit: string, trailers: RunTrailers, run: RunFact): void {
    if (run.made === 'nothing') {
      this.tell('ForgedTrailer', commit, run.id, `run ${run.id} ended ${run.outcome} and made no commit`)
      return
    }
    const differing = differences(trailers, run)
    if (differing.length > 0) {
      const message = `run ${run.id} is on record with another ${differing.join(', ')} than its trailers say`
      this.tell('ForgedTrailer', commit, run.id, message)
    } else if (run.commit === commit) this.proven.add(run.id)
    else this.claims.set(run.id, [...(this.claims.get(run.id) ?? []), commit])
  }

  /** Another target of the same branch. It may not touch this one's path; its runs are not this one's to look for. */
  private seeElsewhere({ commit, changesPath }: CommitFact, trailers: RunTrailers): void {
    if (changesPath && !overlap(trailerTarget(trailers).path, this.path)) {
      this.commits++
      const lacking = lackingTrailers(trailers)
      const why =
        lacking.length > 0
          ? `lack ${lacking.join(', ')}: no run writes such`
          : `say that it wrote ${trailerTarget(trailers).path}`
      const message = `it changes ${this.path}, and its trailers ${why}`
      this.tell('ForgedTrailer', commit, trailers.run, message)
      return
    }
    const run = this.runs.get(trailers.run)
    if (run && differences(trailers, run).length === 0) this.proven.add(run.id)
  }

  private tell(type: FindingType, commit: string | null, run: string | null, message: string): void {
    this.found.push(findingOf(type, this.path, { commit, run, message }))
  }
}

/** One contains the other: who writes there changes both. */
function overlap(one: string, other: string): boolean {
  return one.startsWith(`${other}/`) || other.startsWith(`${one}/`)
}

function findingOf(type: FindingType, path: string, about: Pick<Finding, 'commit' | 'run' | 'message'>): Finding {
  const { commit, run, message } = about
  return { type, severity: INFO.has(type) ? 'info' : 'error', commit, run, path, message }
}

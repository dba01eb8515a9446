// Judges the history of a target against the runs on record, both ways (cli.md, `rollbook audit`). Pure: facts in, findings out.
import type { HistoryCommit } from '../git/engine.ts'
import { COUNT_KEYS, type Counts, type RunOutcome } from '../resources/result.ts'
import { Standing } from './standing.ts'
import { type RunTrailers, trailerTarget, trailerUrl } from './trailers.ts'

/** A run as its RunResult, or a resource's history, records it. */
export interface RunFact {
  readonly id: string
  /** `<kind>/<namespace>/<name>` */
  readonly resource: string
  readonly outcome: RunOutcome
  /** `unknown` for a run that failed: it may have pushed and died before it could say so. */
  readonly made: 'commit' | 'nothing' | 'unknown'
  readonly startTime: Date
  /** Commit on record. */
  readonly commit: string | undefined
  readonly sourceRevision: string | null
  /** 64 hex digits. */
  readonly digest: string | null
  readonly counts: Counts
  /** 64 hex digits; RunResults have none. */
  readonly requestHash?: string
}

/** A commit of the target's branch. */
export interface CommitFact extends Pick<HistoryCommit, 'commit' | 'parents' | 'date' | 'changesPath'> {
  /** Undefined for a commit that does not carry them. */
  readonly trailers: RunTrailers | undefined
  /** Trailers higher up in the message: what a squash leaves of the commits it joined. */
  readonly squashed: readonly RunTrailers[]
  /** Digest of what stands at the path of the trailers; undefined when nothing readable stands there, or nobody asked. */
  readonly digest: string | undefined
}

export type FindingType =
  | 'CommitWithoutRun'
  | 'RunWithoutCommit'
  | 'DigestMismatch'
  | 'HandEdit'
  | 'ForgedTrailer'
  | 'Rewritten'
  | 'HistoryTruncated'

export interface Finding {
  readonly type: FindingType
  readonly severity: 'error' | 'info'
  readonly commit: string | null
  readonly run: string | null
  readonly path: string
  readonly message: string
}

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
  private readonly oldest: number
  private readonly recorded = new Set<string>()
  /** Recorded commits that the branch still has. */
  private readonly present = new Set<string>()
  /** Runs whose commit was seen. */
  private readonly proven = new Set<string>()
  /** Commits that carry a run's trailers but are not the recorded one, newest first. */
  private readonly claims = new Map<string, string[]>()
  /** Runs that only a squash still tells of, and its commit. */
  private readonly squashes = new Map<string, string>()
  /** Commits that say they are older than the record, by their run, and what they stand on. */
  private readonly older = new Map<string, string>()
  private readonly standing = new Standing()
  private readonly found: Finding[] = []

  constructor(path: string, runs: Iterable<RunFact>) {
    this.path = path
    for (const run of runs) this.remember(run)
    const starts = [...this.runs.values()].map(({ startTime }) => startTime.getTime())
    // Commits know whole seconds.
    this.oldest = Math.floor(starts.reduce((least, start) => Math.min(least, start), Number.POSITIVE_INFINITY) / 1000)
  }

  /** One run may be on record more than once: tried again, it found its own commit. */
  private remember(run: RunFact): void {
    const known = this.runs.get(run.id)
    if (known === undefined || known.made !== 'commit') this.runs.set(run.id, run)
    if (run.commit !== undefined) this.recorded.add(run.commit)
  }

  see(fact: CommitFact): void {
    if (this.recorded.has(fact.commit)) this.present.add(fact.commit)
    if (this.isOnRecord(fact)) this.accuseBackdated(fact.commit)
    this.judge(fact)
    this.standing.pass(fact, this.older.get(fact.trailers?.run ?? '') === fact.commit)
  }

  private judge(fact: CommitFact): void {
    for (const block of fact.squashed) {
      const run = this.runs.get(block.run)
      if (run && differences(block, run).length === 0) this.squashes.set(run.id, fact.commit)
    }
    const { trailers } = fact
    if (trailers !== undefined) this.noteTarget(trailerTarget(trailers).path)
    if (trailers !== undefined && trailerTarget(trailers).path !== this.path) this.seeElsewhere(fact, trailers)
    else if (trailers !== undefined) this.seeOwn(fact, trailers)
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
    if (this.older.size > 0) {
      const what = this.runs.size === 0 ? 'no run is on record' : 'the record of runs begins later'
      const message = `${what}: ${this.older.size} of the commits were judged by their trailers and digest alone`
      tell('HistoryTruncated', this.path, { commit: null, run: null, message })
    }
    return found
  }

  private noteTarget(path: string): void {
    if (path === this.path || this.written.size < MOST_PATHS) this.written.add(path)
  }

  private seeOwn(fact: CommitFact, trailers: RunTrailers): void {
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
    if (run === undefined) this.seeUnknown(fact, trailers.run)
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
      const message = `run ${run} is on no record, and the commit stands on ${commit}, whose run is: its date is not true`
      this.tell('CommitWithoutRun', older, run, message)
    }
  }

  private seeUnknown({ commit, date }: CommitFact, run: string): void {
    if (date.getTime() / 1000 >= this.oldest) {
      const message = `run ${run} is on no record, though the commit is younger than the oldest run there`
      this.tell('CommitWithoutRun', commit, run, message)
      return
    }
    const newer = this.older.get(run)
    if (newer !== undefined) {
      this.tell('ForgedTrailer', newer, run, `it carries the trailers of run ${run}, whose commit is ${commit}`)
    }
    this.older.set(run, commit)
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
    if (changesPath) {
      this.commits++
      const message = `it changes ${this.path}, and its trailers say that it wrote ${trailerTarget(trailers).path}`
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

function findingOf(type: FindingType, path: string, about: Pick<Finding, 'commit' | 'run' | 'message'>): Finding {
  const { commit, run, message } = about
  return { type, severity: INFO.has(type) ? 'info' : 'error', commit, run, path, message }
}

/** Names of trailers that are not as a run writes them. */
function lackingTrailers(trailers: RunTrailers): string[] {
  const { resource, target, digest, request, outcome } = trailers
  const checks: readonly [string, boolean][] = [
    ['Resource', /^\S+\/\S+\/\S+ uid=\S+ generation=\d+$/.test(resource)],
    ['Target', /^(File|Directory|Namespace) (upstream|toolhive) ./.test(target)],
    ['Outcome', outcome === 'Completed' || outcome === 'PartiallyCompleted'],
    ['Digest', /^[0-9a-f]{64}$/.test(digest)],
    ['Request', /^[0-9a-f]{64}$/.test(request)],
  ]
  return checks.filter(([, isThere]) => !isThere).map(([name]) => `Rollbook-${name}`)
}

/** What the trailers say otherwise than the record. Of a run that could not tell its end only the resource is sure. */
function differences(trailers: RunTrailers, run: RunFact): string[] {
  const [resource = ''] = trailers.resource.split(' ')
  const differs: [string, boolean][] = [['resource', resource !== run.resource]]
  if (run.requestHash !== undefined) differs.push(['request', trailers.request !== run.requestHash])
  if (run.made === 'commit') {
    differs.push(
      ['outcome', trailers.outcome !== run.outcome],
      ['counts', COUNT_KEYS.some(key => trailers.counts[key] !== run.counts[key])],
      ['digest', run.digest !== null && trailers.digest !== run.digest],
      ['source', run.sourceRevision !== null && !trailers.source.endsWith(` ${trailerUrl(run.sourceRevision)}`)],
    )
  }
  return differs.filter(([, isOther]) => isOther).map(([name]) => name)
}

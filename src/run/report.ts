// The report of a run: one outcome for every entry, the counts of them, and the result that they add up to.

import type { Diff } from '../entries/diff.ts'
import type { Decision, Mergeable } from '../entries/merge.ts'
import type { AcceptedEntry, Outcomes } from '../entries/prepare.ts'
import type { Issue } from '../lib/issue.ts'
import { type Counts, type EntryOutcome, type MoreIssues, NO_COUNTS } from '../resources/result.ts'

/** Notes about documents that are remembered; a result shows ten issues at most. */
const MOST_NOTES = 10

/** What became of an accepted entry; beside what a catalog holds, an entry may stand for itself. */
type Merged = Decision<AcceptedEntry, Mergeable>

/** Collects outcomes. What prepare decides stays; what merge decides is replaced when a lost race merges again. */
export class Report implements Outcomes {
  private readonly prepared: EntryOutcome[] = []
  private merged: readonly Merged[] = []
  /** What a ConfigMap target shall hold, once the run wrote it: whoever started the run puts it there. */
  exported: Buffer | undefined
  private readonly notes: Issue[] = []
  private beside: readonly Issue[] = []
  /** Documents of which nothing could be read. */
  unreadableDocuments = 0
  /** What a planned run would change; undefined for any other. */
  plan: Diff | undefined
  /** Null until the source was opened: a run that fails later tells what it read. */
  sourceRevision: string | null = null
  private settled = 0

  entry(outcome: EntryOutcome): void {
    this.prepared.push(outcome)
  }

  /** Issues about a document as a whole. One that can't be read counts as one invalid entry without a name. */
  document(issues: readonly Issue[]): void {
    this.notes.push(...issues.filter(issue => issue.severity !== 'error').slice(0, MOST_NOTES - this.notes.length))
    const error = issues.find(issue => issue.severity === 'error')
    if (error) {
      this.unreadableDocuments++
      this.entry({ name: undefined, version: undefined, outcome: 'invalid', reason: error.code, issues })
    }
  }

  /** A policy accepted the invalid entries until here: those that follow are another policy's to judge. */
  settleInvalid(): void {
    this.settled = this.refusable()
  }

  /** Invalid entries about which no policy has decided yet, by onInvalid and maxInvalid. */
  get openInvalid(): number {
    return this.refusable() - this.settled
  }

  /** `beside`: what is to say of the target as a whole. */
  decided(decisions: readonly Merged[], beside: readonly Issue[] = []): void {
    this.merged = decisions
    this.beside = beside
  }

  counts(): Counts {
    const counts: { -readonly [K in keyof Counts]: number } = { ...NO_COUNTS }
    for (const { outcome } of this.prepared) counts[outcome === 'invalid' ? 'invalid' : 'filtered']++
    for (const { outcome } of this.merged) counts[outcome === 'conflict' ? 'conflicts' : outcome]++
    counts.total =
      counts.invalid + counts.filtered + counts.conflicts + counts.added + counts.updated + counts.unchanged
    return counts
  }

  /** All but what longDescription Skip left out: that is as the policy wants it. */
  private refusable(): number {
    const isError = ({ severity }: Issue) => severity === 'error'
    return this.prepared.filter(({ outcome, issues }) => outcome === 'invalid' && issues.some(isError)).length
  }

  /** Every outcome: first what prepare refused, then the accepted entries in document order, then the target's others. */
  *outcomes(): Iterable<EntryOutcome> {
    yield* this.prepared
    for (const decision of this.merged) yield outcomeOf(decision)
  }

  /** What a result shows: errors of entries and documents, then notes about target and documents as a whole; errors never push out the target's. */
  issues(most: number): Issue[] {
    const errors = this.errors(most - this.beside.length)
    return [...errors, ...this.beside, ...this.notes].slice(0, most)
  }

  /** The problems that `issues(most)` does not show, in how many entries; undefined when there are none. */
  moreIssues(most: number): MoreIssues | undefined {
    let listed = 0
    let issues = 0
    const entries = new Set<EntryOutcome>()
    for (const [, entry] of this.problems()) {
      if (++listed <= most - this.beside.length) continue
      issues++
      entries.add(entry)
    }
    return issues === 0 ? undefined : { issues, entries: entries.size }
  }

  errors(most: number): Issue[] {
    const errors: Issue[] = []
    for (const [issue] of this.problems()) if (errors.push(issue) === most) break
    return errors
  }

  /** Why entries and documents are invalid: errors, then what the policy left out; other warnings are in the outcomes only. */
  private *problems(): Iterable<readonly [issue: Issue, entry: EntryOutcome]> {
    for (const entry of this.prepared) {
      for (const issue of entry.issues) if (issue.severity === 'error') yield [issue, entry]
    }
    for (const entry of this.prepared) {
      if (entry.outcome !== 'invalid') continue
      for (const issue of entry.issues) {
        if (issue.severity !== 'error' && issue.code === entry.reason) yield [issue, entry]
      }
    }
  }
}

function outcomeOf(decision: Merged): EntryOutcome {
  if (!('source' in decision)) {
    const { name, version } = decision.target
    return { name, version, outcome: decision.outcome, issues: [] }
  }
  const { name, version, issues } = decision.source
  return decision.outcome === 'conflict'
    ? { name, version, outcome: 'conflict', reason: 'TargetKept', issues }
    : { name, version, outcome: decision.outcome, issues }
}

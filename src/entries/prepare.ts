// The front half of every run: documents and policy to accepted entries, and one outcome for every entry that is not.
import type { Issue, Place } from '../lib/issue.ts'
import { Spool, type SpoolRange } from '../lib/spool.ts'
import type { FilterRequest, ValidationRequest } from '../resources/request.ts'
import type { EntryOutcome } from '../resources/result.ts'
import { LONG_DESCRIPTION } from './convert/long-description.ts'
import { newestDateOf } from './dates.ts'
import type { Envelope, Section, SourceDocument } from './document.ts'
import { marksOf, writtenEntry } from './entry.ts'
import { type Candidate, type Criterion, criteriaOf } from './filter.ts'
import { Identities, isIdentified } from './identities.ts'
import { type Judged, type JudgePolicy, judge } from './judge.ts'
import { ANY_IDENTITY, identityKey, type Mergeable } from './merge.ts'
import type { ReadEnvelope } from './source-envelope.ts'
import { latestOf } from './version-order.ts'

/** An entry that passed: its identity and fingerprint in memory, its text in the spool. */
export interface AcceptedEntry extends Mergeable {
  /** ToolHive form only. */
  readonly section?: Section
  /** Newest date inside, for `last_updated`. */
  readonly newestDate: string | undefined
  readonly text: SpoolRange
  /** In the source. */
  readonly place: Place
  /** Warnings and notes about it. */
  readonly issues: readonly Issue[]
}

export interface Accepted {
  /** In document order; one of each identity. */
  readonly entries: readonly AcceptedEntry[]
  readonly spool: Spool
  /** Of the documents that say something around their entries, in document order. */
  readonly envelopes: readonly ReadEnvelope[]
  /** Entries that were valid. */
  readonly valid: number
  /** The criterion that alone rejected every valid entry, such as `filter.include.tiers`; undefined when each let some pass. */
  readonly rejectedAllBy: string | undefined
  /** Identities of entries that were invalid, as far as they could be read (a version of '' is any): prune leaves them alone. */
  readonly invalidIdentities: ReadonlySet<string>
  /** How many entries had no name that could be read, by the path of their document. */
  readonly nameless: ReadonlyMap<string, number>
}

export interface PreparePolicy {
  readonly judge: JudgePolicy
  readonly filter: FilterRequest
  readonly validation?: ValidationRequest | undefined
}

/** Where prepare tells what became of entries and documents. */
export interface Outcomes {
  entry(outcome: EntryOutcome): void
  document(issues: readonly Issue[]): void
}

/** Reads all documents once, one entry at a time. Throws nothing for bad data. */
export async function prepare(
  documents: AsyncIterable<SourceDocument>,
  policy: PreparePolicy,
  outcomes: Outcomes,
): Promise<Accepted> {
  const gate = new Gate(policy, outcomes)
  const envelopes: ReadEnvelope[] = []
  for await (const document of documents) {
    outcomes.document(document.issues)
    const { path, format, envelope } = document
    if (format !== undefined && saysSomething(envelope)) envelopes.push({ path, format, envelope })
    for (const raw of document.entries()) gate.pass(judge(raw, path, policy.judge))
  }
  return {
    entries: gate.close(),
    spool: gate.spool,
    envelopes,
    valid: gate.valid,
    rejectedAllBy: gate.rejectedAllBy(),
    invalidIdentities: gate.invalidIdentities,
    nameless: gate.nameless,
  }
}

function saysSomething({ top, data }: Envelope): boolean {
  return Object.keys(top).length > 0 || Object.keys(data).length > 0
}

/** Decides on one judged entry after the other; which version is the latest is known only at the end. */
class Gate {
  readonly spool = new Spool()
  valid = 0
  readonly invalidIdentities = new Set<string>()
  readonly nameless = new Map<string, number>()
  private readonly criteria: readonly Criterion[]
  /** Criteria that let some entry pass. */
  private readonly passed = new Set<Criterion>()
  private readonly latestOnly: boolean
  private readonly namespace: string
  private readonly outcomes: Outcomes
  private readonly accepted: AcceptedEntry[] = []
  private readonly identities = new Identities()
  private readonly versions = new Map<string, { version: string; publishedAt?: string }[]>()

  constructor({ filter, validation, judge: { namespace } }: PreparePolicy, outcomes: Outcomes) {
    this.criteria = criteriaOf(filter, validation)
    this.namespace = namespace
    this.latestOnly = filter.versions === 'latest'
    this.outcomes = outcomes
  }

  pass(judged: Judged): void {
    if (!isIdentified(judged)) {
      const { name, version, issues } = judged
      this.invalidIdentities.add(this.identityAsRead(name, version))
      if (name === undefined) this.countNameless(judged.place().document)
      this.outcomes.entry({ name, version, outcome: 'invalid', reason: reasonOf(issues), issues })
      return
    }
    const { name, version, document, issues } = judged
    const { text, fingerprint } = writtenEntry(document)
    const place = judged.place()
    const repetition = this.identities.add(judged, { fingerprint, place })
    if (repetition.kind !== 'first') {
      this.outcomes.entry(
        repetition.kind === 'copy'
          ? { name, version, outcome: 'filtered', reason: 'Duplicate', issues }
          : { name, version, outcome: 'invalid', reason: 'DuplicateIdentity', issues: [...issues, repetition.issue] },
      )
      return
    }
    const { identity } = repetition
    this.valid++
    const marks = marksOf(document)
    if (this.latestOnly && marks.status !== 'deleted') this.remember(name, version, marks.publishedAt)

    const rejection = this.rejection({ document, key: judged.key })
    if (rejection !== undefined) {
      this.outcomes.entry({ name, version, outcome: 'filtered', reason: rejection, issues })
      return
    }
    this.accepted.push({
      identity,
      name,
      version,
      fingerprint,
      marks,
      newestDate: newestDateOf(document),
      text: this.spool.append(text),
      place,
      issues,
    })
  }

  /**
   * The first criterion's reason. The others are asked too until they let something pass: what one criterion rejects
   * altogether is asked for by mistake, or lacking in the format.
   */
  private rejection(candidate: Candidate): string | undefined {
    let first: string | undefined
    for (const criterion of this.criteria) {
      if (first !== undefined && this.passed.has(criterion)) continue
      const reason = criterion.reject(candidate)
      if (reason === undefined) this.passed.add(criterion)
      else first ??= reason
    }
    return first
  }

  rejectedAllBy(): string | undefined {
    if (this.valid === 0) return undefined
    if (this.latestOnly && this.versions.size === 0) return 'filter.versions'
    return this.criteria.find(criterion => !this.passed.has(criterion))?.field
  }

  close(): readonly AcceptedEntry[] {
    if (!this.latestOnly) return this.accepted
    return this.accepted.filter(entry => {
      const versions = this.versions.get(entry.name)
      const isLatest = versions !== undefined && latestOf(versions)?.version === entry.version
      if (isLatest) return true
      const about = { ...identityOf(entry), issues: entry.issues }
      if (entry.marks.status === 'deleted') this.outcomes.entry({ ...about, outcome: 'filtered', reason: 'Deleted' })
      else this.outcomes.entry({ ...about, outcome: 'filtered', reason: 'OlderVersion' })
      return false
    })
  }

  /** As far as it could be read: every version of the name when there is none, and every entry when there is no name. */
  private identityAsRead(name: string | undefined, version: string | undefined): string {
    if (name === undefined) return ANY_IDENTITY
    // A ToolHive entry has no version, and its name gets the namespace when it is converted.
    const fullName = name.includes('/') ? name : `${this.namespace}/${name}`
    return version === undefined ? identityKey(fullName, '') : identityKey(name, version)
  }

  private countNameless(document: string): void {
    this.nameless.set(document, (this.nameless.get(document) ?? 0) + 1)
  }

  private remember(name: string, version: string, publishedAt: string | undefined): void {
    const known = this.versions.get(name) ?? []
    known.push(publishedAt === undefined ? { version } : { version, publishedAt })
    this.versions.set(name, known)
  }
}

function identityOf(entry: AcceptedEntry): { name: string; version: string } {
  return { name: entry.name, version: entry.version }
}

function reasonOf(issues: readonly Issue[]): string {
  const error = issues.find(issue => issue.severity === 'error')
  const leftOut = issues.find(issue => issue.code === LONG_DESCRIPTION)
  return (error ?? leftOut)?.code ?? 'Invalid'
}

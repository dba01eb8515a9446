// The front half of every run: documents and policy to accepted entries, and one outcome for every entry that is not.
import type { Issue } from '../lib/issue.ts'
import { Spool, type SpoolRange } from '../lib/spool.ts'
import type { FilterRequest } from '../resources/request.ts'
import type { EntryOutcome } from '../resources/result.ts'
import { newestDateOf } from './dates.ts'
import type { Envelope, Section, SourceDocument } from './document.ts'
import { fingerprintOf, marksOf, writeEntry } from './entry.ts'
import { type EntryFilter, entryFilter } from './filter.ts'
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
  /** Of its document. */
  readonly path: string
  /** Warnings and notes about it. */
  readonly issues: readonly Issue[]
}

export interface Accepted {
  /** In document order; one of each identity. */
  readonly entries: readonly AcceptedEntry[]
  readonly spool: Spool
  /** Of the documents that say something around their entries, in document order. */
  readonly envelopes: readonly ReadEnvelope[]
  /** Entries that were valid: what "a filter matched nothing" is measured by. */
  readonly valid: number
  /** Identities of entries that were invalid, as far as they could be read (a version of '' is any): prune leaves them alone. */
  readonly invalidIdentities: ReadonlySet<string>
}

export interface PreparePolicy {
  readonly judge: JudgePolicy
  readonly filter: FilterRequest
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
    for (const raw of document.entries()) gate.pass(judge(raw, path, policy.judge), path)
  }
  return {
    entries: gate.close(),
    spool: gate.spool,
    envelopes,
    valid: gate.valid,
    invalidIdentities: gate.invalidIdentities,
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
  private readonly filter: EntryFilter
  private readonly latestOnly: boolean
  private readonly namespace: string
  private readonly outcomes: Outcomes
  private readonly accepted: AcceptedEntry[] = []
  private readonly fingerprints = new Map<string, string>()
  private readonly versions = new Map<string, { version: string; publishedAt?: string }[]>()

  constructor({ filter, judge: { namespace } }: PreparePolicy, outcomes: Outcomes) {
    this.filter = entryFilter(filter)
    this.namespace = namespace
    this.latestOnly = filter.versions === 'latest'
    this.outcomes = outcomes
  }

  pass(judged: Judged, path: string): void {
    const { name, version, document, issues } = judged
    if (!document || name === undefined || version === undefined) {
      this.invalidIdentities.add(this.identityAsRead(name, version))
      this.outcomes.entry({ name, version, outcome: 'invalid', reason: reasonOf(issues), issues })
      return
    }
    const fingerprint = fingerprintOf(document)
    const identity = identityKey(name, version)
    const known = this.fingerprints.get(identity)
    if (known !== undefined) {
      this.outcomes.entry(
        known === fingerprint
          ? { name, version, outcome: 'filtered', reason: 'Duplicate', issues }
          : {
              name,
              version,
              outcome: 'invalid',
              reason: 'DuplicateIdentity',
              issues: [...issues, duplicateIdentity(judged)],
            },
      )
      return
    }
    this.valid++
    this.fingerprints.set(identity, fingerprint)
    const marks = marksOf(document)
    if (this.latestOnly && marks.status !== 'deleted') this.remember(name, version, marks.publishedAt)

    const rejection = this.filter(document)
    if (rejection !== undefined) {
      this.outcomes.entry({ name, version, outcome: 'filtered', reason: rejection, issues })
      return
    }
    const text = this.spool.append(writeEntry(document))
    this.accepted.push({
      identity,
      name,
      version,
      fingerprint,
      marks,
      newestDate: newestDateOf(document),
      text,
      path,
      issues,
    })
  }

  close(): readonly AcceptedEntry[] {
    if (!this.latestOnly) return this.accepted
    return this.accepted.filter(entry => {
      const versions = this.versions.get(entry.name)
      const isLatest = versions !== undefined && latestOf(versions)?.version === entry.version
      if (!isLatest)
        this.outcomes.entry({ ...identityOf(entry), outcome: 'filtered', reason: 'OlderVersion', issues: entry.issues })
      return isLatest
    })
  }

  /** As far as it could be read: every version of the name when there is none, and every entry when there is no name. */
  private identityAsRead(name: string | undefined, version: string | undefined): string {
    if (name === undefined) return ANY_IDENTITY
    // A ToolHive entry has no version, and its name gets the namespace when it is converted.
    const fullName = name.includes('/') ? name : `${this.namespace}/${name}`
    return version === undefined ? identityKey(fullName, '') : identityKey(name, version)
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
  return issues.find(issue => issue.severity === 'error')?.code ?? 'Invalid'
}

function duplicateIdentity(judged: Judged): Issue {
  return judged.issueOf({
    code: 'DuplicateIdentity',
    tier: 'policy',
    severity: 'error',
    pointer: '',
    path: '',
    message: `a different entry ${judged.name} ${judged.version} came before in the same source; the first one is kept`,
  })
}

// Accepted entries in ToolHive's form: the latest version of each name, converted, under its key
// (git-contract.md, "To ToolHive"). What can't be converted gets its outcome here.
import { sha256Raw } from '../lib/hash.ts'
import type { Finding, Issue } from '../lib/issue.ts'
import type { JsonObject } from '../lib/json.ts'
import { Spool } from '../lib/spool.ts'
import type { PolicyRequest } from '../resources/request.ts'
import { canonicalJson } from './canonical.ts'
import { LEGAL_KEY, type ToolhiveEntry } from './convert/toolhive-fields.ts'
import { toToolhive } from './convert/upstream-to-toolhive.ts'
import { metadataDate } from './dates.ts'
import type { Section } from './document.ts'
import { TOOLHIVE_ENTRY } from './formats/toolhive.ts'
import { identityKey } from './merge.ts'
import type { Accepted, AcceptedEntry, Outcomes } from './prepare.ts'
import { toolhiveEntryFindings } from './validate/toolhive-schema.ts'
import { latestOf } from './version-order.ts'

/** Marks that are nobody's: ToolHive's format has no registry metadata. */
const NO_MARKS = {}

/** The entries as a ToolHive target merges them. One outcome for every entry that does not go on. */
export function projectToolhive(
  accepted: Accepted,
  policy: Pick<PolicyRequest, 'namespace' | 'strictToolHive'>,
  outcomes: Outcomes,
): Accepted {
  const spool = new Spool()
  const entries: AcceptedEntry[] = []
  const taken = new Set<string>()
  const refusedKeys: string[] = []
  const isLatest = latestTest(accepted.entries)
  for (const entry of accepted.entries) {
    if (!isLatest(entry)) {
      outcomes.entry({
        name: entry.name,
        version: entry.version,
        outcome: 'filtered',
        reason: 'OlderVersion',
        issues: entry.issues,
      })
      continue
    }
    const document = JSON.parse(accepted.spool.read(entry.text).toString('utf8')) as JsonObject
    const converted = toToolhive(document, {
      namespace: policy.namespace,
      strict: policy.strictToolHive,
      isLegalKeyFree: key => !taken.has(key),
    })
    const issues = [...entry.issues, ...converted.findings.map(finding => issueOf(finding, entry))]
    const refused = converted.ok ? schemaProblems(converted) : []
    if (!converted.ok || refused.length > 0) {
      const all = [...issues, ...refused.map(finding => issueOf(finding, entry))]
      refusedKeys.push(...possibleKeys(identityKey(entry.name, entry.version), policy.namespace))
      const reason = refused[0]?.code ?? converted.findings[0]?.code ?? 'NotConvertible'
      outcomes.entry({ name: entry.name, version: entry.version, outcome: 'invalid', reason, issues: all })
      continue
    }
    taken.add(converted.key)
    entries.push({
      identity: converted.key,
      name: entry.name,
      version: entry.version,
      section: converted.section,
      fingerprint: toolhiveFingerprint(converted.section, converted.value),
      marks: NO_MARKS,
      newestDate: metadataDate(converted.value),
      text: spool.append(JSON.stringify(converted.value)),
      issues,
    })
  }
  const unread = [...accepted.invalidIdentities].flatMap(identity => possibleKeys(identity, policy.namespace))
  const invalidIdentities = new Set([...unread, ...refusedKeys])
  return { ...accepted, entries, spool, invalidIdentities }
}

/**
 * What is left that ToolHive's schema refuses, such as a tier of its own in the extension: one such entry would make every
 * consumer refuse the whole file. Key, image and the minimum of tools are relaxed (git-contract.md, "To ToolHive").
 */
function schemaProblems({ section, key, value }: ToolhiveEntry): Finding[] {
  return toolhiveEntryFindings(section, key, value, { relaxed: true }).map(({ path, message }) => {
    const about = `as an entry of ToolHive's format, at ${path || 'its root'}: ${message}`
    return { code: 'ToolHiveSchema', tier: 'policy', severity: 'error', pointer: '', path: '', message: about }
  })
}

/** Equal entries of a ToolHive catalog have equal fingerprints; the section counts, because it says what runs. */
export function toolhiveFingerprint(section: Section, value: JsonObject): string {
  return sha256Raw(canonicalJson([section, value], TOOLHIVE_ENTRY))
}

function latestTest(entries: readonly AcceptedEntry[]): (entry: AcceptedEntry) => boolean {
  const byName = new Map<string, AcceptedEntry[]>()
  for (const entry of entries) {
    const known = byName.get(entry.name)
    if (known) known.push(entry)
    else byName.set(entry.name, [entry])
  }
  const latest = new Set<AcceptedEntry>()
  for (const versions of byName.values()) {
    const alive = versions.filter(({ marks }) => marks.status !== 'deleted')
    const stamps = (alive.length > 0 ? alive : versions).map(entry => ({
      entry,
      version: entry.version,
      ...(entry.marks.publishedAt === undefined ? {} : { publishedAt: entry.marks.publishedAt }),
    }))
    const newest = latestOf(stamps)
    if (newest) latest.add(newest.entry)
  }
  return entry => latest.has(entry)
}

/** Keys under which an upstream entry could stand in a ToolHive target. */
function possibleKeys(identity: string, namespace: string): string[] {
  const name = identity.slice(0, identity.indexOf('\u0000'))
  const simple = name.startsWith(`${namespace}/`) ? name.slice(namespace.length + 1) : ''
  return LEGAL_KEY.test(simple) ? [name, simple] : [name]
}

function issueOf(finding: Finding, { name, version, issues }: AcceptedEntry): Issue {
  return { ...finding, document: issues[0]?.document ?? '', name, version }
}

// Accepted entries in ToolHive's form: the latest version of each name, converted, under its key
// (git-contract.md, "To ToolHive"). What can't be converted gets its outcome here.
import { sha256Raw } from '../lib/hash.ts'
import type { Finding, Issue } from '../lib/issue.ts'
import { isJsonObject, type JsonObject, own } from '../lib/json.ts'
import { Spool } from '../lib/spool.ts'
import type { PolicyRequest } from '../resources/request.ts'
import { canonicalJson } from './canonical.ts'
import { KEPT_UPSTREAM, LEGAL_KEY, type ToolhiveEntry } from './convert/toolhive-fields.ts'
import { toUpstream } from './convert/toolhive-to-upstream.ts'
import { type ToToolhiveOptions, type ToToolhiveResult, toToolhive } from './convert/upstream-to-toolhive.ts'
import { laterDate, metadataDate, newestDateOf } from './dates.ts'
import type { Section } from './document.ts'
import { TOOLHIVE_ENTRY } from './formats/toolhive.ts'
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
    const converted = checkedToolhive(document, {
      namespace: policy.namespace,
      strict: policy.strictToolHive,
      isLegalKeyFree: key => !taken.has(key),
    })
    const issues = [...entry.issues, ...converted.findings.map(finding => issueOf(finding, entry))]
    if (!converted.ok) {
      const reason = converted.findings.find(({ severity }) => severity === 'error')?.code ?? 'NotConvertible'
      refusedKeys.push(...possibleKeys(entry.identity, policy.namespace))
      outcomes.entry({ name: entry.name, version: entry.version, outcome: 'invalid', reason, issues })
      continue
    }
    taken.add(converted.key)
    const text = canonicalJson(converted.value, TOOLHIVE_ENTRY)
    entries.push({
      identity: converted.key,
      name: entry.name,
      version: entry.version,
      section: converted.section,
      fingerprint: fingerprintOfText(converted.section, text),
      marks: NO_MARKS,
      newestDate: laterDate(
        metadataDate(converted.value),
        keepsUpstream(converted.value) ? entry.newestDate : undefined,
      ),
      text: spool.append(text),
      place: entry.place,
      issues,
    })
  }
  const unread = [...accepted.invalidIdentities].flatMap(identity => possibleKeys(identity, policy.namespace))
  const invalidIdentities = new Set([...unread, ...refusedKeys])
  return { ...accepted, entries, spool, invalidIdentities }
}

/** Equal entries of a ToolHive catalog have equal fingerprints; the section counts, because it says what runs. */
export function toolhiveFingerprint(section: Section, value: JsonObject): string {
  return fingerprintOfText(section, canonicalJson(value, TOOLHIVE_ENTRY))
}

function fingerprintOfText(section: Section, text: string): string {
  return sha256Raw(`["${section}",${text}]`)
}

/** Newest date inside an entry: `metadata.last_updated`, and the dates that it keeps of its upstream document. */
export function toolhiveDate(entry: ToolhiveEntry): string | undefined {
  const document = keepsUpstream(entry.value)
    ? toUpstream(entry, { namespace: '', longDescription: 'Skip' }).document
    : undefined
  return laterDate(metadataDate(entry.value), document && newestDateOf(document))
}

function keepsUpstream(value: JsonObject): boolean {
  const custom = own(value, 'custom_metadata')
  return isJsonObject(custom) && Object.hasOwn(custom, KEPT_UPSTREAM)
}

/** Converted, and held to the legacy schema as git-contract.md relaxes it: what ToolHive would refuse to load is not written. */
function checkedToolhive(document: JsonObject, options: ToToolhiveOptions): ToToolhiveResult {
  const converted = toToolhive(document, options)
  if (!converted.ok) return converted
  const { section, key, value } = converted
  const refused = toolhiveEntryFindings(section, key, value, { relaxed: true })
  if (!refused.some(({ severity }) => severity === 'error')) return converted
  return { ok: false, findings: refused.map(asToolhive) }
}

/** The ToolHive entry has no place in the source: the finding stands at the entry itself. */
function asToolhive(finding: Finding): Finding {
  const message = `as a ToolHive entry, at ${finding.path || 'its root'}: ${finding.message}`
  return { ...finding, code: 'NotConvertible', pointer: '', path: '', message }
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

function issueOf(finding: Finding, { name, version, place }: AcceptedEntry): Issue {
  return { ...finding, ...place, name, version }
}

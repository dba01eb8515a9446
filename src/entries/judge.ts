// One entry as read to a verdict: valid, with the upstream document that goes on, or invalid, with everything wrong with it.
import type { Finding, Issue, Place } from '../lib/issue.ts'
import { isJsonObject, type JsonObject, own } from '../lib/json.ts'
import type { PolicyRequest } from '../resources/request.ts'
import { longDescriptionFinding, longDescriptionOf, withShortDescription } from './convert/long-description.ts'
import { KEPT_UPSTREAM, type ToolhiveEntry } from './convert/toolhive-fields.ts'
import { toUpstream } from './convert/toolhive-to-upstream.ts'
import type { RawEntry, ReadFinding } from './document.ts'
import { metaConflicts, withMeta } from './entry.ts'
import { digestFindings } from './policy/digest.ts'
import { rewrittenDocument } from './policy/rewrite.ts'
import { publishFindings } from './validate/publish.ts'
import { deprecatedSchemaFinding, schemaFindings, schemaVersionOf } from './validate/schema.ts'
import { semanticFindings } from './validate/semantic.ts'
import { toolhiveEntryFindings } from './validate/toolhive-schema.ts'

/** How entries are judged. */
export interface JudgePolicy
  extends Pick<
    PolicyRequest,
    'checks' | 'namespace' | 'longDescription' | 'rewrite' | 'requireDigest' | 'officialBaseUrls'
  > {
  /** Holds ToolHive entries to ToolHive's strict schema (default), or to the relaxed one by which Rollbook writes them. */
  readonly strictToolHive?: boolean
  /** Says of documents of older schema versions: a warning (`all`), an error (`current`); absent: nothing. */
  readonly allowSchema?: 'all' | 'current'
}

export interface Judged {
  /** As far as they could be read. */
  readonly name: string | undefined
  readonly version: string | undefined
  /** Schema version that `$schema` names; ToolHive entries have none. */
  readonly schemaVersion: string | undefined
  readonly issues: readonly Issue[]
  /** The upstream document with every `_meta` inside, rewritten; undefined when the entry is invalid or left out. */
  readonly document: JsonObject | undefined
  /** In ToolHive's format. */
  readonly key: string | undefined
  /** A further finding about this entry, with its place. */
  issueOf(finding: Finding): Issue
  /** Where it stands. */
  place(): Place
}

const NO_ISSUES: readonly Issue[] = []

/** Pure: the same entry and policy give the same verdict. */
export function judge(raw: RawEntry, documentPath: string, policy: JudgePolicy): Judged {
  const { value } = raw
  const read = isJsonObject(value) ? judgeObject(raw, value, policy) : notAnObject(raw)
  const judged = policy.rewrite === undefined ? read : afterRewrite(read, policy)
  const findings = raw.findings.length === 0 ? judged.findings : [...raw.findings, ...judged.findings]
  const name = textOf(judged.document ?? value, 'name') ?? raw.key
  const version = textOf(judged.document ?? value, 'version')
  const issueOf = (finding: Finding) => placed(finding, raw, { documentPath, name, version })
  const issues = findings.length === 0 ? NO_ISSUES : shortened(findings).map(issueOf)
  const valid = !findings.some(finding => finding.severity === 'error')
  return {
    name,
    version,
    schemaVersion: judged.schemaVersion,
    issues,
    document: valid ? judged.document : undefined,
    key: raw.section === undefined ? undefined : raw.key,
    issueOf,
    place: () => ({ document: documentPath, ...raw.locate('') }),
  }
}

/** A broken entry of a megabyte may have a hundred thousand findings, and each of them is kept until the run ends. */
const MOST_FINDINGS = 200

/** Errors are never left out for warnings. */
function shortened(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= MOST_FINDINGS) return findings
  const errors = findings.filter(({ severity }) => severity === 'error')
  const kept = errors.length > 0 ? errors.slice(0, MOST_FINDINGS) : findings.slice(0, MOST_FINDINGS)
  const severity = errors.length > 0 ? 'error' : 'warning'
  const message = `${findings.length - kept.length} more problems of this entry are not listed`
  return [...kept, { code: 'TooManyProblems', tier: 'json', severity, pointer: '', path: '', message }]
}

interface Verdict {
  readonly schemaVersion: string | undefined
  readonly findings: readonly Finding[]
  readonly document: JsonObject | undefined
}

function judgeObject(raw: RawEntry, value: JsonObject, policy: JudgePolicy): Verdict {
  return raw.section !== undefined && raw.key !== undefined
    ? judgeToolhive({ section: raw.section, key: raw.key, value }, policy)
    : judgeUpstream(raw, value, policy)
}

/** By ToolHive's own schema first, then as the upstream document that it becomes. */
function judgeToolhive(entry: ToolhiveEntry, policy: JudgePolicy): Verdict {
  const legacy = policy.checks.includes('schema')
    ? toolhiveEntryFindings(entry.section, entry.key, entry.value, {
        relaxed: policy.strictToolHive === false || isOurs(entry),
      })
    : []
  const converted = toUpstream(entry, policy)
  const findings = [...legacy, ...converted.findings]
  if (!converted.document || findings.some(({ severity }) => severity === 'error')) {
    return { schemaVersion: undefined, findings, document: undefined }
  }
  const upstream = documentFindings(converted.document, policy).findings
  const unpinned = policy.requireDigest ? digestFindings(converted.document).map(atImage) : NO_FINDINGS
  return {
    schemaVersion: undefined,
    findings: [...findings, ...upstream.map(asUpstream), ...unpinned],
    document: withMeta(converted.document, undefined),
  }
}

function atImage(finding: Finding): Finding {
  return { ...finding, pointer: '/image', path: 'image' }
}

/** Entries that Rollbook converted keep what ToolHive can't say, and are held to the relaxed schema (git-contract.md, "To ToolHive"). */
function isOurs({ value }: ToolhiveEntry): boolean {
  const custom = own(value, 'custom_metadata')
  return isJsonObject(custom) && Object.hasOwn(custom, KEPT_UPSTREAM)
}

/** A finding about the converted document stands at the entry itself: the document has no place in the file. */
function asUpstream(finding: Finding): Finding {
  return {
    ...finding,
    pointer: '',
    path: '',
    message: `as an upstream document, at ${finding.path || 'its root'}: ${finding.message}`,
  }
}

/**
 * Under the policies Skip and Truncate a long description is that policy's business: the document is judged with a short one.
 * Under Fail the schema says what is wrong with it.
 */
function judgeUpstream(raw: RawEntry, value: JsonObject, policy: JudgePolicy): Verdict {
  const long = policy.longDescription === 'Fail' ? undefined : longDescriptionOf(value)
  const short = long === undefined ? undefined : withShortDescription(withMeta(value, raw.meta), long)
  const { schemaVersion, findings } = documentFindings(short ?? value, policy)
  const beside = [
    ...(long === undefined ? [] : [longDescriptionFinding(value, short ? policy.longDescription : 'Fail')]),
    ...metaConflicts(value, raw.meta).map(metaConflict),
    ...(policy.requireDigest ? digestFindings(value) : NO_FINDINGS),
  ]
  const isLeftOut = short !== undefined && policy.longDescription === 'Skip'
  return {
    schemaVersion,
    findings: beside.length === 0 ? findings : [...beside, ...findings],
    document: isLeftOut ? undefined : (short ?? withMeta(value, raw.meta)),
  }
}

/** Entries are judged as they were read; one that the policy changed is judged again, without the publisher's rules. */
function afterRewrite(verdict: Verdict, policy: JudgePolicy): Verdict {
  const { document, findings } = verdict
  if (!document || findings.some(({ severity }) => severity === 'error')) return verdict
  const { rewrite = [], officialBaseUrls = {} } = policy
  const rewritten = rewrittenDocument(document, { rewrite, officialBaseUrls })
  if (rewritten === document) return verdict
  // A mirror is never a host that the official registry takes: the publish tier speaks about the source.
  const checks = policy.checks.filter(check => check !== 'publish')
  const broken = documentFindings(rewritten, { ...policy, checks }).findings.filter(
    ({ severity }) => severity === 'error',
  )
  const told = broken.map(finding => ({ ...finding, message: `after policy.rewrite: ${finding.message}` }))
  return { ...verdict, findings: told.length === 0 ? findings : [...findings, ...told], document: rewritten }
}

const NO_FINDINGS: readonly Finding[] = []

/** Without the schema tier only `$schema` itself is judged, as the official publish endpoint does. */
function documentFindings(document: JsonObject, policy: JudgePolicy): Omit<Verdict, 'document'> {
  const { checks, allowSchema, officialBaseUrls } = policy
  const schema = checks.includes('schema') ? schemaFindings(document) : schemaVersionOf(document)
  const semantic = checks.includes('semantic') ? semanticFindings(document) : NO_FINDINGS
  const publish = checks.includes('publish')
    ? publishFindings(document, officialBaseUrls && { officialBaseUrls })
    : NO_FINDINGS
  const deprecated = allowSchema === undefined ? NO_FINDINGS : deprecatedFindings(schema.version, allowSchema)
  const more = semantic.length + publish.length + deprecated.length > 0
  return {
    schemaVersion: schema.version,
    findings: more ? [...schema.findings, ...deprecated, ...semantic, ...publish] : schema.findings,
  }
}

function deprecatedFindings(version: string | undefined, allow: 'all' | 'current'): readonly Finding[] {
  const finding = version === undefined ? undefined : deprecatedSchemaFinding(version)
  if (!finding) return NO_FINDINGS
  return [allow === 'current' ? { ...finding, severity: 'error' } : finding]
}

function metaConflict(key: string): Finding {
  return {
    code: 'MetaConflict',
    tier: 'json',
    severity: 'warning',
    pointer: '/_meta',
    path: '_meta',
    message: `${key} stands in the record's _meta and in the document's with different values; the document's is kept`,
  }
}

function notAnObject(raw: RawEntry): Verdict {
  const finding: Finding = {
    code: 'type',
    tier: 'schema',
    severity: 'error',
    pointer: '',
    path: '',
    message: 'an entry must be a JSON object',
  }
  return { schemaVersion: undefined, findings: raw.value === undefined ? [] : [finding], document: undefined }
}

interface Subject {
  readonly documentPath: string
  readonly name: string | undefined
  readonly version: string | undefined
}

function placed(finding: ReadFinding, raw: RawEntry, { documentPath, name, version }: Subject): Issue {
  // Not a spread: V8 is ten times slower with one, and a catalog may have a warning for each of its entries.
  const issue: { -readonly [K in keyof Issue]: Issue[K] } = Object.assign({}, finding, {
    document: documentPath,
  })
  if (name !== undefined) issue.name = name
  if (version !== undefined) issue.version = version
  if (finding.line !== undefined) return issue // reading the text gives some findings a place of their own
  const at = raw.locate(finding.pointer)
  if (at === undefined) return issue
  issue.line = at.line
  issue.column = at.column
  return issue
}

function textOf(value: unknown, key: string): string | undefined {
  const text = isJsonObject(value) ? own(value, key) : undefined
  return typeof text === 'string' ? text : undefined
}

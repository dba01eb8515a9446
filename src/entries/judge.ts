// One entry as read to a verdict: valid, with the upstream document that goes on, or invalid, with everything wrong with it.
import type { Finding, Issue } from '../lib/issue.ts'
import { isJsonObject, type JsonObject, own } from '../lib/json.ts'
import type { CheckName, PolicyRequest } from '../resources/request.ts'
import type { RawEntry } from './document.ts'
import { metaConflicts, withMeta } from './entry.ts'
import { schemaFindings } from './validate/schema.ts'
import { semanticFindings } from './validate/semantic.ts'

/** How entries are judged. */
export type JudgePolicy = Pick<PolicyRequest, 'checks' | 'namespace' | 'longDescription'>

export interface Judged {
  /** As far as they could be read. */
  readonly name: string | undefined
  readonly version: string | undefined
  /** Schema version that `$schema` names; ToolHive entries have none. */
  readonly schemaVersion: string | undefined
  readonly issues: readonly Issue[]
  /** The upstream document with every `_meta` inside; undefined when the entry is invalid. */
  readonly document: JsonObject | undefined
  /** A further finding about this entry, with its place. */
  issueOf(finding: Finding): Issue
}

const NO_ISSUES: readonly Issue[] = []

/** Pure: the same entry and policy give the same verdict. */
export function judge(raw: RawEntry, documentPath: string, policy: JudgePolicy): Judged {
  const { value } = raw
  const judged = isJsonObject(value) ? judgeUpstream(raw, value, policy.checks) : notAnObject(raw)
  const findings = raw.findings.length === 0 ? judged.findings : [...raw.findings, ...judged.findings]
  const name = textOf(value, 'name') ?? raw.key
  const version = textOf(value, 'version')
  const issueOf = (finding: Finding) => placed(finding, raw, { documentPath, name, version })
  const issues = findings.length === 0 ? NO_ISSUES : findings.map(issueOf)
  const valid = !findings.some(finding => finding.severity === 'error')
  return {
    name,
    version,
    schemaVersion: judged.schemaVersion,
    issues,
    document: valid ? judged.document : undefined,
    issueOf,
  }
}

interface Verdict {
  readonly schemaVersion: string | undefined
  readonly findings: readonly Finding[]
  readonly document: JsonObject | undefined
}

function judgeUpstream(raw: RawEntry, value: JsonObject, checks: readonly CheckName[]): Verdict {
  const schema = checks.includes('schema') ? schemaFindings(value) : { version: undefined, findings: [] }
  const semantic = checks.includes('semantic') ? semanticFindings(value) : []
  const conflicts = metaConflicts(value, raw.meta).map(metaConflict)
  return {
    schemaVersion: schema.version,
    findings: [...schema.findings, ...semantic, ...conflicts],
    document: withMeta(value, raw.meta),
  }
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

interface Place {
  readonly documentPath: string
  readonly name: string | undefined
  readonly version: string | undefined
}

function placed(finding: Finding, raw: RawEntry, place: Place): Issue {
  return {
    ...finding,
    document: place.documentPath,
    ...(place.name === undefined ? {} : { name: place.name }),
    ...(place.version === undefined ? {} : { version: place.version }),
    ...raw.locate(finding.pointer),
  }
}

function textOf(value: unknown, key: string): string | undefined {
  const text = isJsonObject(value) ? own(value, key) : undefined
  return typeof text === 'string' ? text : undefined
}

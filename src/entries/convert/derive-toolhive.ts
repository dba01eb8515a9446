// What a ToolHive entry says of an upstream document: the plain rules, field by field, without what has to be kept.
// A change of these rules changes what stored edits mean (kept-toolhive.ts): raise RULES_VERSION of resources/request.ts, and
// keep the old rules for old edits where these would no longer apply.
import type { Finding } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { extensionFor } from './extension.ts'
import { notConvertible } from './findings.ts'
import { originalDescription } from './long-description.ts'
import { chooseRunnable, type Runnable } from './runnable.ts'
import { fitted } from './short-text.ts'
import { carriedFields, LEGAL_KEY, OFFICIAL, objectsOf, type ToolhiveEntry, textOf } from './toolhive-fields.ts'
import { environmentOf, headersOf } from './variables.ts'

export interface KeyRules {
  /** The prefix of simple names, without slash. */
  readonly namespace: string
  /** True when no other entry has taken this simple name yet. */
  readonly isLegalKeyFree: (key: string) => boolean
}

export type DerivedToolhive =
  | {
      readonly ok: true
      readonly entry: ToolhiveEntry
      readonly runnable: Runnable
      /** ToolHive's extension of what runs. */
      readonly extension: JsonObject
    }
  | { readonly ok: false; readonly findings: readonly Finding[] }

const LEGACY_METADATA = ['stars', 'pulls', 'last_updated']

/** Bounds of a description in ToolHive's legacy schema. */
const DESCRIPTION = { min: 10, max: 500 }

/** The entry by the rules of toolhive-core's converter, with defaults for what the legacy schema requires. */
export function deriveToolhive(document: JsonObject, rules: KeyRules): DerivedToolhive {
  const choice = chooseRunnable(document)
  const name = textOf(own(document, 'name'))
  const description = own(document, 'description')
  if (!choice.ok || name === undefined || typeof description !== 'string') {
    const findings = choice.ok ? [] : [...choice.findings]
    if (name === undefined) findings.push(notConvertible('/name', 'the entry has no name'))
    if (typeof description !== 'string') {
      findings.push(notConvertible('/description', 'the entry has no description'))
    }
    return { ok: false, findings }
  }

  const { runnable } = choice
  const extension = extensionFor(document, runnable)
  const title = textOf(own(document, 'title'))
  const value: JsonObject = {
    description: fitted(originalDescription(document, description), `MCP server ${name}`, DESCRIPTION),
    ...(runnable.section === 'servers' ? { image: runnable.target } : { url: runnable.target }),
    status: statusOf(document, extension),
    tier: capitalised(own(extension, 'tier'), ['Official', 'Community']) ?? 'Community',
    tools: [],
    transport: runnable.transport,
    ...(title === undefined ? {} : { title }),
    ...repositoryOf(document),
    ...carriedFields(extension, runnable.section),
    ...legacyMetadata(own(extension, 'metadata')),
    ...(runnable.section === 'servers' ? packageFields(runnable.part) : remoteFields(runnable.part)),
  }
  return { ok: true, entry: { section: runnable.section, key: keyFor(name, rules), value }, runnable, extension }
}

/** git-contract.md, "To ToolHive": the simple name when the prefix fits and the rest is legal and free. */
function keyFor(name: string, { namespace, isLegalKeyFree }: KeyRules): string {
  if (!name.startsWith(`${namespace}/`)) return name
  const simple = name.slice(namespace.length + 1)
  return LEGAL_KEY.test(simple) && isLegalKeyFree(simple) ? simple : name
}

/** The extension's status; else what the official registry says; else Active. */
function statusOf(document: JsonObject, extension: JsonObject): string {
  const known = ['Active', 'Deprecated']
  const meta = own(document, '_meta')
  const official = isJsonObject(meta) ? own(meta, OFFICIAL) : undefined
  const published = isJsonObject(official) ? own(official, 'status') : undefined
  return capitalised(own(extension, 'status'), known) ?? (published === 'deprecated' ? 'Deprecated' : 'Active')
}

/** The known word whatever its case, else the text as it stands. */
function capitalised(value: JsonValue | undefined, known: readonly string[]): string | undefined {
  const text = textOf(value)
  return known.find(word => word.toLowerCase() === text?.toLowerCase()) ?? text
}

function repositoryOf(document: JsonObject): JsonObject {
  const repository = own(document, 'repository')
  const url = isJsonObject(repository) ? textOf(own(repository, 'url')) : undefined
  return url === undefined ? {} : { repository_url: url }
}

function packageFields(part: JsonObject): JsonObject {
  const transport = own(part, 'transport')
  const port = isJsonObject(transport) ? portOf(own(transport, 'url')) : undefined
  const variables = environmentOf(part)
  const args = argumentsOf(part)
  return {
    ...(port === undefined ? {} : { target_port: port }),
    ...(variables.length === 0 ? {} : { env_vars: variables }),
    // Otherwise the extension's `args` stay.
    ...(args.length === 0 ? {} : { args }),
  }
}

function remoteFields(remote: JsonObject): JsonObject {
  const headers = headersOf(remote)
  return headers.length === 0 ? {} : { headers }
}

/** The port as written: `new URL` would drop port 80. Without one ToolHive chooses, so no default is invented. */
function portOf(url: JsonValue | undefined): number | undefined {
  if (typeof url !== 'string') return undefined
  const digits = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?(?:\[[^\]/?#]*\]|[^:/?#[]*):(\d{1,5})(?:[/?#]|$)/i.exec(url)?.[1]
  const port = Number(digits)
  return digits !== undefined && port >= 1 && port <= 65_535 ? port : undefined
}

/** The extension's `metadata` without what only the extension knows (`kubernetes`): the legacy schema refuses it. */
function legacyMetadata(metadata: JsonValue | undefined): JsonObject {
  if (!isJsonObject(metadata)) return {}
  const keys = Object.keys(metadata)
  const known = keys.filter(key => LEGACY_METADATA.includes(key))
  if (known.length === keys.length) return {}
  return { metadata: Object.fromEntries(known.map(key => [key, metadata[key]])) }
}

/** The arguments of the program as a flat list: a name, then its value, each only when it says something. */
function argumentsOf(part: JsonObject): string[] {
  const flat: string[] = []
  for (const argument of objectsOf(own(part, 'packageArguments'))) {
    const name = own(argument, 'type') === 'named' ? textOf(own(argument, 'name')) : undefined
    const value = textOf(own(argument, 'value'))
    if (name !== undefined) flat.push(name)
    if (value !== undefined) flat.push(value)
  }
  return flat
}

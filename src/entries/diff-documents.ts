// Two sets of documents compared, whatever forms they have: as ToolHive entries where both sides are, else as upstream ones.
// Entries need an identity to be compared, and nothing else: what a rule forbids differs like anything else.
import type { Issue, Place } from '../lib/issue.ts'
import { isJsonObject, type JsonObject, own } from '../lib/json.ts'
import { Spool, type SpoolRange } from '../lib/spool.ts'
import { toUpstream } from './convert/toolhive-to-upstream.ts'
import { type Diff, type Difference, diffOf, fieldChanges } from './diff.ts'
import type { RawEntry, Section, SourceDocument } from './document.ts'
import { marksOf, withMarks, withMeta, writtenEntry } from './entry.ts'
import { duplicateIdentity } from './identities.ts'
import { identityKey, type Mergeable, merge } from './merge.ts'
import { toolhiveFingerprint } from './project-toolhive.ts'

/** One side of a comparison, read. */
export interface Side {
  readonly entries: readonly ReadEntry[]
  readonly spool: Spool
  /** What can't be compared. */
  readonly issues: readonly Issue[]
}

interface ReadEntry {
  readonly text: SpoolRange
  readonly place: Place
  /** ToolHive only. */
  readonly toolhive: { readonly section: Section; readonly key: string } | undefined
}

interface Compared extends Mergeable {
  readonly place: Place
  document(): JsonObject
}

/** Reads all documents of a side, one entry at a time. */
export async function readSide(documents: AsyncIterable<SourceDocument>): Promise<Side> {
  const spool = new Spool()
  const entries: ReadEntry[] = []
  const issues: Issue[] = []
  for await (const document of documents) {
    issues.push(...document.issues.filter(isError))
    for (const raw of document.entries()) {
      const errors = raw.findings.filter(isError)
      for (const finding of errors) issues.push({ ...raw.locate(finding.pointer), ...finding, document: document.path })
      if (errors.length > 0) continue
      const value = documentOf(raw)
      if (value === undefined) issues.push(noIdentity(raw, document.path, 'an entry must be a JSON object'))
      else if (raw.section === undefined && identityOf(value) === undefined)
        issues.push(noIdentity(raw, document.path, 'an entry without name or version can not be compared'))
      else {
        const { section, key } = raw
        const toolhive = section === undefined || key === undefined ? undefined : { section, key }
        const place = { document: document.path, ...raw.locate('') }
        entries.push({ text: spool.append(JSON.stringify(value)), place, toolhive })
      }
    }
  }
  return { entries, spool, issues }
}

export interface Comparison {
  readonly diff: Diff
  /** Errors: then the diff tells only of the other entries. */
  readonly issues: readonly Issue[]
}

/** From the one to the other. `namespace` is the prefix of simple ToolHive names where only one side is ToolHive's. */
export function compareSides(from: Side, to: Side, { namespace }: { readonly namespace: string }): Comparison {
  const asToolhive = [...from.entries, ...to.entries].every(({ toolhive }) => toolhive !== undefined)
  const issues = [...from.issues, ...to.issues]
  const index = (side: Side) => indexOf(side, { asToolhive, namespace, issues })
  const before = index(from)
  const after = index(to)
  const decisions = merge([...after.values()], before, { onConflict: 'Replace', prune: 'Missing', keep: new Set() })
  const differences = decisions.map((decision): Difference => {
    const { name, version } = 'target' in decision ? decision.target : decision.source
    const { outcome } = decision
    if (outcome === 'updated')
      return { name, version, outcome, changes: () => changesOf(decision.target, decision.source) }
    return { name, version, outcome: outcome === 'added' || outcome === 'removed' ? outcome : 'unchanged' }
  })
  return { diff: diffOf(differences), issues }
}

interface IndexOptions {
  readonly asToolhive: boolean
  readonly namespace: string
  readonly issues: Issue[]
}

function indexOf(side: Side, { asToolhive, namespace, issues }: IndexOptions): ReadonlyMap<string, Compared> {
  const index = new Map<string, Compared>()
  for (const entry of side.entries) {
    const value = JSON.parse(side.spool.read(entry.text).toString('utf8')) as JsonObject
    const compared = asToolhive
      ? toolhiveCompared(entry, value, side.spool)
      : upstreamCompared(entry, value, { spool: side.spool, namespace, issues })
    if (!compared) continue
    const known = index.get(compared.identity)
    if (!known) index.set(compared.identity, compared)
    else if (known.fingerprint !== compared.fingerprint) issues.push(duplicate(compared, known.place))
  }
  return index
}

function toolhiveCompared({ text, toolhive, place }: ReadEntry, value: JsonObject, spool: Spool): Compared | undefined {
  if (!toolhive) return undefined
  const { section, key } = toolhive
  return {
    identity: key,
    name: key,
    version: '',
    fingerprint: toolhiveFingerprint(section, value),
    marks: {},
    place,
    document: () => JSON.parse(spool.read(text).toString('utf8')) as JsonObject,
  }
}

function upstreamCompared(
  { text, toolhive, place }: ReadEntry,
  read: JsonObject,
  { spool, namespace, issues }: Pick<IndexOptions, 'namespace' | 'issues'> & { readonly spool: Spool },
): Compared | undefined {
  const convert = (value: JsonObject) =>
    toolhive ? toUpstream({ ...toolhive, value }, { namespace, longDescription: 'Fail' }) : undefined
  const converted = convert(read)
  const errors = converted?.findings.filter(isError) ?? []
  const document = converted ? converted.document && withMeta(converted.document, undefined) : read
  const identity = document && identityOf(document)
  if (errors.length > 0 || !document || !identity) {
    issues.push(...errors.map(finding => ({ ...finding, ...place, ...(toolhive ? { name: toolhive.key } : {}) })))
    return undefined
  }
  return {
    ...identity,
    identity: identityKey(identity.name, identity.version),
    fingerprint: writtenEntry(document).fingerprint,
    marks: marksOf(document),
    place,
    document: () => {
      const value = JSON.parse(spool.read(text).toString('utf8')) as JsonObject
      return toolhive ? withMeta(convert(value)?.document ?? {}, undefined) : value
    },
  }
}

/** Where the new side says nothing of a date or a status, the old one's value stays, and is no change. */
function changesOf(from: Compared, to: Compared) {
  return fieldChanges(from.document(), withMarks(to.document(), { ...from.marks, ...to.marks }))
}

function documentOf({ value, meta, section }: RawEntry): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined
  return section === undefined ? withMeta(value, meta) : value
}

function identityOf(document: JsonObject): { name: string; version: string } | undefined {
  const name = own(document, 'name')
  const version = own(document, 'version')
  return typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined
}

function isError({ severity }: { readonly severity: string }): boolean {
  return severity === 'error'
}

function noIdentity(raw: RawEntry, document: string, message: string): Issue {
  const about = { code: 'NotComparable', tier: 'json', severity: 'error', pointer: '', path: '' } as const
  return { ...about, message, document, ...raw.locate('') }
}

function duplicate({ name, version, place }: Compared, first: Place): Issue {
  return { ...duplicateIdentity(first), tier: 'json', ...place, name, version }
}

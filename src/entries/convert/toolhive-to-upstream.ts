// From a ToolHive entry to an upstream document. Nothing is lost: what upstream can't say goes into ToolHive's
// extension, and a document that ToolHive's form was made from comes back as it was. Rules: docs/conversion.md.
import type { Finding } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, own, setOwn } from '../../lib/json.ts'
import { deriveToolhive } from './derive-toolhive.ts'
import { deriveUpstream } from './derive-upstream.ts'
import { finding, notConvertible } from './findings.ts'
import { keptToolhive } from './kept-toolhive.ts'
import { keptFor, restoredDocument, takeOutKept } from './kept-upstream.ts'
import { type LongDescriptionPolicy, longDescriptionFinding, longDescriptionOf } from './long-description.ts'
import { KEPT_TOOLHIVE, KEPT_UPSTREAM, type ToolhiveEntry } from './toolhive-fields.ts'

export interface ToUpstreamOptions {
  /** The prefix of simple names, without slash. */
  readonly namespace: string
  /** What to do with a description that upstream doesn't allow: refuse the entry (Fail), leave it out (Skip) or shorten it. */
  readonly longDescription: LongDescriptionPolicy
}

export interface ToUpstreamResult {
  /** Undefined when a finding is an error, or LongDescription under Skip. */
  readonly document: JsonObject | undefined
  readonly findings: Finding[]
}

/** The upstream document of a ToolHive entry. Groups aren't entries: they pass through elsewhere. */
export function toUpstream(given: ToolhiveEntry, options: ToUpstreamOptions): ToUpstreamResult {
  if (!isJsonObject(given.value)) return refused([notConvertible('', 'the entry is not a JSON object')])

  const { entry, kept } = takeOutKept(given)
  const keptHere = kept === undefined ? undefined : keptFor(entry, kept)
  if (keptHere !== undefined) {
    const derived = documentOf(entry, keptHere.namespace)
    const document = derived.ok ? restoredDocument(derived.document, keptHere) : undefined
    if (document !== undefined) return { document, findings: [] }
  }

  const findings = kept === undefined ? [] : [editedSince()]
  const made = documentOf(entry, options.namespace)
  if (!made.ok) return refused([...findings, ...made.findings])
  if (longDescriptionOf(entry.value) === undefined) return { document: made.document, findings }
  findings.push(longDescriptionFinding(entry.value, options.longDescription))
  return options.longDescription === 'Truncate' ? { document: made.document, findings } : refused(findings)
}

export type MadeDocument =
  | { readonly ok: true; readonly document: JsonObject }
  | { readonly ok: false; readonly findings: readonly Finding[] }

/** The document of an entry that keeps nothing: the plain rules, and in the extension what they don't give back. */
export function documentOf(entry: ToolhiveEntry, namespace: string): MadeDocument {
  const derived = deriveUpstream(entry, namespace)
  if (!derived.ok) return derived
  const back = deriveToolhive(derived.document, { namespace, isLegalKeyFree: () => true })
  if (!back.ok) return { ok: false, findings: back.findings.map(problem => ({ ...problem, pointer: '', path: '' })) }
  const kept = keptToolhive(back.entry, entry, own(derived.document, 'name') ?? '')
  if (kept !== undefined) setOwn(derived.extension, KEPT_TOOLHIVE, kept)
  return derived
}

function editedSince(): Finding {
  const pointer = `/custom_metadata/${KEPT_UPSTREAM.replace('/', '~1')}`
  const message = 'the entry was edited in ToolHive form, so what it kept of its upstream document was not restored'
  return finding('EditedInToolHive', { severity: 'info', pointer, message })
}

function refused(findings: Finding[]): ToUpstreamResult {
  return { document: undefined, findings }
}

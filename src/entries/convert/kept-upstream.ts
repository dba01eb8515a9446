// What a ToolHive entry can't say of its upstream document, kept in `custom_metadata` under `rollbook/upstream`:
// `{edits, entry, namespace}`. It comes back as a whole, and only while the entry is as the conversion wrote it.
import { isJsonObject, type JsonObject, type JsonValue, own, setOwn } from '../../lib/json.ts'
import { fingerprintOf } from './fingerprint.ts'
import { applyEdits, type Edit, editsOf, storedEdits } from './json-edits.ts'
import { KEPT_UPSTREAM, type ToolhiveEntry } from './toolhive-fields.ts'

export interface KeptUpstream {
  /** From the document that the plain rules give to the original one. */
  readonly edits: readonly Edit[]
  /** Fingerprint of the entry without this object. */
  readonly entry: string
  /** The namespace of simple names when the entry was written. */
  readonly namespace: string
}

/** The entry without what it kept. An empty `custom_metadata` that only held it goes too. */
export function takeOutKept(entry: ToolhiveEntry): { entry: ToolhiveEntry; kept: JsonValue | undefined } {
  const custom = own(entry.value, 'custom_metadata')
  const kept = isJsonObject(custom) ? own(custom, KEPT_UPSTREAM) : undefined
  if (!isJsonObject(custom) || kept === undefined) return { entry, kept: undefined }
  const rest = { ...custom }
  delete rest[KEPT_UPSTREAM]
  const value = { ...entry.value }
  if (Object.keys(rest).length > 0) value['custom_metadata'] = rest
  else delete value['custom_metadata']
  return { entry: { ...entry, value }, kept }
}

/** The entry that can hold what is kept: a `custom_metadata` that is empty or no object gives way. */
export function readyToKeep(entry: ToolhiveEntry): ToolhiveEntry {
  const custom = own(entry.value, 'custom_metadata')
  if (custom === undefined || (isJsonObject(custom) && Object.keys(custom).length > 0)) return entry
  const value = { ...entry.value }
  delete value['custom_metadata']
  return { ...entry, value }
}

/** The entry (from readyToKeep) with the edits that lead back to its document. */
export function withKeptUpstream(entry: ToolhiveEntry, edits: readonly Edit[], namespace: string): ToolhiveEntry {
  const custom = own(entry.value, 'custom_metadata')
  const withKept: JsonObject = isJsonObject(custom) ? { ...custom } : {}
  setOwn(withKept, KEPT_UPSTREAM, {
    edits: storedEdits(edits, { guarded: false }),
    entry: fingerprintOf(entry),
    namespace,
  })
  return { ...entry, value: { ...entry.value, custom_metadata: withKept } }
}

/** What was kept for this entry, or undefined when the entry or the kept object was edited since. */
export function keptFor(entry: ToolhiveEntry, kept: JsonValue): KeptUpstream | undefined {
  if (!isJsonObject(kept)) return undefined
  const fingerprint = own(kept, 'entry')
  const namespace = own(kept, 'namespace')
  if (typeof fingerprint !== 'string' || typeof namespace !== 'string') return undefined
  if (fingerprint !== fingerprintOf(entry)) return undefined
  return { edits: editsOf(own(kept, 'edits')), entry: fingerprint, namespace }
}

/** The original document from the derived one. */
export function restoredDocument(derived: JsonObject, kept: KeptUpstream): JsonObject | undefined {
  const document = applyEdits(derived, kept.edits, { guarded: false })
  return isJsonObject(document) ? document : undefined
}

// What an upstream document can't say of a ToolHive entry, kept in ToolHive's extension under `rollbook/toolhive`:
// `{for?, key?, name?, edits?}`. Every part comes back only while what it belongs to is unchanged upstream.
import { isJsonObject, type JsonObject, type JsonValue, own, setOwn } from '../../lib/json.ts'
import { applyEdits, difference, editsOf, storedEdits } from './json-edits.ts'
import { KEPT_TOOLHIVE, type ToolhiveEntry } from './toolhive-fields.ts'

/** What to keep so that `derived`, which the plain rules give for the document, becomes `entry` again. */
export function keptToolhive(
  derived: ToolhiveEntry,
  entry: ToolhiveEntry,
  documentName: JsonValue,
): JsonObject | undefined {
  const { name, rest } = withoutName(entry.value)
  // Lists are whole values: an edit by position would hit another item after an upstream edit.
  const edits = difference(derived.value, rest, 'whole')
  const key = derived.key === entry.key ? undefined : entry.key
  if (edits.length === 0 && key === undefined && name === undefined) return undefined
  return {
    // Key and name belong to the upstream name: a renamed document gets new ones.
    ...(key === undefined && name === undefined ? {} : { for: documentName }),
    ...(key === undefined ? {} : { key }),
    ...(name === undefined ? {} : { name }),
    ...(edits.length === 0 ? {} : { edits: storedEdits(edits, { guarded: true }) }),
  }
}

/** The derived entry with what its extension kept, as far as nobody changed it upstream. */
export function withKeptToolhive(
  derived: ToolhiveEntry,
  about: { extension: JsonObject; documentName: JsonValue | undefined; isKeyFree: (key: string) => boolean },
): ToolhiveEntry {
  const kept = own(about.extension, KEPT_TOOLHIVE)
  if (!isJsonObject(kept)) return derived
  const edited = applyEdits(derived.value, editsOf(own(kept, 'edits')), { guarded: true })
  const value: JsonObject = isJsonObject(edited) ? { ...edited } : { ...derived.value }

  let key = derived.key
  if (about.documentName !== undefined && own(kept, 'for') === about.documentName) {
    const name = own(kept, 'name')
    const oldKey = own(kept, 'key')
    if (name !== undefined) setOwn(value, 'name', name)
    if (typeof oldKey === 'string' && oldKey !== '' && about.isKeyFree(oldKey)) key = oldKey
  }
  return { section: derived.section, key, value }
}

function withoutName(value: JsonObject): { name: JsonValue | undefined; rest: JsonObject } {
  if (!Object.hasOwn(value, 'name')) return { name: undefined, rest: value }
  const { name, ...rest } = value
  return { name, rest }
}

// Descriptions of upstream documents that are longer than server.json allows: shortened, with the original kept beside the
// publishers' own data, under `rollbook`. Towards ToolHive, which allows more, the original comes back.
import type { Finding } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, own } from '../../lib/json.ts'
import { finding } from './findings.ts'
import { lengthOf, shortened } from './short-text.ts'
import { PUBLISHER_PROVIDED } from './toolhive-fields.ts'

/** Longest description of a server.json, in code points (official schema 2025-12-11). */
export const MAX_DESCRIPTION = 100

/** Our name among the publishers: `{description: {shortened, original}}`. */
const ROLLBOOK = 'rollbook'

export const LONG_DESCRIPTION = 'LongDescription'

/** `policy.longDescription`: the entry is invalid, left out, or shortened. */
export type LongDescriptionPolicy = 'Fail' | 'Skip' | 'Truncate'

/** The description, of a document or of a ToolHive entry, when it is longer than server.json allows. */
export function longDescriptionOf(document: JsonObject): string | undefined {
  const description = own(document, 'description')
  const isLong =
    typeof description === 'string' && description.length > MAX_DESCRIPTION && lengthOf(description) > MAX_DESCRIPTION
  return isLong ? description : undefined
}

const SEVERITY = { Fail: 'error', Skip: 'warning', Truncate: 'info' } as const

/** What became of a long description. Only Fail makes the entry an error: with Skip, whoever wrote the policy expects it. */
export function longDescriptionFinding(document: JsonObject, policy: LongDescriptionPolicy): Finding {
  const length = lengthOf(longDescriptionOf(document) ?? '')
  const message = `the description has ${length} characters; server.json allows ${MAX_DESCRIPTION}`
  const about = { pointer: '/description', severity: SEVERITY[policy] }
  if (policy === 'Truncate') {
    const cut = `${message}; it was shortened, and the original kept in the extension`
    return finding('LongDescription', { ...about, message: cut })
  }
  const hint =
    'shorten it, or set policy.longDescription: Truncate (rollbook convert --long-description truncate), which keeps the original'
  return finding('LongDescription', { ...about, message, hint })
}

/** The document with that description shortened; undefined when its `_meta` can't hold the original. */
export function withShortDescription(document: JsonObject, original: string): JsonObject | undefined {
  const meta = own(document, '_meta') ?? {}
  const provided = isJsonObject(meta) ? (own(meta, PUBLISHER_PROVIDED) ?? {}) : undefined
  if (!isJsonObject(meta) || !isJsonObject(provided)) return undefined
  const known = own(provided, ROLLBOOK)
  const description = shortened(original, MAX_DESCRIPTION)
  const ours = { ...(isJsonObject(known) ? known : {}), description: { shortened: description, original } }
  return { ...document, description, _meta: { ...meta, [PUBLISHER_PROVIDED]: { ...provided, [ROLLBOOK]: ours } } }
}

/** The original of a description that was shortened and not edited since; else the description itself. */
export function originalDescription(document: JsonObject, description: string): string {
  const kept = objectAt(objectAt(objectAt(own(document, '_meta'), PUBLISHER_PROVIDED), ROLLBOOK), 'description')
  const original = kept && own(kept, 'shortened') === description ? own(kept, 'original') : undefined
  return typeof original === 'string' ? original : description
}

function objectAt(value: unknown, key: string): JsonObject | undefined {
  const inner = isJsonObject(value) ? own(value, key) : undefined
  return isJsonObject(inner) ? inner : undefined
}

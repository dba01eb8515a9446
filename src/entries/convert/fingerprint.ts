// The fingerprint by which a converted entry is known to be unedited.
import { createHash } from 'node:crypto'
import { isJsonObject, type JsonValue } from '../../lib/json.ts'
import type { ToolhiveEntry } from './toolhive-fields.ts'

/** `sha256:<hex>` over the canonical JSON of section, key and value. */
export function fingerprintOf({ section, key, value }: ToolhiveEntry): string {
  return `sha256:${createHash('sha256').update(canonical({ key, section, value })).digest('hex')}`
}

/** Compact JSON with keys sorted by UTF-8 bytes. Private until `entries/canonical.ts` exists: the same bytes. */
function canonical(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const members: string[] = []
  for (const key of Object.keys(value).sort(byBytes)) {
    const member = value[key]
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonical(member)}`)
  }
  return `{${members.join(',')}}`
}

/** Order by UTF-8 bytes. UTF-16 order differs from it only where surrogates meet the code units above them. */
export function byBytes(a: string, b: string): number {
  if (/[\ud800-\uffff]/.test(a) && /[\ud800-\uffff]/.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : a > b ? 1 : 0
}

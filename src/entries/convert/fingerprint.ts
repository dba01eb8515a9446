// The fingerprint by which a converted entry is known to be unedited.
import { sha256Hex } from '../../lib/hash.ts'
import { canonicalJson } from '../canonical.ts'
import type { ToolhiveEntry } from './toolhive-fields.ts'

/** `sha256:<hex>` over the canonical JSON of section, key and value. */
export function fingerprintOf({ section, key, value }: ToolhiveEntry): string {
  return `sha256:${sha256Hex(canonicalJson({ key, section, value }))}`
}

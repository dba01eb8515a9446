// The digest of entries that are written nowhere (git-contract.md, "Digest": a registry without storage).
import { sha256Hex } from '../lib/hash.ts'
import { compareUtf8 } from '../lib/utf8.ts'
import type { Accepted } from './prepare.ts'

/** Of every entry its canonical text, in which `isLatest` never stands, under its identity; 64 hex digits. */
export function entriesDigest({ entries, spool }: Pick<Accepted, 'entries' | 'spool'>): string {
  const lines = entries.map(({ name, version, text }) => `${sha256Hex(spool.read(text))}  ${name}@${version}\n`)
  return sha256Hex(lines.sort(compareUtf8).join(''))
}

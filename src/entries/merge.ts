// Merge: accepted entries against the target's index, by identity. Pure; what becomes of each entry is a decision, text comes later.
import type { MergeRequest } from '../resources/request.ts'
import { type Marks, sameMarks } from './entry.ts'

/** What merge needs to know of an entry, on either side. */
export interface Mergeable {
  /** By what the two sides are matched: `identityKey` of name and version, in ToolHive's format the key. */
  readonly identity: string
  readonly name: string
  readonly version: string
  readonly fingerprint: string
  readonly marks: Marks
}

export type Decision<S extends Mergeable, T extends Mergeable> =
  | { readonly outcome: 'added'; readonly source: S }
  | { readonly outcome: 'updated'; readonly source: S; readonly target: T }
  | { readonly outcome: 'unchanged'; readonly source: S; readonly target: T }
  | { readonly outcome: 'conflict'; readonly source: S; readonly target: T }
  | { readonly outcome: 'removed'; readonly target: T }
  | { readonly outcome: 'stale'; readonly target: T }

export interface MergeOptions extends Pick<MergeRequest, 'onConflict' | 'prune'> {
  /** Identities that the source has in a form that could not be accepted: never pruned. */
  readonly keep: ReadonlySet<string>
}

/** Both sides by identity. Source order first, then the target's other entries in the target's order. */
export function merge<S extends Mergeable, T extends Mergeable>(
  source: readonly S[],
  target: ReadonlyMap<string, T>,
  options: MergeOptions,
): Decision<S, T>[] {
  const decisions: Decision<S, T>[] = []
  const seen = new Set<string>()
  for (const entry of source) {
    seen.add(entry.identity)
    const known = target.get(entry.identity)
    if (!known) decisions.push({ outcome: 'added', source: entry })
    else if (equalEntries(entry, known)) decisions.push({ outcome: 'unchanged', source: entry, target: known })
    else
      decisions.push({
        outcome: options.onConflict === 'Replace' ? 'updated' : 'conflict',
        source: entry,
        target: known,
      })
  }
  for (const [key, entry] of target) {
    if (seen.has(key)) continue
    const isRemoved = options.prune === 'Missing' && !isKept(key, entry, options.keep)
    decisions.push(isRemoved ? { outcome: 'removed', target: entry } : { outcome: 'stale', target: entry })
  }
  return decisions
}

/** In `keep`: some entry of the source could not even be named, so any of the target's may be the one. */
export const ANY_IDENTITY = ''

function isKept(identity: string, entry: Mergeable, keep: ReadonlySet<string>): boolean {
  return keep.has(ANY_IDENTITY) || isNamed(identity, entry, keep)
}

function isNamed(identity: string, { name }: Mergeable, keep: ReadonlySet<string>): boolean {
  return keep.has(identity) || keep.has(identityKey(name, ''))
}

/** True when prune would have removed entries, but for some entry of the source that could not be named. */
export function isPruneHeldBack(
  decisions: readonly Decision<Mergeable, Mergeable>[],
  { prune, keep }: Pick<MergeOptions, 'prune' | 'keep'>,
): boolean {
  if (prune !== 'Missing' || !keep.has(ANY_IDENTITY)) return false
  return decisions.some(
    decision => decision.outcome === 'stale' && !isNamed(decision.target.identity, decision.target, keep),
  )
}

/** Equal as git-contract.md says: same fingerprint, and the same marks where the source has them. */
export function equalEntries(source: Mergeable, target: Mergeable): boolean {
  return source.fingerprint === target.fingerprint && sameMarks(source.marks, target.marks)
}

/** Identity of an upstream entry in maps. Valid names have no NUL, so that two identities never share one. */
export function identityKey(name: string, version: string): string {
  return `${name}\u0000${version}`
}

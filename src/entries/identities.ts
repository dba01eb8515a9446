// Entries of one source by name and version: the first of an identity wins, a different one that follows is invalid
// (kinds.md, "Outcome of an entry and of a run"). For runs, conversions and validation alike.
import { type Finding, type Issue, lineOf, type Place } from '../lib/issue.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Judged } from './judge.ts'
import { identityKey } from './merge.ts'

/** A valid entry. */
type Identified = Judged & { readonly name: string; readonly version: string; readonly document: JsonObject }

/** What an entry is beside those before it. */
type Repetition =
  | { readonly kind: 'first'; readonly identity: string }
  | { readonly kind: 'copy' }
  | { readonly kind: 'different'; readonly issue: Issue }

/** Of an entry, or how to make it: hardly any identity comes again, and only then it is asked. */
type Fingerprint = string | (() => string)

interface First {
  readonly fingerprint: Fingerprint
  readonly place: Place
}

/** Remembers an identity, a fingerprint and a place for every valid entry, whatever its size. */
export class Identities {
  private readonly firsts = new Map<string, First>()

  add(judged: Identified, { fingerprint, place }: First): Repetition {
    const identity = identityKey(judged.name, judged.version)
    const known = this.firsts.get(identity)
    if (known === undefined) {
      this.firsts.set(identity, { fingerprint, place })
      return { kind: 'first', identity }
    }
    const first = made(known.fingerprint)
    this.firsts.set(identity, { fingerprint: first, place: known.place })
    if (first === made(fingerprint)) return { kind: 'copy' }
    return { kind: 'different', issue: judged.issueOf(duplicateIdentity(known.place)) }
  }
}

function made(fingerprint: Fingerprint): string {
  return typeof fingerprint === 'string' ? fingerprint : fingerprint()
}

/** True for an entry that passed: only those have an identity to keep. */
export function isIdentified(judged: Judged): judged is Identified {
  return judged.document !== undefined && judged.name !== undefined && judged.version !== undefined
}

/** Of an entry whose identity an other one, at `first`, has already. */
export function duplicateIdentity(first: Place): Finding {
  return {
    code: 'DuplicateIdentity',
    tier: 'policy',
    severity: 'error',
    pointer: '',
    path: '',
    message: `a different entry of this name and version stands at ${lineOf(first)}, and that one counts`,
    hint: 'remove one of the two, or give it another version',
  }
}

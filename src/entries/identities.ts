// Entries of one source by name and version: the first of an identity wins, a different one that follows is invalid
// (kinds.md, "Outcome of an entry and of a run"). For runs, conversions and validation alike.
import type { Issue } from '../lib/issue.ts'
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

/** Remembers an identity and a fingerprint for every valid entry, whatever its size. */
export class Identities {
  private readonly fingerprints = new Map<string, Fingerprint>()

  add(judged: Identified, fingerprint: Fingerprint): Repetition {
    const identity = identityKey(judged.name, judged.version)
    const known = this.fingerprints.get(identity)
    if (known === undefined) {
      this.fingerprints.set(identity, fingerprint)
      return { kind: 'first', identity }
    }
    const first = made(known)
    this.fingerprints.set(identity, first)
    return first === made(fingerprint) ? { kind: 'copy' } : { kind: 'different', issue: duplicateIdentity(judged) }
  }
}

function made(fingerprint: Fingerprint): string {
  return typeof fingerprint === 'string' ? fingerprint : fingerprint()
}

/** True for an entry that passed: only those have an identity to keep. */
export function isIdentified(judged: Judged): judged is Identified {
  return judged.document !== undefined && judged.name !== undefined && judged.version !== undefined
}

function duplicateIdentity(judged: Identified): Issue {
  return judged.issueOf({
    code: 'DuplicateIdentity',
    tier: 'policy',
    severity: 'error',
    pointer: '',
    path: '',
    message: `a different entry ${judged.name} ${judged.version} came before in the same source; the first one is kept`,
  })
}

// From an upstream document to the ToolHive entry that runs it. Nothing is lost: what ToolHive can't say goes into
// `custom_metadata`, and an entry that the document was made from comes back as it was. Rules: docs/conversion.md.
import type { Finding } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, own } from '../../lib/json.ts'
import { deriveToolhive } from './derive-toolhive.ts'
import { notConvertible } from './findings.ts'
import { difference } from './json-edits.ts'
import { withKeptToolhive } from './kept-toolhive.ts'
import { readyToKeep, takeOutKept, withKeptUpstream } from './kept-upstream.ts'
import { findLeftOut } from './left-out.ts'
import { findStrictProblems } from './strict-toolhive.ts'
import type { Section, ToolhiveEntry } from './toolhive-fields.ts'
import { documentOf } from './toolhive-to-upstream.ts'

export interface ToToolhiveOptions {
  /** The prefix of simple names, without slash. */
  readonly namespace: string
  /** Refuse what the strict legacy schema refuses: full names as keys, digests, no tools. */
  readonly strict: boolean
  /** True when no other entry has taken this key yet. Asked only for keys that are legal, or that the entry had before. */
  readonly isLegalKeyFree: (key: string) => boolean
}

export type ToToolhiveResult =
  | {
      readonly ok: true
      readonly section: Section
      readonly key: string
      readonly value: JsonObject
      /** What the runnable form leaves out, severity info. */
      readonly findings: Finding[]
    }
  | { readonly ok: false; readonly findings: Finding[] }

/** The ToolHive entry of an upstream document: of a remote, a container, an npm or a PyPI package. */
export function toToolhive(document: JsonObject, options: ToToolhiveOptions): ToToolhiveResult {
  if (!isJsonObject(document)) return refused([notConvertible('', 'the entry is not a JSON object')])
  const derived = deriveToolhive(document, options)
  if (!derived.ok) return refused(derived.findings)

  const plain = derived.entry
  const kept = withKeptToolhive(plain, {
    extension: derived.extension,
    documentName: own(document, 'name'),
    isKeyFree: options.isLegalKeyFree,
  })
  // What was kept may have been edited by hand into something that doesn't convert: then the plain rules stand.
  const entry = withWayBack(kept, document, options.namespace) ?? withWayBack(plain, document, options.namespace)
  if (entry === undefined) return refused([notConvertible('', 'the entry has no ToolHive form that leads back to it')])

  const problems = options.strict ? findStrictProblems(entry) : []
  if (problems.length > 0) return refused(problems)
  return { ok: true, ...entry, findings: findLeftOut(document, derived.runnable) }
}

/** The entry, and in it what its own document would lack of the given one; undefined when it has no document. */
function withWayBack(given: ToolhiveEntry, document: JsonObject, namespace: string): ToolhiveEntry | undefined {
  const entry = takeOutKept(given).entry
  const made = documentOf(entry, namespace)
  if (!made.ok) return undefined
  const edits = difference(made.document, document, 'items')
  if (edits.length === 0) return entry

  const ready = readyToKeep(entry)
  if (ready === entry) return withKeptUpstream(entry, edits, namespace)
  const base = documentOf(ready, namespace)
  return base.ok ? withKeptUpstream(ready, difference(base.document, document, 'items'), namespace) : undefined
}

function refused(findings: readonly Finding[]): ToToolhiveResult {
  return { ok: false, findings: [...findings] }
}

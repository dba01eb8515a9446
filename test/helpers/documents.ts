// Texts read as a source reads them: what became of every document and entry, in a form that a test can compare.
import type { Format } from '../../src/entries/document.ts'
import { type JudgePolicy, judge } from '../../src/entries/judge.ts'
import { DEFAULT_LIMITS, type Limits } from '../../src/entries/limits.ts'
import { readDocuments } from '../../src/entries/parse/documents.ts'
import type { Issue } from '../../src/lib/issue.ts'
import type { JsonObject } from '../../src/lib/json.ts'

export interface ReadEntry {
  readonly identity: string
  readonly pointer: string
  /** Undefined when the entry is invalid. */
  readonly document: JsonObject | undefined
  readonly issues: readonly Issue[]
}

export interface ReadText {
  readonly formats: readonly (Format | undefined)[]
  /** Issues of documents as `line:column code message`, severities other than error in front. */
  readonly issues: readonly string[]
  readonly entries: readonly ReadEntry[]
  /** Top-level values and values of `data`, of the first document. */
  readonly envelope: { readonly top: JsonObject; readonly data: JsonObject }
  readonly all: readonly Issue[]
}

const POLICY: JudgePolicy = { checks: ['schema', 'semantic'], namespace: 'io.github.stacklok', longDescription: 'Fail' }

/** Reads and judges a file. */
export function readText(path: string, text: string | Buffer, limits: Partial<Limits> = {}): ReadText {
  const formats: (Format | undefined)[] = []
  const all: Issue[] = []
  const issues: string[] = []
  const entries: ReadEntry[] = []
  let envelope: ReadText['envelope'] | undefined
  const options = { limits: { ...DEFAULT_LIMITS, ...limits }, format: undefined }
  for (const document of readDocuments({ path, bytes: Buffer.from(text) }, options)) {
    formats.push(document.format)
    envelope ??= document.envelope
    all.push(...document.issues)
    issues.push(...document.issues.map(shown))
    for (const raw of document.entries()) {
      const judged = judge(raw, path, POLICY)
      all.push(...judged.issues)
      entries.push({
        identity: `${judged.name ?? '?'} ${judged.version ?? '?'}`,
        pointer: raw.pointer,
        document: judged.document,
        issues: judged.issues,
      })
    }
  }
  return { formats, issues, entries, envelope: envelope ?? { top: {}, data: {} }, all }
}

/** `line:column code message`. */
export function shown({ severity, line, column, code, message }: Issue): string {
  return `${severity === 'error' ? '' : `${severity} `}${line}:${column} ${code} ${message}`
}

/** Each entry with `ok`, or with its first error. */
export function verdicts({ entries }: ReadText): string[] {
  return entries.map(({ identity, document, issues }) => {
    const error = issues.find(issue => issue.severity === 'error')
    return document ? `${identity} ok` : `${identity} ${error ? shown(error) : 'invalid'}`
  })
}

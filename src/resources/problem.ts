// Problems with a manifest: first as a place inside one resource, then with the file and line where that place stands.
import type { Issue, Severity, Tier } from '../lib/issue.ts'
import { pathOfPointer, pointerOf } from '../lib/issue.ts'

/** The way to a field: `['spec', 'filter', 'include', 'names', 0]`. */
export type FieldPath = readonly (string | number)[]

/** A problem inside one resource, before it is known where that resource stands. */
export interface Problem {
  /** The keyword of the schema, or a CamelCase name. */
  readonly code: string
  readonly tier: Tier
  readonly severity: Severity
  readonly path: FieldPath
  /** Point at the key instead of at its value. */
  readonly atKey?: boolean
  /** What is wrong, to be read after the field's name. */
  readonly message: string
  readonly hint?: string
}

/** A problem with its place. `document` is the file, `path` the field. */
export interface ManifestIssue extends Issue {
  readonly line: number
  readonly column: number
}

/** 1-based; the column counts UTF-8 bytes. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** The problem as an issue of a file. */
export function issueOf(problem: Problem, file: string, position: Position): ManifestIssue {
  const pointer = pointerOf(...problem.path)
  return {
    code: problem.code,
    tier: problem.tier,
    severity: problem.severity,
    document: file,
    pointer,
    path: pathOfPointer(pointer),
    line: position.line,
    column: position.column,
    message: problem.message,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
  }
}

/** `file:line:column: field: message (hint)`. */
export function printIssue(issue: ManifestIssue): string {
  const place = `${issue.document}:${issue.line}:${issue.column}`
  const severity = issue.severity === 'error' ? '' : `${issue.severity}: `
  const field = issue.path === '' ? '' : `${issue.path}: `
  const hint = issue.hint === undefined ? '' : ` (${issue.hint})`
  return `${place}: ${severity}${field}${issue.message}${hint}`
}

// One issue as one line: where, which entry, what, what to do.
import type { Issue } from '../lib/issue.ts'
import { printable } from './printable.ts'

/** An issue, or what status keeps of one. */
export type PrintedIssue = Pick<Issue, 'code' | 'severity' | 'message'> & {
  readonly [K in keyof Issue]?: Issue[K] | undefined
}

/** `catalog.json:12:5: error: io.example/one 1.0.0: version: message; hint [code]`, as compilers write it: always one line. */
export function printedIssue(issue: PrintedIssue): string {
  const place = issue.line === undefined ? issue.document : `${issue.document}:${issue.line}:${issue.column ?? 1}`
  const entry = [issue.name, issue.version].filter(Boolean).join(' ')
  const parts = [place, issue.severity, entry, issue.path, issue.message].filter(Boolean)
  return printable(`${parts.join(': ')}${issue.hint ? `; ${issue.hint}` : ''} [${issue.code}]`)
}

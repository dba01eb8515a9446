// The result of a run for people.

import { COUNT_KEYS, type RunResult } from '../resources/result.ts'
import { printedIssue } from './issue-text.ts'

/** The block that `rollbook run` prints. */
export function runText(result: RunResult): string {
  const { resource, source, target, counts } = result
  const rows: [string, string][] = [
    ['Run', result.id],
    ['Resource', `${resource.kind}/${resource.namespace}/${resource.name}`],
    ['Outcome', `${result.outcome} (${result.reason})`],
    ['Message', result.message],
    ['Source', source.revision ?? '-'],
    ['Target', `${target.repository} ${target.revision ?? target.branch}`],
    ['Digest', result.digest ?? '-'],
    ['Entries', COUNT_KEYS.map(key => `${key} ${counts[key]}`).join(', ')],
  ]
  const lines = rows.map(([label, value]) => `${`${label}:`.padEnd(10)} ${value}`)
  if (result.issues.length > 0) lines.push('Issues:', ...result.issues.map(issue => `  ${printedIssue(issue)}`))
  return `${lines.join('\n')}\n`
}

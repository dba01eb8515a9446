// The result of a run for people.

import { amount } from '../lib/amount.ts'
import { COUNT_KEYS, type MoreIssues, type ResultTarget, type RunResult } from '../resources/result.ts'
import type { Paint, Tone } from './color.ts'
import { type PrintedIssue, printedIssue } from './issue-text.ts'
import { printable } from './printable.ts'

const TONES: Readonly<Record<RunResult['outcome'], Tone>> = {
  Completed: 'good',
  Unchanged: 'good',
  Planned: 'good',
  PartiallyCompleted: 'care',
  Cancelled: 'care',
  Failed: 'bad',
}

/** A result, or what the status of a resource keeps of one. */
type PrintedResult = Omit<RunResult, 'engine' | 'reason' | 'issues'> & {
  readonly engine?: RunResult['engine']
  readonly reason: string
  readonly issues: readonly PrintedIssue[]
}

/** The block that `rollbook run` prints. */
export function runText(result: PrintedResult, paint: Paint): string {
  const { resource, source, target, counts } = result
  const rows: [string, string][] = [
    ['Run', result.id],
    ['Resource', `${resource.kind}/${resource.namespace}/${resource.name}`],
    ['Outcome', `${paint(TONES[result.outcome], result.outcome)} (${result.reason})`],
    ['Message', printable(result.message.replaceAll(/\s+/g, ' '))],
    ['Source', printable(source.revision ?? '-')],
    ['Target', printable(targetText(target))],
    ['Digest', result.digest ?? '-'],
    ...(result.engine === undefined ? [] : [['Engine', result.engine] as [string, string]]),
    ['Entries', COUNT_KEYS.map(key => `${key} ${counts[key]}`).join(', ')],
  ]
  const lines = rows.map(([label, value]) => `${`${label}:`.padEnd(10)} ${value}`)
  if (result.issues.length > 0) lines.push('Issues:', ...result.issues.map(issue => `  ${printedIssue(issue)}`))
  if (result.moreIssues) lines.push(`  ${moreText(result.moreIssues)}`)
  return `${lines.join('\n')}\n`
}

function targetText({ repository, branch, revision, configMap }: ResultTarget): string {
  if (configMap !== undefined) return `ConfigMap ${configMap} ${revision ?? ''}`.trimEnd()
  return repository === null ? 'none: the registry has no storage' : `${repository} ${revision ?? branch}`
}

function moreText({ issues, entries }: MoreIssues): string {
  const more = amount(issues, 'more problem')
  return `… and ${more} in ${amount(entries, 'entry', 'entries')}; --report FILE has all of them`
}

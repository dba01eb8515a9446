// How the semantic and publish rules add a finding. Places are key lists that become text only when something is wrong:
// nearly every record is clean.
import { type Finding, pathOfPointer, pointerOf, type Tier } from '../../../lib/issue.ts'

/** Keys and indexes from the entry down to a value. */
export type Place = readonly (string | number)[]

/** One broken rule, before its place is written out. */
export interface Breach {
  readonly code: string
  readonly at: Place
  readonly message: string
  readonly hint: string
}

/** The breach as an error of the tier. */
export function errorOf(tier: Tier, breach: Breach): Finding {
  const pointer = pointerOf(...breach.at)
  const { code, message, hint } = breach
  return { code, tier, severity: 'error', pointer, path: pathOfPointer(pointer), message, hint }
}

/** Adds the breach as a semantic error. */
export function report(findings: Finding[], breach: Breach): void {
  findings.push(errorOf('semantic', breach))
}

// Findings of reading the text of an entry: tier json.
import { type Finding, pathOfPointer } from '../../lib/issue.ts'
import type { ReadFinding } from '../document.ts'
import type { TextProblem } from './document-issues.ts'
import type { Position } from './positions.ts'

/** An error at a place of its own: a second key and a bad byte stand elsewhere than what the pointer means. */
export function readFinding({ code, message, hint }: TextProblem, pointer: string, at: Position): ReadFinding {
  const finding = { code, tier: 'json', severity: 'error', pointer, path: pathOfPointer(pointer), message } as const
  return hint === undefined ? { ...finding, ...at } : { ...finding, hint, ...at }
}

/** A warning about the entry as a whole. */
export function readWarning({ code, message }: TextProblem): Finding {
  return { code, tier: 'json', severity: 'warning', pointer: '', path: '', message }
}

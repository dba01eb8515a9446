// The findings of both directions, each one sentence with what to do.
import { type Finding, pathOfPointer, type Severity } from '../../lib/issue.ts'

/** An entry that the other format can't hold. */
export function notConvertible(pointer: string, message: string, hint?: string): Finding {
  return finding('NotConvertible', { severity: 'error', pointer, message, ...(hint === undefined ? {} : { hint }) })
}

/** Something that the converted entry doesn't do, though the stored edits bring it back. */
export function leftOut(pointer: string, message: string): Finding {
  return finding('LeftOut', { severity: 'info', pointer, message })
}

/** A finding of the conversion; its path follows from its pointer. */
export function finding(
  code: string,
  about: { severity: Severity; pointer: string; message: string; hint?: string },
): Finding {
  return { code, tier: 'policy', path: pathOfPointer(about.pointer), ...about }
}

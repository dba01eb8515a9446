// A reason with its sentence, as conditions and events carry them.
import { redactor } from '../lib/redact.ts'
import type { ConditionReason } from '../resources/condition-reasons.ts'

export interface Told {
  readonly reason: ConditionReason
  readonly message: string
}

/** Text of the cluster, which may carry anything that a kubelet or a webhook says, on one line. */
export function foreignText(text: string | undefined): string {
  return redactor([])(text ?? '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

// The id of a run: the same for every attempt, and the same again when a plan is made twice, so that "already exists" is the
// lock (design 4.3).
import { sha256Hex } from '../lib/hash.ts'
import type { RunEntry, Trigger } from '../resources/generated/types.ts'

export interface RunOrigin {
  readonly uid: string
  readonly generation: number
  readonly trigger: Trigger
  /** The last finished run in status. */
  readonly lastRun: RunEntry | undefined
}

/** First 24 hex of SHA-256 over what makes a run this one and no other. */
export function runIdOf({ uid, generation, trigger, lastRun }: RunOrigin): string {
  const parts = [uid, String(generation), trigger.type, trigger.token ?? '', lastRun?.id ?? '']
  return sha256Hex(parts.join('\n')).slice(0, 24)
}

// The result as a pod's termination message: valid JSON within what the kubelet keeps (design section 4.9).
import type { RunResult } from '../resources/result.ts'

/** Bytes that the kubelet keeps of a termination message. */
const MOST_BYTES = 4096

/** Issues are dropped from the end until it fits; one that is huge is dropped like any other. */
export function terminationMessage(result: RunResult): string {
  for (let kept = result.issues.length; kept >= 0; kept--) {
    const text = JSON.stringify({ ...result, issues: result.issues.slice(0, kept) })
    if (Buffer.byteLength(text) <= MOST_BYTES) return text
  }
  const shortened = { ...result, issues: [], message: result.message.slice(0, 120) }
  return JSON.stringify({
    ...shortened,
    target: { ...result.target, repository: result.target.repository.slice(0, 500) },
  })
}

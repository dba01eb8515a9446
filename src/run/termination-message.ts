// The result as a pod's termination message: valid JSON within what the kubelet keeps (design section 4.9).
import type { RunResult } from '../resources/result.ts'
import { cutToBytes } from './cut.ts'

/** Bytes that the kubelet keeps of a termination message. */
const MOST_BYTES = 4096

/** Issues are dropped from the end until it fits; one that is huge is dropped like any other. Texts are cut only after that. */
export function terminationMessage(result: RunResult): string {
  for (let kept = result.issues.length; kept >= 0; kept--) {
    const text = JSON.stringify({ ...result, issues: result.issues.slice(0, kept) })
    if (Buffer.byteLength(text) <= MOST_BYTES) return text
  }
  const long = [512, 128].map(most => JSON.stringify(withShortTexts(result, most)))
  return long.find(text => Buffer.byteLength(text) <= MOST_BYTES) ?? JSON.stringify(withShortTexts(result, 32))
}

/** Run id, outcome, digest and counts are never cut: they are what the controller goes on with. */
function withShortTexts(result: RunResult, most: number): RunResult {
  const cut = (text: string) => cutToBytes(text, most)
  const { resource, source, target } = result
  return {
    ...result,
    resource: { kind: cut(resource.kind), namespace: cut(resource.namespace), name: cut(resource.name) },
    message: cut(result.message),
    source: { revision: source.revision && cut(source.revision) },
    target: {
      ...target,
      repository: target.repository && cut(target.repository),
      branch: target.branch && cut(target.branch),
      revision: target.revision && cut(target.revision),
    },
    issues: [],
  }
}

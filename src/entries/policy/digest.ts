// policy.requireDigest: a container image must be named by its digest, because a tag can be moved to other content.
import { type Finding, pathOfPointer, pointerOf } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, own } from '../../lib/json.ts'
import { shown } from '../validate/shown.ts'
import { isPinned } from './image-reference.ts'

/** One error for every container image that is not pinned. Documents of 2025-07-09 say `registry_type`. */
export function digestFindings(document: JsonObject): Finding[] {
  const packages = own(document, 'packages')
  const findings: Finding[] = []
  for (const [index, item] of Array.isArray(packages) ? packages.entries() : []) {
    if (!isJsonObject(item) || (own(item, 'registryType') ?? own(item, 'registry_type')) !== 'oci') continue
    const identifier = own(item, 'identifier')
    if (typeof identifier === 'string' && isPinned(identifier)) continue
    const pointer = pointerOf('packages', index, 'identifier')
    const message = `the image ${shown(identifier ?? null)} is not pinned by a digest, and policy.requireDigest is set`
    const hint = 'write host/owner/image@sha256:<64 hex digits>'
    findings.push({
      code: 'DigestRequired',
      tier: 'policy',
      severity: 'error',
      pointer,
      path: pathOfPointer(pointer),
      message,
      hint,
    })
  }
  return findings
}

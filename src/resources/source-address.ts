// What a source is called in trailers, subjects and messages.
import { redactor } from '../lib/redact.ts'
import type { SourceRequest } from './request.ts'

const redact = redactor([])

/** URL, or `<namespace>/<name>/<key>` of a ConfigMap (git-contract.md, "Commit"). A signature in a query is masked. */
export function sourceAddress(source: SourceRequest): string {
  switch (source.type) {
    case 'git':
      return source.repository
    case 'url':
    case 'registry':
      return redact(source.url)
    case 'configmap':
      return `${source.namespace}/${source.name}/${source.key}`
    default:
      return source satisfies never
  }
}

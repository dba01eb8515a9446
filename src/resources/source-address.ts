// What a source, and the key of a ConfigMap, is called in trailers, subjects and messages.
import { redactor } from '../lib/redact.ts'
import type { ConfigMapSourceRequest, SourceRequest } from './request.ts'

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
      return configMapAddress(source)
    default:
      return source satisfies never
  }
}

/** `<namespace>/<name>/<key>` */
export function configMapAddress({
  namespace,
  name,
  key,
}: Pick<ConfigMapSourceRequest, 'namespace' | 'name' | 'key'>): string {
  return `${namespace}/${name}/${key}`
}

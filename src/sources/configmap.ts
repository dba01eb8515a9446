// Source configmap: one key of a ConfigMap of the resource's namespace.
import type { Format } from '../entries/document.ts'
import { Failure } from '../lib/failure.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { ConfigMapSourceRequest } from '../resources/request.ts'
import { type Access, digestRevision, type OpenSource, oneDocument } from './source.ts'

/** Throws ReferenceNotFound that names the ConfigMap and the key. */
export async function openConfigMapSource(
  source: ConfigMapSourceRequest,
  format: Format | undefined,
  access: Access,
): Promise<OpenSource> {
  const data = await access.configMaps.read(source.name)
  const name = `ConfigMap ${source.namespace}/${source.name}`
  if (!data)
    throw new Failure('ReferenceNotFound', 'definite', `${name} does not exist`, {
      hint: 'create it, or give its manifest with -f',
    })
  const bytes = data.get(source.key)
  if (!bytes) {
    const keys = [...data.keys()].sort().slice(0, 10).join(', ')
    const hint = keys === '' ? 'it has no key at all' : `it has ${keys}`
    throw new Failure('ReferenceNotFound', 'definite', `${name} has no key ${source.key}`, { hint })
  }
  return {
    revision: digestRevision(sha256Hex(bytes)),
    documents: () => oneDocument({ path: source.key, bytes }, format, access),
  }
}

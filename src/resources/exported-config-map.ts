// The ConfigMap of an export as a manifest: our key in it, everything else as it was (kinds.md, `target.configMap`). Pure.
import { Failure } from '../lib/failure.ts'
import type { ConfigMap } from './kinds.ts'
import type { ConfigMapTargetRequest } from './request.ts'

const LABEL = 'app.kubernetes.io/managed-by'
const OURS = 'rollbook'

/** Throws TargetNotOurs for a ConfigMap that somebody else made. */
export function refuseForeign({ metadata }: ConfigMap): void {
  if (metadata.labels?.[LABEL] === OURS) return
  const name = `${metadata.namespace}/${metadata.name}`
  throw new Failure('TargetNotOurs', 'definite', `ConfigMap ${name} has no label ${LABEL}: ${OURS}`, {
    hint: 'choose another name, or set the label to hand it over',
  })
}

/** No owner: what was exported outlives its job. Labels, annotations and other keys of the existing one stay. */
export function exportedConfigMap(
  { namespace, name, key }: ConfigMapTargetRequest,
  content: Buffer,
  existing: ConfigMap | undefined,
): ConfigMap {
  const { labels, annotations } = existing?.metadata ?? {}
  const binaryData = without(existing?.binaryData, key)
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      labels: { ...labels, [LABEL]: OURS },
      ...(annotations ? { annotations } : {}),
    },
    data: { ...without(existing?.data, key), [key]: content.toString('utf8') },
    ...(Object.keys(binaryData).length === 0 ? {} : { binaryData }),
  }
}

function without(map: Readonly<Record<string, string>> | undefined, key: string): Record<string, string> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([name]) => name !== key))
}

// Secrets and ConfigMaps in manifests: checked as far as a run relies on them. Values never appear in a message.
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { ConfigMap, Secret } from './kinds.ts'
import { checkMetadata } from './metadata-check.ts'
import type { Problem } from './problem.ts'
import type { Schema } from './schema.ts'
import { checkValue } from './schema-check.ts'

const TEXTS: Schema = { type: 'object', additionalProperties: { type: 'string' } }
const HEAD = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: {},
  immutable: { type: 'boolean' },
} as const

const SCHEMAS = {
  Secret: { type: 'object', properties: { ...HEAD, type: { type: 'string' }, data: TEXTS, stringData: TEXTS } },
  ConfigMap: { type: 'object', properties: { ...HEAD, data: TEXTS, binaryData: TEXTS } },
} as const satisfies Record<string, Schema>

/** Fields of each kind that hold base64. */
const ENCODED = { Secret: 'data', ConfigMap: 'binaryData' } as const

/** A Secret or ConfigMap, when it has no problem. Expects kind and apiVersion to be right. */
export function checkPlainObject(value: JsonObject): {
  readonly resource: Secret | ConfigMap | undefined
  readonly problems: readonly Problem[]
} {
  const kind = value['kind'] === 'Secret' ? 'Secret' : 'ConfigMap'
  const problems = [
    ...checkMetadata(value),
    ...checkValue(SCHEMAS[kind], withoutNulls(value)),
    ...checkBase64(value, kind),
  ]
  return { resource: problems.length > 0 ? undefined : (value as unknown as Secret | ConfigMap), problems }
}

function checkBase64(value: JsonObject, kind: keyof typeof ENCODED): Problem[] {
  const field = ENCODED[kind]
  const map = value[field]
  if (!isJsonObject(map)) return []
  return Object.entries(map)
    .filter(([, text]) => typeof text === 'string' && !isBase64(text))
    .map(([key]) => ({
      code: 'base64',
      tier: 'schema',
      severity: 'error',
      path: [field, key],
      message: 'must be base64',
      hint: kind === 'Secret' ? 'write plain text below stringData instead' : 'write plain text below data instead',
    }))
}

/** As the API server reads it: padded, line breaks allowed. */
function isBase64(text: string): boolean {
  const joined = text.replaceAll(/[\r\n]/g, '')
  return joined.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(joined)
}

/** `data:` with nothing below it counts as absent. */
function withoutNulls(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null))
}

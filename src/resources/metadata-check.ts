// Checks `metadata`, which no CRD describes: the API server's rules for names, labels and annotations.
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import type { FieldPath, Problem } from './problem.ts'
import type { Schema } from './schema.ts'
import { checkValue } from './schema-check.ts'

const NAME = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$'
const QUALIFIED_NAME =
  /^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/

/** Fields that a manifest or `kubectl get -o yaml` carries; those without keywords are the cluster's and not looked at. */
const METADATA: Schema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 253, pattern: NAME },
    namespace: { type: 'string', minLength: 1, maxLength: 63, pattern: NAME },
    labels: {
      type: 'object',
      additionalProperties: { type: 'string', maxLength: 63, pattern: '^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$' },
    },
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
    finalizers: { type: 'array', items: { type: 'string' } },
    ownerReferences: { type: 'array', items: { type: 'object' } },
    managedFields: {},
    uid: { type: 'string' },
    resourceVersion: { type: 'string' },
    generation: { type: 'integer' },
    creationTimestamp: {},
    deletionTimestamp: {},
    deletionGracePeriodSeconds: {},
    generateName: { type: 'string' },
    selfLink: {},
  },
}

/** Problems of the resource's metadata. */
export function checkMetadata(resource: JsonObject): Problem[] {
  const metadata = Object.hasOwn(resource, 'metadata') ? resource['metadata'] : undefined
  if (metadata === undefined || metadata === null) return [missing()]
  const problems = checkValue(METADATA, metadata, ['metadata']).map(problem => withOwnHint(problem, metadata))
  if (!isJsonObject(metadata)) return problems
  return [
    ...problems,
    ...checkNamespaceDots(metadata),
    ...checkKeys(metadata, 'labels'),
    ...checkKeys(metadata, 'annotations'),
  ]
}

/** The same pattern is that of references, whose hint speaks of another object. */
function withOwnHint(problem: Problem, metadata: JsonValue): Problem {
  const [, field] = problem.path
  if (problem.code !== 'pattern' || (field !== 'name' && field !== 'namespace') || !isJsonObject(metadata)) {
    return problem
  }
  const better = String(metadata[field])
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/(^|\.)-+|-+(?=\.|$)/g, '$1')
    .replaceAll(/^\.+|\.+$/g, '')
  const isName = new RegExp(NAME).test(better)
  return { ...problem, hint: isName ? `write ${better}` : 'start and end it with a letter or digit' }
}

function missing(): Problem {
  return error('required', ['metadata', 'name'], 'must be given', 'write metadata: {name: ...}')
}

function checkNamespaceDots(metadata: JsonObject): Problem[] {
  const { namespace } = metadata
  if (typeof namespace !== 'string' || !namespace.includes('.')) return []
  return [error('pattern', ['metadata', 'namespace'], 'must be a name without dots')]
}

function checkKeys(metadata: JsonObject, field: 'labels' | 'annotations'): Problem[] {
  const map = metadata[field]
  if (!isJsonObject(map)) return []
  return Object.keys(map)
    .filter(key => !QUALIFIED_NAME.test(key))
    .map(key => {
      const message = 'must have a key of the form name or domain/name'
      return {
        ...error('pattern', ['metadata', field, key], message, 'such as app.kubernetes.io/part-of'),
        atKey: true,
      }
    })
}

function error(code: string, path: FieldPath, message: string, hint?: string): Problem {
  return { code, tier: 'schema', severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) }
}

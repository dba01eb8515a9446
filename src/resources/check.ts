// One resource of ours, as data, to a checked resource with its defaults: what the API server does on admission.
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { checkRules } from './cel.ts'
import { applyDefaults } from './defaults.ts'
import { checkGlobs } from './glob-check.ts'
import { definitionOf, type RollbookResource } from './kinds.ts'
import { checkMetadata } from './metadata-check.ts'
import type { Problem } from './problem.ts'
import type { KindName, Schema } from './schema.ts'
import { checkValue } from './schema-check.ts'

export interface CheckedResource {
  /** Given when no problem is an error. */
  readonly resource: RollbookResource | undefined
  readonly problems: readonly Problem[]
}

/** Applies the defaults and checks metadata, schema and rules; all problems at once. */
export function checkResource(kind: KindName, value: JsonObject): CheckedResource {
  const { schema } = definitionOf(kind)
  const filled = withNamespace(applyDefaults(schema, value))
  const problems = [...checkMetadata(filled), ...checkValue(withoutMetadata(schema), filled), ...checkGlobs(filled)]
  problems.push(...checkRules(schema, filled, problems))
  const refused = problems.some(problem => problem.severity === 'error')
  return { resource: refused ? undefined : (filled as unknown as RollbookResource), problems }
}

/**
 * A copy whose metadata has a namespace: `default` where none is given. A field with nothing behind it (`labels:`) is as
 * good as left out, as the API server takes it.
 */
export function withNamespace(value: JsonValue): JsonObject {
  if (!isJsonObject(value)) return {}
  const { metadata } = value
  if (!isJsonObject(metadata)) return value
  const given = Object.entries(metadata).filter(([, field]) => field !== null)
  return { ...value, metadata: { namespace: 'default', ...Object.fromEntries(given) } }
}

/** Metadata has its own check, so here any is right. */
function withoutMetadata(schema: Schema): Schema {
  return { ...schema, properties: { ...schema.properties, metadata: {} } }
}

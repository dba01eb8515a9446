// What happens to an object before it is stored: unknown fields go, defaults come, and what is wrong is refused.
import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { applyDefaults } from '../../resources/defaults.ts'
import type { Schema } from '../../resources/schema.ts'
import { checkValue } from '../../resources/schema-check.ts'
import type { ObjectName } from '../cluster.ts'
import { coreProblems, keptCoreObject } from './core-objects.ts'
import type { CrdChecks, KindRules } from './kinds.ts'
import { metadataProblems } from './metadata.ts'
import { pruned } from './prune.ts'
import { invalid, sentencesOf } from './refusals.ts'

/** The object without unknown fields and with its defaults, as the cluster keeps it. */
export function keptForm({ crd }: KindRules, object: JsonObject): JsonObject {
  if (!crd) return keptCoreObject(object)
  const known = pruned(crd.whole, object, () => undefined)
  return applyDefaults(crd.whole, known) as JsonObject
}

/** `{status}` with the defaults of the CRD, also for one that is gone. */
export function keptStatus({ crd }: KindRules, object: JsonObject): JsonObject {
  return crd ? (applyDefaults(crd.status, object) as JsonObject) : object
}

/**
 * Throws Invalid, with everything that is wrong, for an object whose spec or metadata is new. A spec that became invalid with
 * another edition of its CRD may stay as it is (ratcheting): otherwise such an object could never lose its finalizer.
 */
export function checkObject(rules: KindRules, object: JsonObject, before: JsonObject | undefined): void {
  const { crd } = rules
  const isKept = before !== undefined && isDeepStrictEqual(object['spec'], before['spec'])
  const spec = crd && !isKept ? problemsOf(crd, crd.spec, object) : []
  const body = crd ? spec : coreProblems(object, before)
  refuse(rules, object, [...metadataProblems(object), ...body])
}

/** Throws Invalid for a status that is not as the CRD says. */
export function checkStatus(rules: KindRules, object: JsonObject): void {
  const { crd } = rules
  if (crd) refuse(rules, object, problemsOf(crd, crd.status, { status: object['status'] }))
}

/** Throws Invalid for an applied object with fields that the CRD does not know: unlike other writes, apply refuses them. */
export function checkKnownFields(rules: KindRules, object: JsonObject): void {
  const unknown: string[] = []
  if (rules.crd) pruned(rules.crd.whole, object, field => unknown.push(`${field.slice(1)}: unknown field`))
  refuse(rules, object, unknown)
}

function problemsOf({ rules }: CrdChecks, schema: Schema, object: JsonObject): string[] {
  const problems = checkValue(schema, object)
  return sentencesOf([...problems, ...rules.check(schema, object, problems)])
}

/** The name for the message is shown also when it is no name at all. */
function refuse({ type }: KindRules, object: JsonObject, problems: readonly string[]): void {
  if (problems.length === 0) return
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {}
  const name: ObjectName = { namespace: String(metadata['namespace'] ?? ''), name: String(metadata['name'] ?? '') }
  throw invalid(type, name, problems)
}

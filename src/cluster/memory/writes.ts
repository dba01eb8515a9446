// The ways to write an object, each from what is there and what is given to what will be stored. Nothing here acts.
import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { checkKnownFields, checkObject, checkStatus, keptForm, keptStatus } from './admission.ts'
import { applyFields, type FieldConflict } from './apply.ts'
import { dataOfPlainText } from './core-objects.ts'
import { leavesOf, ownedAfterUpdate } from './fields.ts'
import type { KindRules } from './kinds.ts'
import { mergePatch } from './merge-patch.ts'
import { fixedProblems, rewrittenMetadata, writtenMetadata } from './metadata.ts'
import { copyOf, type Stored, type StoredObject, without } from './objects.ts'
import { conflict, invalid } from './refusals.ts'
import { timestamp } from './timestamp.ts'

/** What the cluster gives to a new object. */
export interface Birth {
  readonly uid: string
  readonly time: Date
}

export interface Applier {
  readonly manager: string
  readonly force?: boolean | undefined
}

/** Owner of what is written without apply, so that an apply of other values conflicts with it. */
const UPDATER = 'Update/rollbook'

/** A new object. Throws Invalid. */
export function created(rules: KindRules, given: JsonObject, birth: Birth): Stored {
  if (metadataOf(given)['resourceVersion'] !== undefined) {
    throw invalid(rules.type, nameOf(given), ['metadata.resourceVersion: must not be given for a new object'])
  }
  const object = newObject(rules, given, birth)
  const after = ownable(rules, object)
  const managers = ownedAfterUpdate({ schema: rules.schema, managers: {}, manager: UPDATER, before: {}, after })
  return { object, managers }
}

function newObject(rules: KindRules, given: JsonObject, { uid, time }: Birth): StoredObject {
  const { apiVersion, kind } = rules.type
  if (given['apiVersion'] !== apiVersion || given['kind'] !== kind) {
    throw invalid(rules.type, nameOf(given), [`apiVersion and kind: must be ${apiVersion} and ${kind}`])
  }
  const body = rules.hasStatus ? without(given, 'status') : given
  const kept = keptForm(rules, copyOf({ ...body, metadata: writtenMetadata(given) }))
  checkObject(rules, kept, undefined)
  const metadata = {
    ...metadataOf(kept),
    ...nameOf(given),
    uid,
    resourceVersion: '',
    creationTimestamp: timestamp(time),
    ...(rules.hasGeneration ? { generation: 1 } : {}),
  }
  const status = kind === 'Pod' ? { status: { phase: 'Pending' } } : {}
  return { ...kept, apiVersion, kind, metadata, ...status }
}

/** The object with a merge patch in it; undefined when nothing changes. Throws Invalid, Conflict. */
export function patched(rules: KindRules, { object, managers }: Stored, patch: JsonObject): Stored | undefined {
  checkVersion(rules, object, metadataOf(patch))
  const merged = mergePatch(object, rules.hasStatus ? without(patch, 'status') : patch)
  const { namespace, name } = object.metadata
  const target = metadataOf(merged)
  if (target['name'] !== name || target['namespace'] !== namespace) {
    throw invalid(rules.type, object.metadata, ["metadata.name and metadata.namespace: can't be changed"])
  }
  const next = rewritten(rules, object, merged)
  if (isDeepStrictEqual(next, object)) return undefined
  const [before, after] = [ownable(rules, object), ownable(rules, next)]
  return {
    object: next,
    managers: ownedAfterUpdate({ schema: rules.schema, managers, manager: UPDATER, before, after }),
  }
}

/** The object after an apply to one that is there; undefined when nothing changes. Throws Invalid, Conflict. */
export function applied(
  rules: KindRules,
  before: Stored,
  { given, manager, force }: Applier & { readonly given: JsonObject },
): Stored | undefined {
  checkVersion(rules, before.object, metadataOf(given))
  const fields = appliedFields(rules, given)
  const result = applyFields({
    ...before,
    live: before.object,
    schema: rules.schema,
    applied: fields,
    manager: applierOf(manager),
  })
  if (result.conflicts.length > 0 && force !== true) throw ownedByOthers(rules, before.object, result.conflicts)
  return changeOf(before, { object: rewritten(rules, before.object, result.object), managers: result.managers })
}

/** The new object that an apply makes. Throws Invalid. */
export function appliedNew(
  rules: KindRules,
  { given, manager, birth }: Applier & { readonly given: JsonObject; readonly birth: Birth },
): Stored {
  const fields = appliedFields(rules, given)
  const { apiVersion, kind } = rules.type
  const metadata = { ...metadataOf(given), ...metadataOf(fields) }
  const object = newObject(rules, { ...fields, apiVersion, kind, metadata }, birth)
  return { object, managers: { [applierOf(manager)]: [...leavesOf(rules.schema, fields).keys()].sort() } }
}

/** The object with the status of an apply, taken over from whoever had it; undefined when nothing changes. */
export function appliedStatus(
  rules: KindRules,
  before: Stored,
  { given, manager }: Applier & { readonly given: JsonObject },
): Stored | undefined {
  checkVersion(rules, before.object, metadataOf(given))
  const { status: live = {} } = before.object
  const fields = copyOf({ status: given['status'] ?? {} })
  checkKnownFields(rules, fields)
  const result = applyFields({
    schema: rules.schema,
    live: { status: live },
    applied: fields,
    managers: before.managers,
    manager: `${applierOf(manager)}/status`,
  })
  const { status: _, ...rest } = before.object
  const object: StoredObject = { ...rest, ...keptStatus(rules, result.object) }
  checkStatus(rules, object)
  return changeOf(before, { object, managers: result.managers })
}

function changeOf(before: Stored, after: Stored): Stored | undefined {
  return isDeepStrictEqual([before.object, before.managers], [after.object, after.managers]) ? undefined : after
}

/** What an applied object asks to own. */
function appliedFields(rules: KindRules, given: JsonObject): JsonObject {
  const body = copyOf(dataOfPlainText(rules.hasStatus ? without(given, 'status') : given))
  checkKnownFields(rules, body)
  return ownable(rules, body)
}

/** The fields that managers can own: neither the name nor what the cluster fills in, nor the status. */
function ownable(rules: KindRules, object: JsonObject): JsonObject {
  const body = without(object, 'apiVersion', 'kind', 'metadata', ...(rules.hasStatus ? ['status'] : []))
  const metadata = without(writtenMetadata(object), 'name', 'namespace')
  return Object.keys(metadata).length === 0 ? body : { ...body, metadata }
}

/** The object after a write of everything but its status, checked. Equal to the one before when nothing changes. */
function rewritten(rules: KindRules, before: StoredObject, body: JsonObject): StoredObject {
  const fixed = fixedProblems(before, body)
  if (fixed.length > 0) throw invalid(rules.type, before.metadata, fixed)
  const kept = keptForm(rules, copyOf(body))
  const { apiVersion, kind, status } = before
  const metadata = rewrittenMetadata(before.metadata, body)
  const next = { ...kept, apiVersion, kind, metadata, ...(rules.hasStatus && status !== undefined ? { status } : {}) }
  if (isDeepStrictEqual(next, before)) return before
  checkObject(rules, next, before)
  if (!rules.hasGeneration || isDeepStrictEqual(specOf(next), specOf(before))) return next
  return { ...next, metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 } }
}

function specOf(object: JsonObject): JsonObject {
  return without(object, 'metadata', 'status')
}

function checkVersion(rules: KindRules, { metadata }: StoredObject, given: JsonObject): void {
  const wanted = given['resourceVersion']
  if (wanted === undefined || wanted === null || wanted === '' || wanted === metadata.resourceVersion) return
  throw conflict(rules.type, metadata, 'has changed since it was read')
}

function ownedByOthers(rules: KindRules, { metadata }: StoredObject, conflicts: readonly FieldConflict[]) {
  const fields = conflicts.map(({ manager, field }) => `${field} by ${manager}`)
  return conflict(rules.type, metadata, `has fields that others own: ${fields.join(', ')}`)
}

function applierOf(manager: string): string {
  return `Apply/${manager}`
}

function metadataOf(object: JsonObject): JsonObject {
  return isJsonObject(object['metadata']) ? object['metadata'] : {}
}

/** As strings whatever they are: what is wrong with them is told by the check of metadata. */
function nameOf(object: JsonObject): { readonly namespace: string; readonly name: string } {
  const { namespace, name } = metadataOf(object)
  return { namespace: String(namespace ?? ''), name: String(name ?? '') }
}

// Objects as the memory cluster stores them: JSON that never changes once stored, so that lists, watches and snapshots can
// share it. What goes out or comes in is a copy.
import { isJsonObject, type JsonObject, type JsonValue, setOwn } from '../../lib/json.ts'
import type { ClusterObject } from '../cluster.ts'
import type { Managers } from './fields.ts'

export type Owner = {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface StoredMetadata extends JsonObject {
  name: string
  namespace: string
  uid: string
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  finalizers?: string[]
  ownerReferences?: Owner[]
  labels?: Record<string, string>
}

export interface StoredObject extends JsonObject {
  apiVersion: string
  kind: string
  metadata: StoredMetadata
}

/** An object with what server-side apply knows about it. */
export interface Stored {
  readonly object: StoredObject
  /** Who owns which fields. */
  readonly managers: Managers
}

/** A copy of JSON that shares nothing; undefined values are left out. */
export function copyOf<T>(value: T): T
export function copyOf(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(copyOf)
  if (!isJsonObject(value)) return value
  const result: JsonObject = {}
  for (const key of Object.keys(value)) {
    const item = value[key]
    if (item !== undefined) setOwn(result, key, copyOf(item))
  }
  return result
}

/** The stored object as the caller's own. */
export function handedOut<T extends ClusterObject>(object: StoredObject): T {
  return copyOf(object) as unknown as T
}

/** A shallow copy without some fields. */
export function without(object: JsonObject, ...fields: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !fields.includes(key)))
}

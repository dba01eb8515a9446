// Metadata of a stored object: what its writer may say, and what is the cluster's own.
import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { checkMetadata } from '../../resources/metadata-check.ts'
import type { StoredMetadata, StoredObject } from './objects.ts'
import { sentencesOf } from './refusals.ts'

/** Fields that a writer fills in; everything else is kept or made by the cluster. */
const WRITTEN = ['name', 'namespace', 'labels', 'annotations', 'finalizers', 'ownerReferences'] as const

/** Fields that may be repeated in a write but not changed. */
const FIXED = ['uid', 'deletionTimestamp'] as const

const ANNOTATIONS_LIMIT = 256 * 1024

const FINALIZER = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/

/** What the writer gives, without empty blocks. */
export function writtenMetadata(object: JsonObject): JsonObject {
  const given = isJsonObject(object['metadata']) ? object['metadata'] : {}
  const entries = WRITTEN.map(key => [key, given[key]] as const)
  return Object.fromEntries(entries.filter(([, value]) => !isEmpty(value)))
}

function isEmpty(value: JsonValue | undefined): boolean {
  return (value ?? null) === null || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)
}

/** The metadata after a write to an object that is there: the cluster's own fields stay. */
export function rewrittenMetadata(before: StoredMetadata, object: JsonObject): StoredMetadata {
  const kept = Object.entries(before).filter(([key]) => !WRITTEN.some(written => written === key))
  return { ...writtenMetadata(object), ...Object.fromEntries(kept) } as StoredMetadata
}

/** Everything wrong with the metadata that a writer gives. */
export function metadataProblems(object: JsonObject): string[] {
  const metadata = writtenMetadata(object)
  const found = sentencesOf(checkMetadata({ metadata }))
  const annotations = metadata['annotations']
  if (isJsonObject(annotations)) {
    const bytes = Object.entries(annotations).reduce((sum, [key, text]) => sum + lengthOf(key) + lengthOf(text), 0)
    if (bytes > ANNOTATIONS_LIMIT) found.push(`metadata.annotations: must have at most ${ANNOTATIONS_LIMIT} bytes`)
  }
  for (const finalizer of listOf(metadata['finalizers'])) {
    if (typeof finalizer === 'string' && !FINALIZER.test(finalizer)) {
      found.push(`metadata.finalizers: "${finalizer}" must be a name or domain/name`)
    }
  }
  for (const [index, owner] of listOf(metadata['ownerReferences']).entries()) {
    for (const key of ['apiVersion', 'kind', 'name', 'uid']) {
      const given = isJsonObject(owner) && typeof owner[key] === 'string' && owner[key] !== ''
      if (!given) found.push(`metadata.ownerReferences[${index}].${key}: must be given`)
    }
  }
  return found
}

/** What a write must not change. */
export function fixedProblems(before: StoredObject, object: JsonObject): string[] {
  const given = isJsonObject(object['metadata']) ? object['metadata'] : {}
  const found = FIXED.filter(
    key => (given[key] ?? null) !== null && !isDeepStrictEqual(given[key], before.metadata[key]),
  ).map(key => `metadata.${key}: can't be changed`)
  if (before.metadata.deletionTimestamp === undefined) return found
  const known = before.metadata.finalizers ?? []
  const added = listOf(given['finalizers']).filter(finalizer => !known.some(there => there === finalizer))
  if (added.length > 0) found.push("metadata.finalizers: can't get new ones while the object is being deleted")
  return found
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

function lengthOf(value: JsonValue | undefined): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : 0
}

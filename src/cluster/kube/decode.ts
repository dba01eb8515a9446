// Objects from the bytes of an API server. What their fields hold is the business of whoever reads them.
import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { ClusterObject, ObjectList, ObjectType, WatchEvent } from '../cluster.ts'
import { ClusterError } from '../cluster-error.ts'
import { statusError } from './errors.ts'
import type { StringPool } from './string-pool.ts'

export interface Page<T> extends ObjectList<T> {
  readonly more: string | undefined
  /** Why objects were left out. */
  readonly undecodable: readonly string[]
}

/** One object. Throws Unavailable when the answer holds none. */
export function decodeObject<T extends ClusterObject>(type: ObjectType<T>, body: Buffer, strings: StringPool): T {
  const value = jsonIn(body, strings)
  if (!isNamed(value)) throw noObject(type, 'an object with a name')
  return complete(type, value)
}

/** One page of a list; the items of lists lack kind and apiVersion, they are put in. */
export function decodePage<T extends ClusterObject>(type: ObjectType<T>, body: Buffer, strings: StringPool): Page<T> {
  const value = jsonIn(body, strings)
  const list = isJsonObject(value) ? value : {}
  const { items, metadata } = list
  const { resourceVersion, continue: more } = isJsonObject(metadata) ? metadata : {}
  if (typeof resourceVersion !== 'string' || (!Array.isArray(items) && items !== null)) throw noObject(type, 'a list')
  const undecodable: string[] = []
  const decoded = (items ?? []).flatMap((item, index) => {
    if (isNamed(item)) return [complete<T>(type, item)]
    undecodable.push(`item ${index} of the list has no name`)
    return []
  })
  return {
    items: decoded,
    resourceVersion,
    more: typeof more === 'string' && more !== '' ? more : undefined,
    undecodable,
  }
}

/** One line of a watch, or why it can't be read. Throws what an ERROR event says. */
export function decodeEvent<T extends ClusterObject>(
  type: ObjectType<T>,
  line: Buffer,
  strings: StringPool,
): WatchEvent<T> | string {
  let event: JsonValue
  try {
    event = strings.share(JSON.parse(line.toString('utf8')) as JsonValue)
  } catch (error) {
    return `an event is not JSON: ${(error as Error).message}`
  }
  if (!isJsonObject(event) || !isJsonObject(event['object'])) return 'an event without an object'
  const { type: word, object } = event
  if (word === 'ERROR') throw statusError(object)
  if (word === 'BOOKMARK') {
    const { resourceVersion } = isJsonObject(object['metadata']) ? object['metadata'] : {}
    return typeof resourceVersion === 'string' ? { type: word, resourceVersion } : 'a bookmark without a version'
  }
  if (word !== 'ADDED' && word !== 'MODIFIED' && word !== 'DELETED') return `an event of type ${String(word)}`
  return isNamed(object) ? { type: word, object: complete(type, object) } : 'an event whose object has no name'
}

/** Without managedFields, which nobody here reads: after server-side apply they are as large as the object. */
function complete<T extends ClusterObject>({ apiVersion, kind }: ObjectType<T>, value: NamedObject): T {
  const { managedFields: _, ...metadata } = value.metadata
  return { ...value, apiVersion, kind, metadata } as unknown as T
}

interface NamedObject extends JsonObject {
  readonly metadata: JsonObject
}

function isNamed(value: JsonValue): value is NamedObject {
  return isJsonObject(value) && isJsonObject(value['metadata']) && typeof value['metadata']['name'] === 'string'
}

function jsonIn(body: Buffer, strings: StringPool): JsonValue {
  try {
    return strings.share(JSON.parse(body.toString('utf8')) as JsonValue)
  } catch (error) {
    throw new ClusterError('Unavailable', `the API server answered what is not JSON: ${(error as Error).message}`)
  }
}

function noObject({ plural }: ObjectType, what: string): ClusterError {
  return new ClusterError('Unavailable', `the API server answered a call about ${plural} without ${what}`)
}

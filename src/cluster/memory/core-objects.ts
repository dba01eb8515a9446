// The rules of Secrets, ConfigMaps and Events that clients feel. Values never appear in a message.
import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { checkPlainObject } from '../../resources/plain-objects.ts'
import { sentencesOf } from './refusals.ts'

const FIELDS = {
  Secret: ['type', 'data', 'immutable'],
  ConfigMap: ['data', 'binaryData', 'immutable'],
} as const

const SIZE_LIMIT = 1024 * 1024

/** The object as the cluster keeps it: a Secret's stringData becomes data. */
export function keptCoreObject(object: JsonObject): JsonObject {
  const { kind, metadata, apiVersion } = object
  if (kind !== 'Secret' && kind !== 'ConfigMap') return object
  const body = dataOfPlainText(object)
  const fields = FIELDS[kind].map(field => [field, body[field]] as const).filter(([, value]) => isGiven(value))
  const kept: JsonObject = { apiVersion, kind, metadata, ...Object.fromEntries(fields) }
  return kind === 'Secret' ? { ...kept, type: kept['type'] ?? 'Opaque' } : kept
}

/** A Secret with its `stringData` in `data`; anything else as it is. */
export function dataOfPlainText({ stringData, ...object }: JsonObject): JsonObject {
  if (object['kind'] !== 'Secret') return stringData === undefined ? object : { ...object, stringData }
  if (!isJsonObject(stringData)) return object
  const data = Object.entries(stringData).map(([key, text]) => {
    return [key, typeof text === 'string' ? Buffer.from(text, 'utf8').toString('base64') : text] as const
  })
  const { data: given } = object
  return { ...object, data: { ...(isJsonObject(given) ? given : {}), ...Object.fromEntries(data) } }
}

function isGiven(value: JsonValue | undefined): boolean {
  return (value ?? null) !== null && !(isJsonObject(value) && Object.keys(value).length === 0)
}

/** Everything wrong with the object itself, and with the change when there was one before. */
export function coreProblems(object: JsonObject, before: JsonObject | undefined): string[] {
  if (object['kind'] === 'Event') return eventProblems(object)
  if (object['kind'] !== 'Secret' && object['kind'] !== 'ConfigMap') {
    return isJsonObject(object['spec']) ? [] : ['spec: must be given']
  }
  const found = sentencesOf(checkPlainObject(object).problems.filter(({ path }) => path[0] !== 'metadata'))
  return [...found, ...dataProblems(object), ...(before ? changeProblems(object, before) : [])]
}

function dataProblems(object: JsonObject): string[] {
  const maps = [object['data'], object['binaryData']].filter(isJsonObject)
  const found: string[] = []
  let bytes = 0
  for (const map of maps) {
    for (const [key, text] of Object.entries(map)) {
      if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key))
        found.push(`data: the key "${key.slice(0, 64)}" must be of letters, digits, "-", "_" or "."`)
      const encoded = object['kind'] === 'Secret' || map === object['binaryData']
      if (typeof text === 'string') bytes += Buffer.byteLength(text, encoded ? 'base64' : 'utf8')
    }
  }
  if (bytes > SIZE_LIMIT) found.push(`data: must have at most ${SIZE_LIMIT} bytes, not ${bytes}`)
  return found
}

function changeProblems(object: JsonObject, before: JsonObject): string[] {
  const found: string[] = []
  if (object['type'] !== before['type']) found.push("type: can't be changed")
  if (before['immutable'] !== true) return found
  for (const field of ['data', 'binaryData', 'immutable']) {
    if (!isDeepStrictEqual(object[field], before[field]))
      found.push(`${field}: can't be changed, the object is immutable`)
  }
  return found
}

function eventProblems({ involvedObject, metadata }: JsonObject): string[] {
  const about = isJsonObject(involvedObject) ? involvedObject['namespace'] : undefined
  const there = isJsonObject(metadata) ? metadata['namespace'] : undefined
  return about === there ? [] : ['involvedObject.namespace: must be the namespace of the event']
}

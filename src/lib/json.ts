// JSON as data: what JSON.parse gives, typed. Keys are read with Object.keys or Object.hasOwn, never with `in`,
// because documents may carry keys such as `__proto__` or `constructor`.

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export interface JsonObject {
  [key: string]: JsonValue | undefined
}

/** True for a JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own property of an object, or undefined: safe for keys such as `constructor`. */
export function own(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** Sets an own property, also when the key is `__proto__`. */
export function setOwn(object: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    object[key] = value
  }
}

/** A copy with one member set, for every entry of a run: V8 is ten times slower with a spread of what JSON.parse made. */
export function withOwn(object: JsonObject, key: string, value: JsonValue): JsonObject {
  const copy: JsonObject = {}
  for (const each of Object.keys(object)) {
    const old = object[each]
    if (old !== undefined) setOwn(copy, each, old)
  }
  setOwn(copy, key, value)
  return copy
}

/** JSON text with keys in code unit order at every level: equal data, equal text. For hashes of our own small objects. */
export function stableJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isJsonObject(inner)
      ? Object.fromEntries(
          Object.keys(inner)
            .sort()
            .map(key => [key, inner[key]]),
        )
      : inner,
  )
}

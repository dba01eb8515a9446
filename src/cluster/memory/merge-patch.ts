// JSON merge patch (RFC 7386).
import { isJsonObject, type JsonObject, type JsonValue, own, setOwn } from '../../lib/json.ts'

/** The object with the patch in it; null removes a field. Shares parts of both. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const result: JsonObject = { ...target }
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (value === undefined) continue
    if (value === null) delete result[key]
    else setOwn(result, key, patched(own(target, key), value))
  }
  return result
}

function patched(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  return isJsonObject(patch) ? mergePatch(isJsonObject(target) ? target : {}, patch) : patch
}

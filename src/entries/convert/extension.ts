// Finds ToolHive's extension in an upstream document: `_meta`, publisher-provided, `io.github.stacklok`, image or URL.
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { PUBLISHER_PROVIDED, STACKLOK } from './toolhive-fields.ts'

/** All extensions of a document by the image or URL that they are about. */
export function extensionsOf(document: JsonObject): JsonObject {
  const publisher = objectAt(objectAt(own(document, '_meta'), PUBLISHER_PROVIDED), STACKLOK)
  return publisher ?? {}
}

/**
 * The extension of one image or URL. When its image was bumped and the extension's key was not, the key that names the
 * same image without tag and digest counts, then an only key; never just the first of several.
 */
export function extensionFor(document: JsonObject, target: string): JsonObject {
  const extensions = extensionsOf(document)
  const exact = own(extensions, target)
  if (isJsonObject(exact)) return exact

  const keys = Object.keys(extensions)
  const sameImage = keys.filter(key => withoutTag(key) === withoutTag(target))
  const [only, ...others] = sameImage.length > 0 ? sameImage : keys
  const extension = only === undefined || others.length > 0 ? undefined : own(extensions, only)
  return isJsonObject(extension) ? extension : {}
}

/** `host:5000/team/app:1.2@sha256:…` as `host:5000/team/app`. */
function withoutTag(image: string): string {
  const name = image.split('@', 1)[0] ?? image
  const slash = name.lastIndexOf('/')
  const colon = name.indexOf(':', slash + 1)
  return colon === -1 ? name : name.slice(0, colon)
}

function objectAt(value: JsonValue | undefined, key: string): JsonObject | undefined {
  const inner = isJsonObject(value) ? own(value, key) : undefined
  return isJsonObject(inner) ? inner : undefined
}

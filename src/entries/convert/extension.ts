// Finds ToolHive's extension in an upstream document: `_meta`, publisher-provided, `io.github.stacklok`, image, package or URL.
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { imageOfPackage, packageOfImage } from './package-image.ts'
import type { Runnable } from './runnable.ts'
import { PUBLISHER_PROVIDED, STACKLOK } from './toolhive-fields.ts'

/** All extensions of a document by the image, package or URL that they are about. */
export function extensionsOf(document: JsonObject): JsonObject {
  const publisher = objectAt(objectAt(own(document, '_meta'), PUBLISHER_PROVIDED), STACKLOK)
  return publisher ?? {}
}

/**
 * The extension of what runs. Its key is the identifier or URL, for a package also ToolHive's image. When the version was
 * bumped and the extension's key was not, the key that names the same image or package counts, then an only key; never just
 * the first of several.
 */
export function extensionFor(document: JsonObject, { target, extensionKey }: Runnable): JsonObject {
  const extensions = extensionsOf(document)
  const exact = own(extensions, extensionKey) ?? own(extensions, target)
  if (isJsonObject(exact)) return exact

  const keys = Object.keys(extensions)
  const sameImage = keys.filter(key => withoutVersion(key) === withoutVersion(target))
  const [only, ...others] = sameImage.length > 0 ? sameImage : keys
  const extension = only === undefined || others.length > 0 ? undefined : own(extensions, only)
  return isJsonObject(extension) ? extension : {}
}

/** `host:5000/team/app:1.2@sha256:…` as `host:5000/team/app`, `npx://@team/app@1.2` as `npx://@team/app`. */
export function withoutVersion(image: string): string {
  const named = packageOfImage(image)
  if (named !== undefined) return imageOfPackage({ registryType: named.registryType, identifier: named.identifier })
  const name = image.split('@', 1)[0] ?? image
  const slash = name.lastIndexOf('/')
  const colon = name.indexOf(':', slash + 1)
  return colon === -1 ? name : name.slice(0, colon)
}

function objectAt(value: JsonValue | undefined, key: string): JsonObject | undefined {
  const inner = isJsonObject(value) ? own(value, key) : undefined
  return isJsonObject(inner) ? inner : undefined
}

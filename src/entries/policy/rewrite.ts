// policy.rewrite: images and package registries exchanged for a company's mirrors. Name and version of an entry stay, and
// ToolHive's extension moves with its image. Pure; docs/policies.md says what matches.
import { isJsonObject, type JsonObject, type JsonValue, own, setOwn } from '../../lib/json.ts'
import type { RewriteRequest } from '../../resources/request.ts'
import { withoutVersion } from '../convert/extension.ts'
import { PROTOCOL_IMAGE, PUBLISHER_PROVIDED, STACKLOK } from '../convert/toolhive-fields.ts'
import { PACKAGE_RULES } from '../validate/publish/package-rules.ts'
import { imageReference } from './image-reference.ts'

export interface RewriteOptions {
  readonly rewrite: readonly RewriteRequest[]
  /** Where packages without a registryBaseUrl come from, by registryType. */
  readonly officialBaseUrls?: Readonly<Record<string, string>>
}

/** The document with the first rule that matches applied to each package; the same object when none does. */
export function rewrittenDocument(document: JsonObject, options: RewriteOptions): JsonObject {
  const packages = own(document, 'packages')
  if (!Array.isArray(packages) || options.rewrite.length === 0) return document
  const moved = new Map<string, string>()
  const rewritten = packages.map(item => (isJsonObject(item) ? rewrittenPackage(item, options, moved) : item))
  if (rewritten.every((item, index) => item === packages[index])) return document
  return withMovedExtensions({ ...document, packages: rewritten }, moved)
}

/** `moved` learns which image became which. */
function rewrittenPackage(pkg: JsonObject, options: RewriteOptions, moved: Map<string, string>): JsonObject {
  const type = own(pkg, 'registryType') ?? own(pkg, 'registry_type')
  if (type === 'oci') return rewrittenContainer(pkg, options, moved)
  return typeof type === 'string' ? rewrittenSource(pkg, type, options) : pkg
}

function rewrittenContainer(pkg: JsonObject, { rewrite }: RewriteOptions, moved: Map<string, string>): JsonObject {
  const identifier = own(pkg, 'identifier')
  if (typeof identifier !== 'string' || identifier === '' || PROTOCOL_IMAGE.test(identifier)) return pkg
  // Older documents name the host beside the identifier.
  const { registryBaseUrl, registry_base_url, ...rest } = pkg
  const host = hostOf(registryBaseUrl ?? registry_base_url)
  const image = rewrittenImage(identifier, rewrite, host)
  if (image === undefined) return pkg
  moved.set(identifier, image)
  return { ...rest, identifier: image }
}

/** The image by the first rule that matches; undefined when none does. */
function rewrittenImage(image: string, rules: readonly RewriteRequest[], host?: string): string | undefined {
  const { repository, suffix } = imageReference(image, host)
  for (const { field, from, to } of rules) {
    const rest = field === 'image' ? restBehind(repository, from) : undefined
    if (rest !== undefined) return `${withoutSlash(to)}${rest}${suffix}`
  }
  return undefined
}

/** A package from its registry. One without a base URL comes from the official one, as far as that is known. */
function rewrittenSource(
  pkg: JsonObject,
  type: string,
  { rewrite, officialBaseUrls = {} }: RewriteOptions,
): JsonObject {
  const key = Object.hasOwn(pkg, 'registry_base_url') ? 'registry_base_url' : 'registryBaseUrl'
  const known = PACKAGE_RULES.get(type)?.registryBaseUrl
  if (known === 'forbidden') return pkg
  const url = own(pkg, key) ?? (Object.hasOwn(officialBaseUrls, type) ? officialBaseUrls[type] : known)
  if (typeof url !== 'string') return pkg
  for (const { field, from, to } of rewrite) {
    const rest = field === 'registryBaseUrl' ? restBehind(url, from) : undefined
    if (rest !== undefined) return { ...pkg, [key]: `${withoutSlash(to)}${rest}` }
  }
  return pkg
}

/** The extension's key is its image: it moves along, also where its tag is an older one. Another extension never gives way. */
function withMovedExtensions(document: JsonObject, moved: ReadonlyMap<string, string>): JsonObject {
  const meta = own(document, '_meta')
  const provided = isJsonObject(meta) ? own(meta, PUBLISHER_PROVIDED) : undefined
  const extensions = isJsonObject(provided) ? own(provided, STACKLOK) : undefined
  if (!isJsonObject(meta) || !isJsonObject(provided) || !isJsonObject(extensions) || moved.size === 0) return document

  const result: JsonObject = {}
  for (const [key, extension] of Object.entries(extensions)) {
    const newKey = movedKey(key, moved)
    const isFree = !Object.hasOwn(extensions, newKey) && !Object.hasOwn(result, newKey)
    setOwn(result, isFree ? newKey : key, extension ?? null)
  }
  return { ...document, _meta: { ...meta, [PUBLISHER_PROVIDED]: { ...provided, [STACKLOK]: result } } }
}

function movedKey(key: string, moved: ReadonlyMap<string, string>): string {
  const exact = moved.get(key)
  if (exact !== undefined) return exact
  for (const [from, to] of moved) {
    if (withoutVersion(from) === withoutVersion(key))
      return `${withoutVersion(to)}${key.slice(withoutVersion(key).length)}`
  }
  return key
}

/** What follows `prefix` in `text`, which must end there or go on with a slash; undefined when it doesn't start so. */
function restBehind(text: string, prefix: string): string | undefined {
  const wanted = withoutSlash(prefix)
  const start = text.slice(0, wanted.length)
  const rest = text.slice(wanted.length)
  const isSame = lowerHost(start) === lowerHost(wanted)
  return isSame && (rest === '' || rest.startsWith('/')) ? rest : undefined
}

/** Scheme and host don't depend on their case, paths do. */
function lowerHost(text: string): string {
  const head = /^(?:[a-z]+:\/\/)?[^/]*/i.exec(text)?.[0] ?? ''
  return head.toLowerCase() + text.slice(head.length)
}

function withoutSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text
}

function hostOf(url: JsonValue | undefined): string | undefined {
  return typeof url === 'string' ? /^https?:\/\/([^/?#]+)/i.exec(url)?.[1]?.toLowerCase() : undefined
}

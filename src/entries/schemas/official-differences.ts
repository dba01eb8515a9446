// The changelog of server.json, backwards: what has to be undone to come from each version to the one before it.
// Every difference is a small function named for what holds in the older version.
import { type Definitions, freeObject, type JsonSchema, oneOfTexts, text, uri } from './json-schema.ts'

/** Leads from the definitions of one version to those of an older one. */
export type Difference = (newer: Definitions) => Definitions

/** The older versions, newest first, each with its differences to the version above it. */
export const olderVersions: readonly { readonly version: string; readonly differences: readonly Difference[] }[] = [
  { version: '2025-10-17', differences: [sseUrlIsAnyUri, streamableHttpUrlIsAnyText, remotesHaveNoVariables] },
  { version: '2025-10-11', differences: [] },
  { version: '2025-09-29', differences: [noTitle, noIcons, noPlaceholder, packageNeedsVersion, packageIsClosed] },
  { version: '2025-09-16', differences: [documentHasStatus, documentHasOfficialMeta] },
  { version: '2025-07-09', differences: [namesAreSnakeCase] },
]

function sseUrlIsAnyUri(newer: Definitions): Definitions {
  return withField(withField(newer, 'sse', { url: uri }), 'remoteSse', { url: uri })
}

function streamableHttpUrlIsAnyText(newer: Definitions): Definitions {
  return withField(withField(newer, 'streamableHttp', { url: text }), 'remoteStreamableHttp', { url: text })
}

function remotesHaveNoVariables(newer: Definitions): Definitions {
  return withoutField(withoutField(newer, 'remoteStreamableHttp', 'variables'), 'remoteSse', 'variables')
}

function noTitle(newer: Definitions): Definitions {
  return withoutField(newer, 'server', 'title')
}

function noIcons(newer: Definitions): Definitions {
  const { icon: _icon, ...others } = newer
  return withoutField(others, 'server', 'icons')
}

function noPlaceholder(newer: Definitions): Definitions {
  return withoutField(newer, 'input', 'placeholder')
}

function packageNeedsVersion(newer: Definitions): Definitions {
  return edited(newer, 'package', schema => ({ ...schema, required: [...(schema.required ?? []), 'version'] }))
}

function packageIsClosed(newer: Definitions): Definitions {
  return edited(newer, 'package', schema => ({ ...schema, additionalProperties: false }))
}

/** It moved to the API's envelope with 2025-09-29. */
function documentHasStatus(newer: Definitions): Definitions {
  return withField(newer, 'server', { status: oneOfTexts('active', 'deprecated', 'deleted') })
}

/** It moved to the API's envelope with 2025-09-29. */
function documentHasOfficialMeta(newer: Definitions): Definitions {
  const meta = definition(newer, 'server').properties?.['_meta']
  const properties = { ...meta?.properties, 'io.modelcontextprotocol.registry/official': freeObject }
  return withField(newer, 'server', { _meta: { ...meta, properties } })
}

/** Registry pull request #428 renamed these, and nothing else. */
function namesAreSnakeCase(newer: Definitions): Definitions {
  return Object.fromEntries(Object.entries(newer).map(([name, schema]) => [name, inSnakeCase(schema)]))
}

const snakeCase: ReadonlyMap<string, string> = new Map([
  ['registryType', 'registry_type'],
  ['registryBaseUrl', 'registry_base_url'],
  ['fileSha256', 'file_sha256'],
  ['runtimeHint', 'runtime_hint'],
  ['runtimeArguments', 'runtime_arguments'],
  ['packageArguments', 'package_arguments'],
  ['environmentVariables', 'environment_variables'],
  ['isRequired', 'is_required'],
  ['isSecret', 'is_secret'],
  ['valueHint', 'value_hint'],
  ['isRepeated', 'is_repeated'],
  ['websiteUrl', 'website_url'],
])

/** The other spelling of a field that was renamed with 2025-09-16, in either direction. */
export function otherSpelling(field: string): string | undefined {
  const older = snakeCase.get(field)
  if (older !== undefined) return older
  for (const [camel, snake] of snakeCase) if (snake === field) return camel
  return undefined
}

function inSnakeCase(schema: JsonSchema): JsonSchema {
  const rename = (field: string): string => snakeCase.get(field) ?? field
  return {
    ...schema,
    ...(schema.required && { required: schema.required.map(rename) }),
    ...(schema.properties && {
      properties: Object.fromEntries(Object.entries(schema.properties).map(([field, form]) => [rename(field), form])),
    }),
    ...(schema.anyOf && { anyOf: schema.anyOf.map(inSnakeCase) }),
  }
}

function withField(definitions: Definitions, name: string, field: Definitions): Definitions {
  return edited(definitions, name, schema => ({ ...schema, properties: { ...schema.properties, ...field } }))
}

function withoutField(definitions: Definitions, name: string, field: string): Definitions {
  return edited(definitions, name, schema => {
    const { [field]: _removed, ...properties } = schema.properties ?? {}
    return { ...schema, properties }
  })
}

function edited(definitions: Definitions, name: string, edit: (schema: JsonSchema) => JsonSchema): Definitions {
  return { ...definitions, [name]: edit(definition(definitions, name)) }
}

function definition(definitions: Definitions, name: string): JsonSchema {
  const schema = definitions[name]
  if (schema === undefined) throw new Error(`no definition is called ${name}`)
  return schema
}

// The server.json format of the official registry, in every released version: the newest one as data, each older one
// as the list of differences that lead back to it. Facts: the schemas of static.modelcontextprotocol.io and their changelog.
import {
  chosenByType,
  type Definitions,
  flag,
  freeObject,
  type JsonSchema,
  listOf,
  mapOf,
  oneOfTexts,
  openObject,
  ref,
  text,
  textLike,
  textOf,
  uri,
} from './json-schema.ts'
import { type Difference, olderVersions } from './official-differences.ts'
import { HTTP_URL, ICON_SIZE, SERVER_NAME, SHA256 } from './patterns.ts'

/** The version that new documents should name (still current in 2026-08, registry issue #1546). */
export const CURRENT_VERSION = '2025-12-11'

/** Every released version, newest first. */
export const officialVersions: readonly string[] = [CURRENT_VERSION, ...olderVersions.map(older => older.version)]

/** The address that a document of this version carries in `$schema`. */
export function officialSchemaUrl(version: string): string {
  return `https://static.modelcontextprotocol.io/schemas/${version}/server.schema.json`
}

/** The schema of one released version, or undefined when there is no such version. */
export function officialSchema(version: string): JsonSchema | undefined {
  const age = officialVersions.indexOf(version)
  if (age < 0) return undefined
  const differences = olderVersions.slice(0, age).flatMap(older => older.differences)
  const definitions = differences.reduce((newer: Definitions, difference: Difference) => difference(newer), newest)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: officialSchemaUrl(version),
    ...ref('server'),
    definitions,
  }
}

const server = openObject(
  {
    $schema: uri,
    name: { ...textOf(3, 200), pattern: SERVER_NAME },
    description: textOf(1, 100),
    title: textOf(1, 100),
    version: { type: 'string', maxLength: 255 },
    websiteUrl: uri,
    repository: ref('repository'),
    icons: listOf(ref('icon')),
    packages: listOf(ref('package')),
    remotes: listOf(ref('remoteTransport')),
    _meta: openObject({ 'io.modelcontextprotocol.registry/publisher-provided': freeObject }),
  },
  ['name', 'description', 'version'],
)

const repository = openObject({ url: uri, source: text, id: text, subfolder: text }, ['url', 'source'])

const icon = openObject(
  {
    src: { ...uri, maxLength: 255 },
    mimeType: oneOfTexts('image/png', 'image/jpeg', 'image/jpg', 'image/svg+xml', 'image/webp'),
    sizes: listOf(textLike(ICON_SIZE)),
    theme: oneOfTexts('light', 'dark'),
  },
  ['src'],
)

const packageOfServer = openObject(
  {
    registryType: text,
    registryBaseUrl: uri,
    identifier: text,
    version: { type: 'string', minLength: 1, not: { const: 'latest' } },
    fileSha256: textLike(SHA256),
    runtimeHint: text,
    transport: ref('packageTransport'),
    runtimeArguments: listOf(ref('argument')),
    packageArguments: listOf(ref('argument')),
    environmentVariables: listOf(ref('keyValueInput')),
  },
  ['registryType', 'identifier', 'transport'],
)

const input = openObject({
  description: text,
  isRequired: flag,
  format: oneOfTexts('string', 'number', 'boolean', 'filepath'),
  value: text,
  isSecret: flag,
  default: text,
  placeholder: text,
  choices: listOf(text),
})

/** An input that may use other inputs in its value as `{name}`. */
const variableInput = openObject({ variables: mapOf(ref('input')) })

function inputWith(properties: Definitions, required: readonly string[]): JsonSchema {
  return { ...openObject(properties, required), allOf: [ref('input'), ref('variableInput')] }
}

const keyValueInput = inputWith({ name: text }, ['name'])
const namedArgument = inputWith({ type: { const: 'named' }, name: text, isRepeated: flag }, ['type', 'name'])
const positionalArgument: JsonSchema = {
  ...inputWith({ type: { const: 'positional' }, valueHint: text, isRepeated: flag }, ['type']),
  anyOf: [{ required: ['valueHint'] }, { required: ['value'] }],
}

const httpTransport = { url: textLike(HTTP_URL), headers: listOf(ref('keyValueInput')) }
const remoteHttpTransport = { ...httpTransport, variables: mapOf(ref('input')) }

const newest: Definitions = {
  server,
  repository,
  icon,
  package: packageOfServer,
  input,
  variableInput,
  keyValueInput,
  argument: chosenByType({ positional: 'positionalArgument', named: 'namedArgument' }),
  positionalArgument,
  namedArgument,
  packageTransport: chosenByType({ stdio: 'stdio', 'streamable-http': 'streamableHttp', sse: 'sse' }),
  stdio: openObject({ type: { const: 'stdio' } }, ['type']),
  streamableHttp: openObject({ type: { const: 'streamable-http' }, ...httpTransport }, ['type', 'url']),
  sse: openObject({ type: { const: 'sse' }, ...httpTransport }, ['type', 'url']),
  remoteTransport: chosenByType({ 'streamable-http': 'remoteStreamableHttp', sse: 'remoteSse' }),
  remoteStreamableHttp: openObject({ type: { const: 'streamable-http' }, ...remoteHttpTransport }, ['type', 'url']),
  remoteSse: openObject({ type: { const: 'sse' }, ...remoteHttpTransport }, ['type', 'url']),
}

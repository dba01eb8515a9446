// Documents by chance: valid ones, with every mixture of packages and remotes and every kind of field.
import type { JsonObject, JsonValue } from '../../src/lib/json.ts'
import { pick, type Random } from './random.ts'

/** True when ToolHive could run a package or remote of it. */
export function isRunnable({ remotes = [], packages = [] }: JsonObject): boolean {
  const urls = (remotes as JsonObject[]).map(remote => String(remote['url']))
  const types = (packages as JsonObject[]).map(item => String(item['registryType']))
  return urls.some(url => !url.includes('{')) || types.some(type => ['oci', 'npm', 'pypi'].includes(type))
}

export function generatedDocument(random: Random): JsonObject {
  const packages = listOf(random, 4, () => generatedPackage(random))
  const remotes = random() < 0.3 ? listOf(random, 3, index => generatedRemote(random, index)) : []
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: pick(random, ['io.github.stacklok/weather', 'io.github.stacklok/Weather.x', 'com.acme/weather']),
    description: pick(random, ['Ok', 'Reads the weather of a place', 'Ten chars.', 'x'.repeat(100)]),
    version: pick(random, ['1.0.0', '2.1.0-rc.1']),
    ...maybe(random, 'title', 'Weather'),
    ...maybe(random, 'websiteUrl', 'https://weather.example'),
    ...maybe(random, 'icons', [{ src: 'https://weather.example/i.png', sizes: ['any'], mimeType: 'image/png' }]),
    ...maybe(random, 'repository', repositoryOf(random)),
    ...(packages.length > 0 || random() < 0.2 ? { packages } : {}),
    ...(remotes.length > 0 || random() < 0.2 ? { remotes } : {}),
    ...maybe(random, '_meta', metaOf(random, [...packages, ...remotes])),
  }
}

function generatedPackage(random: Random): JsonObject {
  const registryType = pick(random, ['oci', 'npm', 'pypi', 'nuget', 'mcpb'])
  const identifiers: Record<string, string[]> = {
    oci: ['ghcr.io/acme/weather:1.2.0', `ghcr.io/acme/weather@sha256:${'0'.repeat(64)}`, 'ghcr.io/Acme/weather'],
    npm: ['weather', '@acme/weather', '@acme/weather@x'],
    pypi: ['weather', 'weather[all]', 'weather==1'],
    nuget: ['Acme.Weather'],
    mcpb: ['https://github.com/acme/weather/releases/download/v1/weather.mcpb'],
  }
  const hasVersion = registryType !== 'oci' && random() < 0.8
  return {
    registryType,
    identifier: pick(random, identifiers[registryType] ?? []),
    ...(hasVersion ? { version: pick(random, ['1.0.0', '2.1.0']) } : {}),
    transport: transportOf(random),
    ...maybe(random, 'registryBaseUrl', 'https://npm.registry.example'),
    ...maybe(random, 'runtimeHint', 'npx'),
    ...maybe(random, 'fileSha256', '0'.repeat(64)),
    ...maybe(
      random,
      'environmentVariables',
      listOf(random, 3, () => generatedInput(random, ['KEY', 'x-key', 'A_B'])),
    ),
    ...maybe(
      random,
      'runtimeArguments',
      listOf(random, 3, () => generatedArgument(random)),
    ),
    ...maybe(
      random,
      'packageArguments',
      listOf(random, 3, () => generatedArgument(random)),
    ),
  }
}

function generatedRemote(random: Random, index: number): JsonObject {
  const place = pick(random, [
    'https://weather.example/mcp',
    'https://{place}.example/mcp',
    'https://weather.example:80/',
  ])
  return {
    type: pick(random, ['sse', 'streamable-http']),
    url: `${place}?${index}`,
    ...(place.includes('{') ? { variables: { place: { description: 'Where you are' } } } : {}),
    ...maybe(
      random,
      'headers',
      listOf(random, 3, () => generatedInput(random, ['X-Key', 'x_key', 'Authorization'])),
    ),
  }
}

function transportOf(random: Random): JsonObject {
  const type = pick(random, ['stdio', 'stdio', 'sse', 'streamable-http'])
  if (type === 'stdio') return { type }
  const url = pick(random, ['http://localhost:8080/mcp', 'http://localhost', 'http://localhost:80'])
  return { type, url, ...maybe(random, 'headers', [generatedInput(random, ['X-Key'])]) }
}

function generatedInput(random: Random, names: readonly string[]): JsonObject {
  return { name: pick(random, names), ...inputFields(random) }
}

function inputFields(random: Random): JsonObject {
  return {
    ...maybe(random, 'description', pick(random, ['Id', 'Your key of the weather', 'word '.repeat(60)])),
    ...maybe(random, 'isRequired', random() < 0.5),
    ...maybe(random, 'isSecret', random() < 0.5),
    ...maybe(random, 'default', pick(random, ['', 'x'])),
    ...maybe(random, 'format', pick(random, ['string', 'number', 'filepath'])),
    ...maybe(random, 'placeholder', 'a key'),
    ...maybe(random, 'choices', pick(random, [['x'], ['x', 'y', 'x']])),
  }
}

function generatedArgument(random: Random): JsonObject {
  const variables = { key: inputFields(random) }
  return pick<JsonObject>(random, [
    { type: 'positional', value: 'serve', ...inputFields(random) },
    { type: 'positional', valueHint: 'place', ...inputFields(random) },
    { type: 'named', name: '--unit', ...maybe(random, 'value', 'C'), ...inputFields(random) },
    { type: 'named', name: '-e', value: 'KEY={key}', variables, ...maybe(random, 'isRequired', true) },
    { type: 'named', name: '--env', value: 'A_B=x=y', isRepeated: true },
    { type: 'named', name: '-e', value: 'not-a-name=1' },
  ])
}

function repositoryOf(random: Random): JsonObject {
  const repository = { url: 'https://github.com/acme/weather', source: 'github', ...maybe(random, 'id', '7') }
  return { ...repository, ...maybe(random, 'subfolder', 'src') }
}

function metaOf(random: Random, parts: readonly JsonObject[]): JsonObject {
  const target = parts.length === 0 ? undefined : pick(random, parts)
  const key = String(target?.['identifier'] ?? target?.['url'] ?? 'ghcr.io/acme/weather:1.1.0')
  const extension = {
    status: pick(random, ['active', 'Deprecated']),
    ...maybe(random, 'tier', pick(random, ['Official', 'Community'])),
    ...maybe(random, 'tools', pick(random, [[], ['forecast', 'now']])),
    ...maybe(random, 'tags', ['weather', 'europe']),
    ...maybe(random, 'overview', '# Weather'),
    ...maybe(random, 'metadata', { stars: 3, kubernetes: { name: 'weather' } }),
    ...maybe(random, 'custom_metadata', { team: 'sky' }),
    ...maybe(random, 'args', ['--verbose']),
    ...maybe(random, 'permissions', { network: { outbound: { allow_host: ['weather.example'] } } }),
  }
  const publisher: JsonObject = { ...maybe(random, 'org.example', { own: [null, 1] }) }
  if (random() < 0.7)
    publisher['io.github.stacklok'] = { [key]: extension, ...maybe(random, 'other', { status: 'active' }) }
  return {
    'io.modelcontextprotocol.registry/publisher-provided': publisher,
    ...maybe(random, 'io.modelcontextprotocol.registry/official', {
      status: 'deprecated',
      publishedAt: '2026-01-01T00:00:00Z',
    }),
    ...maybe(random, '__proto__x', 1),
  }
}

function listOf(random: Random, most: number, make: (index: number) => JsonObject): JsonObject[] {
  return Array.from({ length: Math.floor(random() * (most + 1)) }, (_, index) => make(index))
}

function maybe(random: Random, key: string, value: JsonValue): JsonObject {
  return random() < 0.5 ? { [key]: value } : {}
}

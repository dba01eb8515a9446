// The upstream format: key order of server.json (official-registry.md 1.2) and of ToolHive's envelope around many of them.
import type { Shape } from '../canonical.ts'

const INPUT_KEYS = ['description', 'isRequired', 'format', 'value', 'isSecret', 'default', 'placeholder', 'choices']
const FREE_MAP: Shape = { keys: [] }
const INPUT: Shape = { keys: INPUT_KEYS }
const VARIABLES: Shape = { keys: [], values: INPUT }

const KEY_VALUE: Shape = { keys: [...INPUT_KEYS, 'variables', 'name'], below: { variables: VARIABLES } }
const ARGUMENT: Shape = {
  keys: [...INPUT_KEYS, 'variables', 'type', 'valueHint', 'name', 'isRepeated'],
  below: { variables: VARIABLES },
}
const TRANSPORT: Shape = {
  keys: ['type', 'url', 'headers', 'variables'],
  below: { headers: KEY_VALUE, variables: VARIABLES },
}
const PACKAGE: Shape = {
  keys: [
    'registryType',
    'identifier',
    'transport',
    'registryBaseUrl',
    'version',
    'fileSha256',
    'runtimeHint',
    'runtimeArguments',
    'packageArguments',
    'environmentVariables',
  ],
  below: {
    transport: TRANSPORT,
    runtimeArguments: ARGUMENT,
    packageArguments: ARGUMENT,
    environmentVariables: KEY_VALUE,
  },
}

/** server.json. */
export const SERVER: Shape = {
  keys: [
    '$schema',
    'name',
    'description',
    'title',
    'version',
    'websiteUrl',
    'repository',
    'icons',
    'packages',
    'remotes',
    '_meta',
  ],
  below: {
    repository: { keys: ['url', 'source', 'id', 'subfolder'] },
    icons: { keys: ['src', 'mimeType', 'sizes', 'theme'] },
    packages: PACKAGE,
    remotes: TRANSPORT,
    _meta: FREE_MAP,
  },
}

/** ToolHive's envelope: the top level without `data`, and `data` without `servers`. */
export const ENVELOPE_TOP: Shape = {
  keys: ['$schema', 'version', 'meta'],
  below: { meta: { keys: ['last_updated'] } },
}
export const ENVELOPE_DATA: Shape = { keys: ['skills', 'plugins'] }

/** Key under `_meta` for what the registry itself says of an entry: status and dates. */
export const OFFICIAL_META = 'io.modelcontextprotocol.registry/official'

/** Key under `_meta` for what the publisher says of an entry. */
export const PUBLISHER_META = 'io.modelcontextprotocol.registry/publisher-provided'

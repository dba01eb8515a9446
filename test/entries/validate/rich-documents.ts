// Documents that use every field of a format, as a start for damage: real records leave most of the fields out.
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/lib/json.ts'

const input = {
  description: 'where to look',
  isRequired: true,
  format: 'filepath',
  value: '{root}/x',
  isSecret: false,
  default: '/',
  placeholder: 'a folder',
  choices: ['/', '/tmp'],
}
const variables = { port: { format: 'number' } }
const header = { name: 'X-Key' }
const argumentsOfEachType = [
  { type: 'positional', valueHint: 'folder', isRepeated: true, ...input, variables: { root: input } },
  { type: 'positional', value: 'folder' },
  { type: 'named', name: '--folder', isRepeated: false, ...input, variables },
]

/** server.json with every field of 2025-12-11, and the two of older versions that the newest one ignores. */
export const richServer: JsonObject = {
  $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
  name: 'io.github.example/rich-server',
  description: 'Has everything that a server.json can have',
  title: 'Rich server',
  version: '1.2.3',
  status: 'active',
  websiteUrl: 'https://example.com/rich',
  repository: { url: 'https://git.example/rich', source: 'github', id: '1', subfolder: 'src' },
  icons: [{ src: 'https://example.com/i.png', mimeType: 'image/png', sizes: ['48x48', 'any'], theme: 'dark' }],
  packages: [
    {
      registryType: 'npm',
      registryBaseUrl: 'https://npm.registry.example',
      identifier: '@example/rich',
      version: '1.2.3',
      fileSha256: 'abcdef01'.repeat(8),
      runtimeHint: 'npx',
      transport: { type: 'stdio' },
      runtimeArguments: [{ type: 'positional', valueHint: 'folder' }],
      packageArguments: argumentsOfEachType,
      environmentVariables: [{ name: 'KEY', ...input, variables }],
    },
    {
      registryType: 'oci',
      identifier: 'ghcr.io/example/rich',
      version: '1.2.3',
      transport: { type: 'sse', url: 'https://example.com/sse', headers: [header], variables },
    },
    {
      registryType: 'mcpb',
      identifier: 'https://example.com/mcp',
      version: '1.2.3',
      transport: { type: 'streamable-http', url: 'http://localhost:8080/mcp', headers: [header] },
    },
  ],
  remotes: [
    { type: 'sse', url: 'https://example.com/sse', headers: [header], variables },
    { type: 'streamable-http', url: 'https://example.com/mcp', headers: [header], variables },
  ],
  _meta: {
    'io.modelcontextprotocol.registry/publisher-provided': { any: 'thing' },
    'io.modelcontextprotocol.registry/official': { id: 'x' },
    'com.example/other': 1,
  },
}

/** The same document in the spelling of 2025-07-09. */
export function inSnakeCase<T extends JsonValue | undefined>(value: T): T {
  if (Array.isArray(value)) return value.map(inSnakeCase) as T
  if (!isJsonObject(value)) return value
  const spelled = Object.entries(value).map(([key, item]) => [
    key.includes('/') ? key : key.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
    inSnakeCase(item),
  ])
  return Object.fromEntries(spelled)
}

const permissions = {
  network: {
    outbound: { allow_host: ['api.example.com', '.example.org'], allow_port: [443, 80], insecure_allow_all: false },
  },
  read: ['/data', '/etc/x'],
  write: ['/data/'],
  privileged: false,
}
const provenance = {
  sigstore_url: 'sigstore.example',
  repository_uri: 'https://git.example/rich',
  repository_ref: 'refs/tags/v1',
  signer_identity: 'workflow',
  runner_environment: 'hosted',
  cert_issuer: 'https://issuer.example',
  attestation: { predicate_type: 'https://slsa.example/v1', predicate: { any: 1 } },
}
const oauth = {
  issuer: 'https://issuer.example',
  authorize_url: 'https://issuer.example/authorize',
  token_url: 'https://issuer.example/token',
  client_id: 'id',
  scopes: ['read'],
  use_pkce: true,
  oauth_params: { prompt: 'none' },
  callback_port: 8666,
  resource: 'https://api.example',
}
const setting = { name: 'API_KEY', description: 'the key of the API', required: true, secret: true, default: 'x' }
const common = {
  name: 'rich',
  title: 'Rich',
  overview: '# Rich',
  description: 'Has every field there is',
  status: 'Active',
  tier: 'Official',
  tools: ['read_file', 'write-file'],
  tool_definitions: [{ name: 'read_file', description: 'reads', inputSchema: {}, annotations: {} }],
  tags: ['files', 'local'],
  repository_url: 'https://git.example/rich',
  metadata: { stars: 5, pulls: 7, last_updated: '2025-12-11T10:00:00Z' },
  custom_metadata: { any: 1 },
  env_vars: [setting],
}

export const richContainer: JsonObject = {
  ...common,
  image: 'ghcr.io/example/rich:1.2.3',
  transport: 'sse',
  args: ['--x'],
  target_port: 8080,
  proxy_port: 9090,
  permissions,
  docker_tags: ['1', '1.2'],
  provenance,
}

export const richRemote: JsonObject = {
  ...common,
  url: 'https://example.com/mcp',
  transport: 'streamable-http',
  headers: [{ ...setting, name: 'X-Key', choices: ['a', 'b'] }],
  oauth_config: oauth,
}

export const richGroup: JsonObject = {
  name: 'rich-group',
  description: 'Has both kinds of entries',
  servers: { 'rich-container': richContainer },
  remote_servers: { 'rich-remote': richRemote },
}

export const richExtension: JsonObject = {
  'io.github.stacklok': {
    'ghcr.io/example/rich:1.2.3': {
      ...common,
      metadata: {
        stars: 1.5,
        last_updated: '2025-12-11T10:00:00Z',
        kubernetes: {
          kind: 'MCPServer',
          namespace: 'default',
          name: 'rich',
          uid: '123e4567-e89b-12d3-a456-426614174000',
          image: 'x',
          transport: 'http',
        },
      },
      permissions: { name: 'network', ...permissions },
      args: ['--x'],
      provenance,
      docker_tags: ['1'],
      proxy_port: 9090,
      stateless: true,
      oauth_config: oauth,
    },
  },
  'com.example': { free: 1 },
}

export const richPlugin: JsonObject = {
  namespace: 'io.github.example',
  name: 'rich-plugin',
  description: 'Has every field there is',
  version: '1.0.0',
  status: 'active',
  title: 'Rich',
  license: 'Apache-2.0',
  repository: { url: 'https://git.example/rich', type: 'git' },
  icons: [{ src: 'i.png', size: '48x48', type: 'image/png', label: 'icon' }],
  packages: [
    {
      registryType: 'oci',
      identifier: 'ghcr.io/example/rich:1',
      digest: 'sha256:1',
      mediaType: 'application/x',
      url: 'https://git.example/rich',
      ref: 'main',
      commit: 'abc',
      subfolder: 'x',
    },
  ],
  metadata: { any: 1 },
  _meta: { any: 1 },
}

export const richSkill: JsonObject = {
  ...richPlugin,
  name: 'rich-skill',
  compatibility: 'all',
  allowedTools: ['read', 'write'],
  provenance: { ...provenance, sigstore_url: 'any text' },
}

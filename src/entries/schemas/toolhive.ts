// ToolHive's own registry format (registry.json, the legacy form), split so that one entry can be checked by itself.
// Strict: ToolHive's last closed schema (2026-02, stacklok/toolhive 7315b61). Relaxed: what we write, see `Strictness`.
import {
  closedObject,
  type Definitions,
  flag,
  freeObject,
  type JsonSchema,
  listOf,
  mapOf,
  oneOfTexts,
  openObject,
  port,
  ref,
  setOf,
  text,
  textLike,
  textOf,
  uri,
} from './json-schema.ts'
import {
  ABSOLUTE_PATH,
  ANY_IMAGE,
  DOMAIN_SUFFIX,
  ENTRY_KEY,
  ENTRY_KEY_OR_NAME,
  GROUP_NAME,
  HEADER_NAME,
  IMAGE,
  TAG,
  TOOL_NAME,
  TRIPLE_VERSION,
  VARIABLE_NAME,
} from './patterns.ts'

/**
 * What entries converted from server.json may do that ToolHive's schema refuses (git-contract, "To ToolHive"):
 * stand under their full name, have any image reference, and have no tools. Nothing else is relaxed.
 */
interface Strictness {
  readonly key: string
  readonly image: string
  readonly tools: JsonSchema
}

const toolNames = setOf(textLike(TOOL_NAME))
const strict: Strictness = { key: ENTRY_KEY, image: IMAGE, tools: { ...toolNames, minItems: 1 } }
const relaxed: Strictness = { key: ENTRY_KEY_OR_NAME, image: ANY_IMAGE, tools: toolNames }

/** The top level of registry.json, without its entries and groups: those are checked one by one. */
export const registrySchema: JsonSchema = openObject(
  {
    last_updated: { type: 'string', format: 'date-time' },
    servers: freeObject,
    remote_servers: freeObject,
    groups: { type: 'array' },
    version: textLike(TRIPLE_VERSION),
  },
  ['last_updated', 'servers', 'version'],
)

/** The schemas of one entry or group, by what they check; the key of an entry is checked as the only property name. */
export function toolhiveSchema(kind: 'server' | 'remoteServer' | 'group', options: { relaxed: boolean }): JsonSchema {
  const definitions = definitionsWith(options.relaxed ? relaxed : strict)
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...ref(kind), definitions }
}

/** The pattern that the key of an entry must match. */
export function entryKeyPattern(options: { relaxed: boolean }): string {
  return options.relaxed ? relaxed.key : strict.key
}

function definitionsWith({ key, image, tools }: Strictness): Definitions {
  const common = {
    name: text,
    title: text,
    overview: text,
    description: textOf(10, 500),
    status: oneOfTexts('Active', 'Deprecated'),
    tier: oneOfTexts('Official', 'Community'),
    tools,
    tool_definitions: listOf(freeObject),
    tags: { ...setOf(textLike(TAG)), minItems: 1 },
    repository_url: uri,
    metadata: ref('metadata'),
    custom_metadata: freeObject,
    env_vars: listOf(ref('variable')),
  }
  const required = ['description', 'status', 'tier', 'tools', 'transport']
  const entries = (kind: string): JsonSchema => ({ ...mapOf(ref(kind)), propertyNames: { pattern: key } })

  return {
    server: closedObject(
      {
        ...common,
        image: textLike(image),
        transport: oneOfTexts('stdio', 'sse', 'streamable-http'),
        args: listOf(text),
        target_port: port,
        proxy_port: port,
        permissions: ref('permissions'),
        docker_tags: setOf(text),
        provenance: ref('provenance'),
      },
      ['image', ...required],
    ),
    remoteServer: closedObject(
      {
        ...common,
        url: uri,
        transport: oneOfTexts('sse', 'streamable-http'),
        headers: listOf(ref('header')),
        oauth_config: ref('oauth'),
      },
      ['url', ...required],
    ),
    group: closedObject(
      {
        name: { ...textOf(1, 100), pattern: GROUP_NAME },
        description: textOf(10, 500),
        servers: entries('server'),
        remote_servers: entries('remoteServer'),
      },
      ['name', 'description'],
    ),
    ...parts,
  }
}

const count: JsonSchema = { type: 'integer', minimum: 0 }
const setting = { description: textOf(5, 200), required: flag, secret: flag, default: text }
const settingNeeds = ['name', 'description', 'required']

/** Names of hosts that a container may reach; `.example.com` stands for every host below it. */
export const allowedHosts: JsonSchema = setOf({
  type: 'string',
  anyOf: [{ format: 'hostname' }, { pattern: DOMAIN_SUFFIX }],
})

/** Fields of a provenance, in the legacy format and in the extension alike. */
export const provenanceFields: Definitions = {
  sigstore_url: { type: 'string', format: 'hostname' },
  repository_uri: uri,
  repository_ref: text,
  signer_identity: text,
  runner_environment: text,
  cert_issuer: uri,
}

/** How to sign in to a remote server, in the legacy format and in the extension alike. */
export const oauthFields: Definitions = {
  issuer: uri,
  authorize_url: uri,
  token_url: uri,
  client_id: text,
  scopes: listOf(text),
  use_pkce: flag,
  oauth_params: mapOf(text),
  callback_port: port,
  resource: text,
}

const parts: Definitions = {
  metadata: closedObject({ stars: count, pulls: count, last_updated: { type: 'string', format: 'date-time' } }),
  variable: closedObject({ name: textLike(VARIABLE_NAME), ...setting }, settingNeeds),
  header: closedObject({ name: textLike(HEADER_NAME), ...setting, choices: setOf(text) }, settingNeeds),
  permissions: closedObject({
    network: closedObject({
      outbound: closedObject({ allow_host: allowedHosts, allow_port: setOf(port), insecure_allow_all: flag }),
    }),
    read: setOf(textLike(ABSOLUTE_PATH)),
    write: setOf(textLike(ABSOLUTE_PATH)),
    privileged: flag,
  }),
  provenance: closedObject({
    ...provenanceFields,
    attestation: closedObject({ predicate_type: uri, predicate: {} }),
  }),
  oauth: closedObject(oauthFields),
}

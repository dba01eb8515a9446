// What ToolHive adds around server.json: the envelope of a catalog in upstream form, its skills and plugins, and the
// extension that each server carries (stacklok/toolhive-core 24d618f). All of it is open: unknown fields are allowed.
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
  setOf,
  text,
  textLike,
  textOf,
  uri,
} from './json-schema.ts'
import {
  ABSOLUTE_PATH,
  GROUP_NAME,
  KUBERNETES_NAME,
  TAG,
  TOOL_NAME,
  TRIPLE_VERSION,
  VARIABLE_NAME,
} from './patterns.ts'
import { allowedHosts, oauthFields, provenanceFields } from './toolhive.ts'

/** The envelope without its servers, skills and plugins: those are checked one by one. */
export const envelopeSchema: JsonSchema = openObject(
  {
    $schema: uri,
    version: textLike(TRIPLE_VERSION),
    meta: openObject({ last_updated: { type: 'string', format: 'date-time' } }, ['last_updated']),
    data: openObject({ servers: { type: 'array' }, skills: { type: 'array' }, plugins: { type: 'array' } }, [
      'servers',
    ]),
  },
  ['version', 'meta', 'data'],
)

const kubernetes = openObject({
  kind: text,
  namespace: textLike(KUBERNETES_NAME),
  name: textLike(KUBERNETES_NAME),
  uid: { type: 'string', format: 'uuid' },
  image: text,
  transport: oneOfTexts('stdio', 'sse', 'streamable-http', 'http'),
})

/** What ToolHive knows about one server: stands under its image or URL. */
const extensionOfServer = openObject(
  {
    status: oneOfTexts('active', 'deprecated', 'Active', 'Deprecated'),
    tier: oneOfTexts('Official', 'Community'),
    tools: setOf(textLike(TOOL_NAME)),
    tags: setOf(textLike(TAG)),
    overview: text,
    tool_definitions: listOf(
      openObject({ name: text, description: text, inputSchema: freeObject, annotations: freeObject }, ['name']),
    ),
    metadata: openObject({
      stars: { type: 'number', minimum: 0 },
      last_updated: { type: 'string', format: 'date-time' },
      kubernetes,
    }),
    permissions: openObject({
      name: text,
      network: openObject({
        outbound: openObject({ allow_host: allowedHosts, allow_port: setOf(port), insecure_allow_all: flag }),
      }),
      read: setOf(textLike(ABSOLUTE_PATH)),
      write: setOf(textLike(ABSOLUTE_PATH)),
      privileged: flag,
    }),
    args: listOf(text),
    provenance: openObject({ ...provenanceFields, attestation: openObject({ predicate_type: uri }) }),
    docker_tags: setOf(text),
    proxy_port: port,
    stateless: flag,
    oauth_config: openObject(oauthFields),
    env_vars: listOf(
      openObject({ name: textLike(VARIABLE_NAME), description: text, required: flag, secret: flag, default: text }),
    ),
    custom_metadata: freeObject,
  },
  ['status'],
)

/** The value of `_meta["io.modelcontextprotocol.registry/publisher-provided"]`: one object for each publisher. */
export const extensionSchema: JsonSchema = {
  ...openObject({ 'io.github.stacklok': mapOf(extensionOfServer) }),
  additionalProperties: freeObject,
}

const named: Definitions = {
  namespace: textOf(3, 128),
  name: { ...textOf(1, 64), pattern: GROUP_NAME },
  description: textOf(1, 1024),
  version: { type: 'string', minLength: 1 },
  status: oneOfTexts('active', 'deprecated', 'archived'),
  title: { type: 'string', maxLength: 100 },
  license: { type: 'string', maxLength: 256 },
  repository: openObject({ url: uri, type: text }),
  icons: listOf(openObject({ src: text, size: text, type: text, label: text }, ['src'])),
  packages: listOf(
    openObject(
      {
        registryType: oneOfTexts('oci', 'git'),
        identifier: text,
        digest: text,
        mediaType: text,
        url: uri,
        ref: text,
        commit: text,
        subfolder: text,
      },
      ['registryType'],
    ),
  ),
  metadata: freeObject,
  _meta: freeObject,
}

const namedNeeds = ['namespace', 'name', 'description', 'version']

/** One item of `data.plugins`. */
export const pluginSchema: JsonSchema = openObject(named, namedNeeds)

/** One item of `data.skills`. */
export const skillSchema: JsonSchema = openObject(
  {
    ...named,
    compatibility: { type: 'string', maxLength: 500 },
    allowedTools: setOf(text),
    provenance: closedObject({
      sigstore_url: text,
      repository_uri: text,
      repository_ref: text,
      signer_identity: text,
      runner_environment: text,
      cert_issuer: text,
      attestation: closedObject({ predicate_type: text, predicate: freeObject }),
    }),
  },
  namedNeeds,
)

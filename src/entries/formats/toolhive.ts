// ToolHive's registry.json: the order in which its keys are written (toolhive-formats.md 1a).
import type { Shape } from '../canonical.ts'

const NAMED_INPUT: Shape = { keys: ['name', 'description', 'required', 'secret', 'default', 'choices'] }

/** The value of one entry, container or remote. */
export const TOOLHIVE_ENTRY: Shape = {
  keys: [
    ...['description', 'image', 'url', 'status', 'tier', 'tools', 'transport', 'name', 'title', 'overview'],
    ...['tool_definitions', 'tags', 'repository_url', 'metadata', 'custom_metadata', 'env_vars', 'args', 'target_port'],
    ...['proxy_port', 'permissions', 'docker_tags', 'provenance', 'headers', 'oauth_config', 'stateless'],
  ],
  below: {
    metadata: { keys: ['stars', 'pulls', 'last_updated'] },
    env_vars: NAMED_INPUT,
    headers: NAMED_INPUT,
    permissions: {
      keys: ['network', 'read', 'write', 'privileged'],
      below: {
        network: {
          keys: ['outbound'],
          below: { outbound: { keys: ['allow_host', 'allow_port', 'insecure_allow_all'] } },
        },
      },
    },
    provenance: {
      keys: [
        ...['sigstore_url', 'repository_uri', 'repository_ref', 'signer_identity', 'runner_environment', 'cert_issuer'],
        'attestation',
      ],
      below: { attestation: { keys: ['predicate_type', 'predicate'] } },
    },
    oauth_config: {
      keys: [
        ...['issuer', 'authorize_url', 'token_url', 'client_id', 'scopes', 'use_pkce', 'oauth_params', 'callback_port'],
        'resource',
      ],
    },
  },
}

/** The document: its maps of entries are sorted by key, like every free map. */
export const TOOLHIVE_REGISTRY: Shape = {
  keys: ['$schema', 'version', 'last_updated', 'servers', 'remote_servers', 'groups'],
  below: {
    servers: { keys: [], values: TOOLHIVE_ENTRY },
    remote_servers: { keys: [], values: TOOLHIVE_ENTRY },
    groups: {
      keys: ['name', 'description', 'servers', 'remote_servers'],
      below: { servers: { keys: [], values: TOOLHIVE_ENTRY }, remote_servers: { keys: [], values: TOOLHIVE_ENTRY } },
    },
  },
}

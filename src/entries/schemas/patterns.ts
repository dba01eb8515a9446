// The patterns of our schemas. They have a home of their own because the sentences about a violation name them too.

/** Official: a namespace, one slash, a name. */
export const SERVER_NAME = '^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$'
/** Official, since 2025-12-11: the address of an HTTP transport; may hold `{variables}`. */
export const HTTP_URL = '^https?://\\S+$'
export const ICON_SIZE = '^(?:\\d+x\\d+|any)$'
export const SHA256 = '^[a-f0-9]{64}$'

/** ToolHive: the key of an entry in `servers` and `remote_servers`. */
export const ENTRY_KEY = '^[a-z0-9][a-z0-9-]+[a-z0-9]$'
/** Our relaxed ToolHive form: an entry may also stand under its full official name (git-contract, "To ToolHive"). */
export const ENTRY_KEY_OR_NAME = `${ENTRY_KEY}|${SERVER_NAME}`
/** ToolHive: a container image with an optional tag; no digest, no upper case before the tag, no `npx://`. */
export const IMAGE =
  '^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?(?::[0-9]+)?(?:/[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)*(?::[a-zA-Z0-9][a-zA-Z0-9._-]*)?$'
/** Our relaxed ToolHive form: digests and protocol schemes such as `npx://` too. */
export const ANY_IMAGE = '^\\S+$'
export const TRIPLE_VERSION = '^\\d+\\.\\d+\\.\\d+$'
export const GROUP_NAME = '^[a-z0-9][a-z0-9-]*[a-z0-9]$'
export const TAG = '^[a-z0-9][a-z0-9_-]*[a-z0-9]$'
export const TOOL_NAME = '^[\\w-]+$'
export const VARIABLE_NAME = '^[A-Za-z_][A-Za-z0-9_]*$'
export const HEADER_NAME = '^[A-Za-z0-9][A-Za-z0-9-]*$'
export const ABSOLUTE_PATH = '^(?:/[^/\\0]+)+/?$'
export const DOMAIN_SUFFIX = '^\\.[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$'
export const KUBERNETES_NAME = '^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$'

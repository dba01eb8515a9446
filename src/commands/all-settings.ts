// Every option that is a setting: environment and config file may hold them for all commands that know them.
import { ENGINE_CHOICES } from '../git/choose.ts'
import type { OptionSpec } from './command.ts'
import { CONTROLLER_OPTIONS } from './controller-options.ts'
import { ALLOW_HOSTS, ALLOW_PLAIN_HTTP, DENY_CIDRS } from './host-settings.ts'
import { CONTEXT, KUBECONFIG, LOCAL } from './resource-options.ts'

export const MODE: OptionSpec = {
  name: 'mode',
  type: 'string',
  value: 'MODE',
  values: ['apply', 'plan'],
  help: 'apply commits, plan writes nothing anywhere and tells the difference (default: the mode of the resource)',
}

export const STRICT: OptionSpec = { name: 'strict', type: 'boolean', help: 'exit 1 when entries were skipped' }

export const SECRET_DIR: OptionSpec = {
  name: 'secret-dir',
  type: 'string',
  value: 'DIR',
  help: 'Secrets as files: DIR/<secret name>/<key>',
}

export const CONFIG_DIR: OptionSpec = {
  name: 'config-dir',
  type: 'string',
  value: 'DIR',
  default: '/etc/rollbook/configmaps',
  help: 'ConfigMaps as files: DIR/<name>/<key>',
}

export const USE_GIT_CREDENTIALS: OptionSpec = {
  name: 'use-git-credentials',
  type: 'boolean',
  help: 'let your own git and ssh configuration answer for repositories without authSecret',
}

export const GIT_ENGINE: OptionSpec = {
  name: 'git-engine',
  type: 'string',
  value: 'ENGINE',
  values: ENGINE_CHOICES,
  default: 'auto',
  help: 'native runs the git program, isomorphic is built in and speaks https only, auto takes git where it is installed',
}

export const NAMESPACE: OptionSpec = {
  name: 'namespace',
  type: 'string',
  value: 'NS',
  default: 'io.github.stacklok',
  help: 'prefix that simple ToolHive names get, and that full names lose (not the namespace of resources)',
}

export const CHECKS: OptionSpec = {
  name: 'checks',
  type: 'string',
  value: 'TIER,...',
  values: ['schema', 'semantic', 'publish'],
  default: 'schema,semantic',
  help: 'tiers of rules; semantic alone judges as the official publish endpoint does',
}

export const PROFILE: OptionSpec = {
  name: 'profile',
  type: 'string',
  value: 'PROFILE',
  values: ['generic', 'official'],
  default: 'generic',
  help: 'official adds the publish rules of the official registry that need no network',
}

export const OFFICIAL_BASE_URLS: OptionSpec = {
  name: 'official-base-urls',
  type: 'string',
  value: 'TYPE=URL,...',
  help: 'the registryBaseUrl that the official registry accepts, by registryType (without it that rule is not checked)',
}

export const ALLOW_SCHEMA: OptionSpec = {
  name: 'allow-schema',
  type: 'string',
  value: 'WHICH',
  values: ['all', 'current'],
  default: 'all',
  help: 'current refuses documents of older schema versions',
}

export const LONG_DESCRIPTION: OptionSpec = {
  name: 'long-description',
  type: 'string',
  value: 'HOW',
  values: ['fail', 'skip', 'truncate'],
  default: 'fail',
  help: 'descriptions that upstream does not allow: skip leaves the entry out, truncate keeps the original in the extension',
}

export const FORMAT: OptionSpec = {
  name: 'format',
  type: 'string',
  value: 'FORMAT',
  values: ['auto', 'upstream', 'toolhive'],
  default: 'auto',
  help: 'format of the documents that are read',
}

export const ON_INVALID: OptionSpec = {
  name: 'on-invalid',
  type: 'string',
  value: 'HOW',
  values: ['fail', 'skip'],
  default: 'fail',
  help: 'fail writes nothing when an entry has a problem, skip leaves it out',
}

export const TERMINATION_LOG: OptionSpec = {
  name: 'termination-log',
  type: 'string',
  value: 'FILE',
  help: 'where the result goes, at most 4096 bytes of JSON',
}

export const ALLOW_FILE_URLS: OptionSpec = {
  name: 'allow-file-urls',
  type: 'boolean',
  help: 'local mode: take file URLs and addresses of this machine',
}

/** In the order that `rollbook config` prints. */
export const SETTINGS: readonly OptionSpec[] = [
  MODE,
  STRICT,
  SECRET_DIR,
  CONFIG_DIR,
  ALLOW_HOSTS,
  DENY_CIDRS,
  ALLOW_PLAIN_HTTP,
  USE_GIT_CREDENTIALS,
  GIT_ENGINE,
  NAMESPACE,
  CHECKS,
  PROFILE,
  OFFICIAL_BASE_URLS,
  ALLOW_SCHEMA,
  LONG_DESCRIPTION,
  FORMAT,
  ON_INVALID,
  TERMINATION_LOG,
  ALLOW_FILE_URLS,
  LOCAL,
  KUBECONFIG,
  CONTEXT,
  ...CONTROLLER_OPTIONS,
]

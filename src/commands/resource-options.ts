// Options of the commands about resources: which cluster or state directory, and which namespace.
import type { OptionSpec } from './command.ts'

export const LOCAL: OptionSpec = {
  name: 'local',
  type: 'string',
  value: 'DIR',
  alone: '.rollbook',
  help: 'the state directory of local mode, instead of a cluster (--local alone: .rollbook)',
}

export const KUBECONFIG: OptionSpec = {
  name: 'kubeconfig',
  type: 'string',
  value: 'FILE',
  help: 'how the cluster is reached (default: KUBECONFIG, ~/.kube/config, or the pod that this runs in)',
}

export const CONTEXT: OptionSpec = {
  name: 'context',
  type: 'string',
  value: 'NAME',
  help: 'context of the kubeconfig (default: its current one)',
}

/** No setting: ROLLBOOK_NAMESPACE is the prefix of names (all-settings.ts). */
export const RESOURCE_NAMESPACE: OptionSpec = {
  name: 'namespace',
  short: 'n',
  type: 'string',
  value: 'NS',
  isSetting: false,
  help: "namespace of the resources (default: that of the kubeconfig's context, else default)",
}

export const RESOURCE_OPTIONS: readonly OptionSpec[] = [RESOURCE_NAMESPACE, LOCAL, KUBECONFIG, CONTEXT]

export const ALL_NAMESPACES: OptionSpec = {
  name: 'all-namespaces',
  short: 'A',
  type: 'boolean',
  isSetting: false,
  help: 'resources of every namespace',
}

export const TIMEOUT: OptionSpec = {
  name: 'timeout',
  type: 'string',
  value: 'DURATION',
  isSetting: false,
  help: 'give up after so long, such as 30s or 5m (exit 11)',
}

export const MANIFESTS: OptionSpec = {
  name: 'filename',
  short: 'f',
  type: 'string',
  multiple: true,
  value: 'FILE|DIR',
  isSetting: false,
  help: 'manifests; of a folder those in it, not below; - is stdin',
}

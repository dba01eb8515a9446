// Kubeconfig files as kubectl reads them: several, the first to say something wins; paths are relative to their file.
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { parse } from 'yaml'
import { Failure } from '../../lib/failure.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

export interface KubeconfigOptions {
  /** Files in order of precedence, those that are not there are passed over. Absent: ~/.kube/config, else the Pod's own account. */
  readonly files?: readonly string[]
  /** Default: the current context of the files. */
  readonly context?: string
  /**
   * Whether programs that a kubeconfig names may be started for credentials. People expect it of a command line; the
   * controller refuses it, because whoever can write its kubeconfig could run programs beside its rights (CVE-2022-24817).
   */
  readonly plugins: boolean
}

export interface LoadedKubeconfig {
  readonly config: KubeConfig
  /** File with the bearer token, which may change at any time. */
  readonly tokenFile: string | undefined
  /** Headers of impersonation that the library does not send. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

/** The configuration of the chosen context. Throws InputUnreadable with a sentence that says what to mend. */
export function loadKubeconfig(options: KubeconfigOptions): LoadedKubeconfig {
  const files = options.files ?? [join(homedir(), '.kube', 'config')]
  const found = files.filter(file => file !== '' && existsSync(file))
  if (found.length === 0) return ofServiceAccount(files)
  const merged = mergedDocuments(found.map(readDocument))
  const config = new KubeConfig()
  try {
    config.loadFromString(JSON.stringify(merged))
  } catch (error) {
    throw unreadable(`${found.join(', ')}: ${(error as Error).message}`, undefined, error)
  }
  if (options.context !== undefined) config.setCurrentContext(options.context)
  return chosen(config, { merged, from: found.join(', '), plugins: options.plugins })
}

function ofServiceAccount(files: readonly string[]): LoadedKubeconfig {
  const config = new KubeConfig()
  config.loadFromCluster()
  const { server = '', caFile = '' } = config.getCurrentCluster() ?? {}
  if (server.includes('undefined') || !existsSync(caFile)) {
    throw unreadable(
      `there is no kubeconfig at ${files.join(', ')}, and this is no Pod with a service account`,
      'set KUBECONFIG or give --kubeconfig',
    )
  }
  const { authProvider } = config.getCurrentUser() ?? {}
  return { config, tokenFile: String(authProvider?.config?.tokenFile), headers: {} }
}

interface Choice {
  readonly merged: JsonObject
  readonly from: string
  readonly plugins: boolean
}

function chosen(config: KubeConfig, { merged, from, plugins }: Choice): LoadedKubeconfig {
  const name = config.getCurrentContext()
  const contexts = config.getContexts().map(context => context.name)
  if (!name) throw unreadable(`${from} has no current context`, 'give --context, or run kubectl config use-context')
  if (!contexts.includes(name)) {
    throw unreadable(`${from} has no context "${name}"`, `it has ${contexts.join(', ') || 'none'}`)
  }
  const cluster = config.getCurrentCluster()
  if (!cluster) throw unreadable(`${from}: context "${name}" names a cluster that is not there`)
  if (!URL.canParse(cluster.server) || !/^https?:/i.test(cluster.server))
    throw unreadable(`${from}: the server of cluster "${cluster.name}" is no https address`)
  if (new URL(cluster.server).protocol === 'http:') return withoutCredentials(config)
  const user = config.getCurrentUser()
  if (!user) {
    if (config.getContextObject(name)?.user)
      throw unreadable(`${from}: context "${name}" names a user that is not there`)
    return { config, tokenFile: undefined, headers: {} }
  }
  const starts = user.exec ? 'exec' : user.authProvider && user.authProvider.name !== 'oidc' ? 'auth-provider' : ''
  if (starts !== '' && !plugins) {
    throw unreadable(
      `${from}: user "${user.name}" gets credentials from a program (${starts}), which is not started here`,
      'use a service account, a token file or a client certificate',
    )
  }
  const written = entryOf(merged, 'users', user.name, 'user')
  const tokenFile = written['tokenFile']
  return {
    config,
    tokenFile: typeof tokenFile === 'string' && tokenFile !== '' ? tokenFile : undefined,
    headers: impersonation(written),
  }
}

/** Nothing secret goes over plain http, as with kubectl: this is for `kubectl proxy` and the like. */
function withoutCredentials(config: KubeConfig): LoadedKubeconfig {
  const plain = new KubeConfig()
  const { name, namespace } = config.getContextObject(config.getCurrentContext()) ?? {}
  const cluster = config.getCurrentCluster()
  plain.loadFromOptions({
    clusters: [{ ...cluster, skipTLSVerify: true }],
    users: [{ name: 'anonymous' }],
    contexts: [{ name, namespace, cluster: cluster?.name, user: 'anonymous' }],
    currentContext: name,
  })
  return { config: plain, tokenFile: undefined, headers: {} }
}

function impersonation(user: JsonObject): LoadedKubeconfig['headers'] {
  const headers: Record<string, string | readonly string[]> = {}
  const groups = user['as-groups']
  if (Array.isArray(groups) && groups.length > 0) headers['Impersonate-Group'] = groups.map(String)
  if (typeof user['as-uid'] === 'string') headers['Impersonate-Uid'] = user['as-uid']
  return headers
}

function readDocument(file: string): JsonObject {
  let value: unknown
  try {
    value = parse(readFileSync(file, 'utf8'), { logLevel: 'error' })
  } catch (error) {
    throw unreadable(`${file} can not be read: ${(error as Error).message.split('\n')[0]}`, undefined, error)
  }
  if (!isJsonObject(value)) throw unreadable(`${file} is no kubeconfig`)
  const from = dirname(resolve(file))
  const entries = (list: string, key: string, change: (block: JsonObject) => JsonObject): JsonValue[] =>
    objectsIn(value[list]).map(entry => {
      const block = entry[key]
      return isJsonObject(block) ? { ...entry, [key]: change(block) } : entry
    })
  return {
    ...value,
    contexts: objectsIn(value['contexts']),
    clusters: entries('clusters', 'cluster', block => absolute(block, from, ['certificate-authority'])),
    users: entries('users', 'user', block => {
      const { exec, ...rest } = absolute(block, from, ['client-certificate', 'client-key', 'tokenFile'])
      return isJsonObject(exec) ? { ...rest, exec: absoluteCommand(exec, from) } : rest
    }),
  }
}

function absolute(block: JsonObject, from: string, keys: readonly string[]): JsonObject {
  const changed: JsonObject = { ...block }
  for (const key of keys) {
    const path = block[key]
    if (typeof path === 'string' && path !== '') changed[key] = resolve(from, path)
  }
  return changed
}

/** A plain name is looked up on PATH. */
function absoluteCommand(exec: JsonObject, from: string): JsonObject {
  const { command } = exec
  if (typeof command !== 'string' || isAbsolute(command) || !command.includes('/')) return exec
  return { ...exec, command: resolve(from, command) }
}

/** The first file to name something wins. */
function mergedDocuments(documents: readonly JsonObject[]): JsonObject {
  const firstOf = (list: string): JsonValue[] => {
    const byName = new Map<JsonValue | undefined, JsonObject>()
    for (const entry of documents.flatMap(document => objectsIn(document[list]))) {
      if (!byName.has(entry['name'])) byName.set(entry['name'], entry)
    }
    return [...byName.values()]
  }
  const clusters = firstOf('clusters')
  const contexts = firstOf('contexts')
  const current = documents.map(document => document['current-context']).find(name => typeof name === 'string' && name)
  const merged = { clusters, contexts, users: firstOf('users'), 'current-context': current ?? '' }
  return { ...merged, users: merged.users.map(user => withExecInfo(merged, user)) }
}

/** Plugins read KUBERNETES_EXEC_INFO for the version of the answer that is wanted, and some for the cluster. */
function withExecInfo(merged: JsonObject, user: JsonValue): JsonValue {
  if (!isJsonObject(user) || !isJsonObject(user['user']) || !isJsonObject(user['user']['exec'])) return user
  const { exec } = user['user']
  const context = objectsIn(merged['contexts']).find(
    ({ context }) => isJsonObject(context) && context['user'] === user['name'],
  )
  const cluster = isJsonObject(context?.['context'])
    ? entryOf(merged, 'clusters', String(context['context']['cluster']), 'cluster')
    : {}
  const { server, 'certificate-authority-data': authority, 'tls-server-name': name, 'proxy-url': proxy } = cluster
  const told = { server, 'certificate-authority-data': authority, 'tls-server-name': name, 'proxy-url': proxy }
  const info = {
    apiVersion: exec['apiVersion'] ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, ...(exec['provideClusterInfo'] === true ? { cluster: told } : {}) },
  }
  const env = [...objectsIn(exec['env']), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }]
  return { ...user, user: { ...user['user'], exec: { ...exec, env } } }
}

function entryOf(document: JsonObject, list: string, name: string, key: string): JsonObject {
  const block = objectsIn(document[list]).find(entry => entry['name'] === name)?.[key]
  return isJsonObject(block) ? block : {}
}

function objectsIn(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function unreadable(message: string, hint?: string, cause?: unknown): Failure {
  return new Failure('InputUnreadable', 'definite', message, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  })
}

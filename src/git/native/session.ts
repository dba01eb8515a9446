// A session: one remote, one scratch directory, and the two environments in which git runs for them.
// Here credentials are bound to their host, and refused where they would travel in the open (B5).
import { mkdir, writeFile } from 'node:fs/promises'
import { redactor } from '../../lib/redact.ts'
import { authorization, checkCredentials, refusalOf, secretsOf } from '../authorization.ts'
import type { GitRemote } from '../engine.ts'
import type { RemoteContext } from '../remote-context.ts'
import { checkRepositoryUrl, type UrlRules } from '../repository-url.ts'
import { isolatedEnvironment, PROXIES, type Setting, userEnvironment, withSettings } from './environment.ts'
import type { Environment } from './process.ts'
import { checkSshCredentials, writeSshFiles } from './ssh.ts'

export interface SessionOptions extends UrlRules {
  /** Variables of this process: PATH and proxies are passed on, with `userConfig` all that is the user's. */
  readonly ambient: Readonly<Record<string, string | undefined>>
}

export interface GitSession extends RemoteContext {
  /** Scratch directory of this session, 0700, the only place where anything is written. */
  readonly directory: string
  /** For calls that reach the remote: with credentials. */
  readonly network: Environment
  /** For calls that must not: without any. */
  readonly local: Environment
  readonly signal: AbortSignal
  readonly caFile: string | undefined
  /** What the host was checked to have; empty: nothing was checked. */
  readonly addresses: readonly string[]
}

/** Checks the remote, then prepares the scratch directory. No byte leaves the machine. */
export async function openSession(
  remote: GitRemote,
  directory: string,
  options: SessionOptions & { readonly signal: AbortSignal },
): Promise<GitSession> {
  const url = checkRepositoryUrl(remote.url, options)
  const credentials = remote.credentials ?? {}
  checkCredentials(url, credentials)
  const ssh = url.protocol === 'ssh:' && remote.userConfig !== true
  if (ssh) checkSshCredentials(url, credentials)

  const home = `${directory}/home`
  const tmp = `${directory}/tmp`
  await Promise.all([home, tmp].map(path => mkdir(path, { recursive: true, mode: 0o700 })))
  const isolated = isolatedEnvironment(options.ambient, home, tmp)
  // A file URL asks for no credentials, and its other end would run the user's hooks.
  const asUser = remote.userConfig === true && url.protocol !== 'file:'
  const base = asUser ? userEnvironment(options.ambient, tmp) : isolated
  const caFile = credentials.caCertificate === undefined ? undefined : `${directory}/ca.pem`
  if (caFile !== undefined) await writeFile(caFile, credentials.caCertificate ?? '', { mode: 0o600 })
  return {
    url,
    directory,
    network: {
      ...withSettings(base, httpSettings(url, remote, caFile)),
      ...(ssh ? await writeSshFiles(`${directory}/ssh`, url, remote) : {}),
      GIT_ALLOW_PROTOCOL: protocols(url, remote, options),
    },
    local: { ...isolated, GIT_ALLOW_PROTOCOL: 'none' },
    redact: redactor([...secretsOf(credentials), ...proxyPasswords(options.ambient)]),
    signal: options.signal,
    refusal: refusalOf(credentials, remote.userConfig === true),
    caFile,
    addresses: remote.addresses ?? [],
  }
}

/** Headers are bound to scheme, host and port: git sends them nowhere else (B6). */
function httpSettings(url: URL, remote: GitRemote, caFile: string | undefined): Setting[] {
  const settings: Setting[] = []
  const scope = `http.${url.protocol}//${url.host}/`
  const header = authorization(remote.credentials ?? {})
  if (header !== undefined) settings.push([`${scope}.extraHeader`, `Authorization: ${header}`])
  if (caFile !== undefined) settings.push([`${scope}.sslCAInfo`, caFile])
  if (remote.addresses !== undefined && remote.addresses.length > 0 && url.protocol.startsWith('http')) {
    const port = url.port !== '' ? url.port : url.protocol === 'https:' ? '443' : '80'
    const addresses = remote.addresses.map(address => (address.includes(':') ? `[${address}]` : address))
    settings.push(['http.curloptResolve', `${url.hostname}:${port}:${addresses.join(',')}`])
  }
  return settings
}

/** With the user's configuration, `insteadOf` may turn https into ssh and back. */
function protocols(url: URL, remote: GitRemote, rules: UrlRules): string {
  const own = url.protocol.slice(0, -1)
  if (remote.userConfig !== true) return own
  return [...new Set([own, 'https', 'ssh', ...(rules.allowHttp ? ['http'] : [])])].join(':')
}

/** Proxies come with their passwords inside the URL, and libcurl repeats parts of that in its messages. */
function proxyPasswords(ambient: SessionOptions['ambient']): string[] {
  const proxies = PROXIES.map(name => ambient[name] ?? '')
  return proxies.flatMap(proxy => /^(?:[a-z0-9]+:\/\/)?[^:@]*:(.+)@[^@]*$/i.exec(proxy)?.[1] ?? [])
}

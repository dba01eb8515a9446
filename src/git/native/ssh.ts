// SSH for git: one generated configuration file, so that no agent, no user or system configuration and no prompt takes part.
import { mkdir, writeFile } from 'node:fs/promises'
import { Failure } from '../../lib/failure.ts'
import type { GitCredentials, GitRemote } from '../engine.ts'
import type { Environment } from './process.ts'

/** Throws unless host keys and an identity that can be used are given (B3, B4). */
export function checkSshCredentials(url: URL, credentials: GitCredentials): void {
  if ((credentials.knownHosts ?? '').trim() === '')
    throw new Failure(
      'HostKeyUnknown',
      'definite',
      `no known_hosts is given for ${url.host}: ssh connects to hosts with a known key only`,
      {
        hint: `put the output of "ssh-keyscan ${url.hostname}", checked against what the host publishes, into key known_hosts of the Secret`,
      },
    )
  const identity = credentials.identity ?? ''
  if (identity.trim() === '')
    throw new Failure(
      'AuthenticationFailed',
      'definite',
      `no private key is given for ${url.host}: put one into key identity of the Secret`,
    )
  if (isEncrypted(identity) && (credentials.identityPassphrase ?? '') === '')
    throw new Failure(
      'AuthenticationFailed',
      'definite',
      `the private key for ${url.host} is encrypted and no passphrase is given: put it into key password of the Secret`,
    )
}

/** Writes the files below `directory` and returns the variables that make git use them. */
export async function writeSshFiles(directory: string, url: URL, remote: GitRemote): Promise<Environment> {
  const credentials = remote.credentials ?? {}
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const passphrase = credentials.identityPassphrase ?? ''
  const files = {
    config: configuration(directory, { prompt: passphrase !== '', ...connection(url, remote.addresses?.[0]) }),
    known_hosts: `${(credentials.knownHosts ?? '').trim()}\n`,
    // OpenSSH refuses a key without a final line feed, and with CR.
    identity: `${(credentials.identity ?? '').replaceAll('\r', '').trim()}\n`,
    ...(passphrase === '' ? {} : { passphrase: `${passphrase}\n` }),
  }
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile(`${directory}/${name}`, text, { mode: 0o600 })),
  )
  const env = { GIT_SSH_COMMAND: `ssh -F ${shellQuoted(`${directory}/config`)}`, GIT_SSH_VARIANT: 'ssh' }
  if (passphrase === '') return env
  const askpass = `${directory}/askpass`
  await writeFile(askpass, `#!/bin/sh\nexec cat ${shellQuoted(`${directory}/passphrase`)}\n`, { mode: 0o700 })
  return { ...env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':none' }
}

/** BatchMode would keep ssh from asking for the passphrase; with one, the askpass program above is all it can ask. */
function configuration(
  directory: string,
  { prompt, ...where }: { readonly prompt: boolean; readonly HostName?: string; readonly HostKeyAlias?: string },
): string {
  const file = (name: string) => `"${directory.replaceAll('%', '%%')}/${name}"`
  const settings = {
    ...where,
    User: 'git',
    BatchMode: prompt ? 'no' : 'yes',
    NumberOfPasswordPrompts: '1',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: file('known_hosts'),
    GlobalKnownHostsFile: '/dev/null',
    UpdateHostKeys: 'no',
    IdentityFile: file('identity'),
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    AddKeysToAgent: 'no',
    PreferredAuthentications: 'publickey',
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    ConnectTimeout: '30',
    ServerAliveInterval: '20',
    ServerAliveCountMax: '3',
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    ControlMaster: 'no',
    ControlPath: 'none',
    PermitLocalCommand: 'no',
    LogLevel: 'ERROR',
  }
  return `Host *\n${Object.entries(settings)
    .map(([key, value]) => `  ${key} ${value}\n`)
    .join('')}`
}

/** A checked address is connected to, while the host's key is still looked up by the host's name. */
function connection(
  url: URL,
  address: string | undefined,
): { readonly HostName?: string; readonly HostKeyAlias?: string } {
  if (address === undefined) return {}
  const named = url.port === '' || url.port === '22' ? url.hostname : `[${url.hostname}]:${url.port}`
  return { HostName: address, HostKeyAlias: named }
}

/** PEM says it in a header, OpenSSH's own form in the name of the cipher that follows its magic. */
function isEncrypted(identity: string): boolean {
  if (/^Proc-Type:.*ENCRYPTED|BEGIN ENCRYPTED PRIVATE KEY/m.test(identity)) return true
  const body = /BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(identity)?.[1]
  if (body === undefined) return false
  const bytes = Buffer.from(body, 'base64')
  const magic = 'openssh-key-v1\0'
  if (bytes.length < magic.length + 4 || bytes.toString('latin1', 0, magic.length) !== magic) return false
  const length = bytes.readUInt32BE(magic.length)
  return bytes.toString('latin1', magic.length + 4, magic.length + 4 + length) !== 'none'
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

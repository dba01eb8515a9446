// A git server over ssh on 127.0.0.1: ssh2 before git-upload-pack and git-receive-pack, started with argument arrays.
import { spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import ssh2, { type Connection, type PublicKeyAuthContext, type ServerChannel } from 'ssh2'
import type { Test } from 'tap'
import { hermeticEnvironment, type TestRepository } from './git-repository.ts'

export interface SshServerOptions {
  /** Public keys that may come in, one line each. */
  readonly authorized: readonly string[]
  /** Pushes are refused in the words that hosts use for read-only keys. */
  readonly readOnly?: boolean
  /** The host's key, for a server that stays the same or changes it. */
  readonly hostKey?: TestKey
}

export interface TestKey {
  readonly private: string
  readonly public: string
}

export interface GitSshServer {
  readonly url: string
  /** Lines for known_hosts, plain and with the host name hashed. */
  readonly knownHosts: string
  readonly hashedKnownHosts: string
  /** Logins that succeeded. */
  readonly logins: () => number
}

/** A new ed25519 key pair in OpenSSH form, encrypted when a passphrase is given. */
export function sshKey(passphrase?: string): TestKey {
  const encryption = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr', rounds: 4 }
  // ssh2 1.17 drops a leading zero byte of the key, and so writes one in 256 in a form that nobody can read.
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'test', ...encryption })
    if (!(ssh2.utils.parseKey(key.private, passphrase) instanceof Error)) return key
  }
}

/** Serves one repository until the test ends. */
export async function gitSshServer(
  t: Test,
  repository: TestRepository,
  options: SshServerOptions,
): Promise<GitSshServer> {
  const hostKey = options.hostKey ?? sshKey()
  const connections = new Set<Connection>()
  let logins = 0
  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, client => {
    connections.add(client)
    client.on('error', () => {})
    client.on('close', () => connections.delete(client))
    client.on('authentication', context => {
      if (context.method === 'publickey' && isAuthorized(context, options.authorized)) context.accept()
      else context.reject(['publickey'])
    })
    client.on('ready', () => {
      logins++
      client.on('session', accept => {
        const session = accept()
        session.on('env', (acceptEnv: (() => void) | undefined) => acceptEnv?.())
        session.on('exec', (acceptExec, _, info) => serve(repository, acceptExec(), info.command, options))
      })
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))
  t.teardown(async () => {
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    for (const client of connections) client.end()
    await closed
  })
  const { port } = server.address() as AddressInfo
  const host = `[127.0.0.1]:${port}`
  const keyText = hostKey.public.split(' ').slice(0, 2).join(' ')
  return {
    url: `ssh://git@127.0.0.1:${port}${repository.directory}`,
    knownHosts: `${host} ${keyText}\n`,
    hashedKnownHosts: `${hashed(host)} ${keyText}\n`,
    logins: () => logins,
  }
}

/** The first request only offers a key, the second one carries a signature with it. */
function isAuthorized(context: PublicKeyAuthContext, authorized: readonly string[]): boolean {
  for (const line of authorized) {
    const key = ssh2.utils.parseKey(line)
    if (key instanceof Error || !key.getPublicSSH().equals(context.key.data)) continue
    if (context.signature === undefined || context.blob === undefined) return true
    if (key.verify(context.blob, context.signature, context.hashAlgo) === true) return true
  }
  return false
}

function serve(repository: TestRepository, channel: ServerChannel, command: string, options: SshServerOptions): void {
  const [, program = '', path = ''] = /^(git-(?:upload|receive)-pack) '(.*)'$/.exec(command) ?? []
  const refusal =
    path !== repository.directory
      ? 'ERROR: Repository not found.\n'
      : program === 'git-receive-pack' && options.readOnly === true
        ? 'ERROR: The key you are authenticating with has been marked as read only.\n'
        : undefined
  if (refusal !== undefined) {
    channel.stderr.write(refusal)
    channel.exit(1)
    channel.end()
    return
  }
  const child = spawn('git', [program.slice(4), path], {
    env: { ...hermeticEnvironment(dirname(path)), GIT_PROTOCOL: 'version=2' },
  })
  channel.pipe(child.stdin)
  child.stdin.on('error', () => {})
  child.stdout.pipe(channel, { end: false })
  child.stderr.pipe(channel.stderr, { end: false })
  child.on('close', code => {
    channel.exit(code ?? 1)
    channel.end()
  })
  channel.on('close', () => child.kill())
}

/** `HashKnownHosts`: a salted HMAC instead of the name. */
function hashed(host: string): string {
  const salt = randomBytes(20)
  const mac = createHmac('sha1', salt).update(host).digest('base64')
  return `|1|${salt.toString('base64')}|${mac}`
}

// Keys for tests of signatures, made anew by the programs that people use, and what those programs say of a commit.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as openpgp from 'openpgp'
import type { Test } from 'tap'
import { hermeticEnvironment, type TestRepository, temporaryDirectory } from './git-repository.ts'

export interface SshKeyOptions {
  readonly type?: 'ed25519' | 'ecdsa' | 'rsa' | 'dsa'
  readonly bits?: number
  readonly passphrase?: string
  /** OpenSSH's own form unless another is asked for. */
  readonly form?: 'PEM' | 'PKCS8'
  readonly cipher?: string
}

export interface SshKey {
  /** Text of the private key. */
  readonly identity: string
  /** Line of the public key. */
  readonly sshpub: string
}

/** A key made by `ssh-keygen`. */
export async function sshKey(t: Test, options: SshKeyOptions = {}): Promise<SshKey> {
  const { type = 'ed25519', bits, passphrase = '', form, cipher } = options
  const file = join(await temporaryDirectory(t), 'key')
  const args = ['-q', '-t', type, '-N', passphrase, '-C', 'signer@example.com', '-f', file]
  if (bits !== undefined) args.push('-b', `${bits}`)
  if (form !== undefined) args.push('-m', form)
  // Two rounds instead of sixteen: the same code, in less time.
  else if (passphrase !== '') args.push('-a', '2', ...(cipher === undefined ? [] : ['-Z', cipher]))
  await promisify(execFile)('ssh-keygen', args)
  return { identity: await readFile(file, 'utf8'), sshpub: await readFile(`${file}.pub`, 'utf8') }
}

export interface OpenPgpKeyOptions {
  readonly type?: 'curve25519' | 'ecc' | 'rsa'
  readonly passphrase?: string
  readonly date?: Date
  readonly secondsValid?: number
}

export interface OpenPgpKeyTexts {
  readonly privateKey: string
  readonly publicKey: string
}

/** A key made by openpgp, in the form that gpg reads. */
export async function openPgpKey(options: OpenPgpKeyOptions = {}): Promise<OpenPgpKeyTexts> {
  const { type = 'ecc', passphrase, date, secondsValid } = options
  return openpgp.generateKey({
    ...(type === 'rsa' ? { type, rsaBits: 2048 } : type === 'ecc' ? { type, curve: 'ed25519Legacy' } : { type }),
    userIDs: [{ name: 'Signer', email: 'signer@example.com' }],
    format: 'armored',
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(date === undefined ? {} : { date }),
    ...(secondsValid === undefined ? {} : { keyExpirationTime: secondsValid }),
  })
}

/** The key with a revocation by itself. */
export async function revokedKey(armoredKey: string): Promise<OpenPgpKeyTexts> {
  return openpgp.revokeKey({ key: await openpgp.readPrivateKey({ armoredKey }), format: 'armored' })
}

/** What `git verify-commit` says of a commit that is signed with an SSH key; throws when it is not content. */
export async function gitVerifiesSsh(
  t: Test,
  repository: TestRepository,
  options: { revision: string; sshpub: string },
) {
  const signers = join(await temporaryDirectory(t), 'allowed_signers')
  await writeFile(signers, `rollbook@noreply.invalid ${options.sshpub}`)
  const settings = ['-c', 'gpg.format=ssh', '-c', `gpg.ssh.allowedSignersFile=${signers}`]
  return verifyCommit(repository, [...settings, 'verify-commit', options.revision], await temporaryDirectory(t))
}

/** The same for an OpenPGP key, by gpg with a keyring of its own. */
export async function gitVerifiesOpenPgp(
  t: Test,
  repository: TestRepository,
  options: { revision: string; publicKey: string },
) {
  const home = await temporaryDirectory(t)
  const key = join(home, 'key.asc')
  await writeFile(key, options.publicKey)
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, GNUPGHOME: home }
  await promisify(execFile)('gpg', ['--batch', '--quiet', '--no-autostart', '--import', key], { env })
  return verifyCommit(repository, ['verify-commit', options.revision], home)
}

async function verifyCommit({ directory }: TestRepository, args: readonly string[], home: string): Promise<string> {
  const env = { ...hermeticEnvironment(home), GNUPGHOME: home, GIT_DIR: directory }
  const { stdout, stderr } = await promisify(execFile)('git', args, { cwd: directory, env })
  return stdout + stderr
}

/** A home for gpg with one new key, and its public half. The agent that gpg starts ends with the test. */
export async function gpgSigner(t: Test): Promise<{ readonly gpgHome: string; readonly publicKey: string }> {
  const gpgHome = await temporaryDirectory(t)
  const env = { PATH: process.env['PATH'] ?? '', HOME: gpgHome, GNUPGHOME: gpgHome }
  const gpg = (...args: string[]) => promisify(execFile)('gpg', ['--batch', '--quiet', ...args], { env })
  t.teardown(() => promisify(execFile)('gpgconf', ['--kill', 'gpg-agent'], { env }))
  await gpg('--passphrase', '', '--quick-generate-key', 'Tester <tester@example.com>', 'ed25519', 'sign', 'never')
  const { stdout } = await gpg('--armor', '--export')
  return { gpgHome, publicKey: stdout }
}

/** A signed commit taken apart by git's own account of it, not by our code. */
export async function verifiedPayload(repository: TestRepository, revision: string) {
  const raw = await repository.git(['cat-file', 'commit', revision])
  const [, armored = ''] = /^gpgsig (-----BEGIN.*?-----END [A-Z ]+-----)$/ms.exec(raw) ?? []
  const payload = `${raw.replace(`gpgsig ${armored}\n`, '')}\n`
  return { payload: Buffer.from(payload), signature: armored.replaceAll('\n ', '\n') }
}

/** What openpgp itself says, without our code. */
export async function openPgpVerifies(
  { payload, signature }: { readonly payload: Buffer; readonly signature: string },
  publicKey: string,
): Promise<boolean> {
  const { signatures } = await openpgp.verify({
    message: await openpgp.createMessage({ binary: new Uint8Array(payload) }),
    signature: await openpgp.readSignature({ armoredSignature: signature }),
    verificationKeys: await openpgp.readKey({ armoredKey: publicKey }),
  })
  return (await signatures[0]?.verified) === true
}

/** Who signs the source of a test: ssh-keygen, or gpg in a home of its own. */
export type SourceSigner = { readonly ssh: SshKey } | { readonly gpgHome: string }

/** The settings by which git signs with this key. */
async function signingSettings(t: Test, signer: SourceSigner): Promise<{ settings: string[]; home: string }> {
  if ('gpgHome' in signer) return { settings: ['-c', 'gpg.format=openpgp'], home: signer.gpgHome }
  const home = await temporaryDirectory(t)
  await writeFile(join(home, 'key'), signer.ssh.identity, { mode: 0o600 })
  await writeFile(join(home, 'key.pub'), signer.ssh.sshpub)
  return { settings: ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${home}/key`], home }
}

/** Makes a signed commit on top of main that changes nothing, or a signed tag of main, by git itself. */
export async function gitSigns(
  t: Test,
  { repository, signer }: { readonly repository: TestRepository; readonly signer: SourceSigner },
  what: 'commit' | { readonly tag: string },
): Promise<void> {
  const { settings, home } = await signingSettings(t, signer)
  const git = async (...args: string[]) => {
    const env = { ...hermeticEnvironment(home), GNUPGHOME: home, GIT_DIR: repository.directory }
    const { stdout } = await promisify(execFile)('git', [...settings, ...args], { cwd: repository.directory, env })
    return stdout.trim()
  }
  if (what !== 'commit') await git('tag', '-s', '-m', 'release', what.tag, 'main')
  else
    await git(
      'update-ref',
      'refs/heads/main',
      await git('commit-tree', '-S', 'main^{tree}', '-p', 'main', '-m', 'signed'),
    )
}

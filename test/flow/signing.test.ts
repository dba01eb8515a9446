// Signed commits through the whole program: what the run signs, git verifies; what can't sign stops the run before anything.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readSshPrivateKey } from '../../src/git/signature/ssh-private-key.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { type EngineHost, engineHost, onBothEngines } from '../helpers/engine-host.ts'
import { catalogOf, datedServer, importManifest, listOf } from '../helpers/entries.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { programJson } from '../helpers/in-process.ts'
import { needGpg, needProc, needSshKeygen } from '../helpers/needs.ts'
import { processesOf, processLines } from '../helpers/processes.ts'
import { rollbookJson, startRollbook } from '../helpers/program.ts'
import {
  gitVerifiesOpenPgp,
  gitVerifiesSsh,
  openPgpKey,
  openPgpVerifies,
  sshKey,
  verifiedPayload,
} from '../helpers/signing-keys.ts'
import { until } from '../helpers/until.ts'
import { makeGate, wrappedGit } from '../helpers/wrapped-git.ts'

const PASSPHRASE = 'planted correct horse'

/** An import whose commits are signed with what the Secret holds. */
async function workplace(
  host: EngineHost,
  secret: Readonly<Record<string, string>>,
  options: { source?: string } = {},
) {
  const directory = await temporaryDirectory(host.t)
  const source = await host.repository({ 'registry.json': listOf(datedServer('io.example/one')) })
  const target = await host.repository({ 'catalog/registry.json': catalogOf(datedServer('io.example/base')) })
  const job = importManifest({
    source: options.source ?? source.url,
    target: target.url,
    targetGit: { commit: { signingSecret: { name: 'signer' } } },
  })
  const hold = (stringData: Readonly<Record<string, string>>) => {
    const metadata = { name: 'signer', namespace: 'test' }
    const held = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData })
    return writeFile(join(directory, 'all.yaml'), `${job}\n---\n${held}`)
  }
  await hold(secret)
  const run = (...args: string[]) =>
    programJson<RunResult>(['run', '-f', 'all.yaml', ...args], {
      cwd: directory,
      env: { PATH: process.env['PATH'] ?? '', ...host.env },
    })
  return { directory, target, hold, run }
}

onBothEngines(t, 'with an SSH key: git verifies the commit, and the run is found again', async (t, host) => {
  if (!needSshKeygen(t)) return
  const { identity, sshpub } = await sshKey(t, { passphrase: PASSPHRASE })
  const { target, run } = await workplace(host, { identity, password: `${PASSPHRASE}\n` })

  const { code, data, stderr } = await run('--run-id', 'ours')

  t.match({ code, data }, { code: 0, data: { outcome: 'Completed', counts: { added: 1 } } })
  t.match(await gitVerifiesSsh(t, target, { revision: 'main', sshpub }), 'Good "git" signature')
  t.equal(await target.git(['fsck', '--full', '--strict', '--no-dangling']), '')
  t.notMatch(`${JSON.stringify(data)}${stderr}${await target.git(['cat-file', '-p', 'main'])}`, 'planted')
  t.match((await run('--run-id', 'ours')).data, { reason: 'AlreadyCommitted', target: data.target })
  t.match((await run()).data, { outcome: 'Unchanged' })

  const other = await sshKey(t)
  await t.rejects(gitVerifiesSsh(t, target, { revision: 'main', sshpub: other.sshpub }), 'not by another key')
})

onBothEngines(t, 'with an OpenPGP key: openpgp and gpg verify the commit', async (t, host) => {
  const { privateKey, publicKey } = await openPgpKey({ passphrase: PASSPHRASE })
  const { target, run } = await workplace(host, { 'git.asc': privateKey, passphrase: PASSPHRASE })

  const { code, data } = await run()

  t.match({ code, data }, { code: 0, data: { outcome: 'Completed' } })
  t.equal(await openPgpVerifies(await verifiedPayload(target, 'main'), publicKey), true)
  if (needGpg(t)) t.match(await gitVerifiesOpenPgp(t, target, { revision: 'main', publicKey }), 'Good signature')
})

t.test(
  'C15 a key that cannot sign: told by Secret and key, before the source is read and without a commit',
  async t => {
    if (!needSshKeygen(t)) return
    const ssh = await sshKey(t, { passphrase: PASSPHRASE })
    const short = await sshKey(t, { type: 'rsa', bits: 1024, form: 'PEM' })
    const pem = await sshKey(t, { type: 'ecdsa', form: 'PEM', passphrase: PASSPHRASE })
    const sealed = await openPgpKey({ passphrase: PASSPHRASE })
    const expired = await openPgpKey({ date: new Date('2020-01-01T00:00:00Z'), secondsValid: 3600 })
    const future = await openPgpKey({ date: new Date(Date.now() + 86_400_000) })
    const rows: { name: string; secret: Record<string, string>; message: RegExp }[] = [
      {
        name: 'neither',
        secret: { known_hosts: 'x' },
        message: /has neither git\.asc \(OpenPGP\) nor identity \(SSH\)/,
      },
      { name: 'both', secret: { identity: ssh.identity, 'git.asc': sealed.privateKey }, message: /has both/ },
      {
        name: 'SSH without passphrase',
        secret: { identity: ssh.identity },
        message: /identity is encrypted, and its passphrase is missing \(key password\)/,
      },
      {
        name: 'SSH with a wrong passphrase',
        secret: { identity: ssh.identity, password: 'planted wrong' },
        message: /identity is encrypted, and the passphrase does not open it/,
      },
      { name: 'PEM without passphrase', secret: { identity: pem.identity }, message: /passphrase is missing/ },
      {
        name: 'PEM with a wrong passphrase',
        secret: { identity: pem.identity, password: 'planted wrong' },
        message: /does not open it/,
      },
      { name: 'RSA too short', secret: { identity: short.identity }, message: /RSA key of less than 2048 bits/ },
      { name: 'public SSH key', secret: { identity: ssh.sshpub }, message: /identity is a public key/ },
      {
        name: 'cut SSH key',
        secret: { identity: ssh.identity.replace(/\n.*\n/, '\n') },
        message: /identity is damaged/,
      },
      { name: 'no key', secret: { identity: 'planted text' }, message: /identity is no private key/ },
      { name: 'OpenPGP as SSH', secret: { identity: sealed.privateKey }, message: /belongs in key git\.asc/ },
      { name: 'SSH as OpenPGP', secret: { 'git.asc': ssh.identity }, message: /belongs in key identity/ },
      { name: 'public OpenPGP key', secret: { 'git.asc': sealed.publicKey }, message: /git\.asc is a public key/ },
      {
        name: 'OpenPGP without passphrase',
        secret: { 'git.asc': sealed.privateKey },
        message: /git\.asc is encrypted, and its passphrase is missing \(key passphrase\)/,
      },
      {
        name: 'OpenPGP with a wrong passphrase',
        secret: { 'git.asc': sealed.privateKey, passphrase: 'planted wrong' },
        message: /git\.asc is encrypted, and the passphrase does not open it/,
      },
      { name: 'expired', secret: { 'git.asc': expired.privateKey }, message: /git\.asc is expired/ },
      { name: 'not valid yet', secret: { 'git.asc': future.privateKey }, message: /made after the time of this run/ },
      {
        name: 'cut OpenPGP key',
        secret: { 'git.asc': sealed.privateKey.replace(/\n\n[^\n]*\n/, '\n\n') },
        message: /git\.asc is damaged/,
      },
    ]
    // A source that does not exist: had it been looked at, the reason would be another one.
    const nowhere = { source: 'file:///nonexistent/source.git' }
    const { target, hold, run } = await workplace(engineHost(t), {}, nowhere)
    const head = await target.head()
    for (const { name, secret, message } of rows) {
      await hold(secret)
      const { code, data, stderr } = await run()
      t.match({ code, data }, { code: 10, data: { reason: 'SecretInvalid', message: /^Secret signer / } }, name)
      t.match(data.message, message, name)
      const told = `${JSON.stringify(data)}${stderr}`
      t.notMatch(told, /planted|PRIVATE KEY/, `${name}: nothing of the key`)
      const lines = Object.values(secret).flatMap(text => text.split('\n'))
      t.notOk(
        lines.some(line => line.length > 40 && told.includes(line)),
        `${name}: no line of it`,
      )
    }
    t.equal(await target.head(), head)
  },
)

t.test('G1 the key is in no process list, no file and no output, at the moment of the push and after it', async t => {
  if (!needSshKeygen(t) || !needProc(t)) return
  const { identity, sshpub } = await sshKey(t, { passphrase: PASSPHRASE })
  const { directory, target } = await workplace(engineHost(t), {})
  const secrets = join(await temporaryDirectory(t), 'secrets')
  await mkdir(join(secrets, 'signer'), { recursive: true })
  await writeFile(join(secrets, 'signer', 'identity'), identity)
  await writeFile(join(secrets, 'signer', 'password'), PASSPHRASE)
  const temporary = join(directory, 'tmp')
  await mkdir(temporary)
  const gate = await makeGate(t)
  const env = { ...(await wrappedGit(t, 'push', gate.script)), TMPDIR: temporary }
  const args = ['run', '-f', 'all.yaml', '--secret-dir', secrets, '--log-level', 'debug', '--report', 'report.jsonl']
  const lines = identity.split('\n').filter(line => line.length > 40)
  const { d = 'none' } = createPrivateKeyOf(identity, PASSPHRASE)
  const planted = [PASSPHRASE, ...lines, d, Buffer.from(d, 'base64url').toString('hex')]

  const program = startRollbook(args, { cwd: directory, env })
  await until(gate.isReached, 'git push')
  const environments = processesOf(directory).map(({ environment }) => environment)
  const seen = [...processLines(), ...environments, ...(await textsBelow(temporary))].join('\n')
  await gate.open()
  const { code, stdout, stderr } = await program.ended

  t.equal(code, 0, stderr)
  t.ok(environments.length > 1, 'git was at work')
  t.match(await gitVerifiesSsh(t, target, { revision: 'main', sshpub }), 'Good "git" signature')
  t.strictSame(await readdir(temporary), [])
  const report = await readFile(join(directory, 'report.jsonl'), 'utf8')
  const everything = [seen, stdout, stderr, report, ...(await textsBelow(target.directory))].join('\n')
  for (const secret of planted) t.notOk(everything.includes(secret), 'nothing of the key')
})

function createPrivateKeyOf(identity: string, passphrase: string): { readonly d?: string } {
  const key = readSshPrivateKey(identity, passphrase)
  if ('problem' in key) throw new Error(key.problem)
  return key.export({ format: 'jwk' })
}

/** Every file below the folder, as text and as its bytes in hex. */
async function textsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const contents = await Promise.all(files.map(file => readFile(file)))
  return contents.flatMap(bytes => [bytes.toString('latin1'), bytes.toString('hex')])
}

t.test('without the optional package an OpenPGP key is told of it, before anything else', async t => {
  const { privateKey } = await openPgpKey()
  // As on a machine where openpgp was not installed: the import of that name fails as Node says it.
  const hook = `export async function resolve(name, context, next) {
    if (name !== 'openpgp') return next(name, context)
    throw Object.assign(new Error("Cannot find package 'openpgp'"), { code: 'ERR_MODULE_NOT_FOUND' })
  }`
  const url = (script: string) => `data:text/javascript,${encodeURIComponent(script)}`
  const register = url(`import { register } from 'node:module'; register(${JSON.stringify(url(hook))})`)
  const env = { NODE_OPTIONS: `--import=${register}` }

  const { directory } = await workplace(engineHost(t), { 'git.asc': privateKey })
  const { code, data } = await rollbookJson<RunResult>(['run', '-f', 'all.yaml'], {
    cwd: directory,
    env,
    unbundled: true,
  })
  t.match(data, { reason: 'OpenPgpMissing', message: /package openpgp, which is not installed; install it/ })
  t.equal(code, 10)
})

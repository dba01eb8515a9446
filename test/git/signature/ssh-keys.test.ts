// SSH keys and signatures against the programs that everybody uses: what ssh-keygen makes is read, what we sign it verifies.
import { execFile, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { readSshPrivateKey } from '../../../src/git/signature/ssh-private-key.ts'
import { parsePublicLine } from '../../../src/git/signature/ssh-public-key.ts'
import { checkSshSignature, sshSignature } from '../../../src/git/signature/ssh-signature.ts'
import { temporaryDirectory } from '../../helpers/git-repository.ts'
import { needSshKeygen } from '../../helpers/needs.ts'
import { type SshKey, type SshKeyOptions, sshKey } from '../../helpers/signing-keys.ts'

const PAYLOAD = Buffer.from('tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nmessage ü\n')
const PASSPHRASE = 'correct horse'

const FORMS: readonly SshKeyOptions[] = [
  { type: 'ed25519' },
  { type: 'ed25519', passphrase: PASSPHRASE },
  { type: 'ed25519', passphrase: PASSPHRASE, cipher: 'aes128-cbc' },
  { type: 'ed25519', passphrase: PASSPHRASE, cipher: 'aes256-gcm@openssh.com' },
  { type: 'ecdsa', bits: 256 },
  { type: 'ecdsa', bits: 384, passphrase: PASSPHRASE },
  { type: 'ecdsa', bits: 521, form: 'PEM' },
  { type: 'ecdsa', bits: 256, form: 'PKCS8', passphrase: PASSPHRASE },
  { type: 'rsa', bits: 2048 },
  { type: 'rsa', bits: 2048, form: 'PEM', passphrase: PASSPHRASE },
]

t.test('every form of key signs what ssh-keygen verifies, and the other way round', async t => {
  if (!needSshKeygen(t)) return
  for (const options of FORMS) {
    const name = Object.values(options).join(' ')
    const { identity, sshpub } = await sshKey(t, options)
    const key = readSshPrivateKey(identity, options.passphrase)
    if ('problem' in key) {
      t.fail(`${name}: ${key.problem}`)
      continue
    }
    const armored = sshSignature(PAYLOAD, key)
    t.match(await keygenVerifies(t, armored, sshpub), 'Good "git" signature', name)
    const ours = checkSshSignature(PAYLOAD, armored)
    t.ok('by' in ours && ours.by.blob.equals(parsePublicLine(sshpub)?.blob ?? Buffer.alloc(0)), `${name}, read again`)
    const theirs = await keygenSignature(t, { identity, sshpub }, options)
    t.ok(theirs === undefined || 'by' in checkSshSignature(PAYLOAD, theirs), `${name}, signed by ssh-keygen`)
  }
})

async function keygenVerifies(t: Test, armored: string, sshpub: string): Promise<string> {
  const directory = await temporaryDirectory(t)
  await writeFile(join(directory, 'signers'), `me ${sshpub}`)
  await writeFile(join(directory, 'sig'), `${armored}\n`)
  const child = spawn('ssh-keygen', ['-Y', 'verify', '-n', 'git', '-f', 'signers', '-I', 'me', '-s', 'sig'], {
    cwd: directory,
  })
  child.stdin.end(PAYLOAD)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', piece => (text += piece))
  await new Promise(resolve => child.on('close', resolve))
  return text
}

/** Undefined for an encrypted key, whose passphrase ssh-keygen would ask for. */
async function keygenSignature(t: Test, key: SshKey, { passphrase }: SshKeyOptions): Promise<string | undefined> {
  if (passphrase !== undefined) return undefined
  const directory = await temporaryDirectory(t)
  await writeFile(join(directory, 'key'), key.identity, { mode: 0o600 })
  await writeFile(join(directory, 'key.pub'), key.sshpub)
  await writeFile(join(directory, 'payload'), PAYLOAD)
  await promisify(execFile)('ssh-keygen', ['-Y', 'sign', '-n', 'git', '-f', 'key', 'payload'], { cwd: directory })
  return readFile(join(directory, 'payload.sig'), 'utf8')
}

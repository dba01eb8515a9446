// Which commits and tags are believed, without a repository: forged, altered and outlived signatures.
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import t from 'tap'
import { commitBytes, objectId, signedCommitBytes } from '../../../src/git/commit-object.ts'
import type { CommitSigner } from '../../../src/git/engine.ts'
import { signedCommit, signedTag } from '../../../src/git/signature/signed-object.ts'
import { openSigner } from '../../../src/git/signature/signer.ts'
import { parsePublicLine, publicBlob } from '../../../src/git/signature/ssh-public-key.ts'
import { checkSshSignature, sshSignature } from '../../../src/git/signature/ssh-signature.ts'
import { readTrustedKeys } from '../../../src/git/signature/trusted-keys.ts'
import { verifySource } from '../../../src/git/signature/verify.ts'
import { wireNumber, wireString } from '../../../src/git/signature/wire.ts'
import { fails } from '../../helpers/fails.ts'
import { openPgpKey, revokedKey } from '../../helpers/signing-keys.ts'

const MADE = new Date('2026-01-10T00:00:00Z')
const NOW = new Date('2026-03-01T00:00:00Z')
const PERSON = { name: 'Signer', email: 'signer@example.com', date: new Date('2026-02-01T00:00:00Z') }
const PARTS = {
  tree: 'a'.repeat(40),
  parents: ['b'.repeat(40)],
  author: PERSON,
  committer: PERSON,
  message: 'one ü\n\ntwo',
}

function secretsOf(data: Readonly<Record<string, string>>) {
  return { read: async () => new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text)])) }
}

async function signerOf(data: Readonly<Record<string, string>>): Promise<CommitSigner | undefined> {
  return openSigner({ name: 'signer' }, { secrets: secretsOf(data), now: PERSON.date })
}

/** Looks at the commit, with these keys at this time. */
async function verified(bytes: Buffer, keys: Readonly<Record<string, string>>, now = NOW): Promise<void> {
  const commit = objectId('commit', bytes)
  const trusted = await readTrustedKeys({ name: 'keys' }, secretsOf(keys))
  const store = { signedObject: async () => bytes }
  await verifySource(store, { commit, tag: undefined }, { mode: 'HEAD', keys: trusted, now })
}

function ed25519() {
  const { privateKey } = generateKeyPairSync('ed25519')
  const identity = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const { type, blob } = publicBlob(privateKey) ?? { type: '', blob: Buffer.alloc(0) }
  return { privateKey, identity, sshpub: `${type} ${blob.toString('base64')}` }
}

function altered(bytes: Buffer, from: string, to: string): Buffer {
  const text = bytes.toString()
  if (!text.includes(from)) throw new Error(`no ${from}`)
  return Buffer.from(text.replace(from, to))
}

t.test('a signed commit is believed; with anything changed it is not', async t => {
  const { identity, sshpub } = ed25519()
  const openPgp = await openPgpKey({ date: MADE })
  const kinds = [
    { kind: 'SSH', sign: await signerOf({ identity }), keys: { 'a.sshpub': sshpub } },
    { kind: 'OpenPGP', sign: await signerOf({ 'git.asc': openPgp.privateKey }), keys: { 'a.asc': openPgp.publicKey } },
  ]
  for (const { kind, sign, keys } of kinds) {
    const bytes = await signedCommitBytes(PARTS, sign)
    t.same(signedCommit(bytes).payload, commitBytes(PARTS), `${kind}: signed was the commit without its signature`)
    await verified(bytes, keys)
    const changes = [
      ['one ü', 'one u'],
      [`tree ${'a'.repeat(40)}`, `tree ${'c'.repeat(40)}`],
      [`parent ${'b'.repeat(40)}\n`, ''],
      ['author Signer', 'author Forger'],
      ['gpgsig ', 'encoding latin1\ngpgsig '],
      ['\n\none', '\nx-note hidden\n\none'],
    ] as const
    for (const [from, to] of changes) {
      const wanted = {
        reason: 'VerificationError',
        message: new RegExp(`its ${kind} signature does not match its content`),
      }
      await fails(t, verified(altered(bytes, from, to), keys), wanted, `${kind}: ${JSON.stringify(from)}`)
    }
    const line =
      bytes
        .toString()
        .split('\n')
        .find(text => /^ [A-Za-z0-9+/]{50,}$/.test(text)) ?? 'none'
    const damaged = altered(bytes, `${line}\n`, '')
    await fails(t, verified(damaged, keys), { reason: 'VerificationError', message: /damaged|does not match/ }, kind)
    const unknown = altered(bytes, 'gpgsig -----BEGIN ', 'gpgsig -----BEGIN OTHER ')
    await fails(t, verified(unknown, keys), { message: /of a kind that is not known/ }, kind)
    const other = altered(bytes, 'gpgsig ', 'gpgsig-sha256 ')
    await fails(t, verified(other, keys), { message: /it is not signed/ }, `${kind}: the signature for other names`)
  }
})

t.test('what the server sent must be the commit that was asked for', async t => {
  const { identity, sshpub } = ed25519()
  const bytes = await signedCommitBytes(PARTS, await signerOf({ identity }))
  const keys = await readTrustedKeys({ name: 'keys' }, secretsOf({ 'a.sshpub': sshpub }))
  const store = { signedObject: async () => bytes }
  const asked = { commit: 'd'.repeat(40), tag: undefined }
  await fails(t, verifySource(store, asked, { mode: 'HEAD', keys, now: NOW }), { reason: 'GitFailed' })
})

t.test('C15 an OpenPGP key that has expired vouches for nothing, one that expires later does', async t => {
  const day = 86_400
  const { privateKey, publicKey } = await openPgpKey({ date: MADE, secondsValid: 40 * day })
  const bytes = await signedCommitBytes(PARTS, await signerOf({ 'git.asc': privateKey }))
  const keys = { 'a.asc': publicKey }
  await verified(bytes, keys, new Date(MADE.getTime() + 39 * day * 1000))
  const wanted = { reason: 'VerificationError', message: /OpenPGP key [0-9A-F]{16}, which is expired or revoked/ }
  await fails(t, verified(bytes, keys, new Date(MADE.getTime() + 41 * day * 1000)), wanted)
})

t.test('a clock that is ahead by minutes is forgiven, one by a day is not', async t => {
  const { privateKey, publicKey } = await openPgpKey({ date: MADE })
  const bytes = await signedCommitBytes(PARTS, await signerOf({ 'git.asc': privateKey }))
  const keys = { 'a.asc': publicKey }
  await verified(bytes, keys, new Date(PERSON.date.getTime() - 60_000))
  await fails(t, verified(bytes, keys, new Date(PERSON.date.getTime() - 86_400_000)), { reason: 'VerificationError' })
})

/** An SSH signature with parts that a forger would choose. */
function forged(payload: Buffer, key: KeyObject, change: (body: string) => string): string {
  const armored = sshSignature(payload, key)
  const base64 = armored.split('\n').slice(1, -1).join('')
  const body = Buffer.from(change(Buffer.from(base64, 'base64').toString('latin1')), 'latin1')
  return `-----BEGIN SSH SIGNATURE-----\n${body.toString('base64')}\n-----END SSH SIGNATURE-----`
}

t.test('an SSH signature for another purpose, by another key, or with bytes too many', async t => {
  const payload = Buffer.from('payload')
  const { privateKey } = ed25519()
  const text = (bytes: Buffer) => bytes.toString('latin1')
  const [git, file] = [text(wireString('git')), text(wireString('file'))]
  const theirs = publicBlob(ed25519().privateKey)?.blob ?? Buffer.alloc(0)
  const ours = publicBlob(privateKey)?.blob ?? Buffer.alloc(0)
  const rows = [
    { change: (body: string) => body.replace(git, file), problem: /made for something else than git/ },
    { change: (body: string) => body.replace(text(ours), text(theirs)), problem: /does not match its content/ },
    {
      change: (body: string) => body.replace(text(wireString('sha512')), text(wireString('sha256'))),
      problem: /not match/,
    },
    {
      change: (body: string) => body.replace(text(wireString('sha512')), text(wireString('md5'))),
      problem: /hash that is not known/,
    },
    { change: (body: string) => `${body}x`, problem: /damaged/ },
    { change: (body: string) => body.slice(0, -1), problem: /damaged/ },
    { change: (body: string) => body.replace(text(wireNumber(1)), text(wireNumber(2))), problem: /damaged/ },
    {
      change: (body: string) => body.replaceAll('ssh-ed25519', 'ssh-ed25518'),
      problem: /type of key that is not known/,
    },
  ]
  t.ok(
    'by' in
      checkSshSignature(
        payload,
        forged(payload, privateKey, body => body),
      ),
  )
  for (const { change, problem } of rows)
    t.match(checkSshSignature(payload, forged(payload, privateKey, change)), { problem }, String(problem))
  t.match(checkSshSignature(payload, '-----BEGIN SSH SIGNATURE-----'), { problem: /damaged/ })
})

t.test('an RSA signature with SHA-1 counts for nothing', async t => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = createPrivateKey(privateKey.export({ type: 'pkcs1', format: 'pem' }))
  const payload = Buffer.from('payload')
  const name = (text: string) => wireString(text).toString('latin1')
  const weak = forged(payload, key, body => body.replace(name('rsa-sha2-512'), name('ssh-rsa')))
  t.match(checkSshSignature(payload, weak), { problem: /damaged|does not match/ })
})

t.test('a tag with two signatures: the last one counts, over everything before it', async t => {
  const text =
    'object x\ntype commit\ntag v1\n\nrelease\n-----BEGIN SSH SIGNATURE-----\na\n-----BEGIN PGP SIGNATURE-----\nb\n'
  const { payload, signature } = signedTag(Buffer.from(text))
  t.equal(signature, '-----BEGIN PGP SIGNATURE-----\nb\n')
  t.ok(payload.toString().endsWith('a\n'))
})

t.test('a security key counts when it was touched', async t => {
  const { privateKey } = ed25519()
  const type = 'sk-ssh-ed25519@openssh.com'
  const x = Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const blob = Buffer.concat([wireString(type), wireString(x), wireString('ssh:')])
  const payload = Buffer.from('payload')
  const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest()
  const frame = Buffer.concat([Buffer.from('SSHSIG'), wireString('git'), wireString(''), wireString('sha256')])
  const signature = (flags: number) => {
    const counted = Buffer.concat([Buffer.of(flags), wireNumber(7)])
    const message = Buffer.concat([frame, wireString(sha256(payload))])
    const raw = sign(null, Buffer.concat([sha256('ssh:'), counted, sha256(message)]), privateKey)
    const parts = [wireNumber(1), wireString(blob), wireString('git'), wireString(''), wireString('sha256')]
    const inner = wireString(Buffer.concat([wireString(type), wireString(raw), counted]))
    const body = Buffer.concat([Buffer.from('SSHSIG'), ...parts, inner])
    return `-----BEGIN SSH SIGNATURE-----\n${body.toString('base64')}\n-----END SSH SIGNATURE-----`
  }
  t.match(checkSshSignature(payload, signature(1)), { by: { type, blob } })
  t.match(checkSshSignature(payload, signature(0)), { problem: /does not match/ })
  t.equal(parsePublicLine(`${type} ${blob.toString('base64')} token`)?.application, 'ssh:')
})

t.test('an OpenPGP key that was revoked vouches for nothing and signs nothing', async t => {
  const { privateKey, publicKey } = await openPgpKey({ date: MADE })
  const bytes = await signedCommitBytes(PARTS, await signerOf({ 'git.asc': privateKey }))
  const revoked = await revokedKey(privateKey)
  await verified(bytes, { 'a.asc': publicKey })
  const now = new Date()
  await fails(t, verified(bytes, { 'a.asc': revoked.publicKey }, now), { reason: 'VerificationError' })
  const secrets = secretsOf({ 'git.asc': revoked.privateKey })
  const wanted = { reason: 'SecretInvalid', message: /git\.asc has no part that may sign now/ }
  await fails(t, openSigner({ name: 'signer' }, { secrets, now }), wanted)
})

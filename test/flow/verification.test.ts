// Verified sources through the whole program: git and ssh-keygen sign as people do, and what is not signed by a trusted key
// imports nothing (G3).
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { assertEngine, type EngineHost, onBothEngines } from '../helpers/engine-host.ts'
import { datedServer, importManifest, listOf } from '../helpers/entries.ts'
import { type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { programJson } from '../helpers/in-process.ts'
import { needGpg, needSshKeygen } from '../helpers/needs.ts'
import { gitSigns, gpgSigner, openPgpKey, type SourceSigner, sshKey } from '../helpers/signing-keys.ts'

interface Workplace {
  readonly source: TestRepository
  readonly target: TestRepository
  run(
    secret: Readonly<Record<string, string>>,
    git?: Readonly<Record<string, unknown>>,
  ): Promise<RunResult & { told: string }>
}

async function workplace(host: EngineHost): Promise<Workplace> {
  const directory = await temporaryDirectory(host.t)
  const source = await host.repository({ 'registry.json': listOf(datedServer('io.example/one')) })
  const target = await host.repository()
  return {
    source,
    target,
    async run(secret, git = { verify: { keysSecret: { name: 'keys' } } }) {
      const manifests = [
        importManifest({ source: source.url, target: target.url, sourceGit: git }),
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'keys', namespace: 'test' },
          stringData: secret,
        }),
      ]
      await writeFile(join(directory, 'all.yaml'), manifests.join('\n---\n'))
      const env = { PATH: process.env['PATH'] ?? '', ...host.env }
      const { data, stderr } = await programJson<RunResult>(['run', '-f', 'all.yaml'], { cwd: directory, env })
      assertEngine(host, data)
      return { ...data, told: `${JSON.stringify(data)}${stderr}` }
    },
  }
}

/** Refused with these words, and the target is as empty as before. */
async function refused(t: Test, { target }: Workplace, result: RunResult, message: RegExp): Promise<void> {
  t.match(result, { outcome: 'Failed', reason: 'VerificationError', message }, String(message))
  t.equal(await target.head(), undefined)
}

const TAG = (mode: string, tag = 'v1') => ({ tag, verify: { mode, keysSecret: { name: 'keys' } } })

onBothEngines(
  t,
  'G3 HEAD: a commit signed by a trusted SSH key is imported, any other imports nothing',
  async (t, host) => {
    if (!needSshKeygen(t)) return
    const place = await workplace(host)
    const { source, run } = place
    const [trusted, other] = [await sshKey(t), await sshKey(t, { type: 'ecdsa' })]
    const keys = { 'a.sshpub': `# people\n\n${trusted.sshpub}` }

    await refused(t, place, await run(keys), /commit [0-9a-f]{40} of the source is not believed: it is not signed/)
    await gitSigns(t, { repository: source, signer: { ssh: other } }, 'commit')
    await refused(t, place, await run(keys), /it is signed with SSH key SHA256:\S+, which is not among the keys/)
    await gitSigns(t, { repository: source, signer: { ssh: trusted } }, 'commit')
    const { told, ...good } = await run(keys)
    t.match(good, { outcome: 'Completed', counts: { added: 1 } })
    t.notMatch(told, trusted.sshpub.split(' ')[1] ?? '')
    t.match(
      await run({ 'b.sshpub': other.sshpub, 'c.sshpub': trusted.sshpub }),
      { outcome: 'Unchanged' },
      'any of them',
    )
  },
)

onBothEngines(t, 'G3 HEAD: OpenPGP, signed by gpg', async (t, host) => {
  if (!needGpg(t) || !needSshKeygen(t)) return
  const place = await workplace(host)
  const { source, run } = place
  const { gpgHome, publicKey } = await gpgSigner(t)
  const other = await openPgpKey()
  await gitSigns(t, { repository: source, signer: { gpgHome } }, 'commit')

  await refused(
    t,
    place,
    await run({ 'a.asc': other.publicKey }),
    /it is signed with OpenPGP key [0-9A-F]{16}, which is not among/,
  )
  const { sshpub } = await sshKey(t)
  await refused(t, place, await run({ 'a.sshpub': sshpub }), /signed with OpenPGP, and only SSH keys are trusted/)
  const mixed = { 'a.asc': `${other.publicKey}\n${publicKey}`, 'b.sshpub': sshpub }
  t.match(await run(mixed), { outcome: 'Completed', counts: { added: 1 } })
})

onBothEngines(
  t,
  'G3 Tag and TagAndHEAD: the tag must be annotated, signed, and made for this name and commit',
  async (t, host) => {
    if (!needSshKeygen(t)) return
    const ssh = await sshKey(t)
    const keys = { 'a.sshpub': ssh.sshpub }
    const place = await workplace(host)
    const { source, run } = place
    const signer: SourceSigner = { ssh }
    await source.git(['tag', 'light', 'main'])
    await source.git(['tag', '-a', '-m', 'release', 'plain', 'main'])
    await gitSigns(t, { repository: source, signer }, { tag: 'v1' })
    await source.git(['update-ref', 'refs/tags/v2', 'refs/tags/v1'])
    await source.git(['tag', '-a', '-m', 'of a tag', 'nested', 'v1'])

    await refused(t, place, await run(keys, TAG('Tag', 'light')), /tag light .*lightweight tag/)
    await refused(t, place, await run(keys, TAG('Tag', 'plain')), /tag plain .*it is not signed/)
    await refused(t, place, await run(keys, TAG('Tag', 'v2')), /made under another name, "v1"/)
    await refused(t, place, await run(keys, TAG('Tag', 'nested')), /a tag of another tag/)
    await refused(t, place, await run(keys, TAG('TagAndHEAD')), /commit [0-9a-f]{40} .*it is not signed/)
    await refused(t, place, await run(keys, TAG('HEAD')), /commit [0-9a-f]{40} .*it is not signed/)
    t.match(await run(keys, TAG('Tag')), { outcome: 'Completed', source: { revision: /^v1@sha1:/ } })

    await gitSigns(t, { repository: source, signer }, 'commit')
    await gitSigns(t, { repository: source, signer }, { tag: 'v3' })
    t.match(await run(keys, TAG('TagAndHEAD', 'v3')), { outcome: 'Unchanged' })
  },
)

onBothEngines(t, 'keys that vouch for nobody are told before anything is fetched', async (t, host) => {
  const place = await workplace(host)
  const { publicKey, privateKey } = await openPgpKey()
  const rows = [
    { secret: { known_hosts: 'x' }, message: /has no public key: a name ends in \.asc \(OpenPGP\) or in \.sshpub/ },
    { secret: { 'a.sshpub': 'ssh-ed25519 AAAA planted' }, message: /key a\.sshpub line 1 is no SSH public key/ },
    { secret: { 'a.asc': 'planted' }, message: /key a\.asc holds no OpenPGP public key/ },
    { secret: { 'a.asc': privateKey }, message: /key a\.asc holds no OpenPGP public key/ },
    {
      secret: { 'a.asc': publicKey.replace(/\n\n[^\n]*\n/, '\n\n') },
      message: /key a\.asc holds a damaged OpenPGP key/,
    },
  ]
  await place.source.git(['update-ref', '-d', 'refs/heads/main'])
  for (const { secret, message } of rows) {
    const { told, ...result } = await place.run(secret as Record<string, string>)
    t.match(result, { reason: 'SecretInvalid', message }, String(message))
    t.notMatch(told, /planted|PRIVATE/)
  }
})

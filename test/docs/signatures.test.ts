// docs/signatures.md done as it is written: its manifest, its command, its way to check a commit.
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { catalogOf, datedServer } from '../helpers/entries.ts'
import { bareRepository, hermeticEnvironment, temporaryDirectory } from '../helpers/git-repository.ts'
import { programJson } from '../helpers/in-process.ts'
import { needSshKeygen, projectRoot } from '../helpers/needs.ts'
import { gitSigns, sshKey } from '../helpers/signing-keys.ts'

t.test('the manifest and the commands of the page', async t => {
  if (!needSshKeygen(t)) return
  const page = await readFile(join(projectRoot, 'docs/signatures.md'), 'utf8')
  const [, manifest = ''] = /^```yaml\n(.*?)^```/ms.exec(page) ?? []
  const commands = [...page.replace(/^```.*?^```$/gms, '').matchAll(/^ {4}(.*)$/gm)].map(([, line = '']) => line)
  const source = await bareRepository(t, { 'registry.json': catalogOf(datedServer('io.example/one')) })
  const target = await bareRepository(t, { 'catalog/registry.json': catalogOf(datedServer('io.example/base')) })
  const [people, ours] = [await sshKey(t), await sshKey(t)]
  const signing = { repository: source, signer: { ssh: people } }
  await gitSigns(t, signing, 'commit')
  await gitSigns(t, signing, { tag: 'v1.4.0' })
  const cwd = await temporaryDirectory(t)
  for (const [file, text] of Object.entries({
    'import.yaml': manifest
      .replace('https://git.example/upstream/catalog.git', source.url)
      .replace('https://git.example/platform/catalog.git', target.url),
    'secrets/upstream-keys/people.sshpub': people.sshpub,
    'secrets/catalog-signer/identity': ours.identity,
    'catalog-signer.pub': ours.sshpub,
  })) {
    await mkdir(join(cwd, file, '..'), { recursive: true })
    await writeFile(join(cwd, file), text)
  }

  const [run = '', ...checks] = commands
  const env = { PATH: process.env['PATH'] ?? '' }
  const { data } = await programJson<RunResult>(run.split(' ').slice(1), { cwd, env })

  t.match(data, { outcome: 'Completed', counts: { added: 1 }, target: { branch: 'rollbook/import' } })
  const clone = join(cwd, 'clone')
  const hermetic = hermeticEnvironment(cwd)
  execFileSync('git', ['clone', '--quiet', target.url, clone], { env: hermetic })
  await writeFile(join(clone, 'catalog-signer.pub'), ours.sshpub)
  t.equal(checks.length, 2)
  // Throws when git is not content.
  execFileSync('sh', ['-e', '-c', checks.join('\n')], { cwd: clone, env: hermetic, stdio: 'pipe' })
})

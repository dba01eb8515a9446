// docs/local.md: its commands in their order; and every other example, with its hosts led to repositories of the test.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { datedServer, listOf } from '../helpers/entries.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { program, programJson } from '../helpers/in-process.ts'
import { projectRoot } from '../helpers/needs.ts'

t.test('the commands of the page work one after the other', async t => {
  const cwd = await temporaryDirectory(t)
  await cp(join(projectRoot, 'examples'), join(cwd, 'examples'), { recursive: true })
  const page = readFileSync(join(projectRoot, 'docs/local.md'), 'utf8')
  const commands = [...page.matchAll(/^ {4}rollbook (.*)$/gm)].map(([, line = '']) => line)
  t.equal(commands.length, 14)
  for (const line of commands) {
    const { code, stdout, stderr } = await program([...line.split(' '), '--quiet'], { cwd })
    t.equal(code, 0, `${line}: ${stderr}`)
    t.not(stdout, '', line)
  }
})

interface List {
  readonly items: readonly {
    readonly kind: string
    readonly metadata: { readonly name: string }
    readonly spec: { readonly target?: { readonly configMap?: object } }
  }[]
}

const SERVERS = listOf(datedServer('io.example/one'), datedServer('io.example/experimental-two'))

t.test('every other example runs in local mode, and all of its resources come to be well', async t => {
  const folders = readdirSync(join(projectRoot, 'examples')).filter(name => name !== 'quickstart')
  t.ok(folders.length >= 2)
  for (const folder of folders) {
    const cwd = await temporaryDirectory(t)
    const urls = new Map<string, string>()
    mkdirSync(join(cwd, folder))
    for (const name of readdirSync(join(projectRoot, 'examples', folder)).filter(file => file.endsWith('.yaml'))) {
      let text = readFileSync(join(projectRoot, 'examples', folder, name), 'utf8')
      for (const [url] of text.matchAll(/https:\/\/git\.example\.com\/\S+\.git/g)) {
        // What is read has content, what is written is new.
        const files = url.includes('/team/') ? { 'servers.json': SERVERS } : {}
        const local = urls.get(url) ?? (await bareRepository(t, files)).url
        urls.set(url, local)
        text = text.replaceAll(url, local)
      }
      writeFileSync(join(cwd, folder, name), text)
    }
    const { code, data, stderr } = await programJson<List>(['local', '--once', '-f', folder, '-q'], { cwd })
    t.equal(code, 0, `${folder}: ${stderr}`)
    t.ok(data.items.length > 0)
    for (const { kind, metadata, spec } of data.items) {
      // A ConfigMap has no history.
      if (spec.target?.configMap) continue
      const audit = await programJson<{ ok: boolean }>(
        ['audit', kind, metadata.name, '-n', 'platform', '--local', '-q'],
        { cwd },
      )
      t.match(audit, { code: 0, data: { ok: true } }, `${kind}/${metadata.name}`)
    }
  }
})

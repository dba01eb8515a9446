// Every command that docs/audit.md shows, run as it stands there.
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { importManifest, listOf, server } from '../helpers/entries.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { program } from '../helpers/in-process.ts'
import { projectRoot } from '../helpers/needs.ts'

t.test('the commands of docs/audit.md do what it says', async t => {
  const cwd = await temporaryDirectory(t)
  const repository = await bareRepository(t, { 'catalog/registry.json': '{"data":{"servers":[]}}\n' })
  await repository.git(['tag', 'v1', 'main'])
  await rename(repository.directory, join(cwd, 'catalog.git'))
  await writeFile(join(cwd, 'servers.json'), listOf(server('io.example/one', '1.0.0')))
  const urlOf = (name: string) => pathToFileURL(join(cwd, name)).href
  const spec = { source: { type: 'url', url: { url: urlOf('servers.json') } } }
  await writeFile(join(cwd, 'import.yaml'), importManifest({ source: '', target: urlOf('catalog.git'), spec }))

  const page = await readFile(join(projectRoot, 'docs/audit.md'), 'utf8')
  const shown = [...page.matchAll(/^ {4}rollbook (.*)$/gm)].map(([, line = '']) => line)
  t.equal(shown.length, 5)
  const told: string[] = []
  for (const line of shown) {
    const [command = '', file] = line.split(' >> ')
    const { code, stdout, stderr } = await program([...command.split(' '), '-q'], { cwd })
    t.equal(code, 0, `${line}: ${stderr}`)
    if (file !== undefined) await appendFile(join(cwd, file), stdout)
    told.push(stdout.trimEnd().split('\n').at(-1) ?? '')
  }
  t.strictSame(told, [
    '0 added, 0 removed, 0 updated, 0 unchanged',
    '1 added, 0 removed, 0 updated, 0 unchanged',
    '1 added, 0 removed, 0 updated, 0 unchanged',
    '}',
    'no errors, 1 note: 2 commits, 1 run',
  ])
})

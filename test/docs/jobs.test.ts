// docs/jobs.md: every manifest is run, with its addresses led to repositories and a server of the test; the trees and the table
// of settings are what the program says.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { SETTINGS } from '../../src/commands/all-settings.ts'
import { GLOBAL_OPTIONS } from '../../src/commands/command.ts'
import { COMMANDS } from '../../src/commands/program.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { listOf, server } from '../helpers/entries.ts'
import { bareRepository, type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { reply, webServer } from '../helpers/http-server.ts'
import { programJson } from '../helpers/in-process.ts'
import { projectRoot } from '../helpers/needs.ts'

const file = join(projectRoot, 'docs/jobs.md')
const ENTRIES = [
  server('com.example/tickets', '1.0.0'),
  server('com.example/tickets', '1.1.0'),
  server('com.example/internal-wiki', '1.0.0'),
  server('org.weather/tides', '1.0.0'),
]
const CATALOG = JSON.stringify({ version: '1.0.0', meta: {}, data: { servers: ENTRIES, skills: [] } })

/** Entries that each job writes. */
const ADDED: Readonly<Record<string, number>> = {
  'from-git': 4,
  'from-url': 4,
  'from-configmap': 1,
  'from-registry': 3,
  'from-team': 3,
  'one-file': 4,
  'file-per-namespace': 4,
  'file-per-version': 4,
  described: 4,
  mirror: 4,
  chosen: 1,
  'with-secrets': 4,
}

t.test('every job of the page runs, and writes the files that the page shows', async t => {
  const page = await readFile(file, 'utf8')
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text)
  const trees = new Map(
    [...page.matchAll(/^```text layout=(\w+)\n(.*?)^```/gms)].map(([, layout = '', text = '']) => [layout, text]),
  )
  const source = await bareRepository(t, { 'servers/team.json': CATALOG })
  const web = await webServer(t, {
    '/catalog.json': reply(CATALOG),
    '/v0.1/servers?limit=100': reply(listOf(...ENTRIES)),
    '/v0.1/servers': reply(listOf(...ENTRIES)),
  })
  const cwd = await temporaryDirectory(t)
  await secretsOf(page, cwd)
  const names: string[] = []
  for (const block of blocks) {
    const target = await bareRepository(t)
    const manifest = block
      .replaceAll('https://git.example.com/team/mcp-servers.git', source.url)
      .replaceAll('https://git.example.com/platform/catalog.git', target.url)
      .replaceAll('https://registry.example.com', web.url)
    const env = { PATH: process.env['PATH'] ?? '', HOME: cwd }
    const args = ['run', '-f', '-', '--secret-dir', 'secrets', '-q']
    const { code, data } = await programJson<RunResult>(args, { cwd, env, input: manifest })
    const { name } = data.resource
    names.push(name)
    t.equal(code, 0, `${name}: ${data.message}`)
    t.match(data, { outcome: 'Completed', counts: { added: ADDED[name] } }, name)
    const layout = /layout: (\w+)/.exec(block)?.[1]
    if (name === 'described') await commitAsShown(t, target, page)
    if (layout !== undefined) t.equal(`${(await target.paths()).sort().join('\n')}\n`, trees.get(layout), layout)
  }
  t.strictSame(names, Object.keys(ADDED))
})

/** Subject and author of the manifest, and the trailers that the page shows, whose `<...>` are this run's. */
async function commitAsShown(t: Test, target: TestRepository, page: string): Promise<void> {
  const [message = ''] = await target.log()
  const trailers = /^```text commit\n(.*?)^```/ms.exec(page)?.[1]?.replace('nightly-2026-03-01', '<run id>') ?? ''
  t.match(message, /^catalog: 4 new, 0 changed by described\n/)
  t.match(message, new RegExp(`\n${trailers.trim().replaceAll(/<[^>]+>/g, '[^\\n]+')}\\s*$`))
  t.equal(await target.git(['log', '-1', '--format=%an <%ae>', 'main']), 'Platform team <platform@example.com>')
}

/** The folder that the page shows, with values. */
async function secretsOf(page: string, cwd: string): Promise<void> {
  const paths = /^```text secrets\n(.*?)^```/ms.exec(page)?.[1]?.trim().split('\n') ?? []
  for (const path of paths) {
    await mkdir(dirname(join(cwd, path)), { recursive: true })
    await writeFile(join(cwd, path), 'value')
  }
}

t.test('the settings file of the page is read', async t => {
  const page = await readFile(file, 'utf8')
  const lines = /In the file a setting has its name[^\n]*\n\n((?: {4}.*\n)+)/.exec(page)?.[1] ?? ''
  const cwd = await temporaryDirectory(t)
  await writeFile(join(cwd, 'rollbook.yaml'), lines.replaceAll(/^ {4}/gm, ''))
  const { data } = await programJson<{ settings: { name: string; value: string | null; origin: string }[] }>(
    ['config'],
    { cwd },
  )
  const given = data.settings.filter(({ origin }) => origin.startsWith('config '))
  t.strictSame(
    given.map(({ name, value }) => `${name} ${value}`),
    ['strict true', 'secret-dir /etc/team/secrets', 'official-base-urls npm=https://npm.registry.example'],
  )
})

t.test('the table of settings is the one that the program reads', async t => {
  const settings = [...SETTINGS, ...GLOBAL_OPTIONS].filter(({ isSetting }) => isSetting !== false)
  const commands = await Promise.all(COMMANDS.map(({ load }) => load()))
  const readers = (name: string) =>
    commands
      .filter(
        ({ command: { spec } }) =>
          spec.name !== 'config' && spec.options.some(option => option.name === name && option.isSetting !== false),
      )
      .map(({ command: { spec } }) => spec.name)
  const rows = settings.map(({ name, values, value, type, default: fallback, help }) => {
    const of = GLOBAL_OPTIONS.some(option => option.name === name) ? 'all' : readers(name).join(', ')
    const takes = values?.join(', ') ?? (type === 'boolean' ? 'true, false' : (value ?? ''))
    return [`\`${name}\``, of, takes, fallback ?? '', help.replaceAll('|', '\\|')]
  })
  const table = [['setting', 'of', 'takes', 'default', 'what for'], [], ...rows]
  const widths = [0, 1, 2, 3, 4].map(column => Math.max(...table.map(row => (row[column] ?? '').length)))
  const lines = table.map((row, index) => {
    const cells = widths.map((width, column) => (index === 1 ? '-'.repeat(width) : (row[column] ?? '').padEnd(width)))
    return `| ${cells.join(' | ')} |`
  })
  const between = /(<!-- settings:[^\n]*-->\n\n).*?(\n?<!-- end of settings -->)/s
  const page = await readFile(file, 'utf8')
  const wanted = page.replace(
    between,
    (_, before: string) => `${before}${lines.join('\n')}\n\n<!-- end of settings -->`,
  )
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(file, wanted)
  else t.strictSame(page.split('\n'), wanted.split('\n'))
})

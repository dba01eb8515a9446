// examples/registry as docs/registries.md runs it: synced, backed up and exported, on repositories of this machine.
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse as parseYaml } from 'yaml'
import type { RunResult } from '../../src/resources/result.ts'
import { datedServer, listOf } from '../helpers/entries.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { program, programJson } from '../helpers/in-process.ts'
import { projectRoot } from '../helpers/needs.ts'

t.test('the registry example: sync, backup, ConfigMap', async t => {
  const cwd = await temporaryDirectory(t)
  const source = await bareRepository(t, {
    'servers.json': listOf(datedServer('io.example/one'), datedServer('io.example/experimental-two')),
  })
  const store = await bareRepository(t)
  const backup = await bareRepository(t)
  const urls = { 'team/mcp-servers': source.url, 'platform/registry': store.url, 'platform/backup': backup.url }
  const folder = join(projectRoot, 'examples/registry')
  await mkdir(join(cwd, 'examples/registry'), { recursive: true })
  for (const name of readdirSync(folder)) {
    let text = readFileSync(join(folder, name), 'utf8')
    for (const [path, url] of Object.entries(urls)) text = text.replaceAll(`https://git.example.com/${path}.git`, url)
    await writeFile(join(cwd, 'examples/registry', name), text)
  }
  const page = readFileSync(join(projectRoot, 'docs/registries.md'), 'utf8')
  const commands = [...page.matchAll(/^ {4}rollbook (.*)$/gm)].map(([, line = '']) =>
    line.replace(/ > .*/, '').split(' '),
  )
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, ROLLBOOK_QUIET: 'true' }
  const outcomes: string[] = []
  for (const args of commands) {
    const { code, data } = await programJson<RunResult>(args, { cwd, env })
    t.equal(code, 0, data.message)
    outcomes.push(`${data.resource.kind}/${data.resource.name} ${data.outcome}`)
  }
  t.strictSame(outcomes, [
    'MCPRegistry/company Completed',
    'MCPRegistry/company Unchanged',
    'MCPRegistryExportJob/backup Completed',
    'MCPRegistryExportJob/for-toolhive Completed',
    'MCPRegistryExportJob/for-toolhive Completed',
  ])
  t.strictSame(await store.paths(), ['registry/io.example/one/1.0.0.json'])
  t.equal(
    await backup.read('company/io.example/one/1.0.0.json'),
    await store.read('registry/io.example/one/1.0.0.json'),
  )
  t.match((await backup.log())[0], /^backup: 1 added, 0 updated from main@sha1:[0-9a-f]{40}\n/)
  const { stdout } = await program(commands[3] ?? [], { cwd, env })
  t.equal(readFileSync(join(cwd, 'deploy/mcp-registry.yaml'), 'utf8'), stdout)
  t.ok(JSON.parse(parseYaml(stdout).data['registry.json']).remote_servers['io.example/one'])
})

// The bundle of the container image: one folder without node_modules that starts, and starts fast.
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { server } from './helpers/entries.ts'
import { temporaryDirectory } from './helpers/git-repository.ts'
import { projectRoot } from './helpers/needs.ts'

t.test('the bundle starts from any folder, without node_modules', async t => {
  const home = await temporaryDirectory(t)
  cpSync(join(projectRoot, 'dist/bundle'), home, { recursive: true })
  writeFileSync(join(home, 'one.json'), JSON.stringify(server('io.example/one', '1.0.0')))
  const cli = join(home, 'dist/src/cli.js')
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: home, encoding: 'utf8' })
    return { status, stdout, stderr }
  }

  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'))
  t.match(run('version', '-o', 'json'), { status: 0, stderr: '', stdout: `"version": "${version}"` })
  t.match(run('validate', 'one.json', '-q', '-o', 'yaml'), {
    status: 0,
    stderr: '',
    stdout: /^kind: ValidationResult\nvalid: true\n/,
  })
  t.match(run('run', '-f', 'none.yaml'), { status: 10, stderr: '[ManifestInvalid]' })
  t.match(run('--help'), { status: 0, stderr: '', stdout: 'Usage: rollbook COMMAND' })

  const folder = join(home, 'dist/src')
  const loaded = importedBy(folder, 'cli.js')
  const bytes = loaded.reduce((sum, file) => sum + readFileSync(join(folder, file)).length, 0)
  t.ok(readdirSync(folder).length > loaded.length)
  t.ok(bytes < 36_000, `--help loads ${bytes} bytes: no YAML, no CRDs, no schemas`)
})

t.test('the program that npm links starts by itself', t => {
  const { bin } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'))
  t.match(spawnSync(join(projectRoot, bin.rollbook), ['version'], { encoding: 'utf8' }), { status: 0, stderr: '' })
  t.end()
})

/** A file and all that it imports at once, not later. */
function importedBy(folder: string, file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return []
  seen.add(file)
  const text = readFileSync(join(folder, file), 'utf8')
  for (const [, next = ''] of text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) importedBy(folder, next, seen)
  return [...seen]
}

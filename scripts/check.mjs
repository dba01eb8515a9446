// `npm run check`: everything about the code that is not behaviour. All checks run; one failing fails the call.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const checks = [
  ['types and build', process.execPath, 'scripts/build.mjs'],
  ['lint and format', 'node_modules/.bin/biome', 'check', '--error-on-warnings', '.'],
  ['lock file is whole', process.execPath, 'scripts/complete-lock.mjs', '--check'],
  ['generated files are fresh', process.execPath, 'dist/scripts/generate-types.js', '--check'],
  ['dead code', 'node_modules/.bin/knip'],
  ['layers', 'node_modules/.bin/tap', '--disable-coverage', 'dist/test/layers.test.js'],
]

let failed = 0
for (const [name, command, ...args] of checks) {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  process.stdout.write(`${done.status === 0 ? 'ok    ' : 'FAILED'} ${name}\n`)
  if (done.status === 0) continue
  failed++
  process.stdout.write(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error ? `${done.error.message}\n` : ''}`)
}
process.exit(failed === 0 ? 0 : 1)

// Build: compiles TypeScript to dist/, then compiles our JSON Schemas ahead to standalone validators beside it.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

run('node_modules/typescript/bin/tsc', '--pretty', 'false')
if (existsSync(`${root}/dist/scripts/compile-schemas.js`)) run('dist/scripts/compile-schemas.js')

function run(...args) {
  const done = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (done.status !== 0) process.exit(done.status ?? 1)
}

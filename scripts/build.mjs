// Build: compiles TypeScript to dist/, then our JSON Schemas ahead to standalone validators beside it, then bundles the
// program: it takes half a second, and the tests start what users of the image start. --verbose tells sizes; --no-check
// leaves the checking of types, most of the time, to `npm run build` and `npm run check`.
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

// `program` leaves the tests out, which are half of it.
const project = process.argv.includes('program') ? 'tsconfig.program.json' : 'tsconfig.json'
const unchecked = process.argv.includes('--no-check') ? ['--noCheck'] : []
run('node_modules/typescript/bin/tsc', '--pretty', 'false', '--project', project, ...unchecked)
// `npx rollbook` starts this file itself, and npm makes it so only the first time that it sees the folder.
chmodSync(new URL('../dist/src/cli.js', import.meta.url), 0o755)
run('dist/scripts/compile-schemas.js', ...process.argv.slice(2).filter(word => word === '--verbose'))
run('scripts/bundle.mjs')

function run(...args) {
  const done = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (done.status !== 0) process.exit(done.status ?? 1)
}

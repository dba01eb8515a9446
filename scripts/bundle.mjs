// Bundle: the whole program as one file with its lazily loaded commands beside it, for the container image.
import { chmodSync, cpSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const outdir = `${root}/dist/bundle`

rmSync(outdir, { recursive: true, force: true })
await build({
  entryPoints: [`${root}/dist/src/cli.js`],
  outdir: `${outdir}/dist/src`,
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  legalComments: 'external',
  // Some of our libraries are CommonJS and call require for Node's own modules.
  banner: {
    js: "import{createRequire as __rollbookRequire}from'node:module';const require=__rollbookRequire(import.meta.url);",
  },
  logLevel: 'warning',
})
cpSync(`${root}/package.json`, `${outdir}/package.json`)
chmodSync(`${outdir}/dist/src/cli.js`, 0o755)

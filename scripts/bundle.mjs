// Bundle: the whole program as one file with its lazily loaded commands beside it, for the container image.
import { chmodSync, cpSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const kubernetesClient = `${root}/node_modules/@kubernetes/client-node/dist`
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
  plugins: [
    { name: 'only what is used', setup: withoutUnusedModels },
    { name: "the platform's fetch", setup: withPlatformFetch },
  ],
  logLevel: 'warning',
})
cpSync(`${root}/package.json`, `${outdir}/package.json`)
chmodSync(`${outdir}/dist/src/cli.js`, 0o755)

/**
 * The Kubernetes client does not say that its modules can be left out when nothing of them is used: its models and calls of
 * all kinds are 7 MB of memory in a controller that reads kubeconfigs with it.
 */
function withoutUnusedModels(build) {
  build.onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({ path: `${kubernetesClient}/config.js` }))
  build.onResolve({ filter: /^\.\/(models\/all|types\/ObjectParamAPI)\.js$/ }, ({ path, resolveDir }) =>
    resolveDir === `${kubernetesClient}/gen`
      ? { path: `${resolveDir}/${path.slice(2)}`, sideEffects: false }
      : undefined,
  )
}

/** It names node-fetch, of which our use of it reaches no line; with that come tables of international host names, 300 KB. */
function withPlatformFetch(build) {
  build.onResolve({ filter: /^node-fetch$/ }, () => ({ path: 'fetch', namespace: 'platform' }))
  build.onLoad({ filter: /./, namespace: 'platform' }, () => ({
    contents: `export default fetch; export class AbortError extends Error {}; export class FetchError extends Error {}
      const { Headers } = globalThis; export { Headers }`,
  }))
}

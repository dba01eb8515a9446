// The script that runs all tests: what it calls passed has passed (design note 002).
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { temporaryDirectory } from './helpers/git-repository.ts'
import { projectRoot } from './helpers/needs.ts'

const TAP = pathToFileURL(join(projectRoot, 'node_modules/tap/dist/esm/index.js')).href

t.test('a file passes when its process, its plan and every assertion do, and only then', async t => {
  const folder = await temporaryDirectory(t)
  const cases = [
    { name: 'passes', script: `import t from '${TAP}'; t.test('a', async t => { t.ok(true); t.ok(1) })`, passes: true },
    { name: 'fails', script: `import t from '${TAP}'; t.test('a', async t => { t.equal(1, 2) })`, passes: false },
    { name: 'hangs', script: `import t from '${TAP}'; t.test('a', () => new Promise(() => {}))`, passes: false },
    { name: 'throws', script: `throw new Error('before any test')`, passes: false },
    { name: 'says-nothing', script: '', passes: false },
    { name: 'skips', script: `import t from '${TAP}'; t.test('a', { skip: 'no shell here' }, () => {})`, passes: true },
  ]
  const paths: string[] = []
  for (const { name, script } of cases) {
    await writeFile(join(folder, `${name}.mjs`), script)
    paths.push(relative(join(projectRoot, 'dist/test'), join(folder, `${name}.mjs`)))
  }

  const { status, stdout } = spawnSync(process.execPath, [join(projectRoot, 'scripts/run-tests.mjs'), ...paths], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })

  t.equal(status, 1)
  for (const { name, passes } of cases)
    t.match(stdout, new RegExp(`^${passes ? 'ok    ' : 'FAILED'} .*/${name}\\.mjs$`, 'm'), name)
  t.match(stdout, / 2 \S+\/passes\.mjs$/m, 'two assertions')
  t.match(stdout, /not ok 1 - should be equal[\s\S]*\+1/, 'what failed, with its difference')
  t.match(stdout, /# SKIP no shell here/)
  t.match(stdout, /6 files, .* FAILED: /)
  const [passed = ''] = paths
  t.equal(spawnSync(process.execPath, [join(projectRoot, 'scripts/run-tests.mjs'), passed]).status, 0)
})

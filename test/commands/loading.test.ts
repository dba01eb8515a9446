// What a command loads before it works: most of the time of a short one goes there.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { rollbook } from '../helpers/program.ts'

/** Files that the program had loaded when it ended, as Node itself counts them. */
async function loadedBy(t: Test, args: string, input = ''): Promise<readonly string[]> {
  const cwd = await temporaryDirectory(t)
  const folder = join(cwd, 'coverage')
  const ran = await rollbook(args.split(' '), { cwd, env: { NODE_V8_COVERAGE: folder }, unbundled: true, input })
  t.equal(ran.code, 0, ran.stderr)
  const reports = readdirSync(folder).map(file => JSON.parse(readFileSync(join(folder, file), 'utf8')))
  return reports.flatMap(({ result }: { result: { url: string }[] }) => result.map(({ url }) => url))
}

const MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one }\n'

t.test('local mode does without the HTTP client until a source needs it', async t => {
  const loaded = await loadedBy(t, 'local --once -q -f -', MAP)
  t.ok(loaded.some(url => url.endsWith('/src/controller/controllers.js')))
  t.strictSame(
    loaded.filter(url => url.includes('/node_modules/undici/')),
    [],
  )
})

t.test('apply to a state directory loads no controllers', async t => {
  const loaded = await loadedBy(t, 'apply -f - --local', MAP)
  t.ok(loaded.some(url => url.endsWith('/src/commands/state-access.js')))
  t.strictSame(
    loaded.filter(url => /\/src\/(controller|reconcile)\//.test(url)),
    [],
  )
})

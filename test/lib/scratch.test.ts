// Scratch folders: what a killed process left goes away, and nothing else does.
import { spawnSync } from 'node:child_process'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { newScratch, openScratch, removeScratch } from '../../src/lib/scratch.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { projectRoot } from '../helpers/needs.ts'

/** The scratch folder of a process that was killed while it had one. */
async function leftBehind(parent: string): Promise<string> {
  const scratch = pathToFileURL(join(projectRoot, 'dist/src/lib/scratch.js')).href
  const lines = [
    `import { newScratch } from ${JSON.stringify(scratch)}`,
    `process.stdout.write(await newScratch(${JSON.stringify(parent)}, 'run'))`,
    "process.kill(process.pid, 'SIGKILL')",
  ]
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', lines.join('\n')], {
    encoding: 'utf8',
  })
  t.equal(signal, 'SIGKILL')
  await writeFile(join(stdout, 'identity'), 'a key')
  return stdout
}

t.test('folders of killed processes go away when the next one is opened', async t => {
  const parent = await temporaryDirectory(t)
  const dead = await leftBehind(parent)
  const own = await newScratch(parent, 'probe')
  t.strictSame((await readdir(parent)).sort(), [basename(dead), basename(own)].sort(), 'a probe looks at no others')

  const next = await openScratch(parent, 'audit')

  t.strictSame(
    (await readdir(parent)).sort(),
    [basename(next), basename(own)].sort(),
    'of a process that lives it stays',
  )
  await Promise.all([removeScratch(next), removeScratch(own)])
  t.strictSame(await readdir(parent), [])
})

t.test('what only looks like one stays', async t => {
  const parent = await temporaryDirectory(t)
  const dead = basename(await leftBehind(parent))
  const elsewhere = dead.replace(/-[0-9a-f]{8}-/, '-00000000-')
  const linked = dead.replace(/.$/, letter => (letter === 'a' ? 'b' : 'a'))
  const kept = [elsewhere, dead.slice(0, -1), `${dead}-mine`, 'rollbook-quickstart-abcdef', linked]
  for (const name of kept.slice(0, -1)) await mkdir(join(parent, name))
  await mkdir(join(parent, 'precious'))
  await symlink(join(parent, 'precious'), join(parent, linked))

  await removeScratch(await openScratch(parent, 'run'))

  t.strictSame((await readdir(parent)).sort(), [...kept, 'precious'].sort())
})

t.test('a folder that is not there is told by its own error', async t => {
  const parent = join(await temporaryDirectory(t), 'none')
  await t.rejects(openScratch(parent, 'run'), { code: 'ENOENT' })
})

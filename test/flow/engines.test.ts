// A whole run on each engine, over http on this machine: same commit, same result but for the engine's name.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { importManifest, listOf, server } from '../helpers/entries.ts'
import { gitHttpServer } from '../helpers/git-http-server.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { program, programJson } from '../helpers/in-process.ts'

const ENTRY = server('io.example/one', '1.0.0')
const NOW = '2026-03-01T12:00:00Z'
const PATH = process.env['PATH'] ?? ''

async function servedPair(t: Test) {
  const source = await bareRepository(t)
  await source.commit({ 'registry.json': listOf(ENTRY) }, 'catalog', { date: new Date(NOW) })
  const target = await bareRepository(t)
  const [from, to] = [await gitHttpServer(t, source), await gitHttpServer(t, target)]
  const cwd = await temporaryDirectory(t)
  await writeFile(join(cwd, 'import.yaml'), importManifest({ source: from.url, target: to.url }))
  const run = (path: string, ...args: string[]) =>
    programJson<RunResult>(['run', '-f', 'import.yaml', '--now', NOW, '--run-id', 'run-1', ...args], {
      cwd,
      env: { PATH: path, HOME: cwd, ROLLBOOK_QUIET: 'true' },
    })
  return { cwd, target, run }
}

t.test('both engines write the same catalog and tell the same of it; each finds its run again', async t => {
  const written: Record<string, { readonly digest: string | null; readonly tree: string }> = {}
  for (const engine of ['native', 'isomorphic'] as const) {
    const { target, run } = await servedPair(t)
    const first = await run(PATH, '--git-engine', engine)
    t.match(first, { code: 0, data: { outcome: 'Completed', engine, counts: { added: 1 } } })
    const head = (await target.head()) ?? ''
    t.match(await run(PATH, '--git-engine', engine), {
      code: 0,
      data: { reason: 'AlreadyCommitted', engine, target: { revision: `main@sha1:${head}` } },
    })
    t.equal(await target.head(), head)
    t.equal(await target.git(['fsck', '--strict', '--full']), '')
    written[engine] = { digest: first.data.digest, tree: await target.git(['rev-parse', 'main^{tree}']) }
  }
  t.strictSame(written['isomorphic'], written['native'])
})

t.test('auto takes git where it is, else the embedded engine', async t => {
  const { cwd, target, run } = await servedPair(t)
  t.match(await run(await temporaryDirectory(t)), { code: 0, data: { outcome: 'Completed', engine: 'isomorphic' } })
  t.ok(await target.head())
  t.match(await run(PATH), { code: 0, data: { reason: 'AlreadyCommitted', engine: 'native' } })

  const oldGit = await temporaryDirectory(t)
  await writeFile(join(oldGit, 'git'), '#!/bin/sh\necho git version 2.30.1\n', { mode: 0o755 })
  t.match(await run(oldGit), { code: 0, data: { engine: 'isomorphic' } }, 'a git that is too old counts as none')

  const text = await program(['run', '-f', 'import.yaml', '--now', NOW, '--run-id', 'run-1'], { cwd, env: { PATH } })
  t.match(text.stdout, /^Engine: +native$/m)
})

t.test('ssh, file URLs and your own git credentials need git: one clear failure', async t => {
  const cwd = await temporaryDirectory(t)
  const source = await bareRepository(t, { 'registry.json': listOf(ENTRY) })
  const run = async (url: string, ...args: string[]) => {
    await writeFile(join(cwd, 'import.yaml'), importManifest({ source: url, target: url }))
    const command = ['run', '-f', 'import.yaml', '--git-engine', 'isomorphic', ...args]
    return programJson<RunResult>(command, { cwd, env: { PATH } })
  }
  for (const [url, scheme] of [
    [source.url, 'file'],
    ['ssh://git@git.example/team/catalog.git', 'ssh'],
  ] as const)
    t.match(await run(url), {
      code: 10,
      data: {
        reason: 'GitMissing',
        engine: 'isomorphic',
        message: new RegExp(`does not speak ${scheme}, only https; .*--git-engine native`),
      },
    })
  t.match(await run('https://git.example/team/catalog.git', '--use-git-credentials'), {
    code: 10,
    data: { reason: 'GitMissing', message: /your own git credentials/ },
  })
})

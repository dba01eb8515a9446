// Runs that write to one branch at the same moment: the body of the race tests, short in flow/, whole in soak/.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { damageOf, namesIn, runsOf, wrongDigestsOf } from './branch-state.ts'
import { catalogOf, datedServer, importManifest, listOf } from './entries.ts'
import { bareRepository, type TestRepository, temporaryDirectory } from './git-repository.ts'
import { rollbookJson } from './program.ts'
import { wrappedGit } from './wrapped-git.ts'

/** One of the runs that race. Its source has the one entry `io.example/<id>`. */
export interface Racer {
  readonly id: string
  /** File in the target. */
  readonly path: string
}

interface Race {
  readonly target: TestRepository
  readonly results: readonly { readonly code: number | null; readonly data: RunResult }[]
  /** How often each run pushed. */
  readonly pushes: readonly number[]
}

const THERE = 'io.example/there-before'
const PATH = 'catalog/registry.json'

/** Two imports at once, round after round: into the same file, then into two. */
export async function raceRounds(t: Test, rounds: number): Promise<void> {
  const kinds = [
    { files: 'the same file', paths: [PATH, PATH] },
    { files: 'two files', paths: [PATH, 'other/registry.json'] },
  ] as const
  for (const { files, paths } of kinds) {
    await t.test(`into ${files}`, async t => {
      const racers = paths.map((path, index) => ({ id: `run-${index + 1}`, path }))
      await everyRound(t, rounds, racers)
    })
  }
}

/** As many imports at once, all into one file, round after round. */
export async function crowdRounds(t: Test, { rounds, runs }: { rounds: number; runs: number }): Promise<void> {
  const racers = Array.from({ length: runs }, (_, index) => ({ id: `run-${index + 1}`, path: PATH }))
  await everyRound(t, rounds, racers)
}

/** One run id in two processes at once, round after round. */
export async function twinRounds(t: Test, rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    await t.test(`round ${round}`, async t => {
      const twin = { id: 'twin', path: PATH }
      const { target, results } = await race(t, [twin, twin])
      t.strictSame(await stateOf(target, results), expectedState([twin], 2))
    })
  }
}

async function everyRound(t: Test, rounds: number, racers: readonly Racer[]): Promise<void> {
  const pushes: number[] = []
  for (let round = 1; round <= rounds; round++) {
    await t.test(`round ${round}`, async t => {
      const { target, results, ...done } = await race(t, racers)
      pushes.push(...done.pushes)
      t.strictSame(await stateOf(target, results), expectedState(racers, racers.length))
    })
  }
  const all = pushes.reduce((sum, count) => sum + count, 0)
  t.comment(`${pushes.length} runs made ${all} pushes, the unluckiest one ${Math.max(...pushes)}`)
}

/** Starts all at one moment and waits for all. */
async function race(t: Test, racers: readonly Racer[]): Promise<Race> {
  const directory = await temporaryDirectory(t)
  const target = await bareRepository(t, { [PATH]: catalogOf(datedServer(THERE)) })
  const pushes = join(directory, 'pushes')
  await writeFile(pushes, '')
  const env = await wrappedGit(t, 'push', `echo "$GIT_DIR" >> '${pushes}'`)
  const starts: (() => ReturnType<typeof rollbookJson<RunResult>>)[] = []
  for (const [index, { id, path }] of racers.entries()) {
    const source = await bareRepository(t, { 'registry.json': listOf(datedServer(`io.example/${id}`)) })
    const manifest = `${index}.yaml`
    await writeFile(
      join(directory, manifest),
      importManifest({ source: source.url, target: target.url, targetPath: path, name: id }),
    )
    starts.push(() => rollbookJson<RunResult>(['run', '-f', manifest, '--run-id', id], { cwd: directory, env }))
  }

  const results = await Promise.all(starts.map(start => start()))

  const stores = (await readFile(pushes, 'utf8')).trim().split('\n')
  const counts = new Map<string, number>()
  for (const store of stores) counts.set(store, (counts.get(store) ?? 0) + 1)
  return { target, results, pushes: [...counts.values()] }
}

/** Everything that racing may spoil. */
async function stateOf(target: TestRepository, results: Race['results']): Promise<unknown> {
  const paths = await target.paths()
  const files: Record<string, string[]> = {}
  for (const path of paths) files[path] = (await namesIn(target, path)).sort()
  return {
    results: results.map(({ code, data }) => ({ code, outcome: data.outcome })),
    runs: (await runsOf(target)).sort(),
    commits: (await target.log()).length,
    files,
    wrongDigests: await wrongDigestsOf(target),
    damage: await damageOf(target),
  }
}

function expectedState(racers: readonly Racer[], processes: number): unknown {
  const files: Record<string, string[]> = { [PATH]: [THERE] }
  for (const { id, path } of racers) files[path] = [...(files[path] ?? []), `io.example/${id}`].sort()
  return {
    results: Array.from({ length: processes }, () => ({ code: 0, outcome: 'Completed' })),
    runs: racers.map(({ id }) => id).sort(),
    commits: racers.length + 1,
    files,
    wrongDigests: [],
    damage: [],
  }
}

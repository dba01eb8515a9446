// A place where a run is killed and run again: one target, one command, and what must hold after it.
// A killed run leaves its scratch folder behind; TMPDIR is a folder of the test, so that it goes with the test.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { damageOf, locksOf, runsOf } from './branch-state.ts'
import { catalogOf, datedServer, importManifest, listOf } from './entries.ts'
import { bareRepository, run, type TestRepository, temporaryDirectory } from './git-repository.ts'
import { killProcesses, processesOf } from './processes.ts'
import { type Ran, type StartedProgram, startRollbook } from './program.ts'
import { until } from './until.ts'

/** How far a run had got, as what it left behind tells. */
export const PHASES = ['before fetch', 'fetched', 'committed locally', 'pushed, not reported', 'finished'] as const
export type Phase = (typeof PHASES)[number]

export interface KillSite {
  readonly target: TestRepository
  readonly directory: string
  start(env?: Readonly<Record<string, string>>): StartedProgram
}

/** A run on its way, and the world when it started. */
export interface Attempt {
  readonly program: StartedProgram
  readonly headBefore: string
  /** The branch stands elsewhere now. */
  hasMoved(): boolean
  /** Scratch folders of this attempt; empty before it has one. */
  scratch(): string[]
}

export interface Undisturbed {
  readonly source: TestRepository
  /** The tree that every run must end with. */
  readonly tree: string
  readonly milliseconds: number
}

const RUN_ID = 'killed-run'
const FILES = {
  'README.md': 'a catalog\n',
  'catalog/registry.json': catalogOf(datedServer('io.example/there-before')),
}

/** A target with a catalog in it, and the manifest of an import into that. What still runs there ends with the test. */
export async function killSite(t: Test, source: TestRepository): Promise<KillSite> {
  const directory = await temporaryDirectory(t)
  const target = await bareRepository(t, FILES)
  await mkdir(join(directory, 'tmp'))
  await writeFile(join(directory, 'import.yaml'), importManifest({ source: source.url, target: target.url }))
  t.teardown(() => killProcesses(directory, { spareServer: false }))
  const start = (env: Readonly<Record<string, string>> = {}) =>
    startRollbook(['run', '-f', 'import.yaml', '--run-id', RUN_ID, '-o', 'json'], {
      cwd: directory,
      env: { TMPDIR: join(directory, 'tmp'), ...env },
    })
  return { target, directory, start }
}

/** A run that nobody kills: its source, its tree, its time. */
export async function runUndisturbed(t: Test): Promise<Undisturbed> {
  const servers = Array.from({ length: 200 }, (_, index) => datedServer(`io.example/server-${index}`))
  const source = await bareRepository(t, { 'registry.json': listOf(...servers) })
  const { target, start } = await killSite(t, source)
  const begin = performance.now()
  const { code, stderr } = await start().ended
  const milliseconds = performance.now() - begin
  t.equal(code, 0, `an undisturbed run takes ${Math.round(milliseconds)} ms${stderr}`)
  return { source, tree: await treeOf(target), milliseconds }
}

export function startAttempt(site: KillSite, env?: Readonly<Record<string, string>>): Attempt {
  const temporary = join(site.directory, 'tmp')
  const before = new Set(readdirSync(temporary))
  const headBefore = headOf(site.target)
  return {
    program: site.start(env),
    headBefore,
    hasMoved: () => headOf(site.target) !== headBefore,
    scratch: () =>
      readdirSync(temporary)
        .filter(name => !before.has(name))
        .map(name => join(temporary, name)),
  }
}

/** Kills a run with all that it started, and tells how far it had got. */
export async function kill(site: KillSite, attempt: Attempt, spareServer: boolean): Promise<Phase> {
  killProcesses(site.directory, { spareServer })
  // Read before anything else may happen: a spared server works on.
  const hasMoved = attempt.hasMoved()
  const ran = await attempt.program.ended
  // A host outlives its clients. Killed with one all the same, it may leave a lock that only its administrator can remove.
  if (!spareServer) for (const lock of locksOf(site.target)) rmSync(join(site.target.directory, lock))
  if (ran.code !== null || resultOf(ran) !== undefined) return 'finished'
  if (hasMoved) return 'pushed, not reported'
  const store = join(attempt.scratch()[0] ?? '', 'target/store.git')
  if (!existsSync(join(store, 'refs/remotes/origin', site.target.branch))) return 'before fetch'
  return (await commitsIn(store)) > 1 ? 'committed locally' : 'fetched'
}

interface Again {
  readonly tree: string
  /** What happened before. */
  readonly what: string
}

/** The same command with the same id, and everything that must hold after it. Returns the reason of the result. */
export function runAgain(t: Test, site: KillSite, again: Again): Promise<string | undefined> {
  return checkAgain(t, site, { ...again, ended: site.start().ended })
}

/** What must hold when the run that is given has ended. */
export async function checkAgain(
  t: Test,
  { target, directory }: KillSite,
  { tree, what, ended }: Again & { readonly ended: Promise<Ran> },
): Promise<string | undefined> {
  const ran = await ended
  const result = resultOf(ran)
  // A server that outlived its client may still be at work.
  await until(() => processesOf(directory).length === 0, `the end of all processes after ${what}`)

  const found = {
    code: ran.code,
    outcome: result?.outcome,
    revision: result?.target.revision,
    tree: await treeOf(target),
    runs: await runsOf(target),
    commits: (await target.log()).length,
    damage: await damageOf(target),
  }
  const wanted = {
    code: 0,
    outcome: 'Completed',
    revision: `main@sha1:${await target.head()}`,
    tree,
    runs: [RUN_ID],
    commits: 2,
    damage: [],
  }
  t.strictSame(found, wanted, `${what}; then ${result?.reason ?? ran.stderr}`)
  return result?.reason
}

/** The result that a run printed, if it got that far. */
export function resultOf({ stdout }: Ran): RunResult | undefined {
  try {
    return JSON.parse(stdout) as RunResult
  } catch {
    return undefined
  }
}

function treeOf(target: TestRepository): Promise<string> {
  return target.git(['rev-parse', `${target.branch}^{tree}`])
}

/** The branch as it is this very moment; its ref stands in a file of its own. */
function headOf({ directory, branch }: TestRepository): string {
  return readFileSync(join(directory, 'refs/heads', branch), 'utf8').trim()
}

async function commitsIn(store: string): Promise<number> {
  const env = { PATH: process.env['PATH'] ?? '', GIT_DIR: store }
  const types = await run(['cat-file', '--batch-all-objects', '--batch-check=%(objecttype)'], { cwd: store, env })
  return types.split('\n').filter(type => type === 'commit').length
}

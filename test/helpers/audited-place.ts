// A place where runs are made and put on record, and audited: for the tests of `rollbook audit`, short and long.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { importManifest, listOf, server } from './entries.ts'
import { bareRepository, temporaryDirectory } from './git-repository.ts'
import { program, programJson } from './in-process.ts'
import { seededRandom } from './random.ts'

export const PATH = 'catalog/registry.json'

export interface AuditResult {
  readonly kind: string
  readonly ok: boolean
  readonly runs: number
  readonly commits: number
  readonly findings: readonly {
    readonly type: string
    readonly severity: string
    readonly commit: string | null
    readonly run: string | null
    readonly path: string
    readonly message: string
  }[]
}

interface Place {
  readonly layout?: string
  readonly targetPath?: string
}

/** A source, a target, and the runs between them on record. */
export async function workplace(t: Test, { layout = 'File', targetPath = PATH }: Place = {}) {
  const cwd = await temporaryDirectory(t)
  // A plain file as source: half of the processes of a run are git's for its source.
  const source = join(cwd, 'source.json')
  const target = await bareRepository(t)
  const runs: RunResult[] = []
  const spec = { source: { type: 'url', url: { url: pathToFileURL(source).href } }, merge: { prune: 'Missing' } }
  const manifest = importManifest({ source: '', target: target.url, targetPath, targetGit: { layout }, spec })
  await writeFile(join(cwd, 'import.yaml'), manifest)
  return {
    cwd,
    target,
    runs,
    async run(servers?: readonly unknown[], args: readonly string[] = []) {
      if (servers) await writeFile(source, listOf(...servers))
      const { stdout, stderr } = await program(['run', '-f', 'import.yaml', '-q', '-o', 'json', ...args], { cwd })
      if (stdout === '') throw new Error(stderr)
      const result = JSON.parse(stdout) as RunResult
      runs.push(result)
      return result
    },
    async audit(record: readonly RunResult[] | null = runs, args: readonly string[] = ['-f', 'import.yaml']) {
      await writeFile(join(cwd, 'runs.jsonl'), (record ?? []).map(run => `${JSON.stringify(run)}\n`).join(''))
      const given = record === null ? [] : ['--runs', 'runs.jsonl']
      return await programJson<AuditResult>(['audit', ...args, ...given, '-q'], { cwd })
    },
  }
}

export type Workplace = Awaited<ReturnType<typeof workplace>>

/** So many runs of every outcome, with commits of other people between them: the audit finds nothing. */
export async function auditedRuns(t: Test, rounds: number): Promise<void> {
  const random = seededRandom(t)
  const pick = (most: number) => Math.floor(random() * most)
  const layout = ['File', 'Namespace', 'Directory'][pick(3)] ?? 'File'
  const targetPath = layout === 'File' ? PATH : 'catalog'
  const place = await workplace(t, { layout, targetPath })
  const edits: string[] = []
  for (let round = 0; round < rounds; round++) {
    const servers = Array.from({ length: 1 + pick(3) }, () => server(`io.example/s${pick(4)}`, `1.0.${pick(2)}`))
    const bad = pick(5) === 0 ? [{ name: 'io.example/bad', version: 'latest' }] : []
    const unique = new Map(servers.map(entry => [`${entry['name']} ${entry['version']}`, entry]))
    const how = pick(10)
    if (how === 0) edits.push(await place.target.commit({ 'README.md': `${round}` }, 'beside'))
    await place.run(
      round > 0 && how < 3 ? undefined : [...unique.values(), ...bad],
      how === 1 ? ['--mode', 'plan'] : [],
    )
  }
  const outcomes = new Set(place.runs.map(({ outcome }) => outcome))

  const { code, data, stderr } = await place.audit()

  t.strictSame(data.findings, [], `${layout} ${stderr}`)
  t.match(data, {
    ok: true,
    runs: rounds,
    commits: place.runs
      .filter(({ reason }) => reason === 'EntriesWritten' || reason === 'SkippedEntries')
      .filter(({ outcome }) => outcome !== 'Unchanged').length,
  })
  t.equal(code, 0)
  // Few runs may not have all of them.
  if (rounds < 50) return
  t.ok(
    outcomes.has('Completed') && outcomes.has('Unchanged') && outcomes.has('PartiallyCompleted'),
    [...outcomes].join(),
  )
}

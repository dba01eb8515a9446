// Two states of the official registry, imported whole: what came, went and changed is counted independently.
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { importManifest } from '../helpers/entries.ts'
import { bareRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { needSharedData } from '../helpers/needs.ts'
import { rollbookJson } from '../helpers/program.ts'

async function workplace(t: Test, dump: string) {
  const directory = await temporaryDirectory(t)
  const source = await bareRepository(t, { 'registry.json': dump })
  const target = await bareRepository(t)
  await writeFile(join(directory, 'import.yaml'), importManifest({ source: source.url, target: target.url }))
  const run = (...args: string[]) => rollbookJson<RunResult>(['run', '-f', 'import.yaml', ...args], { cwd: directory })
  return { directory, source, target, run }
}

t.test('the official dumps import as an independent count says', async t => {
  const olderFile = needSharedData(t, 'real/official-2025-10-20.json')
  const newerFile = needSharedData(t, 'real/official-2025-12-12.json')
  if (!olderFile || !newerFile) return
  const older = readFileSync(olderFile, 'utf8')
  const newer = readFileSync(newerFile, 'utf8')

  const fresh = await workplace(t, newer)
  const first = await fresh.run()
  t.equal(first.data.outcome, 'PartiallyCompleted')
  t.equal((await fresh.target.log()).length, 1)
  const second = await fresh.run()
  t.equal(second.data.outcome, 'Unchanged')
  t.equal((await fresh.target.log()).length, 1)

  const both = await workplace(t, older)
  await both.run('--report', 'older.jsonl')
  await both.source.commit({ 'registry.json': newer })
  const { data } = await both.run('--report', 'newer.jsonl')

  const reported = reportIn(both.directory, 'newer.jsonl')
  const expected = differenceOf(
    validRecords(older, reportIn(both.directory, 'older.jsonl')),
    validRecords(newer, reported),
  )
  for (const outcome of ['added', 'updated', 'unchanged', 'stale'] as const) {
    const found = reported.filter(entry => entry.outcome === outcome).map(keyOf)
    t.strictSame(found.sort(), expected[outcome].sort(), `${expected[outcome].length} ${outcome}`)
  }
  t.equal(data.counts.total, JSON.parse(newer).servers.length)
})

interface Reported {
  readonly name: string
  readonly version: string
  readonly outcome: string
}

interface Dumped {
  readonly server: { readonly name: string; readonly version: string }
  readonly _meta: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

function reportIn(directory: string, file: string): Reported[] {
  const lines = readFileSync(join(directory, file), 'utf8').trim().split('\n')
  return lines.map(line => JSON.parse(line) as Reported)
}

function keyOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name} ${version}`
}

/** Records of a dump without the invalid ones: `server` and `_meta` without `isLatest`, as text with sorted keys. */
function validRecords(dump: string, report: readonly Reported[]): Map<string, string> {
  const invalid = new Set(report.filter(({ outcome }) => outcome === 'invalid').map(keyOf))
  const { servers } = JSON.parse(dump) as { servers: Dumped[] }
  return new Map(
    servers
      .filter(record => !invalid.has(keyOf(record.server)))
      .map(record => {
        const { isLatest: _computed, ...official } = record._meta['io.modelcontextprotocol.registry/official'] ?? {}
        return [keyOf(record.server), sortedText({ server: record.server, official })]
      }),
  )
}

function sortedText(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function differenceOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) {
  const all = [...after.keys()]
  return {
    added: all.filter(key => !before.has(key)),
    updated: all.filter(key => before.has(key) && before.get(key) !== after.get(key)),
    unchanged: all.filter(key => before.get(key) === after.get(key)),
    stale: [...before.keys()].filter(key => !after.has(key)),
  }
}

// The judgement of an audit on plain facts: what each kind of commit and run amounts to.
import t from 'tap'
import { NO_COUNTS } from '../../src/resources/result.ts'
import { Audit } from '../../src/run/audit.ts'
import type { CommitFact, RunFact } from '../../src/run/audit-facts.ts'
import type { RunTrailers } from '../../src/run/trailers.ts'
import { readSquashedTrailers, writeTrailers } from '../../src/run/trailers.ts'

const DIGEST = 'd'.repeat(64)
const START = new Date('2026-03-01T12:00:00.500Z')
const at = (minutes: number) => new Date(Date.parse('2026-03-01T12:00:00Z') + minutes * 60_000)
const idOf = (letter: string) => letter.repeat(40)

function runFact(id: string, changes: Partial<RunFact> = {}): RunFact {
  return {
    id,
    resource: 'MCPRegistryImportJob/test/import',
    outcome: 'Completed',
    made: 'commit',
    startTime: START,
    commit: idOf(id),
    sourceRevision: 'main@sha1:5',
    digest: DIGEST,
    counts: NO_COUNTS,
    ...changes,
  }
}

function trailersOf(run: string, changes: Partial<RunTrailers> = {}): RunTrailers {
  return {
    run,
    attempt: 1,
    resource: 'MCPRegistryImportJob/test/import uid=local generation=0',
    source: 'git file:///source.git main@sha1:5',
    target: 'File upstream catalog/registry.json',
    counts: NO_COUNTS,
    outcome: 'Completed',
    digest: DIGEST,
    request: 'e'.repeat(64),
    ...changes,
  }
}

/** A commit of a run, by its letter; its parents by theirs. */
function commitFact(letter: string, run: string | undefined, changes: Partial<CommitFact> = {}): CommitFact {
  return {
    commit: idOf(letter),
    parents: [],
    date: at(1),
    changesPath: true,
    trailers: run === undefined ? undefined : trailersOf(run),
    squashed: [],
    digest: DIGEST,
    ...changes,
  }
}

function judged(runs: readonly RunFact[], commits: readonly CommitFact[]) {
  const audit = new Audit('catalog/registry.json', runs)
  for (const commit of commits) audit.see(commit)
  return audit.findings().map(({ type, commit, run }) => `${type} ${commit?.[0] ?? '-'} ${run ?? '-'}`)
}

t.test('runs and their commits prove each other', async t => {
  t.strictSame(
    judged([runFact('a'), runFact('b')], [commitFact('b', 'b', { parents: [idOf('a')] }), commitFact('a', 'a')]),
    [],
  )
  t.strictSame(judged([], []), [])
})

t.test('a run that could not tell its end may have its commit, once, and of its resource', async t => {
  const failed = runFact('f', { outcome: 'Failed', made: 'unknown', commit: undefined, digest: null })
  t.strictSame(judged([failed], []), [])
  t.strictSame(judged([failed], [commitFact('x', 'f')]), [])
  t.strictSame(judged([failed], [commitFact('y', 'f'), commitFact('x', 'f')]), ['ForgedTrailer y f'])
  const other = { trailers: trailersOf('f', { resource: 'MCPRegistryImportJob/test/other uid=local generation=0' }) }
  t.strictSame(judged([failed], [commitFact('x', 'f', other)]), ['ForgedTrailer x f'])
  t.strictSame(judged([failed, runFact('f')], [commitFact('f', 'f')]), [], 'tried again, it found its commit')
})

t.test('each part of the trailers that differs from the record', async t => {
  for (const changes of [
    { resource: 'MCPRegistryImportJob/test/other uid=local generation=0' },
    { source: 'git file:///source.git main@sha1:6' },
    { counts: { ...NO_COUNTS, added: 1 } },
    { outcome: 'PartiallyCompleted' },
    { request: 'f'.repeat(64) },
  ]) {
    const fact = commitFact('a', 'a', { trailers: trailersOf('a', changes) })
    t.strictSame(
      judged([runFact('a', { requestHash: 'e'.repeat(64) })], [fact]),
      ['ForgedTrailer a a', 'RunWithoutCommit a a'],
      JSON.stringify(changes),
    )
  }
})

t.test('a digest on record that both tree and trailer contradict', async t => {
  const digest = 'c'.repeat(64)
  const fact = commitFact('a', 'a', { digest, trailers: trailersOf('a', { digest }) })
  t.strictSame(judged([runFact('a')], [fact]), ['ForgedTrailer a a', 'RunWithoutCommit a a'])
  const unread = commitFact('a', 'a', { digest: undefined })
  t.strictSame(judged([runFact('a')], [unread]), ['DigestMismatch a a'])
})

t.test('a rebase gives new ids; a copy beside the recorded commit is forged', async t => {
  t.strictSame(judged([runFact('a')], [commitFact('x', 'a')]), ['Rewritten x a'])
  t.strictSame(judged([runFact('a')], [commitFact('y', 'a'), commitFact('x', 'a')]), [
    'ForgedTrailer y a',
    'Rewritten x a',
  ])
  t.strictSame(judged([runFact('a')], [commitFact('x', 'a'), commitFact('a', 'a')]), ['ForgedTrailer x a'])
})

t.test('a squash tells of the runs that it joined, also indented; their words alone prove nothing', async t => {
  const message = `joined\n\n    first\n\n${writeTrailers(trailersOf('a')).replaceAll(/^/gm, '    ')}\n\nsecond\n\n${writeTrailers(trailersOf('b'))}\n`
  const squashed = readSquashedTrailers(message)
  t.strictSame(squashed, [trailersOf('a')])
  const fact = commitFact('x', 'b', { squashed })
  t.strictSame(judged([runFact('a'), runFact('b')], [fact]), ['Rewritten x b', 'Rewritten x a'])
  const wrong = commitFact('x', 'b', { squashed: [trailersOf('a', { counts: { ...NO_COUNTS, added: 9 } })] })
  t.strictSame(judged([runFact('a'), runFact('b')], [wrong]), ['Rewritten x b', 'RunWithoutCommit a a'])
})

t.test('commits older than the record: their trailers, their digest, one note', async t => {
  const old = (letter: string, run: string, changes: Partial<CommitFact> = {}) =>
    commitFact(letter, run, { date: at(-5), ...changes })
  t.strictSame(judged([runFact('a')], [commitFact('a', 'a'), old('y', 'p'), old('x', 'q')]), ['HistoryTruncated - -'])
  t.strictSame(judged([], [old('y', 'p', { digest: 'f'.repeat(64) })]), ['DigestMismatch y p', 'HistoryTruncated - -'])
  t.strictSame(judged([], [old('y', 'p'), old('x', 'p')]), ['ForgedTrailer y p', 'HistoryTruncated - -'])
  t.strictSame(judged([runFact('a')], [commitFact('y', 'p', { date: at(0) }), commitFact('a', 'a')]), [
    'CommitWithoutRun y p',
  ])
})

t.test('a backdated commit is as young as what it stands on, through merges too', async t => {
  const old = { date: at(-5) }
  const parents = (...letters: string[]) => ({ parents: letters.map(idOf) })
  const line = [
    commitFact('z', undefined, { ...parents('y', 's'), changesPath: false }),
    commitFact('y', 'p', { ...old, ...parents('x') }),
    commitFact('x', undefined, { ...parents('a'), changesPath: false }),
    commitFact('s', 'q', { ...old, ...parents('r') }),
    commitFact('a', 'a', parents('r')),
    commitFact('r', 'o', old),
  ]
  t.strictSame(judged([runFact('a')], line), ['CommitWithoutRun y p', 'HistoryTruncated - -'])
})

t.test(
  'a commit on no record between two that are: its date is doubted only when it is older than the record',
  async t => {
    for (const [hours, doubt] of [
      [1, /the commit of a run that is$/],
      [-5, /the commit of a run that is: its date is not true$/],
    ] as const) {
      const audit = new Audit('catalog/registry.json', [runFact('a'), runFact('b')])
      audit.see(commitFact('b', 'b', { parents: [idOf('p')] }))
      audit.see(commitFact('p', 'dropped', { date: at(hours), parents: [idOf('a')] }))
      audit.see(commitFact('a', 'a'))
      t.match(audit.findings(), [{ type: 'CommitWithoutRun', commit: idOf('p'), message: doubt }])
    }
  },
)

t.test('other targets of the branch keep to themselves', async t => {
  const elsewhere = { trailers: trailersOf('b', { target: 'File upstream other.json' }), digest: undefined }
  const beside = commitFact('b', 'b', { ...elsewhere, changesPath: false })
  t.strictSame(judged([runFact('b')], [beside]), [], 'its run is proven there')
  t.strictSame(judged([runFact('b')], [commitFact('b', 'b', elsewhere)]), ['ForgedTrailer b b', 'RunWithoutCommit b b'])
  t.strictSame(judged([], [commitFact('h', undefined, { changesPath: false })]), [])
})

t.test('a commit that says nothing of its target is told by what it lacks', async t => {
  const audit = new Audit('catalog/registry.json', [])
  audit.see(commitFact('b', 'b', { trailers: trailersOf('b', { target: '', digest: '' }) }))
  const message =
    'it changes catalog/registry.json, and its trailers lack Rollbook-Target, Rollbook-Digest: no run writes such'
  t.match(audit.findings(), [{ type: 'ForgedTrailer', message }])
  t.strictSame([...audit.written], [])
})

t.test('what the oldest runs met is older than the record, whatever the clocks said', async t => {
  const parents = (...letters: string[]) => ({ parents: letters.map(idOf) })
  const late = { date: at(60) }
  const line = [
    commitFact('a', 'a', parents('p')),
    commitFact('p', 'dropped', { ...late, ...parents('q') }),
    commitFact('q', 'too', late),
  ]
  t.strictSame(judged([runFact('a')], line), ['HistoryTruncated - -'], 'the clock was put back')
  const nothing = { outcome: 'Unchanged', made: 'nothing', commit: undefined } as const
  t.strictSame(judged([runFact('u', { ...nothing, met: idOf('p') })], line.slice(1)), ['HistoryTruncated - -'])
  t.strictSame(
    judged([runFact('u', { ...nothing, met: idOf('q') })], line.slice(1)),
    ['CommitWithoutRun p dropped', 'HistoryTruncated - -'],
    'it stands on what a run met',
  )
})

t.test('a resource that is on no record is no excuse', async t => {
  const other = { trailers: trailersOf('o', { resource: 'MCPRegistryImportJob/test/other uid=1 generation=1' }) }
  const line = [commitFact('o', 'o', other), commitFact('a', 'a')]
  t.strictSame(judged([runFact('a')], line), ['CommitWithoutRun o o'])
})

t.test('commits that the record does not tell of one by one, as their runs are one entry there', async t => {
  const lost = { outcome: 'Failed', made: 'unknown', commit: undefined, digest: null, until: at(9) } as const
  t.strictSame(judged([runFact('f', lost)], [commitFact('x', 'merged')]), ['HistoryTruncated - -'])
  t.strictSame(judged([runFact('f', lost)], [commitFact('x', 'later', { date: at(10) })]), ['CommitWithoutRun x later'])
})

t.test('who writes below the path, or the folder around it, changes it and forges nothing', async t => {
  for (const path of ['catalog', 'catalog/registry.json/deep']) {
    const around = { trailers: trailersOf('b', { target: `Directory upstream ${path}` }), digest: undefined }
    t.strictSame(judged([runFact('b')], [commitFact('b', 'b', around)]), [], path)
  }
})

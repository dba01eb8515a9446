// Entries that two sides claim: the target was edited, a name comes twice, a run only looks.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { engineHost, onBothEngines } from '../helpers/engine-host.ts'
import { catalogOf, datedServer, listOf, server } from '../helpers/entries.ts'
import { importPlace } from '../helpers/import-place.ts'

const PATH = 'catalog/registry.json'
const OURS = datedServer('io.example/one')
const THEIRS = { ...OURS, description: 'edited by hand in the target' }
const OTHER = datedServer('io.example/other')

onBothEngines(
  t,
  'C3 H5 an entry that was edited in the target: the policy decides, the report names the loser',
  async (t, host) => {
    const cases = [
      { onConflict: 'Replace', outcome: 'updated', counts: { updated: 1, conflicts: 0, stale: 1 }, wins: OURS },
      { onConflict: 'Keep', outcome: 'conflict', counts: { updated: 0, conflicts: 1, stale: 1 }, wins: THEIRS },
      { onConflict: 'Fail', outcome: 'conflict', counts: { conflicts: 1 }, wins: THEIRS },
    ] as const
    for (const { onConflict, outcome, counts, wins } of cases) {
      await t.test(onConflict, async t => {
        const place = await importPlace(host, {
          source: { 'registry.json': listOf(OURS) },
          target: { [PATH]: catalogOf(THEIRS, OTHER) },
        })

        const { code, data } = await place.run({ merge: { onConflict } }, '--report', 'report.jsonl')

        t.equal(code, onConflict === 'Fail' ? 10 : 0)
        t.match(data, { counts, reason: onConflict === 'Fail' ? 'MergeConflict' : String })
        if (onConflict === 'Fail')
          t.match(data.message, /^1 entry differs from the target's, and .* is Fail: io\.example\/one/)
        if (onConflict === 'Keep')
          t.equal(data.message, 'nothing to write: 0 added, 0 updated, 1 kept as the target has it, 1 stale')
        const report = (await readFile(join(place.directory, 'report.jsonl'), 'utf8')).trim().split('\n')
        const lines = report.map(line => JSON.parse(line) as { name: string; outcome: string })
        t.equal(lines.find(({ name }) => name === 'io.example/one')?.outcome, outcome)
        t.match(await place.target.read(PATH), `"description":"${wins['description']}"`)
        t.match(await place.target.read(PATH), 'io.example/other', 'what the source does not know stays')
      })
    }
  },
)

onBothEngines(
  t,
  'F7 a name that comes twice: identical copies are one entry, of different ones the first is kept',
  async (t, host) => {
    const other = { ...OURS, description: 'another text' }
    const place = await importPlace(host, { source: { 'registry.json': listOf(OURS, OURS, other) } })

    const { data } = await place.run()

    t.match(data, { outcome: 'PartiallyCompleted', counts: { total: 3, added: 1, filtered: 1, invalid: 1 } })
    t.match(data.issues, [
      { code: 'DuplicateIdentity', name: 'io.example/one', pointer: '', message: / registry\.json:4,/ },
    ])
    t.match(await place.target.read(PATH), `"description":"${OURS['description']}"`)
    t.notMatch(await place.target.read(PATH), 'another text')
  },
)

onBothEngines(
  t,
  'C14 text of every script goes through unchanged, in entries and in the author of the commit',
  async (t, host) => {
    const description = 'Wetter ☀️ für 東京, مرحبا \u202eright to left\u202c, e\u0301, 👩‍👩‍👧'
    const place = await importPlace(host, { source: { 'registry.json': listOf({ ...OURS, description }) } })
    const author = { name: 'Zoë 👩‍🚀 山田', email: 'zoe@example.com' }
    const git = { repository: place.target.url, path: PATH, commit: { author } }

    const { data } = await place.run({ target: { git } })

    t.equal(data.outcome, 'Completed')
    t.ok((await place.target.read(PATH)).includes(`"description":"${description}"`))
    t.equal(await place.target.git(['log', '-1', '--format=%an <%ae>']), `${author.name} <${author.email}>`)
  },
)

t.test('H2 the result of 10,000 entries stays small; the report has a line for each', async t => {
  const bad = Array.from({ length: 5000 }, (_, n) => server(`io.example/bad-${n}`, 'latest'))
  const good = Array.from({ length: 5000 }, (_, n) => server(`io.example/good-${n}`, '1.0.0'))
  const place = await importPlace(engineHost(t), { source: { 'registry.json': listOf(...bad, ...good) } })

  const { data } = await place.run({}, '--report', 'report.jsonl')

  t.match(data, { outcome: 'PartiallyCompleted', counts: { total: 10_000, added: 5000, invalid: 5000 } })
  t.ok(Buffer.byteLength(JSON.stringify(data)) < 16 * 1024)
  t.equal((await readFile(join(place.directory, 'report.jsonl'), 'utf8')).trim().split('\n').length, 10_000)
  t.match(data.digest, /^sha256:[0-9a-f]{64}$/)
})

onBothEngines(t, 'H4 a plan checks the same and writes nothing: no commit, no object, no ref', async (t, host) => {
  const place = await importPlace(host, {
    source: { 'registry.json': listOf(OURS, server('io.example/bad', 'latest')) },
    target: { [PATH]: catalogOf(THEIRS) },
  })
  const state = async () => [
    await place.target.git(['for-each-ref']),
    await place.target.git(['count-objects', '-v']),
    await place.source.git(['count-objects', '-v']),
  ]
  const before = await state()

  const { code, data } = await place.run({}, '--mode', 'plan')

  t.equal(code, 0)
  t.match(data, { outcome: 'Planned', reason: 'Planned', counts: { updated: 1, invalid: 1 } })
  t.match(data.issues, [{ code: 'reserved-version-string' }])
  t.strictSame(await state(), before)
})

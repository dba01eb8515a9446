// Reports: what of a log is kept, how much of it, and what is said of the rest.
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { sha256Hex } from '../../src/lib/hash.ts'
import { reportConfigMap } from '../../src/reconcile/report.ts'
import type { ConfigMap } from '../../src/resources/kinds.ts'
import { LONG_REPORT, SHORT_REPORT } from '../../src/resources/names.ts'

const METADATA = { name: 'report', namespace: 'default' }

/** Text that gzip makes little smaller. */
const noise = (index: number) => sha256Hex(String(index)) + sha256Hex(`${index}x`)
const outcome = (index: number) =>
  JSON.stringify({ name: noise(index), version: '1', outcome: 'added', reason: null, issues: [] })

function read(
  map: ConfigMap | undefined,
  key: string,
): { kind?: string; leftOut?: number; omitted?: number; counts?: unknown; added?: unknown[] }[] {
  const text = gunzipSync(Buffer.from(map?.binaryData?.[key] ?? '', 'base64')).toString()
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

t.test('entries, cuts and differences are kept, the rest of the log is not', async t => {
  const log = [
    outcome(1),
    'a line for people',
    '{"level":30,"msg":"pino"}',
    '{"kind":"ExportBlock","parts":1}',
    '{"kind":"ReportCut","leftOut":3}',
    '{"kind":"RunResult","outcome":"Completed","issues":[]}',
    '{torn',
  ]
  const map = reportConfigMap(METADATA, log)
  t.strictSame(Object.keys(map?.binaryData ?? {}), [SHORT_REPORT])
  t.strictSame(
    read(map, SHORT_REPORT).map(({ kind }) => kind),
    [undefined, 'ReportCut'],
  )
  t.equal(reportConfigMap(METADATA, ['nothing']), undefined)
})

t.test('H2 ten thousand entries: a long form and a short one, both within their limits, nothing uncounted', async t => {
  const log = [...Array.from({ length: 10_000 }, (_, index) => outcome(index)), '{"kind":"ReportCut","leftOut":5}']
  const map = reportConfigMap(METADATA, log)
  for (const [key, most] of [
    [LONG_REPORT, 512 * 1024],
    [SHORT_REPORT, 64 * 1024],
  ] as const) {
    const bytes = Buffer.from(map?.binaryData?.[key] ?? '', 'base64').length
    t.ok(bytes <= most && bytes > most / 2, `${key} has ${bytes} bytes`)
    const lines = read(map, key)
    t.equal(lines.length - 1 + (lines.at(-1)?.leftOut ?? 0), 10_005)
  }
})

t.test('the difference of a plan keeps its counts, and tells how many changes it does not list', async t => {
  const added = Array.from({ length: 5000 }, (_, index) => ({ name: noise(index), version: '1' }))
  const counts = { added: 5000, removed: 0, updated: 0, unchanged: 0 }
  const map = reportConfigMap(METADATA, [JSON.stringify({ kind: 'Diff', counts, added, removed: [], updated: [] })])
  const [diff] = read(map, SHORT_REPORT)
  t.strictSame(diff?.counts, counts)
  t.equal((diff?.added?.length ?? 0) + (diff?.omitted ?? 0), 5000)
  t.ok((diff?.added?.length ?? 0) > 100)
})

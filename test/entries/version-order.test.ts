import { readFileSync } from 'node:fs'
import semver from 'semver'
import t from 'tap'
import { compareVersions, isSemver, latestOf, type VersionStamp } from '../../src/entries/version-order.ts'
import { needSharedData } from '../helpers/needs.ts'

const EARLY = '2025-10-09T17:05:17.793148Z'
const LATE = '2025-10-09T17:05:17.793149Z'

function order(a: string, b: string): number {
  return Math.sign(compareVersions({ version: a }, { version: b }))
}

t.test('semantic versions go by precedence', async t => {
  const ascending = [
    ...[
      '0.0.0-0',
      '0.9.0',
      '1.0.0-0',
      '1.0.0-2',
      '1.0.0-10',
      '1.0.0--',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
    ],
    ...['1.0.0-beta', 'v1.0.0-rc.1', '1.0.0', '1.0.1', 'v1.2.0', '1.10.0', '2.0.0', '20250101.0.0'],
    ...['9007199254740992.0.0', '9007199254740993.0.0', `${'9'.repeat(300)}.0.0`],
  ]
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) t.equal(order(a, b), Math.sign(i - j), `${a} ${b}`)
  }
  t.equal(order('1.0.0+2', '1.0.0+1'), 0, 'build metadata does not count')
  t.equal(order('v1.0.0', '1.0.0'), 0, 'nor does the letter')
})

t.test('agrees with the package semver where both accept a version', async t => {
  const parts = ['0', '1', '2', '10', '-', 'a', 'a-1', 'rc', '1a']
  const versions = parts.flatMap(a => ['1.0.0', '1.0.2', `1.0.0-${a}`, ...parts.map(b => `1.0.0-${a}.${b}`)])
  t.ok(versions.every(isSemver))
  const different = versions.flatMap(a => versions.filter(b => order(a, b) !== semver.compare(a, b)).map(b => [a, b]))
  t.same(different, [])
})

t.test('what is no semantic version is below all that are', async t => {
  const others = [
    ...[
      '',
      '1',
      '1.0',
      '1.0.0.0',
      '01.0.0',
      '1.00.0',
      '1.0.0-01',
      '1.0.0-',
      '1.0.0-a..b',
      '1.0.0-a.',
      '1.0.0+',
      '1.0.0+a..b',
    ],
    ...[
      'V1.0.0',
      'vv1.0.0',
      '=1.0.0',
      ' 1.0.0',
      '1.0.0\n',
      '1.0.0-é',
      '1.0.0_1',
      'latest',
      '2025-10-01',
      '１.0.0',
      '-1.0.0',
    ],
  ]
  for (const version of others) {
    t.notOk(isSemver(version), JSON.stringify(version))
    t.equal(compareVersions({ version, publishedAt: LATE }, { version: '0.0.0-0', publishedAt: EARLY }), -1, version)
    t.equal(compareVersions({ version: '0.0.0-0' }, { version, publishedAt: LATE }), 1, version)
  }
})

t.test('other versions go by time of publication', async t => {
  const ascending: readonly VersionStamp[] = [
    { version: 'z' },
    { version: 'y', publishedAt: '2025-10-09T17:05:17Z' },
    { version: 'x', publishedAt: EARLY },
    { version: 'w', publishedAt: LATE },
    { version: 'v', publishedAt: '2025-10-09T18:00:00+00:30' },
    { version: 'u', publishedAt: '2025-10-09T17:40:00Z' },
  ]
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      t.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a.version} ${b.version}`)
    }
  }
  const same = { version: 'a', publishedAt: '2025-10-09T19:05:17.7+02:00' }
  t.equal(compareVersions(same, { version: 'b', publishedAt: '2025-10-09T17:05:17.700Z' }), 0, 'one moment')
  const unreadable = { version: 'a', publishedAt: '2025-10-09 17:05' }
  t.equal(compareVersions(unreadable, { version: 'b' }), 0, 'a time without zone counts as none')
})

t.test('the latest is the newest, and among equals the first published', async t => {
  t.equal(latestOf([]), undefined)
  const list = [
    { version: '1.0.0' },
    { version: 'zzz', publishedAt: LATE },
    { version: '1.10.0' },
    { version: '1.9.0' },
  ]
  t.equal(latestOf(list)?.version, '1.10.0')
  const builds = [
    { version: '1.0.0+2', publishedAt: LATE },
    { version: '1.0.0+1', publishedAt: EARLY },
    { version: '1.0.0+3', publishedAt: LATE },
  ]
  t.equal(latestOf(builds)?.version, '1.0.0+1')
  t.equal(latestOf([{ version: 'b' }, { version: 'a' }])?.version, 'b', 'then the first in the list')
})

t.test('long versions take linear time', async t => {
  const long = 1 << 20
  for (const text of ['1', '1.', '1.0.0-0', '.', '0', '-', '1.0.0-a.', '+']) {
    const version = text.repeat(long / text.length)
    t.equal(order(version, version), 0)
    t.equal(order(`1.0.0-${version}`, `1.0.0-${version}!`) >= 0, true)
  }
})

t.test('finds the versions that the real registry calls latest', async t => {
  const path = needSharedData(t, 'real/official-2025-12-12.json')
  if (path === undefined) return
  const dump: { servers: { server: { name: string; version: string }; _meta: Record<string, Official> }[] } =
    JSON.parse(readFileSync(path, 'utf8'))
  const groups = new Map<string, { version: string; publishedAt: string; isLatest: boolean }[]>()
  for (const { server, _meta } of dump.servers) {
    const official = _meta['io.modelcontextprotocol.registry/official']
    if (official === undefined || official.status === 'deleted') continue
    const { publishedAt, isLatest } = official
    const group = groups.get(server.name) ?? []
    group.push({ version: server.version, publishedAt, isLatest })
    groups.set(server.name, group)
  }
  const wrong = [...groups].filter(([, group]) => group.some(each => each.isLatest) && !latestOf(group)?.isLatest)
  t.comment(`${groups.size} names, ${wrong.length} differ`)
  t.same(wrong, [])
})

interface Official {
  readonly status: string
  readonly publishedAt: string
  readonly isLatest: boolean
}

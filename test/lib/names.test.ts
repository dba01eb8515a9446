// Refs, addresses and paths, as the worker checks them again: the same verdict as the CRDs, and never laxer than git.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import type { JsonValue } from '../../src/lib/json.ts'
import { checkCommitId, checkRefName } from '../../src/lib/ref-name.ts'
import { checkRepositoryUrl, normaliseRepositoryUrl, REPOSITORY_PATTERN } from '../../src/lib/repository-url.ts'
import { checkTreePath } from '../../src/lib/tree-path.ts'
import { checkResource } from '../../src/resources/check.ts'
import { crds } from '../../src/resources/generated/crds.ts'
import { resourceOf } from '../helpers/manifests.ts'
import { printedSeed, wholeNumbersFrom } from '../helpers/random.ts'

const seed = printedSeed(t)

function randomText(pieces: readonly string[], below: (limit: number) => number): string {
  return Array.from({ length: 1 + below(6) }, () => pieces[below(pieces.length)] ?? '').join('')
}

function crdAccepts(field: string, value: JsonValue): boolean {
  return (
    checkResource('MCPRegistryImportJob', resourceOf('MCPRegistryImportJob', { [field]: value })).problems.length === 0
  )
}

const REF_PIECES = [
  'a',
  'main',
  '-',
  '.',
  '..',
  '/',
  '@',
  '{',
  '@{',
  '.lock',
  '~',
  '^',
  ':',
  '?',
  '*',
  '[',
  '\\',
  ' ',
  '\n',
  '\0',
  '\x7f',
  'ä',
  'HEAD',
  'refs/heads/',
  '😀',
  ']',
  '!',
]

t.test('A9 refs: the worker and the CRD agree, and git accepts what they accept', async t => {
  const below = wholeNumbersFrom(seed)
  const accepted: string[] = []
  for (let round = 0; round < 800; round++) {
    const ref = randomText(REF_PIECES, below)
    const ours = checkRefName(ref) === undefined
    if (ours !== crdAccepts('spec.source.git.branch', ref))
      t.fail(`${JSON.stringify(ref)}: worker ${ours}, CRD ${!ours}`)
    if (ours) accepted.push(ref)
  }
  t.ok(accepted.length > 20, `${accepted.length} accepted`)
  for (const ref of new Set(accepted.slice(0, 100))) {
    const git = spawnSync('git', ['check-ref-format', '--branch', ref], {
      env: { PATH: process.env['PATH'] },
      cwd: '/',
    })
    if (git.error) break
    t.equal(git.status, 0, `git accepts ${JSON.stringify(ref)}`)
  }
})

t.test('A9 refs and commits: each refusal is one sentence', async t => {
  const refused = [
    '',
    '-x',
    '--upload-pack=x',
    'a b',
    'a\nb',
    'a..b',
    'a@{1}',
    '@',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a.',
    'a.lock',
    'a.lock/b',
    'refs/tags/v1',
    'HEAD',
    'a~1',
    'a^',
    'x'.repeat(251),
  ]
  for (const ref of refused) t.match(checkRefName(ref), /^the name of a branch or tag must /, JSON.stringify(ref))
  for (const ref of ['main', 'release/2026', 'v1.2.3', 'ünï', 'a@b', 'x'.repeat(250)])
    t.equal(checkRefName(ref), undefined)
  for (const id of ['abc1234', 'A'.repeat(40), `${'a'.repeat(40)}\n`, ''])
    t.match(checkCommitId(id), /must have all its/)
  t.equal(checkCommitId('0123456789abcdef0123456789abcdef01234567'), undefined)
})

const PATH_PIECES = [
  'a',
  'catalog',
  '/',
  '//',
  '.',
  '..',
  '.git',
  '.GIT',
  'git~1',
  '\\',
  '\0',
  '\n',
  '.json',
  'ä',
  ' ',
  ':',
  '*',
]

t.test('C12 F3 paths: the worker and the CRD agree', async t => {
  const below = wholeNumbersFrom(seed + 1)
  let accepted = 0
  for (let round = 0; round < 800; round++) {
    const path = `${randomText(PATH_PIECES, below)}x.json`
    const ours = checkTreePath(path) === undefined
    if (ours) accepted++
    const crd = crdAccepts('spec.target.git.path', path)
    // A drive letter is the one thing that only the worker refuses.
    if (ours !== crd && !/^[A-Za-z]:/.test(path)) t.fail(`${JSON.stringify(path)}: worker ${ours}, CRD ${crd}`)
  }
  t.ok(accepted > 100, `${accepted} accepted`)
})

t.test('C12 F3 paths: each refusal is one sentence', async t => {
  const refused = [
    '',
    '.',
    '..',
    '../a',
    'a/..',
    '/a',
    'a/',
    'a//b',
    'a\\b',
    'a\0',
    'a\n',
    '.git',
    'a/.GIT/b',
    'GIT~1',
    '.git.',
    '.git /x',
    '.git::$INDEX_ALLOCATION',
    '.g\u200cit/config',
    'C:/x',
    'ä'.repeat(513),
  ]
  for (const path of refused) t.match(checkTreePath(path), /^the path must /, JSON.stringify(path))
  for (const path of ['registry.json', 'a/b c/ä.json', '.github/x', '..a', 'a..b', 'ä'.repeat(512)])
    t.equal(checkTreePath(path), undefined)
  t.equal(checkTreePath('.', { root: true }), undefined)
  t.match(checkTreePath('..', { root: true }), /must not/)
})

t.test('A10 addresses: the worker and the CRD agree, and no refusal repeats the address', async t => {
  const pieces = ['/team', 'robot:hunter2@', 'git@', ':8443', ':', '?x', '#y', ' ', '-o', '%0a', '[::1]', '\\']
  const schemes = [
    'https://',
    'ssh://',
    'ssh://git@',
    'file:///',
    'http://',
    'https://robot:hunter2@',
    'git://',
    'ext::',
    '',
  ]
  const below = wholeNumbersFrom(seed + 2)
  let accepted = 0
  for (let round = 0; round < 800; round++) {
    const url = `${schemes[below(schemes.length)]}git.example${randomText(pieces, below)}`
    const fault = checkRepositoryUrl(url)
    if (fault === undefined) accepted++
    t.notMatch(fault ?? '', /hunter2|robot/)
    const crd = crdAccepts('spec.source.git.repository', url)
    if ((fault === undefined) !== crd) t.fail(`${JSON.stringify(url)}: worker ${fault}, CRD ${crd}`)
  }
  t.ok(accepted > 20, `${accepted} accepted`)
  const patterns = JSON.stringify(crds).split(JSON.stringify(REPOSITORY_PATTERN)).length - 1
  t.ok(patterns >= 5, 'every repository field of the CRDs has the pattern of the worker')
  for (const port of ['https://git.example:0/a', 'https://git.example:70000/a'])
    t.match(checkRepositoryUrl(port), /port from 1/)
})

t.test('A11 spellings of one repository have one lock key', async t => {
  const same = [
    'https://git.example/team/catalog',
    'https://git.example/team/catalog.git',
    'https://git.example/team/catalog.git/',
    'https://git.example/team/catalog//',
    'https://GIT.Example:443/team//catalog.git',
    'https://git.example./team/catalog',
    'https://git.example/x/../team/./catalog',
    'https://git.example/te%61m/catalog',
    'http://git.example:80/team/catalog',
    'ssh://git@git.example/team/catalog.git',
    'ssh://other@git.example:22/team/catalog',
  ]
  t.strictSame([...new Set(same.map(normaliseRepositoryUrl))], ['git.example/team/catalog'])
  const different = [
    'https://git.example/team/catalog',
    'https://git.example/Team/catalog',
    'https://git.example:8443/team/catalog',
    'https://other.example/team/catalog',
    'https://git.example/team/catalog/sub',
    'https://git.example/team%2Fcatalog',
    'file:///team/catalog',
  ]
  t.equal(new Set(different.map(normaliseRepositoryUrl)).size, different.length)
  t.equal(normaliseRepositoryUrl('file:///srv/a.git/'), 'file:///srv/a')
  t.equal(normaliseRepositoryUrl('https://[::1]:8080/.git'), '[::1]:8080/.git')
})

// `rollbook diff`, the Diff of a planned run, and PATH as `<repository>@<revision>:<path>`.
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { repositoryPath } from '../../src/commands/repository-path.ts'
import type { Diff } from '../../src/entries/diff.ts'
import type { RunResult } from '../../src/resources/result.ts'
import { catalogOf, datedServer, importManifest, listOf, server } from '../helpers/entries.ts'
import { fails } from '../helpers/fails.ts'
import { bareRepository, type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'
import { program, programJson } from '../helpers/in-process.ts'

const KEPT = server('io.example/kept', '1.0.0')
const OLD = server('io.example/one', '1.0.0', { title: 'One', packages: [] })
const NEW = server('io.example/one', '1.0.0', { description: 'other words', packages: [{ 'a/b~c': null }] })

async function files(t: Test, contents: Readonly<Record<string, string>>): Promise<string> {
  const cwd = await temporaryDirectory(t)
  for (const [name, text] of Object.entries(contents)) await writeFile(join(cwd, name), text)
  return cwd
}

const diff = async (args: readonly string[], cwd: string, input = '') => {
  const { code, stdout, stderr } = await program(['diff', ...args, '-q', '-o', 'json'], { cwd, input })
  if (stdout === '') throw new Error(stderr)
  return { code, stderr, data: JSON.parse(stdout) as Diff }
}

t.test('a Diff in whole: by entry, then by field', async t => {
  const cwd = await files(t, {
    'a.json': listOf(KEPT, OLD, server('io.example/gone', '2.0.0'), server('io.example/gone', '1.0.0')),
    'b.json': catalogOf(server('io.example/new', '1.0.0'), NEW, KEPT),
  })

  const { code, data, stderr } = await diff(['a.json', 'b.json'], cwd)

  t.strictSame(
    data,
    {
      kind: 'Diff',
      counts: { added: 1, removed: 2, updated: 1, unchanged: 1 },
      added: [{ name: 'io.example/new', version: '1.0.0' }],
      removed: [
        { name: 'io.example/gone', version: '1.0.0' },
        { name: 'io.example/gone', version: '2.0.0' },
      ],
      updated: [
        {
          name: 'io.example/one',
          version: '1.0.0',
          changes: [
            { pointer: '/description', from: 'the server io.example/one', to: 'other words' },
            { pointer: '/title', from: 'One' },
            { pointer: '/packages/0', to: { 'a/b~c': null } },
          ],
        },
      ],
    },
    stderr,
  )
  t.equal(code, 0)
  const people = await program(['diff', 'a.json', 'b.json', '-q'], { cwd })
  t.equal(
    people.stdout,
    [
      '- io.example/gone 1.0.0',
      '- io.example/gone 2.0.0',
      '+ io.example/new 1.0.0',
      '~ io.example/one 1.0.0',
      '    /description: "the server io.example/one" -> "other words"',
      '    /title: "One" -> (absent)',
      '    /packages/0: (absent) -> {"a/b~c":null}',
      '1 added, 2 removed, 1 updated, 1 unchanged',
      '',
    ].join('\n'),
  )
  t.equal((await diff(['a.json', 'b.json', '--exit-code'], cwd)).code, 1)
  t.equal((await diff(['a.json', '-', '--exit-code'], cwd, listOf(OLD, KEPT))).code, 1)
  t.equal((await diff(['a.json', 'a.json', '--exit-code'], cwd)).code, 0)
})

t.test('C7 equal as git-contract.md says: order, white space, and dates that the new side lacks', async t => {
  const dated = datedServer('io.example/one')
  const meta = dated['_meta'] as Record<string, Record<string, unknown>>
  const official = meta['io.modelcontextprotocol.registry/official'] ?? {}
  const beside = (more: object) => ({
    server: server('io.example/one', '1.0.0'),
    _meta: { 'io.modelcontextprotocol.registry/official': { ...official, ...more } },
  })
  const cwd = await files(t, {
    'dated.json': listOf(KEPT, dated),
    'plain.json': JSON.stringify({ servers: [{ server: server('io.example/one', '1.0.0') }, { server: KEPT }] }),
    'beside.json': JSON.stringify({ servers: [beside({ isLatest: true }), { server: KEPT }] }),
    'deprecated.json': JSON.stringify({ servers: [beside({ status: 'deprecated' }), { server: KEPT }] }),
  })

  for (const other of ['plain.json', 'beside.json'])
    t.match((await diff(['dated.json', other], cwd)).data.counts, { unchanged: 2, updated: 0 }, other)
  t.strictSame((await diff(['dated.json', 'deprecated.json'], cwd)).data.updated, [
    {
      name: 'io.example/one',
      version: '1.0.0',
      changes: [
        {
          pointer: '/_meta/io.modelcontextprotocol.registry~1official/status',
          from: 'active',
          to: 'deprecated',
        },
      ],
    },
  ])
})

t.test('ToolHive entries by their key; against upstream ones as upstream entries', async t => {
  const tides = {
    description: 'Tides of the sea',
    tier: 'Community',
    status: 'Active',
    transport: 'stdio',
    tools: ['x'],
  }
  const registry = (image: string) =>
    JSON.stringify({ version: '1.0.0', servers: { tides: { ...tides, image }, __proto__: {} } })
  const cwd = await files(t, { 'a.json': registry('ghcr.io/x/tides:1'), 'b.json': registry('ghcr.io/x/tides:2') })
  await program(['convert', 'a.json', '--to', 'upstream', '--out', 'up.json', '-q'], { cwd })

  t.strictSame((await diff(['a.json', 'b.json'], cwd)).data.updated, [
    {
      name: 'tides',
      version: '',
      changes: [{ pointer: '/image', from: 'ghcr.io/x/tides:1', to: 'ghcr.io/x/tides:2' }],
    },
  ])
  t.match((await diff(['a.json', 'up.json'], cwd)).data.counts, { added: 0, removed: 0, updated: 0, unchanged: 1 })
})

t.test('what can not be compared is told, and no half of a difference', async t => {
  const cwd = await files(t, {
    'good.json': listOf(KEPT),
    'broken.json': '{"servers": [',
    'nameless.json': listOf({ version: '1.0.0' }),
    'twice.json': listOf(KEPT, { ...KEPT, title: 'Other' }),
  })
  for (const [name, why] of [
    ['broken.json', /broken\.json:1/],
    ['nameless.json', /nameless\.json:\d+:\d+: .*name or version.*\[NotComparable\]/],
    [
      'twice.json',
      /twice\.json:\d+:\d+: error: io.example\/kept 1\.0\.0: .* stands at twice\.json:4, .*\[DuplicateIdentity\]/,
    ],
  ] as const) {
    t.match(await program(['diff', 'good.json', name, '-q'], { cwd }), { code: 10, stdout: '', stderr: why })
  }
  t.match(await program(['diff', '-', '-', '-q'], { cwd }), { code: 2 })
  t.match(await program(['diff', 'good.json', 'none.json', '-q'], { cwd }), { code: 10, stderr: /PathNotFound/ })
  const two = await program(['validate', 'none.json', 'good.json', 'nor-this.json', '-q'], { cwd })
  t.match(two, { code: 10, stderr: /none\.json, nor-this\.json do not exist \[PathNotFound\]/ })
})

t.test(
  'PATH in a repository: by folder and URL, at a branch, a tag and a commit, as file, folder and glob',
  async t => {
    const repository = await bareRepository(t, { 'd/registry.json': listOf(KEPT), 'd/notes.md': '-' })
    const first = (await repository.head()) ?? ''
    await repository.git(['tag', '-a', '-m', 'release', 'v1', 'main'])
    await repository.git(['tag', 'main', 'main'])
    await repository.commit({ 'd/registry.json': listOf(KEPT, OLD) })
    const cwd = await temporaryDirectory(t)
    const folder = repository.directory
    await writeFile(join(cwd, 'now.json'), listOf(KEPT, OLD))
    const changes = async (path: string) => {
      const { added, removed, unchanged } = (await diff([path, 'now.json'], cwd)).data.counts
      return { added, removed, unchanged }
    }

    for (const revision of ['v1', first, `sha1:${first}`, `main@sha1:${first}`, 'refs/tags/main'])
      t.strictSame(
        await changes(`${folder}@${revision}:d/registry.json`),
        { added: 1, removed: 0, unchanged: 1 },
        revision,
      )
    for (const place of [`${repository.url}@main:d/`, `${folder}@refs/heads/main:`, `${folder}@main:**/*.json`])
      t.strictSame(await changes(place), { added: 0, removed: 0, unchanged: 2 }, place)

    const { data } = await programJson<{ documents: object[] }>(['validate', `${folder}@v1:d`, '-q'], { cwd })
    t.match(data, { valid: true, documents: [{ path: `${folder}@v1:d/registry.json` }] })
    const converted = await program(['convert', `${repository.url}@v1:d`, '--to', 'upstream', '-q'], { cwd })
    t.match(converted, { code: 0, stdout: /io.example\/kept/ })
  },
)

t.test('PATH in a repository: what is wrong with it', async t => {
  const repository = await bareRepository(t, { 'registry.json': listOf(KEPT), link: { symlink: 'registry.json' } })
  const cwd = await files(t, { 'odd@main:name.json': listOf(KEPT) })
  const told = async (path: string) => await program(['validate', path, '-q'], { cwd })

  t.match(await told('odd@main:name.json'), { code: 0 }, 'a file of that name is what is meant')
  t.match(await told(`${repository.url}@none:registry.json`), {
    code: 10,
    stderr: /branch and no tag "none".*RefNotFound/,
  })
  t.match(await told(`${repository.url}@main:none.json`), {
    code: 10,
    stderr: /none\.json.*PathNotFound.\nname a file, a directory or a glob/,
  })
  t.match(await told(`${repository.url}@main:link`), { code: 10, stdout: /Symlink/ })
  t.match(await told('git@git.example.com:team/catalog.git@main:x.json'), {
    code: 10,
    stderr: /ssh:\/\/user@host\/path/,
  })
  t.match(await told('https://user:secret@git.example.com/x.git@main:x.json'), {
    code: 10,
    stderr: /UrlInvalid.\nwith --use-git-credentials/,
  })
  t.notMatch((await told('https://user:secret@git.example.com/x.git@main:x.json')).stderr, /secret/)
  t.match(await told('no-such-folder@main:x.json'), { code: 10, stderr: /RepositoryNotFound/ })
})

t.test('PATH in a repository: where the address ends', async t => {
  const cwd = await temporaryDirectory(t)
  await mkdir(join(cwd, 'x@home/c.git'), { recursive: true })
  for (const [text, expected] of [
    ['https://h.example/a/b.git@main:x/y.json', ['https://h.example/a/b.git', 'main', 'x/y.json']],
    ['ssh://git@h.example:22/a.git@feature/one:x@y:z', ['ssh://git@h.example:22/a.git', 'feature/one', 'x@y:z']],
    ['https://h.example/@team/a@v1:x', ['https://h.example/@team/a', 'v1', 'x']],
    ['.@main:x', ['.', 'main', 'x']],
    ['../c@release@1:x', ['../c', 'release@1', 'x']],
    ['x@home/c.git@main:x', ['x@home/c.git', 'main', 'x']],
    [`x@home/c.git@main@sha1:${'0'.repeat(40)}:x`, ['x@home/c.git', `main@sha1:${'0'.repeat(40)}`, 'x']],
    ['git@h.example:team/c.git@main:x', ['git@h.example:team/c.git', 'main', 'x']],
    ['plain.json', undefined],
    ['a@b', undefined],
    ['a@b..c:x', undefined],
  ] as const) {
    const [repository, revision, path] = expected ?? []
    t.strictSame(await repositoryPath(text, cwd), expected && { repository, revision, path }, text)
  }
  for (const revision of ['HEAD~1', 'HEAD', 'a..b', 'main^'])
    await fails(t, repositoryPath(`x@home/c.git@${revision}:x`, cwd), { reason: 'RefInvalid' }, revision)
})

/** Everything that a write would leave in a repository: refs, and the files of its object store. */
async function stateOf({ directory, git }: TestRepository): Promise<string> {
  const objects = await readdir(join(directory, 'objects'), { recursive: true })
  return `${await git(['for-each-ref'])}\n${objects.sort().join('\n')}`
}

for (const format of ['upstream', 'toolhive']) {
  t.test(`H4 a planned run to ${format} tells what diff tells afterwards, and writes nothing`, async t => {
    const image = (identifier: string) => ({
      packages: [{ registryType: 'oci', identifier, transport: { type: 'stdio' } }],
    })
    const one = (words: string) =>
      server('io.example/one', '1.0.0', { description: words, ...image('ghcr.io/x/one:1') })
    const source = await bareRepository(t, {
      'registry.json': listOf(KEPT, one('first'), server('io.example/gone', '1.0.0')),
    })
    const target = await bareRepository(t)
    const spec = { merge: { prune: 'Missing' } }
    const manifest = importManifest({ source: source.url, target: target.url, spec, targetGit: { format } })
    const cwd = await files(t, { 'import.yaml': manifest })
    const run = (...args: string[]) =>
      programJson<RunResult & { diff?: Diff }>(['run', '-f', 'import.yaml', '-q', ...args], { cwd })
    t.match((await run('--now', '2026-03-01T12:00:00Z')).data, { outcome: 'Completed' })
    const before = await target.head()
    await source.commit({ 'registry.json': listOf(one('second'), KEPT, server('io.example/new', '1.0.0')) })
    const state = await stateOf(target)

    const later = ['--now', '2026-04-01T12:00:00Z']
    const planned = await run('--mode', 'plan', ...later)

    t.equal(planned.code, 0)
    t.match(planned.data, {
      kind: 'RunResult',
      outcome: 'Planned',
      counts: { added: 1, updated: 1, removed: 1, unchanged: 1 },
      target: { revision: `main@sha1:${before}` },
      diff: { kind: 'Diff', counts: { added: 1, updated: 1, removed: 1, unchanged: 1 } },
    })
    t.equal(await stateOf(target), state, 'no ref moved and no object came')
    const people = await program(['run', '-f', 'import.yaml', '-q', '--mode', 'plan', ...later], { cwd })
    t.match(
      people.stdout,
      /Outcome: +Planned[\s\S]*\n- [\s\S]*\n\+ [\s\S]*\n~ [\s\S]*1 added, 1 removed, 1 updated, 1 unchanged\n$/,
    )

    const applied = await run(...later)
    t.equal(applied.data.digest, planned.data.digest)
    t.notOk('diff' in applied.data)
    const after = await diff(
      [`${target.url}@${before}:catalog/registry.json`, `${target.url}@main:catalog/registry.json`],
      cwd,
    )
    t.strictSame(after.data, planned.data.diff)
    if (format === 'toolhive') return
    const again = await run('--mode', 'plan', ...later)
    t.match(again.data, { outcome: 'Unchanged', diff: { counts: { added: 0, updated: 0, removed: 0, unchanged: 3 } } })
  })
}

// What every git engine must do, seen from outside: real repositories before and after. Run once for each engine.
import type { Test } from 'tap'
import type {
  CommitInput,
  FileWrite,
  GitEngine,
  GitRemote,
  GitStore,
  HistoryCommit,
  TreeFile,
} from '../../src/git/engine.ts'
import { Failure } from '../../src/lib/failure.ts'
import { fails } from '../helpers/fails.ts'
import { bareRepository, type Files, type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'

export interface GitEngineSetup {
  readonly engine: GitEngine
  /** How this engine reaches a repository: by its file URL, or through a server that lasts as long as the test. */
  remote(t: Test, repository: TestRepository): Promise<GitRemote>
}

const NOW = new Date('2026-11-22T12:00:00Z')
const PERSON = { name: 'Rollbook', email: 'rollbook@noreply.invalid', date: NOW }
const NEVER = '0123456789012345678901234567890123456789'

/** Declares the tests. */
export function gitEngineContract(t: Test, setup: GitEngineSetup): void {
  const { engine } = setup

  async function opened(t: Test, files: Files = {}, options: Parameters<typeof bareRepository>[2] = {}) {
    const repository = await bareRepository(t, files, options)
    return { repository, ...(await openStore(t, repository)) }
  }
  async function openStore(t: Test, repository: TestRepository) {
    const remote = await setup.remote(t, repository)
    const store = await engine.open(remote, await temporaryDirectory(t), new AbortController().signal)
    const probe = (selection: Parameters<GitEngine['probe']>[1]) =>
      engine.probe(remote, selection, new AbortController().signal)
    return { remote, store, probe }
  }

  t.test('probe', async t => {
    t.test('a branch, a tag and a commit', async t => {
      const { repository, probe } = await opened(t, { 'a.json': '1' })
      const head = await repository.head()
      await repository.git(['tag', 'light', 'main'])
      await repository.git(['tag', '-a', '-m', 'release', 'v1', 'main'])
      t.same(await probe({ branch: 'main' }), { commit: head, emptyRepository: false })
      t.same(await probe({ tag: 'light' }), { commit: head, emptyRepository: false })
      t.same(await probe({ tag: 'v1' }), { commit: head, emptyRepository: false }, 'an annotated tag is peeled')
      t.same(await probe({ commit: NEVER }), { commit: NEVER, emptyRepository: false })
    })
    t.test('A1 an empty repository', async t => {
      const { store, probe } = await opened(t)
      t.same(await probe({ branch: 'main' }), { commit: undefined, emptyRepository: true })
      t.same(await probe({ tag: 'v1' }), { commit: undefined, emptyRepository: true })
      t.equal(await store.fetch({ branch: 'main' }), undefined)
    })
    t.test('A3 a branch that is missing beside others', async t => {
      const { repository, store, probe } = await opened(t, { 'a.json': '1' }, { branch: 'trunk' })
      await repository.git(['update-ref', 'refs/heads/refs/heads/main', 'trunk'])
      t.same(await probe({ branch: 'main' }), { commit: undefined, emptyRepository: false })
      t.same(await probe({ tag: 'v1' }), { commit: undefined, emptyRepository: false })
      t.equal(await store.fetch({ branch: 'main' }), undefined)
      t.equal(await store.fetch({ tag: 'v1' }), undefined)
    })
    t.test('A9 refs that are options, ranges, abbreviations or no names at all', async t => {
      const { store, probe } = await opened(t, { 'a.json': '1' })
      const bad = [
        '',
        '-b',
        '--upload-pack=touch pwned',
        'a\nb',
        'a..b',
        'a@{1}',
        'x.lock',
        'a b',
        '.a',
        'a/',
        'a//b',
        'a\\b',
        'a~1',
        'a:b',
        'a*',
        '@',
      ]
      for (const name of bad) {
        await fails(t, probe({ branch: name }), { reason: 'RefInvalid', class: 'definite' }, JSON.stringify(name))
        await fails(t, store.fetch({ tag: name }), { reason: 'RefInvalid', class: 'definite' }, JSON.stringify(name))
      }
      for (const commit of ['abc1234', NEVER.toUpperCase().replace('0', 'A'), `${NEVER}0`, 'HEAD'])
        await fails(t, probe({ commit }), { reason: 'RefInvalid', class: 'definite' }, commit)
      await fails(t, probe({ commit: 'a'.repeat(64) }), { reason: 'ObjectFormatUnsupported', class: 'definite' })
    })
    t.test('F8 a repository with SHA-256 object names', async t => {
      const { store, probe } = await opened(t, { 'a.json': '1' }, { objectFormat: 'sha256' })
      await fails(t, probe({ branch: 'main' }), { reason: 'ObjectFormatUnsupported', message: /SHA-256/ })
      await fails(t, store.fetch({ branch: 'main' }), { reason: 'ObjectFormatUnsupported', message: /SHA-256/ })
    })
  })

  t.test('fetch', async t => {
    t.test('a branch, a tag, and again after each of them moved', async t => {
      const { repository, store } = await opened(t, { 'a.json': '1' })
      const first = await repository.head()
      await repository.git(['tag', '-a', '-m', 'release', 'v1', 'main'])
      t.equal(await store.fetch({ branch: 'main' }), first)
      t.equal(await store.fetch({ tag: 'v1' }), first)

      const second = await repository.commit({ 'a.json': '2' })
      t.equal(await store.fetch({ branch: 'main' }), second)
      t.equal(await text(store, second, 'a.json'), '2')
      t.comment('A6 the tag moves')
      await repository.git(['tag', '-f', '-a', '-m', 'release', 'v1', 'main'])
      t.equal(await store.fetch({ tag: 'v1' }), second)
      t.comment('A5 the branch goes backwards')
      await repository.git(['update-ref', 'refs/heads/main', first ?? ''])
      t.equal(await store.fetch({ branch: 'main' }), first)
      t.equal(await text(store, first ?? '', 'a.json'), '1')
      t.comment('A4 the branch is deleted')
      await repository.git(['update-ref', '-d', 'refs/heads/main'])
      t.equal(await store.fetch({ branch: 'main' }), undefined)
    })
    t.test('A7 a commit that no branch reaches, one that does not exist, and an id that is no commit', async t => {
      const { repository, store } = await opened(
        t,
        { 'a.json': 'old' },
        { config: { 'uploadpack.allowAnySHA1InWant': 'true' } },
      )
      const pinned = await repository.commit({ 'a.json': 'pinned' }, 'pinned', { branch: 'aside' })
      await repository.git(['update-ref', '-d', 'refs/heads/aside'])
      t.equal(await store.fetch({ commit: pinned }), pinned)
      t.equal(await text(store, pinned, 'a.json'), 'pinned')
      await fails(t, store.fetch({ commit: NEVER }), {
        reason: 'RefNotFound',
        class: 'definite',
        message: new RegExp(NEVER),
      })
      const blob = await repository.git(['rev-parse', 'main:a.json'])
      await fails(t, store.fetch({ commit: blob }), { reason: 'RefNotFound', class: 'definite' })
    })
    t.test('a server that cannot filter', async t => {
      const { repository, store } = await opened(
        t,
        { 'a.json': '1' },
        { config: { 'uploadpack.allowFilter': 'false' } },
      )
      const head = await repository.head()
      t.equal(await store.fetch({ branch: 'main' }), head)
      t.equal(await text(store, head ?? '', 'a.json'), '1')
    })
  })

  t.test('signedObject: a commit and an annotated tag as git has them, the tag as it was fetched', async t => {
    const { repository, store } = await opened(t, { 'a.json': '1' })
    const head = (await repository.head()) ?? ''
    await repository.git(['tag', 'light', 'main'])
    await repository.git(['tag', '-a', '-m', 'release ü', 'v1', 'main'])
    const tag = await repository.git(['cat-file', 'tag', 'v1'])
    await store.fetch({ tag: 'light' })
    await store.fetch({ tag: 'v1' })
    await repository.git(['tag', '-f', '-a', '-m', 'moved', 'v1', 'main'])

    const read = async (selection: Parameters<GitStore['signedObject']>[0]) =>
      (await store.signedObject(selection))?.toString().trimEnd()
    t.equal(await read({ commit: head }), await repository.git(['cat-file', 'commit', head]))
    t.equal(await read({ tag: 'v1' }), tag)
    t.equal(await read({ tag: 'light' }), undefined)
    await fails(t, store.signedObject({ tag: '--all' }), { reason: 'RefInvalid' })
    await fails(t, store.signedObject({ commit: 'HEAD' }), { reason: 'RefInvalid' })
  })

  t.test('list', async t => {
    const files = {
      'z.json': 'z',
      'a.json': 'a',
      'dir/one.json': '1',
      'dir/two.txt': '2',
      'dir/deep/three.json': '3',
      'dir.json': 'sibling',
      'odd [x].json': 'odd',
      'ünï/€.json': 'utf',
    }
    t.test('a file, a directory, everything, a glob, nothing; in byte order', async t => {
      const { repository, store } = await opened(t, files)
      const head = (await repository.head()) ?? ''
      await store.fetch({ branch: 'main' })
      const paths = async (path: string) => (await store.list(head, path)).map(file => file.path)
      t.same(
        await paths(''),
        Object.keys(files).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      )
      t.same(await paths('a.json'), ['a.json'])
      t.same(await paths('dir'), ['dir/deep/three.json', 'dir/one.json', 'dir/two.txt'])
      t.same(await paths('dir/'), ['dir/deep/three.json', 'dir/one.json', 'dir/two.txt'])
      t.same(await paths('*.json'), ['a.json', 'dir.json', 'odd [x].json', 'z.json'], '* does not cross a slash')
      t.same(await paths('dir/*.json'), ['dir/one.json'])
      t.same(await paths('dir/**/*.json'), ['dir/deep/three.json', 'dir/one.json'], '** does')
      t.same(await paths('{a,z}.json'), ['a.json', 'z.json'])
      t.same(await paths('odd [x].json'), ['odd [x].json'], 'a path that exists is no glob')
      t.same(await paths('ünï/*'), ['ünï/€.json'])
      t.same(await paths('missing'), [])
      t.same(await paths('missing/*.json'), [])
      t.same(await paths(':(top)a.json'), [], 'git path magic means nothing here')
    })
    t.test('F1 F2 symlinks and submodules are listed as what they are and never followed', async t => {
      const { repository, store } = await opened(t, {
        'link.json': { symlink: '/etc/passwd' },
        module: { submodule: NEVER },
        'real.json': '{}',
      })
      const head = (await repository.head()) ?? ''
      await store.fetch({ branch: 'main' })
      const listed = await store.list(head, '')
      t.same(
        listed.map(({ path, mode }) => ({ path, mode })),
        [
          { path: 'link.json', mode: '120000' },
          { path: 'module', mode: '160000' },
          { path: 'real.json', mode: '100644' },
        ],
      )
      t.same(await contents(store, listed.slice(0, 1)), ['/etc/passwd'], 'the content of a link is its text')
      t.same(await store.list(head, 'link.json/passwd'), [])
    })
    t.test('F3 paths that leave the repository', async t => {
      const { repository, store } = await opened(t, { 'a.json': '1' })
      const head = (await repository.head()) ?? ''
      await store.fetch({ branch: 'main' })
      for (const path of ['/etc/passwd', '../a.json', 'a/../../b', 'a\0b', '.git/config', 'x/.GIT/y', 'a//b'])
        await fails(t, store.list(head, path), { reason: 'PathInvalid', class: 'definite' }, JSON.stringify(path))
    })
  })

  t.test('read', async t => {
    t.test('in the order asked, repeats and empty files too', async t => {
      const big = 'x'.repeat(300_000)
      const { repository, store } = await opened(t, { a: 'A', b: big, empty: '', same: 'A' })
      await store.fetch({ branch: 'main' })
      const [a, b, empty, same] = await store.list((await repository.head()) ?? '', '')
      const order = [b, a, empty, same, a].filter(file => file !== undefined)
      t.same(await contents(store, order), [big, 'A', '', 'A', 'A'])
      t.same(await contents(store, []), [])
    })
    t.test('F4 a file above the limit is named with its size, and the others before it were read', async t => {
      const { repository, store } = await opened(t, { 'a.json': 'small', 'b.json': 'x'.repeat(5000) })
      await store.fetch({ branch: 'main' })
      const files = await store.list((await repository.head()) ?? '', '')
      const seen: string[] = []
      const reading = async () => {
        for await (const { file } of store.read(files, 4999)) seen.push(file.path)
      }
      await fails(t, reading(), { reason: 'LimitExceeded', class: 'definite', message: /"b\.json" has 5000 bytes/ })
      t.same(seen, ['a.json'])
      t.equal((await contents(store, files, 5000)).length, 2, 'the limit itself is allowed')
    })
    t.test('a reader that stops early leaves the store usable', async t => {
      const { repository, store } = await opened(t, { a: 'x'.repeat(400_000), b: 'b' })
      await store.fetch({ branch: 'main' })
      const files = await store.list((await repository.head()) ?? '', '')
      for await (const { file } of store.read(files, 1e6)) {
        t.equal(file.path, 'a')
        break
      }
      t.equal((await contents(store, files)).length, 2)
    })
  })

  t.test('findTrailer', async t => {
    const mark = (run: string) => `import: something\n\nBody text.\n\nRollbook-Run: ${run}\nRollbook-Attempt: 1\n`
    const anyTime = { notBefore: undefined }
    t.test('the newest commit with the trailer, exact and in the trailer block only', async t => {
      const { repository, store } = await opened(t, { 'a.json': '0' })
      await repository.commit({ 'a.json': '1' }, mark('run-1'))
      const second = await repository.commit({ 'a.json': '2' }, mark('run-1'))
      await repository.commit({ 'a.json': '3' }, 'Rollbook-Run: subject')
      await repository.commit({ 'a.json': '4' }, 'subject\n\nRollbook-Run: body\n\nSigned-off-by: x')
      await repository.commit(
        { 'a.json': '5' },
        'subject\n\n  Rollbook-Run: indented\nx: Rollbook-Run: inside\nRollbook-Run: longer-2',
      )
      const head = (await repository.head()) ?? ''
      const found = await store.findTrailer(head, 'Rollbook-Run: run-1', anyTime)
      t.equal(found?.commit, second)
      t.equal(found?.message, mark('run-1'))
      for (const run of ['run-', 'run-2', 'subject', 'body', 'indented', 'inside', 'longer', 'Run-1'])
        t.equal(await store.findTrailer(head, `Rollbook-Run: ${run}`, anyTime), undefined, run)
      t.equal((await store.findTrailer(head, 'Rollbook-Run: longer-2', anyTime))?.commit, head)
    })
    t.test('deepens until it is found, the window ends, or the history does', async t => {
      const { repository, store } = await opened(t, {})
      const start = NOW.getTime() - 300 * 60_000
      await repository.git(
        ['fast-import', '--quiet'],
        manyCommits(300, start, n => (n === 20 || n === 150 ? mark(`run-${n}`) : `commit ${n}`)),
      )
      const head = (await repository.head()) ?? ''
      const since = (minutes: number) => ({ notBefore: new Date(NOW.getTime() - minutes * 60_000) })
      t.ok(await store.findTrailer(head, 'Rollbook-Run: run-150', since(200)), 'second step')
      const fresh = await openStore(t, repository)
      t.equal(await fresh.store.findTrailer(head, 'Rollbook-Run: run-20', since(120)), undefined, 'outside the window')
      t.ok(await store.findTrailer(head, 'Rollbook-Run: run-20', since(295)), 'third step')
      t.ok(await store.findTrailer(head, 'Rollbook-Run: run-20', anyTime), 'whole history')
      t.equal(await store.findTrailer(head, 'Rollbook-Run: none', since(9999)), undefined)
      t.equal(await store.contains(head, await repository.git(['rev-parse', 'main~299'])), true)
      t.equal(await store.contains(head, await repository.git(['rev-parse', 'main~3'])), true)
      t.equal(await store.contains(await repository.git(['rev-parse', 'main~3']), head), false)
      t.equal(await store.contains(head, NEVER), false)
    })
    t.test('does not disturb the store that is read and pushed from', async t => {
      const { repository, store } = await opened(t, { 'a.json': '0' })
      for (let n = 1; n < 5; n++) await repository.commit({ 'a.json': `${n}` })
      const head = (await store.fetch({ branch: 'main' })) ?? ''
      t.equal(await store.findTrailer(head, 'Rollbook-Run: x', anyTime), undefined)
      const commit = await store.commit(input(head, [write('a.json', 'new')]))
      t.equal(await store.push(commit ?? '', 'main', head), 'accepted')
      t.equal(await repository.read('a.json'), 'new')
    })
  })

  t.test('history', async t => {
    const collected = async (store: GitStore, head: string, path: string) => {
      const found: HistoryCommit[] = []
      for await (const commit of store.history(head, path)) found.push(commit)
      return found
    }
    t.test('every commit before its parents, what changes the path, and the files of any of them', async t => {
      const { repository, store } = await opened(t, { 'a.json': '0', 'd/x.json': 'x' })
      const first = (await repository.head()) ?? ''
      const beside = await repository.commit({ 'other.json': '1' }, 'beside\n\nKey: value\n', { date: NOW })
      const nested = await repository.commit({ 'd/y.json': 'y' }, 'below')
      await repository.git(['update-ref', 'refs/heads/side', first])
      const side = await repository.commit({ 'a.json': '2' }, 'on a side branch', { branch: 'side' })
      const tree = await repository.git(['merge-tree', '--write-tree', 'main', 'side'])
      const merge = await repository.git(['commit-tree', tree, '-p', nested, '-p', side], 'merge')
      await repository.git(['update-ref', 'refs/heads/main', merge])

      const evilTree = await repository.git(['rev-parse', `${nested}^{tree}`])
      const evil = await repository.git(
        ['commit-tree', evilTree, '-p', merge, '-p', side],
        'a merge that takes a file back',
      )
      await repository.git(['update-ref', 'refs/heads/main', evil])

      t.equal(await store.fetch({ branch: 'main' }), evil)
      const commits = await collected(store, evil, 'a.json')
      const byId = new Map(commits.map(commit => [commit.commit, commit]))
      t.strictSame([...byId.keys()].sort(), [first, beside, nested, side, merge, evil].sort())
      for (const { commit, parents } of commits)
        for (const parent of parents)
          t.ok(commits.findIndex(c => c.commit === parent) > commits.findIndex(c => c.commit === commit), 'in order')
      t.strictSame(byId.get(merge)?.parents, [nested, side])
      t.strictSame(byId.get(beside), {
        commit: beside,
        parents: [first],
        date: NOW,
        message: 'beside\n\nKey: value\n',
        changesPath: false,
      })
      const changing = async (path: string) =>
        (await collected(store, evil, path)).filter(({ changesPath }) => changesPath).map(({ commit }) => commit)
      t.strictSame(
        (await changing('a.json')).sort(),
        [first, side, evil].sort(),
        'an honest merge has what a parent has',
      )
      t.strictSame((await changing('d')).sort(), [first, nested].sort())
      t.strictSame(await changing('d/y.json'), [nested])
      t.strictSame(await changing('*.json'), [], 'literally')
      t.equal(await text(store, first, 'a.json'), '0')
      t.equal(await text(store, side, 'a.json'), '2')
    })
    t.test('without a fetch before, and read no further than asked', async t => {
      const { repository, store } = await opened(t, {})
      await repository.git(
        ['fast-import', '--quiet'],
        manyCommits(300, NOW.getTime() - 300 * 60_000, n => `commit ${n}`),
      )
      const head = (await repository.head()) ?? ''
      t.equal((await collected(store, head, 'none')).length, 300)
      for await (const { commit } of store.history(head, 'none')) {
        t.equal(commit, head)
        break
      }
      await fails(t, collected(store, 'main', 'none'), { reason: 'RefInvalid', class: 'definite' })
    })
  })

  t.test('commit', async t => {
    t.test('adds, updates and deletes files on a base; the rest stays, byte for byte', async t => {
      const { repository, store } = await opened(t, {
        'keep/me.json': 'kept',
        link: { symlink: 'keep' },
        'update.json': 'old',
        'gone/only.json': 'x',
        'file-to-dir': 'x',
        'dir-to-file/a': 'x',
      })
      const base = (await store.fetch({ branch: 'main' })) ?? ''
      const keep = await repository.git(['rev-parse', 'main:keep'])
      const commit = await store.commit(
        input(base, [
          write('update.json', 'new'),
          { path: 'gone/only.json', content: undefined },
          { path: 'never/there.json', content: undefined },
          write('new/deep/er.json', 'ü€'),
          { path: 'file-to-dir', content: undefined },
          write('file-to-dir/inside', 'y'),
          { path: 'dir-to-file/a', content: undefined },
          { path: 'pieces.json', content: [Buffer.from('one '), Buffer.from(''), Buffer.from('two')] },
          { path: 'empty.json', content: [] },
        ]),
      )
      t.equal(await repository.head(), base, 'nothing left the store')
      t.equal(await store.push(commit ?? '', 'main', base), 'accepted')
      t.equal(await repository.head(), commit)
      t.same(await repository.paths(), [
        'empty.json',
        'file-to-dir/inside',
        'keep/me.json',
        'link',
        'new/deep/er.json',
        'pieces.json',
        'update.json',
      ])
      t.equal(await repository.read('pieces.json'), 'one two')
      t.equal(await repository.read('new/deep/er.json'), 'ü€')
      t.equal(await repository.read('empty.json'), '')
      t.equal(await repository.git(['rev-parse', 'main:keep']), keep)
      t.equal(await repository.git(['fsck', '--strict', '--full']), '')
      t.equal(
        await repository.git(['log', '-1', '--format=%an|%ae|%at|%cn|%ce|%ct|%B']),
        `Rollbook|rollbook@noreply.invalid|${NOW.getTime() / 1000}|Rollbook|rollbook@noreply.invalid|${NOW.getTime() / 1000}|message`,
      )
    })
    t.test('C6 nothing to change gives no commit', async t => {
      const { store } = await opened(t, { 'a.json': 'same', 'd/b.json': 'b' })
      const base = (await store.fetch({ branch: 'main' })) ?? ''
      t.equal(
        await store.commit(input(base, [write('a.json', 'same'), { path: 'none', content: undefined }])),
        undefined,
      )
      t.equal(await store.commit(input(base, [])), undefined)
    })
    t.test('an executable file stays one, a symlink that is written becomes a file', async t => {
      const { store } = await opened(t, { link: { symlink: '/etc/passwd' }, run: { executable: 'old' } })
      const head = (await store.fetch({ branch: 'main' })) ?? ''
      const commit = (await store.commit(input(head, [write('link', 'text'), write('run', 'new')]))) ?? ''
      const listed = await store.list(commit, '')
      t.same(
        listed.map(({ path, mode }) => `${mode} ${path}`),
        ['100644 link', '100755 run'],
      )
    })
    t.test('a signature becomes the last header of the commit that was signed', async t => {
      const { repository, store } = await opened(t, { 'a.json': '1' })
      const base = (await store.fetch({ branch: 'main' })) ?? ''
      const signed: string[] = []
      const sign = async (payload: Buffer, date: Date) => {
        signed.push(payload.toString(), date.toISOString())
        return '-----BEGIN TEST-----\n\nabc\n-----END TEST-----\n'
      }
      const commit = (await store.commit({ ...input(base, [write('a.json', '2')]), sign })) ?? ''
      t.equal(await store.push(commit, 'main', base), 'accepted')
      const [header = '', message = ''] = (await repository.git(['cat-file', 'commit', 'main'])).split(/\n\n(.*)/s)
      const [payload, date] = signed
      const signature = '\ngpgsig -----BEGIN TEST-----\n \n abc\n -----END TEST-----'
      t.ok(header.endsWith(signature), 'the header')
      t.equal(`${header.slice(0, -signature.length)}\n\n${message}\n`, payload)
      t.equal(date, NOW.toISOString())
      t.equal(await repository.git(['fsck', '--strict', '--full']), '')
    })
    t.test('two parents', async t => {
      const { repository, store } = await opened(t, { 'a.json': '1' })
      const main = (await repository.head()) ?? ''
      const aside = await repository.commit({ 'b.json': 'aside' }, 'aside', { branch: 'aside' })
      await repository.commit({ 'c.json': 'x' })
      const ahead = (await store.fetch({ branch: 'main' })) ?? ''
      t.equal(await store.fetch({ branch: 'aside' }), aside)
      const made = await store.commit({ ...input(ahead, [write('a.json', 'merged')]), parents: [aside, ahead] })
      t.equal(await store.push(made ?? '', 'aside', aside), 'accepted')
      t.equal(await repository.git(['log', '-1', '--format=%P', 'aside']), `${aside} ${ahead}`)
      t.same(
        await repository.paths('aside'),
        ['a.json', 'c.json'],
        'the tree starts from the base, not from the first parent',
      )
      t.equal(await store.contains(made ?? '', main), true)
    })
    t.test('F3 C12 names that must not be written', async t => {
      const { store } = await opened(t, { 'a.json': '1' })
      const base = (await store.fetch({ branch: 'main' })) ?? ''
      for (const path of [
        '',
        '/abs',
        '../up',
        'a/../b',
        '.git/hooks/x',
        '.GIT',
        'a/git~1',
        'a\nb',
        'a\0b',
        'a\\b',
        'x//y',
        'a/',
        'p'.repeat(1025),
      ])
        await fails(
          t,
          store.commit(input(base, [write(path, 'x')])),
          { reason: 'PathInvalid', class: 'definite' },
          JSON.stringify(path),
        )
      await fails(t, store.commit(input(base, [write('a', 'x'), write('a/b', 'y')])), { reason: 'PathInvalid' })
      await fails(t, store.commit({ ...input(base, [write('x', 'x')]), author: { ...PERSON, name: 'a\nparent x' } }), {
        reason: 'RequestInvalid',
      })
    })
  })

  t.test('push', async t => {
    t.test('A2 the first commit of an empty repository', async t => {
      const { repository, store } = await opened(t)
      const commit = await store.commit({ ...input(undefined, [write('registry.json', '{}')]), parents: [] })
      t.equal(await store.push(commit ?? '', 'main', undefined), 'accepted')
      t.equal(await repository.head(), commit)
      t.equal(await repository.read('registry.json'), '{}')
    })
    t.test('a second engine that was faster on an empty repository', async t => {
      const { repository, store } = await opened(t)
      const commit = await store.commit({ ...input(undefined, [write('a', '1')]), parents: [] })
      const theirs = await repository.commit({ b: '2' })
      t.equal(await store.push(commit ?? '', 'main', undefined), 'moved')
      t.equal(await repository.head(), theirs)
    })
    t.test('C1 the branch moves before the push: moved, then fetched and pushed again; nothing is lost', async t => {
      const { repository, store } = await opened(t, { 'a.json': '1' })
      const base = (await store.fetch({ branch: 'main' })) ?? ''
      const first = await store.commit(input(base, [write('mine.json', 'm')]))
      const theirs = await repository.commit({ 'theirs.json': 't' })
      t.equal(await store.push(first ?? '', 'main', base), 'moved')
      t.equal(await repository.head(), theirs)
      t.equal(await store.fetch({ branch: 'main' }), theirs)
      const second = await store.commit(input(theirs, [write('mine.json', 'm')]))
      t.equal(await store.push(second ?? '', 'main', theirs), 'accepted')
      t.same(await repository.paths(), ['a.json', 'mine.json', 'theirs.json'])
      t.equal(await repository.git(['rev-list', '--count', 'main']), '3')
    })
    t.test('a branch that was deleted, or taken back, counts as moved', async t => {
      const { repository, store } = await opened(t, { 'a.json': '1' })
      const first = (await repository.head()) ?? ''
      await repository.commit({ 'a.json': '2' })
      const base = (await store.fetch({ branch: 'main' })) ?? ''
      const commit = await store.commit(input(base, [write('a.json', '3')]))
      await repository.git(['update-ref', 'refs/heads/main', first])
      t.equal(await store.push(commit ?? '', 'main', base), 'moved')
      t.equal(await repository.head(), first)
      await repository.git(['update-ref', '-d', 'refs/heads/main'])
      t.equal(await store.push(commit ?? '', 'main', base), 'moved')
      t.equal(await repository.head(), undefined)
    })
    t.test('the same push again is accepted: its answer may have been lost', async t => {
      const { repository, store } = await opened(t, { 'a.json': '1' })
      const base = (await store.fetch({ branch: 'main' })) ?? ''
      const commit = (await store.commit(input(base, [write('a.json', '2')]))) ?? ''
      t.equal(await store.push(commit, 'main', base), 'accepted')
      t.equal(await store.push(commit, 'main', base), 'accepted')
      t.equal(await repository.head(), commit)
    })
    t.test('a push branch that is behind the base goes forward; one that is not is never overwritten', async t => {
      const { repository, store } = await opened(t, { 'a.json': '1' })
      const old = (await repository.head()) ?? ''
      await repository.git(['branch', 'proposal', old])
      const stray = await repository.commit({ 'stray.json': 's' }, 'stray', { branch: 'stray' })
      await repository.commit({ 'a.json': '2' })
      const base = (await store.fetch({ branch: 'main' })) ?? ''
      const commit = (await store.commit(input(base, [write('a.json', '3')]))) ?? ''
      t.equal(await store.push(commit, 'proposal', old), 'accepted')
      t.equal(await repository.head('proposal'), commit)
      await t.rejects(store.push(commit, 'stray', stray), new Error(`commit ${commit} does not stand on ${stray}`))
      t.equal(await repository.head('stray'), stray)
    })
    t.test('C4 C5 five writers at once: linear history, every file there, nobody fails', async t => {
      const { repository } = await opened(t, { 'a.json': '1' })
      const writers = Array.from({ length: 5 }, async (_, number) => {
        const { store } = await openStore(t, repository)
        for (let tries = 1; tries <= 40; tries++) {
          const head = (await store.fetch({ branch: 'main' })) ?? ''
          const commit = (await store.commit(input(head, [write(`w${number}.json`, `${number}`)]))) ?? ''
          if ((await store.push(commit, 'main', head)) === 'accepted') return
        }
        throw new Error('never accepted')
      })
      await Promise.all(writers)
      t.equal(await repository.git(['rev-list', '--count', 'main']), '6')
      t.equal(await repository.git(['rev-list', '--count', '--min-parents=2', 'main']), '0')
      t.equal((await repository.paths()).length, 6)
    })
    t.test('C2 a branch that moves on every try never loses a commit of others', async t => {
      const { repository, store } = await opened(t, { 'a.json': '1' })
      for (let tries = 0; tries < 4; tries++) {
        const head = (await store.fetch({ branch: 'main' })) ?? ''
        const commit = (await store.commit(input(head, [write('mine.json', `${tries}`)]))) ?? ''
        await repository.commit({ 'theirs.json': `${tries}` })
        t.equal(await store.push(commit, 'main', head), 'moved')
      }
      t.equal(await repository.git(['rev-list', '--count', 'main']), '5')
    })
    t.test('a branch that is checked out at the other end: one sentence, not git advice', async t => {
      const { repository, store } = await opened(t, { 'a.json': '1' })
      await repository.git(['config', 'core.bare', 'false'])
      await repository.git(['config', 'receive.denyCurrentBranch', 'refuse'])
      const base = (await store.fetch({ branch: 'main' })) ?? ''
      const commit = (await store.commit(input(base, [write('a.json', '2')]))) ?? ''
      const failure = await fails(t, store.push(commit, 'main', base), {
        reason: 'PushRejected',
        message: /rejected the push: the branch is checked out there$/,
      })
      t.equal(failure.hint, 'push to a bare repository')
    })
    t.test('B8 a hook that says no: its text without control characters, definite', async t => {
      const { repository, store } = await opened(t, { 'a.json': '1' })
      const hook = `#!/bin/sh\nprintf '\\033[31mpolicy:\\033[0m ask \\007the \\033]0;title\\007owners https://bob:hunter2@git.example/x\\n' >&2\nexit 1\n`
      const base = (await store.fetch({ branch: 'main' })) ?? ''
      const commit = (await store.commit(input(base, [write('a.json', '2')]))) ?? ''
      for (const name of ['pre-receive', 'update']) {
        await repository.hook(name, hook)
        const failure = await fails(t, store.push(commit, 'main', base), {
          reason: 'PushRejected',
          class: 'definite',
          message: /policy: ask the owners .*hook declined/,
        })
        t.equal(await repository.head(), base)
        t.notMatch(failure.message, /[\u0000-\u001f\u007f]|hunter2/)
        t.ok(failure.message.length < 700)
        await repository.hook(name, '#!/bin/sh\nexit 0\n')
      }
      t.equal(await store.push(commit, 'main', base), 'accepted')
    })
  })

  t.test('A10 URLs of other forms, without an echo of what is in them', async t => {
    const urls = [
      'git@github.com:o/r.git',
      'ext::sh -c touch% pwned',
      'git://host/r',
      'https://user:hunter2@host/r',
      'https://hunter2@host/r',
      'ssh://git:hunter2@host/r',
      'ssh://-oProxyCommand=x/r',
      'ssh://host/-x',
      '--upload-pack=x',
      '/etc',
      'file://host/etc',
      'https://host',
      'https://host/r?token=hunter2',
      'https://host\\@evil/r',
      'https://host/a b',
      '',
    ]
    for (const url of urls) {
      const probing = engine.probe({ url }, { branch: 'main' }, new AbortController().signal)
      const failure = await fails(t, probing, { reason: 'UrlInvalid', class: 'definite' }, url)
      t.notMatch(String(failure.message), /hunter2/)
    }
  })

  t.test('an aborted signal ends with its failure', async t => {
    const repository = await bareRepository(t, { 'a.json': '1' })
    const remote = await setup.remote(t, repository)
    const deadline = new Failure('DeadlineExceeded', 'transient', 'too late')
    await fails(t, engine.probe(remote, { branch: 'main' }, AbortSignal.abort(deadline)), {
      reason: 'DeadlineExceeded',
    })
    await fails(t, engine.probe(remote, { branch: 'main' }, AbortSignal.abort()), {
      reason: 'Cancelled',
      class: 'cancelled',
    })
  })
}

function input(base: string | undefined, changes: readonly FileWrite[]): CommitInput {
  return {
    parents: base === undefined ? [] : [base],
    base,
    changes,
    message: 'message',
    author: PERSON,
    committer: PERSON,
  }
}

function write(path: string, content: string): FileWrite {
  return { path, content: [Buffer.from(content)] }
}

async function contents(store: GitStore, files: readonly TreeFile[], maxBytes = 1_000_000): Promise<string[]> {
  const found: string[] = []
  for await (const { bytes } of store.read(files, maxBytes)) found.push(bytes.toString())
  return found
}

async function text(store: GitStore, commit: string, path: string): Promise<string | undefined> {
  return (await contents(store, await store.list(commit, path)))[0]
}

/** A chain of commits one minute apart, the oldest numbered 0. */
function manyCommits(count: number, start: number, message: (number: number) => string): string {
  const out: string[] = []
  for (let n = 0; n < count; n++) {
    const body = message(n)
    out.push(`commit refs/heads/main\ncommitter T <t@example.com> ${Math.floor(start / 1000) + n * 60} +0000\n`)
    out.push(`data ${Buffer.byteLength(body)}\n${body}\nM 100644 inline f\ndata <<E\n${n}\nE\n\n`)
  }
  return out.join('')
}

// F4 trees beyond the limits: 200,000 files are too many to make on every test run.
import t from 'tap'
import { nativeEngine } from '../../src/git/native/engine.ts'
import { fails } from '../helpers/fails.ts'
import { bareRepository, type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'

const engine = nativeEngine({ ambient: process.env, allowFile: true, allowHttp: false })

t.test('F4 limits on number, depth and length of paths name their figure', async t => {
  const repository = await bareRepository(t, { 'a.json': '1' })
  const blob = await repository.git(['rev-parse', 'main:a.json'])
  const lines = Array.from({ length: 200_001 }, (_, n) => `100644 blob ${blob}\t${n}\n`).join('')
  const many = await repository.git(['mktree', '--missing'], lines)
  await checkTree(repository, many, /more than 200000 files/)

  const nested = async (depth: number, name: string) => {
    let tree = await repository.git(['mktree'], `100644 blob ${blob}\tf\n`)
    for (let n = 1; n < depth; n++) tree = await repository.git(['mktree'], `040000 tree ${tree}\t${name}\n`)
    return tree
  }
  await checkTree(repository, await nested(64, 'd'), undefined)
  await checkTree(repository, await nested(65, 'd'), /65 levels deep, more than 64/)
  await checkTree(repository, await nested(6, 'n'.repeat(250)), /has 1256 bytes, more than 1024/)

  async function checkTree({ git, url }: TestRepository, tree: string, message: RegExp | undefined): Promise<void> {
    await git(['update-ref', 'refs/heads/main', await git(['commit-tree', '-m', 'x', tree])])
    const store = await engine.open({ url }, await temporaryDirectory(t), new AbortController().signal)
    const listing = store.list((await store.fetch({ branch: 'main' })) ?? '', '')
    if (message === undefined) t.ok((await listing).length > 0)
    else await fails(t, listing, { reason: 'LimitExceeded', class: 'definite', message })
  }
})

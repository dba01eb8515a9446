// The warning that nothing is pruned: whenever something would be, but for an entry of the source without a name.
import t from 'tap'
import { server } from '../helpers/entries.ts'
import { type Pipeline, pipe } from '../helpers/pipeline.ts'

const ONE = server('io.example/one', '1.0.0')
const OLD = server('io.example/old', '1.0.0')

async function notes(source: Pipeline['source'], merge: Pipeline['merge'] = { prune: 'Missing' }) {
  const { text } = await pipe({ source: [{ servers: [ONE, OLD] }] })
  const { issues } = await pipe({ source, merge, ...(text === undefined ? {} : { target: text }) })
  return issues.filter(({ code }) => code === 'NothingPruned')
}

t.test('one warning about all entries without a name', async t => {
  t.strictSame(await notes([{ servers: [ONE, null] }]), [
    {
      code: 'NothingPruned',
      tier: 'policy',
      severity: 'warning',
      document: 'source-0.json',
      pointer: '',
      path: '',
      message: 'nothing is pruned: 1 entry of source-0.json has no name, and may be any entry of the target',
      hint: 'mend it or remove it',
    },
  ])
  t.match(await notes([{ servers: [ONE, null, { server: 'nonsense' }] }, { servers: [1] }]), [
    {
      message:
        'nothing is pruned: 3 entries of source-0.json and 1 other document have no name, and each may be any entry of the target',
      hint: 'mend or remove them',
    },
  ])
})

t.test('ten errors do not push it out', async t => {
  t.equal((await notes([{ servers: [ONE, ...Array(20).fill(null)] }])).length, 1)
})

t.test('none where nothing would be pruned anyway', async t => {
  t.strictSame(await notes([{ servers: [ONE, null] }], { prune: 'Never' }), [])
  t.strictSame(await notes([{ servers: [ONE, OLD, null] }]), [], 'nothing is gone')
  t.strictSame(await notes([{ servers: [ONE, { name: OLD.name }, null] }]), [], 'what is gone is named, and invalid')
  t.strictSame(await notes([{ servers: [ONE, { name: OLD.name }] }]), [], 'every entry has a name')
})

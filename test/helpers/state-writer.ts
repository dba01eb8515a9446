// Run by a test as a process of its own: writes to a state directory for ever, and tells the name of each object once it is
// acknowledged. The test kills it.
import { openMemoryCluster } from '../../src/cluster/memory/open.ts'
import { CONFIG_MAPS } from '../../src/cluster/types.ts'

const [directory = ''] = process.argv.slice(2)
const { cluster } = await openMemoryCluster({ directory, clock: { now: () => new Date() }, leastChanges: 10_000 })
const { items } = await cluster.list(CONFIG_MAPS)
for (let count = items.length; ; count++) {
  const name = String(count).padStart(6, '0')
  await cluster.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'team', name } })
  process.stdout.write(`${name}\n`)
}

// The memory cluster keeps the rules that a real API server keeps.
import t from 'tap'
import { memoryCluster } from '../../../src/cluster/memory/cluster.ts'
import { clusterContract } from '../../contracts/cluster-contract.ts'

const cluster = memoryCluster({ clock: { now: () => new Date() } })
let sites = 0

clusterContract(t, async () => ({ cluster, namespace: `site-${++sites}` }))

// Logs of Pods through a real API server; only the kubelet behind it is played.
import t from 'tap'
import { PODS } from '../../src/cluster/types.ts'
import type { Pod } from '../../src/resources/workload.ts'
import { refused } from '../contracts/cluster-site.ts'
import { clusterAt, namespaceFor, needControlPlane } from '../helpers/control-plane.ts'
import { playedNode } from '../helpers/played-node.ts'

const plane = needControlPlane(t)

if (plane) {
  const node = await playedNode(t, plane)
  const cluster = clusterAt(t, plane.kubeconfig)
  const namespace = await namespaceFor(t, plane)
  await plane.kubectl('wait', '--for=create', '--timeout=60s', 'serviceaccount/default', '-n', namespace)

  /** A Pod of two containers, as where a mesh adds its own. */
  const pod = async (name: string) => {
    const containers = ['worker', 'mesh'].map(name => ({ name, image: 'registry.example/worker:1' }))
    const spec = { containers, automountServiceAccountToken: false }
    await cluster.create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name }, spec } as unknown as Pod)
    return { namespace, name }
  }

  t.test('a log is read from its start, up to the limit', async t => {
    const name = await pod('ended')
    await node.bind(name)
    node.log(name, 'first\nsecond ü\n')
    t.equal((await cluster.podLog(name, { limitBytes: 1000 }))?.toString(), 'first\nsecond ü\n')
    t.equal((await cluster.podLog(name, { limitBytes: 7 }))?.toString(), 'first\ns')
  })

  t.test('where no log is, none is read', async t => {
    const limit = { limitBytes: 1000 }
    t.equal(await cluster.podLog({ namespace, name: 'gone' }, limit), undefined, 'no Pod')
    const waiting = await pod('waiting')
    t.equal((await cluster.podLog(waiting, limit))?.length ?? 0, 0, 'no node yet')
    await node.bind(waiting)
    t.equal(await cluster.podLog(waiting, limit), undefined, 'the node has none')
    for await (const chunk of cluster.followPodLog({ namespace, name: 'gone' }, new AbortController().signal))
      t.fail(`follows nothing, but got ${chunk}`)
  })

  t.test('a log is followed while it is written, until its container ends', async t => {
    const name = await pod('running')
    await node.bind(name)
    node.log(name, 'first\n', { ends: false })
    const chunks: string[] = []
    for await (const chunk of cluster.followPodLog(name, new AbortController().signal)) {
      chunks.push(chunk.toString())
      if (chunks.length === 1) node.log(name, 'second\n', { ends: true })
    }
    t.equal(chunks.join(''), 'first\nsecond\n')
    t.ok(chunks.length >= 2, 'the first came before the second was written')
  })

  t.test('the signal ends following', async t => {
    const name = await pod('endless')
    await node.bind(name)
    node.log(name, 'first\n', { ends: false })
    const stop = new AbortController()
    for await (const chunk of cluster.followPodLog(name, stop.signal)) {
      t.equal(chunk.toString(), 'first\n')
      stop.abort()
    }
    t.ok(stop.signal.aborted)
  })

  t.test('a node that does not answer is an error to try again', async t => {
    const name = await pod('lost')
    await (await playedNode(t, plane, { dead: true })).bind(name)
    await refused(t, cluster.podLog(name, { limitBytes: 10 }), 'Unavailable')
  })
}

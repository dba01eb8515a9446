// Deleting: finalizers hold an object, dependents go with their owners.
import type { Test } from 'tap'
import { CONFIG_MAPS, JOBS, PODS } from '../../src/cluster/types.ts'
import type { Job, Pod } from '../../src/resources/workload.ts'
import {
  configMap,
  eventually,
  gone,
  type MakeSite,
  owner,
  ownerReference,
  REGISTRIES,
  refused,
  registry,
  type Site,
} from './cluster-site.ts'

const FINALIZERS = ['example.com/a', 'example.com/b']

/** The least that a restricted namespace takes. */
const SPEC: Pod['spec'] = {
  restartPolicy: 'Never',
  automountServiceAccountToken: false,
  activeDeadlineSeconds: 600,
  terminationGracePeriodSeconds: 7,
  securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'worker',
      image: 'registry.example.com/worker:1',
      args: [],
      env: [],
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      volumeMounts: [],
    },
  ],
  volumes: [],
}

function pod({ namespace }: Site, name: string, spec: Partial<Pod['spec']> = {}): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name }, spec: { ...SPEC, ...spec } }
}

/** Removes every finalizer of a ConfigMap. */
function release({ cluster, namespace }: Site, name: string) {
  return cluster.patch(CONFIG_MAPS, { namespace, name }, { metadata: { finalizers: null } })
}

export function deletionRules(t: Test, makeSite: MakeSite): void {
  t.test('an object that nothing holds goes at once', async t => {
    const site = await makeSite(t)
    const one = await site.cluster.create(REGISTRIES, registry(site, 'one'))
    t.equal(await site.cluster.delete(REGISTRIES, one.metadata), true)
    t.equal(await site.cluster.get(REGISTRIES, one.metadata), undefined)
    const again = await site.cluster.create(REGISTRIES, registry(site, 'one'))
    t.not(again.metadata.uid, one.metadata.uid, 'another of the name is another object')
  })

  t.test('finalizers hold an object until the last one is removed', async t => {
    const site = await makeSite(t)
    const { metadata } = await site.cluster.create(REGISTRIES, registry(site, 'one', { finalizers: FINALIZERS }))
    t.equal(await site.cluster.delete(REGISTRIES, metadata), true)
    const marked = await site.cluster.get(REGISTRIES, metadata)
    t.match(marked?.metadata, { deletionTimestamp: /Z$/, generation: 2, finalizers: FINALIZERS })
    t.equal(await site.cluster.delete(REGISTRIES, metadata), true, 'deleting again is no error')
    const again = await site.cluster.get(REGISTRIES, metadata)
    t.equal(again?.metadata.resourceVersion, marked?.metadata.resourceVersion, 'and changes nothing')
    const changed = await site.cluster.patch(REGISTRIES, metadata, { spec: { suspend: true } })
    t.equal(changed.metadata.generation, 3, 'the spec can still change')
    const more = { metadata: { finalizers: [...FINALIZERS, 'example.com/c'] } }
    await refused(t, site.cluster.patch(REGISTRIES, metadata, more), 'Invalid', 'no new finalizers')
    await site.cluster.patch(REGISTRIES, metadata, { metadata: { finalizers: FINALIZERS.slice(1) } })
    t.ok(await site.cluster.get(REGISTRIES, metadata))
    await site.cluster.patch(REGISTRIES, metadata, { metadata: { finalizers: null } })
    t.equal(await site.cluster.get(REGISTRIES, metadata), undefined)
  })

  t.test('status can be written while an object is being deleted', async t => {
    const site = await makeSite(t)
    const { metadata } = await site.cluster.create(REGISTRIES, registry(site, 'one', { finalizers: FINALIZERS }))
    await site.cluster.delete(REGISTRIES, metadata)
    const { namespace, name } = metadata
    const object = { metadata: { namespace, name }, status: { servers: 3 } }
    const { status } = await site.cluster.applyStatus(REGISTRIES, object, { manager: 'a' })
    t.equal(status?.servers, 3)
    await site.cluster.patch(REGISTRIES, metadata, { metadata: { finalizers: null } })
  })

  t.test('a delete for another uid is a Conflict', async t => {
    const site = await makeSite(t)
    const { metadata } = await site.cluster.create(REGISTRIES, registry(site, 'one'))
    await refused(t, site.cluster.delete(REGISTRIES, metadata, { uid: 'another' }), 'Conflict')
    t.ok(await site.cluster.get(REGISTRIES, metadata))
    const { uid = '' } = metadata
    t.equal(await site.cluster.delete(REGISTRIES, metadata, { uid }), true)
  })

  t.test('dependents go with their owner, and theirs with them', async t => {
    const site = await makeSite(t)
    const reference = await owner(site, 'owner')
    const { cluster, namespace } = site
    const child = await cluster.create(CONFIG_MAPS, configMap(site, 'child', { ownerReferences: [reference] }))
    await cluster.create(CONFIG_MAPS, configMap(site, 'grandchild', { ownerReferences: [ownerReference(child)] }))
    await cluster.create(CONFIG_MAPS, configMap(site, 'stranger'))
    await cluster.delete(CONFIG_MAPS, { namespace, name: 'owner' })
    for (const name of ['owner', 'child', 'grandchild']) await gone(site, CONFIG_MAPS, name)
    t.ok(await cluster.get(CONFIG_MAPS, { namespace, name: 'stranger' }))
  })

  t.test('a dependent stays while one of its owners is there', async t => {
    const site = await makeSite(t)
    const ownerReferences = [await owner(site, 'first'), await owner(site, 'second')]
    const { cluster, namespace } = site
    await cluster.create(CONFIG_MAPS, configMap(site, 'child', { ownerReferences }))
    await cluster.create(CONFIG_MAPS, configMap(site, 'only', { ownerReferences: ownerReferences.slice(0, 1) }))
    await cluster.delete(CONFIG_MAPS, { namespace, name: 'first' })
    await gone(site, CONFIG_MAPS, 'only')
    t.ok(await cluster.get(CONFIG_MAPS, { namespace, name: 'child' }))
    await cluster.delete(CONFIG_MAPS, { namespace, name: 'second' })
    await gone(site, CONFIG_MAPS, 'child')
  })

  t.test('what is created for an owner that is gone goes too', async t => {
    const site = await makeSite(t)
    const reference = await owner(site, 'owner')
    await site.cluster.delete(CONFIG_MAPS, { namespace: site.namespace, name: 'owner' })
    await site.cluster.create(CONFIG_MAPS, configMap(site, 'late', { ownerReferences: [reference] }))
    await gone(site, CONFIG_MAPS, 'late')
  })

  t.test('a Job goes with what it owns when nothing else is said', async t => {
    const site = await makeSite(t)
    const { cluster, namespace } = site
    const template = { metadata: {}, spec: SPEC }
    const job: Job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { namespace, name: 'job' },
      spec: { backoffLimit: 0, activeDeadlineSeconds: 600, template },
    }
    const made = await cluster.create(JOBS, job)
    await cluster.create(CONFIG_MAPS, configMap(site, 'child', { ownerReferences: [ownerReference(made)] }))
    await cluster.delete(JOBS, job.metadata)
    await gone(site, JOBS, 'job')
    await gone(site, CONFIG_MAPS, 'child')
  })

  t.test('in the foreground an owner waits for the dependents that block it', async t => {
    const site = await makeSite(t)
    const { cluster, namespace } = site
    const ownerReferences = [await owner(site, 'owner', true)]
    await cluster.create(CONFIG_MAPS, configMap(site, 'held', { ownerReferences, finalizers: FINALIZERS }))
    await cluster.create(CONFIG_MAPS, configMap(site, 'free', { ownerReferences }))
    await cluster.delete(CONFIG_MAPS, { namespace, name: 'owner' }, { propagation: 'Foreground' })
    await gone(site, CONFIG_MAPS, 'free')
    const isMarked = async () => {
      const held = await cluster.get(CONFIG_MAPS, { namespace, name: 'held' })
      return held?.metadata.deletionTimestamp !== undefined
    }
    await eventually(isMarked, 'the deletion of the dependent')
    const waiting = await cluster.get(CONFIG_MAPS, { namespace, name: 'owner' })
    t.match(waiting?.metadata, { deletionTimestamp: /Z$/, finalizers: ['foregroundDeletion'] })
    await release(site, 'held')
    await gone(site, CONFIG_MAPS, 'owner')
  })

  t.test('in the foreground an owner does not wait for dependents that do not block it', async t => {
    const site = await makeSite(t)
    const { cluster, namespace } = site
    const ownerReferences = [await owner(site, 'owner')]
    await cluster.create(CONFIG_MAPS, configMap(site, 'held', { ownerReferences, finalizers: FINALIZERS }))
    await cluster.delete(CONFIG_MAPS, { namespace, name: 'owner' }, { propagation: 'Foreground' })
    await gone(site, CONFIG_MAPS, 'owner')
    const held = await cluster.get(CONFIG_MAPS, { namespace, name: 'held' })
    t.ok(held?.metadata.deletionTimestamp)
    await release(site, 'held')
    await gone(site, CONFIG_MAPS, 'held')
  })

  t.test('a running Pod is told to end, and goes when its node says so', async t => {
    const site = await makeSite(t)
    const { cluster } = site
    const { metadata, status } = await cluster.create(PODS, pod(site, 'running', { nodeName: 'node' }))
    t.equal(status?.phase, 'Pending')
    t.equal(await cluster.delete(PODS, metadata), true)
    t.ok((await cluster.get(PODS, metadata))?.metadata.deletionTimestamp)
    await cluster.delete(PODS, metadata, { gracePeriodSeconds: 0 })
    await gone(site, PODS, 'running')
  })

  t.test('a Pod that runs nowhere, or has ended, goes at once', async t => {
    const site = await makeSite(t)
    const { cluster, namespace } = site
    await cluster.create(PODS, pod(site, 'waiting'))
    await cluster.create(PODS, pod(site, 'ended', { nodeName: 'node' }))
    const ended = { metadata: { namespace, name: 'ended' }, status: { phase: 'Succeeded' } }
    const { status } = await cluster.applyStatus(PODS, ended, { manager: 'kubelet' })
    t.equal(status?.phase, 'Succeeded')
    for (const name of ['waiting', 'ended']) {
      await cluster.delete(PODS, { namespace, name })
      t.equal(await cluster.get(PODS, { namespace, name }), undefined, name)
    }
  })
}

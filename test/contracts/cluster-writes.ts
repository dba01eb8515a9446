// Objects are created, read and patched.
import type { Test } from 'tap'
import { CONFIG_MAPS } from '../../src/cluster/types.ts'
import { configMap, type MakeSite, REGISTRIES, refused, registry } from './cluster-site.ts'

export function writeRules(t: Test, makeSite: MakeSite): void {
  t.test('a new object gets uid, version, generation and time of creation', async t => {
    const site = await makeSite(t)
    const { metadata } = await site.cluster.create(REGISTRIES, registry(site, 'one'))
    t.match(metadata, { name: 'one', namespace: site.namespace, generation: 1 })
    t.match(metadata.uid, /^.{8,}$/)
    t.match(metadata.resourceVersion, /^\d+$/)
    t.match(metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  t.test('defaults come, unknown fields go, a given status is not taken', async t => {
    const site = await makeSite(t)
    const given = registry(site, 'one')
    const odd = { ...given, spec: { ...given.spec, colour: 'red' }, status: { servers: 3 } }
    const { spec, status } = await site.cluster.create(REGISTRIES, odd)
    t.equal(spec.historyLimit, 10)
    t.match(spec.syncPolicy, { enabled: true, retry: { maxRetries: 3 } })
    t.notOk(Object.hasOwn(spec, 'colour'))
    t.strictSame(status, { observedGeneration: -1 })
    const read = await site.cluster.get(REGISTRIES, given.metadata)
    t.strictSame(read?.spec, spec)
    t.strictSame(read?.status, status)
  })

  t.test('a name is taken once', async t => {
    const site = await makeSite(t)
    await site.cluster.create(REGISTRIES, registry(site, 'one'))
    await refused(t, site.cluster.create(REGISTRIES, registry(site, 'one')), 'AlreadyExists')
    await t.resolves(site.cluster.create(CONFIG_MAPS, configMap(site, 'one')), 'another kind has names of its own')
  })

  t.test('what is not there', async t => {
    const site = await makeSite(t)
    const name = { namespace: site.namespace, name: 'none' }
    t.equal(await site.cluster.get(REGISTRIES, name), undefined)
    t.equal(await site.cluster.delete(REGISTRIES, name), false)
    await refused(t, site.cluster.patch(REGISTRIES, name, { spec: { suspend: true } }), 'NotFound')
  })

  t.test('a spec against schema or rules is Invalid, and nothing is stored', async t => {
    const site = await makeSite(t)
    const given = registry(site, 'one')
    const specs = {
      'a wrong word': { source: { type: 'ftp' } },
      'a wrong type': { ...given.spec, precedence: 'high' },
      'a missing field': {},
      'a number too large': { ...given.spec, historyLimit: 5000 },
      'a broken rule': { source: { type: 'git', url: { url: 'https://registry.example.com/v0' } } },
    }
    for (const [what, spec] of Object.entries(specs)) {
      await refused(t, site.cluster.create(REGISTRIES, { ...given, spec } as unknown as typeof given), 'Invalid', what)
    }
    t.strictSame((await site.cluster.list(REGISTRIES, { namespace: site.namespace })).items, [])
  })

  t.test('names, labels, finalizers and owners follow the rules of the API', async t => {
    const site = await makeSite(t)
    const wrong = {
      'a name with capitals': registry(site, 'One'),
      'a name that is too long': registry(site, 'a'.repeat(254)),
      'a label with a space in its key': registry(site, 'one', { labels: { 'a b': 'c' } }),
      'a label that ends in a dash': registry(site, 'one', { labels: { a: 'b-' } }),
      'a label that is too long': registry(site, 'one', { labels: { a: 'b'.repeat(64) } }),
      'an annotation with a bad key': registry(site, 'one', { annotations: { 'a/b/c': 'd' } }),
      'a finalizer with a space': registry(site, 'one', { finalizers: ['a b'] }),
      'an owner without uid': registry(site, 'one', {
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '' }],
      }),
    }
    for (const [what, object] of Object.entries(wrong)) {
      await refused(t, site.cluster.create(REGISTRIES, object), 'Invalid', what)
    }
  })

  t.test('a patch of the spec raises the generation, one of the metadata does not', async t => {
    const site = await makeSite(t)
    const one = await site.cluster.create(REGISTRIES, registry(site, 'one', { labels: { a: '1' } }))
    const spec = await site.cluster.patch(REGISTRIES, one.metadata, { spec: { suspend: true } })
    t.equal(spec.metadata.generation, 2)
    t.equal(spec.spec.suspend, true)
    t.same(spec.spec.source, one.spec.source, 'the rest stays')
    const labelled = await site.cluster.patch(REGISTRIES, one.metadata, {
      metadata: { labels: { a: null, b: '2' }, annotations: { 'example.com/c': '3' } },
    })
    t.equal(labelled.metadata.generation, 2)
    t.strictSame(labelled.metadata.labels, { b: '2' })
    t.strictSame(labelled.metadata.annotations, { 'example.com/c': '3' })
    const versions = [one, spec, labelled].map(({ metadata }) => Number(metadata.resourceVersion))
    t.strictSame(
      versions,
      [...new Set(versions)].sort((a, b) => a - b),
      'versions rise',
    )
    t.equal(labelled.metadata.uid, one.metadata.uid)
  })

  t.test('null in a patch takes a field back to its default', async t => {
    const site = await makeSite(t)
    const one = registry(site, 'one')
    await site.cluster.create(REGISTRIES, { ...one, spec: { ...one.spec, historyLimit: 3, displayName: 'One' } })
    const { spec } = await site.cluster.patch(REGISTRIES, one.metadata, {
      spec: { historyLimit: null, displayName: null },
    })
    t.equal(spec.historyLimit, 10)
    t.equal(spec.displayName, undefined)
  })

  t.test('a patch with a version is refused once the object has changed', async t => {
    const site = await makeSite(t)
    const { metadata } = await site.cluster.create(REGISTRIES, registry(site, 'one'))
    const { resourceVersion = '' } = metadata
    const patch = (suspend: boolean) => ({ metadata: { resourceVersion }, spec: { suspend } })
    await site.cluster.patch(REGISTRIES, metadata, patch(true))
    await refused(t, site.cluster.patch(REGISTRIES, metadata, patch(false)), 'Conflict')
    t.equal((await site.cluster.get(REGISTRIES, metadata))?.spec.suspend, true)
  })

  t.test('a patch can change neither the status nor what is the cluster’s own', async t => {
    const site = await makeSite(t)
    const one = await site.cluster.create(REGISTRIES, registry(site, 'one'))
    const { uid, creationTimestamp } = one.metadata
    const patched = await site.cluster.patch(REGISTRIES, one.metadata, {
      metadata: { generation: 70, creationTimestamp: '2020-01-01T00:00:00Z' },
      spec: { colour: 'red' },
      status: { servers: 3 },
    })
    t.match(patched.metadata, { uid, creationTimestamp, generation: 1 })
    t.strictSame(patched.status, { observedGeneration: -1 })
    t.notOk(Object.hasOwn(patched.spec, 'colour'))
    await refused(t, site.cluster.patch(REGISTRIES, one.metadata, { metadata: { uid: 'other' } }), 'Invalid')
    await refused(t, site.cluster.patch(REGISTRIES, one.metadata, { spec: { source: { type: 'ftp' } } }), 'Invalid')
    t.equal((await site.cluster.get(REGISTRIES, one.metadata))?.spec.source.type, 'url')
  })

  t.test('a write that changes nothing leaves the version', async t => {
    const site = await makeSite(t)
    const one = registry(site, 'one', { labels: { a: '1' } })
    await site.cluster.create(REGISTRIES, one)
    // The first write to a resource stores the default of its status, so it is never without a change.
    const { metadata } = await site.cluster.patch(REGISTRIES, one.metadata, { spec: { suspend: true } })
    const again = await site.cluster.patch(REGISTRIES, one.metadata, {
      metadata: { labels: { a: '1' } },
      spec: { suspend: true },
    })
    t.equal(again.metadata.resourceVersion, metadata.resourceVersion)
  })

  t.test('a list has the objects of a namespace, or all, by label', async t => {
    const [site, other] = [await makeSite(t), await makeSite(t)]
    await site.cluster.create(REGISTRIES, registry(site, 'two', { labels: { team: 'a', tier: '1' } }))
    await site.cluster.create(REGISTRIES, registry(site, 'one', { labels: { team: 'b', tier: '1' } }))
    await site.cluster.create(REGISTRIES, registry(site, 'three'))
    await other.cluster.create(REGISTRIES, registry(other, 'four', { labels: { team: 'a' } }))
    const names = async (labelSelector?: string) => {
      const { namespace } = site
      const { items } = await site.cluster.list(
        REGISTRIES,
        labelSelector === undefined ? { namespace } : { namespace, labelSelector },
      )
      return items.map(({ metadata }) => metadata.name)
    }
    t.strictSame(await names(), ['one', 'three', 'two'])
    t.strictSame(await names('team'), ['one', 'two'])
    t.strictSame(await names('team=a'), ['two'])
    t.strictSame(await names('tier=1,team=b'), ['one'])
    t.strictSame(await names('team=c'), [])
    t.strictSame(await names('!team'), ['three'])
    t.strictSame(await names('team!=a'), ['one', 'three'], 'also those without the label')
    t.strictSame(await names('team in (a, c),tier==1'), ['two'])
    t.strictSame(await names('team notin (b,c)'), ['three', 'two'])
    const { items, resourceVersion } = await other.cluster.list(REGISTRIES)
    t.ok(items.some(({ metadata }) => metadata.name === 'four' && metadata.namespace === other.namespace))
    t.match(resourceVersion, /^\d+$/)
    for (const item of items) t.equal(item.kind, 'MCPRegistry', 'items carry their kind')
  })

  t.test('objects are the caller’s own', async t => {
    const site = await makeSite(t)
    const given = configMap(site, 'one', { data: { a: '1' } })
    const created = await site.cluster.create(CONFIG_MAPS, given)
    for (const mine of [given, created, await site.cluster.get(CONFIG_MAPS, given.metadata)]) {
      Object.assign(mine?.data ?? {}, { a: 'changed' })
    }
    t.strictSame((await site.cluster.get(CONFIG_MAPS, given.metadata))?.data, { a: '1' })
  })
}

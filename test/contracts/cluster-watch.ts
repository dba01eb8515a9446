// A watch tells what happened after a version.
import type { Test } from 'tap'
import { CONFIG_MAPS } from '../../src/cluster/types.ts'
import { configMap, type MakeSite, REGISTRIES, registry, type Site, watched } from './cluster-site.ts'

async function versionNow({ cluster, namespace }: Site): Promise<string> {
  return (await cluster.list(CONFIG_MAPS, { namespace })).resourceVersion
}

export function watchRules(t: Test, makeSite: MakeSite): void {
  t.test('a watch tells what happened since its version, then what happens', async t => {
    const site = await makeSite(t)
    const { cluster } = site
    await cluster.create(CONFIG_MAPS, configMap(site, 'before'))
    const from = await versionNow(site)
    const one = await cluster.create(CONFIG_MAPS, configMap(site, 'one'))
    const changed = await cluster.patch(CONFIG_MAPS, one.metadata, { data: { a: '1' } })
    const watch = watched(t, site, { type: CONFIG_MAPS, from })
    await watch.count(2)
    await cluster.create(CONFIG_MAPS, configMap(site, 'two'))
    await cluster.delete(CONFIG_MAPS, one.metadata)
    await watch.count(4)
    t.strictSame(watch.shown(), ['ADDED one', 'MODIFIED one', 'ADDED two', 'DELETED one'])
    t.strictSame(watch.events[1]?.object.data, { a: '1' })
    const versions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion))
    t.strictSame(
      versions,
      [...versions].sort((a, b) => a - b),
      'versions rise, that of the deletion too',
    )
    t.equal(watch.events[1]?.object.metadata.resourceVersion, changed.metadata.resourceVersion)
  })

  t.test('a watch goes on from any version that it saw', async t => {
    const site = await makeSite(t)
    const from = await versionNow(site)
    for (const name of ['one', 'two', 'three']) await site.cluster.create(CONFIG_MAPS, configMap(site, name))
    const first = watched(t, site, { type: CONFIG_MAPS, from })
    await first.count(3)
    await first.stop()
    const seen = first.events[1]?.object.metadata.resourceVersion ?? ''
    const second = watched(t, site, { type: CONFIG_MAPS, from: seen })
    await second.count(1)
    await site.cluster.create(CONFIG_MAPS, configMap(site, 'four'))
    await second.count(2)
    t.strictSame(second.shown(), ['ADDED three', 'ADDED four'])
  })

  t.test('a watch is of one kind and one namespace', async t => {
    const [site, other] = [await makeSite(t), await makeSite(t)]
    const watch = watched(t, site, { type: CONFIG_MAPS, from: await versionNow(site) })
    await other.cluster.create(CONFIG_MAPS, configMap(other, 'elsewhere'))
    await site.cluster.create(REGISTRIES, registry(site, 'kind'))
    await site.cluster.create(CONFIG_MAPS, configMap(site, 'here'))
    await watch.count(1)
    t.strictSame(watch.shown(), ['ADDED here'])
  })

  t.test('a list and a watch can be of one name', async t => {
    const site = await makeSite(t)
    const { cluster, namespace } = site
    for (const name of ['one', 'two']) await cluster.create(CONFIG_MAPS, configMap(site, name))
    const { items, resourceVersion } = await cluster.list(CONFIG_MAPS, { namespace, name: 'two' })
    t.strictSame(
      items.map(({ metadata }) => metadata.name),
      ['two'],
    )
    const watch = watched(t, site, { type: CONFIG_MAPS, from: resourceVersion, name: 'two' })
    for (const name of ['one', 'two']) await cluster.delete(CONFIG_MAPS, { namespace, name })
    await watch.count(1)
    t.strictSame(watch.shown(), ['DELETED two'])
  })

  t.test('an object that leaves the selection is deleted for the watch, one that comes is added', async t => {
    const site = await makeSite(t)
    const { cluster } = site
    const watch = watched(t, site, { type: CONFIG_MAPS, from: await versionNow(site), labelSelector: 'team=a' })
    const { metadata } = await cluster.create(CONFIG_MAPS, configMap(site, 'one', { labels: { team: 'a' } }))
    await cluster.create(CONFIG_MAPS, configMap(site, 'two', { labels: { team: 'b' } }))
    const labels = (team: string) => ({ metadata: { labels: { team } } })
    await cluster.patch(CONFIG_MAPS, metadata, labels('b'))
    await cluster.patch(CONFIG_MAPS, metadata, { data: { unseen: '1' } })
    await cluster.patch(CONFIG_MAPS, metadata, labels('a'))
    await cluster.delete(CONFIG_MAPS, metadata)
    await watch.count(4)
    t.strictSame(watch.shown(), ['ADDED one', 'DELETED one', 'ADDED one', 'DELETED one'])
  })

  t.test('marks of deletion are changes, the end is a deletion', async t => {
    const site = await makeSite(t)
    const { cluster } = site
    const watch = watched(t, site, { type: CONFIG_MAPS, from: await versionNow(site) })
    const held = configMap(site, 'one', { finalizers: ['example.com/a'] })
    await cluster.create(CONFIG_MAPS, held)
    await cluster.delete(CONFIG_MAPS, held.metadata)
    await cluster.patch(CONFIG_MAPS, held.metadata, { metadata: { finalizers: null } })
    await watch.count(3)
    t.strictSame(watch.shown(), ['ADDED one', 'MODIFIED one', 'DELETED one'])
    t.ok(watch.events[1]?.object.metadata.deletionTimestamp)
  })

  t.test('several watches each see everything, and end when they are told', async t => {
    const site = await makeSite(t)
    const from = await versionNow(site)
    const watches = [1, 2, 3].map(() => watched(t, site, { type: CONFIG_MAPS, from }))
    await site.cluster.create(CONFIG_MAPS, configMap(site, 'one'))
    for (const watch of watches) await watch.count(1)
    await watches[0]?.stop()
    await site.cluster.create(CONFIG_MAPS, configMap(site, 'two'))
    for (const watch of watches.slice(1)) await watch.count(2)
    t.strictSame(watches[0]?.shown(), ['ADDED one'])
  })
}

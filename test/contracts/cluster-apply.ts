// Server-side apply: a manager owns the fields that it gives.
import type { Test } from 'tap'
import { CONFIG_MAPS, SECRETS } from '../../src/cluster/types.ts'
import type { ConfigMap } from '../../src/resources/kinds.ts'
import { configMap, type Extra, type MakeSite, REGISTRIES, refused, registry, type Site } from './cluster-site.ts'

interface ApplyOptions extends Extra {
  readonly data?: Readonly<Record<string, string>>
  readonly force?: boolean
}

/** Applies the ConfigMap `one`. */
function apply({ cluster, namespace }: Site, manager: string, options: ApplyOptions): Promise<ConfigMap> {
  const { data, force, ...extra } = options
  const object = { metadata: { ...extra, namespace, name: 'one' }, ...(data ? { data } : {}) }
  return cluster.apply(CONFIG_MAPS, object, { manager, ...(force === undefined ? {} : { force }) })
}

export function applyRules(t: Test, makeSite: MakeSite): void {
  t.test('an apply creates what is not there, with defaults', async t => {
    const site = await makeSite(t)
    const { metadata, spec } = registry(site, 'one')
    const made = await site.cluster.apply(REGISTRIES, { metadata, spec }, { manager: 'a' })
    t.match(made, { kind: 'MCPRegistry', metadata: { name: 'one', generation: 1 }, spec: { historyLimit: 10 } })
    t.strictSame(made.status, { observedGeneration: -1 })
  })

  t.test('fields given before and not now are removed, those of others stay', async t => {
    const site = await makeSite(t)
    await apply(site, 'a', { labels: { l: '1', m: '2' }, data: { a: '1', b: '2' } })
    t.strictSame((await apply(site, 'b', { data: { b: '2', c: '3' } })).data, { a: '1', b: '2', c: '3' })
    const less = await apply(site, 'a', { labels: { l: '1' }, data: { a: '1' } })
    t.strictSame(less.data, { a: '1', b: '2', c: '3' }, 'b is also owned by the other')
    t.strictSame(less.metadata.labels, { l: '1' })
    const none = await apply(site, 'a', {})
    t.strictSame(none.data, { b: '2', c: '3' })
    t.equal(none.metadata.labels, undefined)
    t.equal((await apply(site, 'b', {})).data, undefined)
  })

  t.test('another value for a field of somebody else is a Conflict, unless forced', async t => {
    const site = await makeSite(t)
    await apply(site, 'a', { data: { a: '1', b: '2' } })
    const message = await refused(t, apply(site, 'b', { data: { a: '9' } }), 'Conflict')
    t.match(message, /data\.a/, 'the field is named')
    t.strictSame((await apply(site, 'b', { data: { a: '9' }, force: true })).data, { a: '9', b: '2' })
    await refused(t, apply(site, 'a', { data: { a: '1', b: '2' } }), 'Conflict', 'the first one has lost it')
    t.strictSame((await apply(site, 'a', { data: { b: '2' } })).data, { a: '9', b: '2' })
  })

  t.test('who creates or patches owns what it wrote', async t => {
    const site = await makeSite(t)
    await site.cluster.create(CONFIG_MAPS, configMap(site, 'one', { data: { a: '1' } }))
    await refused(t, apply(site, 'a', { data: { a: '2' } }), 'Conflict')
    await apply(site, 'a', { data: { a: '1', b: '2' } })
    const patched = await site.cluster.patch(
      CONFIG_MAPS,
      { namespace: site.namespace, name: 'one' },
      { data: { b: '5' } },
    )
    t.strictSame((await apply(site, 'a', {})).data, patched.data, 'what others own or changed is not removed')
  })

  t.test('nobody owns what a patch removed', async t => {
    const site = await makeSite(t)
    await apply(site, 'a', { data: { a: '1', b: '1' } })
    await site.cluster.patch(CONFIG_MAPS, { namespace: site.namespace, name: 'one' }, { data: { b: null } })
    t.strictSame((await apply(site, 'b', { data: { b: '2' } })).data, { a: '1', b: '2' }, 'so there is no conflict')
    t.strictSame((await apply(site, 'b', {})).data, { a: '1' })
  })

  t.test('blocks go with their last owned field, and come back with defaults', async t => {
    const site = await makeSite(t)
    const { metadata, spec } = registry(site, 'one')
    const applySpec = (filter: object) =>
      site.cluster.apply(REGISTRIES, { metadata, spec: { ...spec, ...filter } }, { manager: 'a' })
    const first = await applySpec({ filter: { include: { names: ['io.github.*'] } } })
    t.match(first.spec.filter, { include: { names: ['io.github.*'] }, versions: 'all' })
    const second = await applySpec({})
    t.equal(second.spec.filter, undefined)
    t.equal(second.metadata.generation, 2)
    t.equal((await applySpec({ filter: {} })).spec.filter?.versions, 'all')
  })

  t.test('lists are one field, finalizers and owners are one each', async t => {
    const site = await makeSite(t)
    const { metadata, spec } = registry(site, 'one')
    const names = (...list: string[]) => ({ spec: { ...spec, filter: { include: { names: list } } } })
    await site.cluster.apply(REGISTRIES, { metadata, ...names('a*', 'b*') }, { manager: 'a' })
    await refused(t, site.cluster.apply(REGISTRIES, { metadata, ...names('a*') }, { manager: 'b' }), 'Conflict')
    await apply(site, 'a', { finalizers: ['example.com/a'] })
    const both = await apply(site, 'b', { finalizers: ['example.com/b'] })
    t.strictSame(both.metadata.finalizers, ['example.com/a', 'example.com/b'])
    t.strictSame((await apply(site, 'a', {})).metadata.finalizers, ['example.com/b'])
    t.equal((await apply(site, 'b', {})).metadata.finalizers, undefined)
  })

  t.test('the same apply again leaves the version', async t => {
    const site = await makeSite(t)
    const first = await apply(site, 'a', { labels: { l: '1' }, data: { b: '2', a: '1' } })
    const again = await apply(site, 'a', { labels: { l: '1' }, data: { a: '1', b: '2' } })
    t.equal(again.metadata.resourceVersion, first.metadata.resourceVersion)
  })

  t.test('an apply with a version is refused once the object has changed', async t => {
    const site = await makeSite(t)
    const { metadata } = await apply(site, 'a', { data: { a: '1' } })
    await apply(site, 'a', { data: { a: '2' } })
    const { resourceVersion = '' } = metadata
    await refused(t, apply(site, 'a', { resourceVersion, data: { a: '3' } }), 'Conflict')
  })

  t.test('an apply against schema or rules, or with unknown fields, changes nothing', async t => {
    const site = await makeSite(t)
    const { metadata, spec } = registry(site, 'one')
    const made = await site.cluster.apply(REGISTRIES, { metadata, spec }, { manager: 'a' })
    const bad = { metadata, spec: { ...spec, source: { type: 'ftp' } } }
    await refused(t, site.cluster.apply(REGISTRIES, bad, { manager: 'a' }), 'Invalid')
    const unknown = { metadata, spec: { ...spec, colour: 'red' } }
    await t.rejects(site.cluster.apply(REGISTRIES, unknown, { manager: 'a' }), { name: 'ClusterError' })
    t.equal((await site.cluster.get(REGISTRIES, metadata))?.metadata.resourceVersion, made.metadata.resourceVersion)
  })

  t.test('the status is not applied with the rest', async t => {
    const site = await makeSite(t)
    const { metadata, spec } = registry(site, 'one')
    const { status } = await site.cluster.apply(
      REGISTRIES,
      { metadata, spec, status: { servers: 3 } },
      { manager: 'a' },
    )
    t.strictSame(status, { observedGeneration: -1 })
  })

  t.test('plain text of an applied Secret is stored as data', async t => {
    const site = await makeSite(t)
    const metadata = { namespace: site.namespace, name: 'one' }
    const made = await site.cluster.apply(SECRETS, { metadata, stringData: { token: 'abc' } }, { manager: 'a' })
    t.strictSame(made.data, { token: 'YWJj' })
    t.equal(made.stringData, undefined)
  })
}

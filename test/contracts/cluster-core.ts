// Secrets, ConfigMaps and Events, as far as Rollbook relies on their rules.
import type { Test } from 'tap'
import { CONFIG_MAPS, EVENTS, SECRETS } from '../../src/cluster/types.ts'
import type { EventRecord } from '../../src/resources/event.ts'
import type { Secret } from '../../src/resources/kinds.ts'
import { configMap, type MakeSite, refused, type Site } from './cluster-site.ts'

function secret({ namespace }: Site, rest: Partial<Secret>): Secret {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'one' }, ...rest }
}

function event({ namespace }: Site, about: string): EventRecord {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name: 'one.1' },
    involvedObject: { apiVersion: 'toolhive.stacklok.io/v1alpha1', kind: 'MCPRegistry', namespace: about, name: 'one' },
    reason: 'Completed',
    message: '3 added',
    type: 'Normal',
    count: 1,
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    source: { component: 'rollbook' },
    reportingComponent: 'rollbook',
  }
}

export function coreRules(t: Test, makeSite: MakeSite): void {
  t.test('plain text of a Secret becomes data', async t => {
    const site = await makeSite(t)
    const data = { token: 'b2xk', other: 'eA==' }
    const made = await site.cluster.create(SECRETS, secret(site, { data, stringData: { token: 'new' } }))
    t.strictSame(made.data, { token: 'bmV3', other: 'eA==' })
    t.equal(made.type, 'Opaque')
    t.equal(made.stringData, undefined)
    const patched = await site.cluster.patch(SECRETS, made.metadata, { stringData: { third: 'x' } })
    t.strictSame(patched.data, { token: 'bmV3', other: 'eA==', third: 'eA==' })
    await refused(t, site.cluster.patch(SECRETS, made.metadata, { type: 'example.com/other' }), 'Invalid')
  })

  t.test('a value that is not base64 is Invalid, and not in the message', async t => {
    const site = await makeSite(t)
    const message = await refused(
      t,
      site.cluster.create(SECRETS, secret(site, { data: { token: 'hush!' } })),
      'Invalid',
    )
    t.notMatch(message, /hush/)
  })

  t.test('keys and size of a ConfigMap are limited', async t => {
    const site = await makeSite(t)
    await refused(t, site.cluster.create(CONFIG_MAPS, configMap(site, 'one', { data: { 'a b': '1' } })), 'Invalid')
    const large = configMap(site, 'one', { data: { a: 'x'.repeat(1024 * 1024 + 1) } })
    await refused(t, site.cluster.create(CONFIG_MAPS, large), 'Invalid')
  })

  t.test('an immutable ConfigMap keeps its data for ever', async t => {
    const site = await makeSite(t)
    const one = { ...configMap(site, 'one', { data: { a: '1' } }), immutable: true }
    const { metadata } = await site.cluster.create(CONFIG_MAPS, one)
    await refused(t, site.cluster.patch(CONFIG_MAPS, metadata, { data: { a: '2' } }), 'Invalid')
    await refused(t, site.cluster.patch(CONFIG_MAPS, metadata, { immutable: null }), 'Invalid')
    const labelled = await site.cluster.patch(CONFIG_MAPS, metadata, { metadata: { labels: { a: '1' } } })
    t.match(labelled, { metadata: { labels: { a: '1' } }, data: { a: '1' }, immutable: true })
    t.equal(labelled.metadata.generation, undefined, 'ConfigMaps have no generation')
  })

  t.test('an Event is made, counted on and listed', async t => {
    const site = await makeSite(t)
    const { metadata } = await site.cluster.create(EVENTS, event(site, site.namespace))
    await site.cluster.patch(EVENTS, metadata, { count: 2, lastTimestamp: '2026-01-01T00:05:00Z' })
    const { items } = await site.cluster.list(EVENTS, { namespace: site.namespace })
    t.equal(items.length, 1)
    t.match(items[0], { ...event(site, site.namespace), count: 2, lastTimestamp: '2026-01-01T00:05:00Z' })
  })

  t.test('an Event is in the namespace that it speaks about', async t => {
    const site = await makeSite(t)
    await refused(t, site.cluster.create(EVENTS, event(site, 'elsewhere')), 'Invalid')
  })
}

// Status is written by itself, and whole.
import type { Test } from 'tap'
import { type MakeSite, REGISTRIES, refused, registry, type Site } from './cluster-site.ts'

const MANAGER = { manager: 'rollbook' }

function condition(type: string, status = 'True') {
  return { type, status, reason: 'Tested', message: 'as the test says', lastTransitionTime: '2026-01-01T00:00:00Z' }
}

function writeStatus({ cluster, namespace }: Site, status: object, options = MANAGER) {
  return cluster.applyStatus(REGISTRIES, { metadata: { namespace, name: 'one' }, status }, options)
}

export function statusRules(t: Test, makeSite: MakeSite): void {
  t.test('a status write changes the status alone', async t => {
    const site = await makeSite(t)
    const one = await site.cluster.create(REGISTRIES, registry(site, 'one'))
    const { namespace, name } = one.metadata
    const object = {
      metadata: { namespace, name, labels: { a: '1' } },
      spec: { suspend: true },
      status: { servers: 3 },
    }
    const written = await site.cluster.applyStatus(REGISTRIES, object, MANAGER)
    t.match(written.status, { servers: 3 })
    t.strictSame(written.spec, one.spec)
    t.equal(written.metadata.labels, undefined)
    t.equal(written.metadata.generation, 1)
    t.ok(Number(written.metadata.resourceVersion) > Number(one.metadata.resourceVersion))
  })

  t.test('what the manager gave before and not now is removed', async t => {
    const site = await makeSite(t)
    await site.cluster.create(REGISTRIES, registry(site, 'one'))
    await writeStatus(site, { servers: 3, phase: 'Ready', conditions: [condition('Ready'), condition('Stalled')] })
    const { status } = await writeStatus(site, { observedGeneration: 1, conditions: [condition('Ready', 'False')] })
    t.strictSame(status, { observedGeneration: 1, conditions: [condition('Ready', 'False')] })
    t.strictSame(
      (await writeStatus(site, {})).status,
      { observedGeneration: -1 },
      'with nothing left the default is back',
    )
  })

  t.test('managers keep what the others wrote', async t => {
    const site = await makeSite(t)
    await site.cluster.create(REGISTRIES, registry(site, 'one'))
    await writeStatus(site, { servers: 3, conditions: [condition('Ready')] })
    const other = { manager: 'other' }
    const both = await writeStatus(site, { phase: 'Ready', conditions: [condition('Stalled', 'False')] }, other)
    t.match(both.status, { servers: 3, phase: 'Ready' })
    t.strictSame(both.status?.conditions?.map(({ type }) => type).sort(), ['Ready', 'Stalled'])
    const taken = await writeStatus(site, { servers: 4 }, other)
    t.match(taken.status, { servers: 4, conditions: [{ type: 'Ready' }] }, 'and a status is always taken over')
    t.equal(taken.status?.conditions?.length, 1)
  })

  t.test('the same status again leaves the version', async t => {
    const site = await makeSite(t)
    await site.cluster.create(REGISTRIES, registry(site, 'one'))
    const status = { servers: 3, conditions: [condition('Ready')] }
    const { metadata } = await writeStatus(site, status)
    t.equal((await writeStatus(site, status)).metadata.resourceVersion, metadata.resourceVersion)
  })

  t.test('a status against the schema is Invalid and changes nothing', async t => {
    const site = await makeSite(t)
    await site.cluster.create(REGISTRIES, registry(site, 'one'))
    const { metadata } = await writeStatus(site, { servers: 3 })
    await refused(t, writeStatus(site, { phase: 'Dancing' }), 'Invalid')
    t.strictSame(
      await site.cluster.get(REGISTRIES, metadata).then(one => one?.metadata.resourceVersion),
      metadata.resourceVersion,
    )
  })

  t.test('a status of nothing is NotFound, one of an old version is a Conflict', async t => {
    const site = await makeSite(t)
    await refused(t, writeStatus(site, { servers: 3 }), 'NotFound')
    const { metadata } = await site.cluster.create(REGISTRIES, registry(site, 'one'))
    await site.cluster.patch(REGISTRIES, metadata, { spec: { suspend: true } })
    const { namespace, name, resourceVersion = '' } = metadata
    const stale = { metadata: { namespace, name, resourceVersion }, status: { servers: 3 } }
    await refused(t, site.cluster.applyStatus(REGISTRIES, stale, MANAGER), 'Conflict')
  })

  t.test('a change of the spec leaves the status', async t => {
    const site = await makeSite(t)
    const { metadata } = await site.cluster.create(REGISTRIES, registry(site, 'one'))
    await writeStatus(site, { observedGeneration: 1, servers: 3 })
    const { status } = await site.cluster.patch(REGISTRIES, metadata, { spec: { suspend: true } })
    t.strictSame(status, { observedGeneration: 1, servers: 3 })
  })
}

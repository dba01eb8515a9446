// Filters and a registry's validation policy: one decision for every entry, each with its reason.
import t from 'tap'
import type { JsonObject } from '../../src/lib/json.ts'
import type { CriteriaRequest } from '../../src/resources/request.ts'
import { listOf, server } from '../helpers/entries.ts'
import { type PrepareChoices, prepared } from '../helpers/prepared.ts'

const OFFICIAL = 'io.modelcontextprotocol.registry/official'
const IMAGE = 'ghcr.io/acme/files:1.0.0'

function extended(extension: JsonObject): JsonObject {
  return { 'io.modelcontextprotocol.registry/publisher-provided': { 'io.github.stacklok': { [IMAGE]: extension } } }
}

const files = server('io.github.acme/files', '1.0.0', {
  remotes: undefined,
  packages: [{ registryType: 'oci', identifier: IMAGE, transport: { type: 'stdio' } }],
  _meta: extended({
    status: 'active',
    tier: 'Official',
    tags: ['storage', 'disk'],
    custom_metadata: { category: 'filesystem' },
  }),
})
const bare = server('com.acme/web', '1.0.0')

/** Reason for each entry that the criteria leave out. */
async function reasons(filter: PrepareChoices['filter'], validation?: PrepareChoices['validation']) {
  const choices = { ...(filter ? { filter } : {}), ...(validation ? { validation } : {}) }
  return (await prepared(listOf(files, bare), choices)).reasons
}

t.test('every criterion, with a reason for each decision', async t => {
  const table: { criteria: CriteriaRequest; out: string; excluded: string }[] = [
    { criteria: { names: ['io.github.*'] }, out: 'NameNotIncluded', excluded: 'NameExcluded' },
    { criteria: { tags: ['Storage'] }, out: 'NoTag', excluded: 'TagExcluded' },
    { criteria: { tiers: ['official'] }, out: 'NoTier', excluded: 'TierExcluded' },
    { criteria: { transports: ['stdio'] }, out: 'TransportNotIncluded', excluded: 'TransportExcluded' },
    { criteria: { categories: ['filesystem'] }, out: 'NoCategory', excluded: 'CategoryExcluded' },
    { criteria: { registryTypes: ['oci'] }, out: 'NoRegistryType', excluded: 'RegistryTypeExcluded' },
  ]
  for (const { criteria, out, excluded } of table) {
    const told = JSON.stringify(criteria)
    t.strictSame(await reasons({ include: criteria }), [`com.acme/web@1.0.0 ${out}`], `include ${told}`)
    t.strictSame(await reasons({ exclude: criteria }), [`io.github.acme/files@1.0.0 ${excluded}`], `exclude ${told}`)
  }
  t.strictSame(await reasons({ include: { tiers: ['Community'] } }), [
    'io.github.acme/files@1.0.0 TierNotIncluded',
    'com.acme/web@1.0.0 NoTier',
  ])
})

t.test('exclude wins, and within include every criterion must match', async t => {
  const include = { names: ['*acme*'], tags: ['storage', 'other'] }
  t.strictSame(await reasons({ include }), ['com.acme/web@1.0.0 NoTag'])
  t.strictSame(await reasons({ include, exclude: { tiers: ['Official'] } }), [
    'io.github.acme/files@1.0.0 TierExcluded',
    'com.acme/web@1.0.0 NoTag',
  ])
})

t.test('statuses are any unless the filter asks, and ToolHive says them in its extension', async t => {
  const list = JSON.stringify({
    servers: ['active', 'deprecated', 'deleted'].map(status => ({
      server: server(`com.acme/${status}`, '1.0.0'),
      _meta: { [OFFICIAL]: { status } },
    })),
  })
  t.equal((await prepared(list)).accepted.entries.length, 3)
  const { reasons } = await prepared(list, { filter: { include: { statuses: ['active'] } } })
  t.strictSame(reasons, ['com.acme/deprecated@1.0.0 StatusNotIncluded', 'com.acme/deleted@1.0.0 StatusNotIncluded'])
  const toolhive = await prepared(toolhiveCatalog({ status: 'Deprecated' }), {
    filter: { exclude: { statuses: ['deprecated'] } },
  })
  t.strictSame(toolhive.reasons, ['io.github.stacklok/weather@1.0.0 StatusExcluded'])
})

function toolhiveCatalog(changes: JsonObject = {}): string {
  const weather = {
    ...{ description: 'Reads the weather', image: 'weather:1', status: 'Active', tier: 'Community', tools: ['now'] },
    ...{ transport: 'stdio', tags: ['sky'], ...changes },
  }
  return JSON.stringify({ last_updated: '2026-01-01T00:00:00Z', version: '1.0.0', servers: { weather } })
}

t.test('in ToolHive documents names match the key as well as the full name', async t => {
  const taken = async (names: string[]) =>
    (await prepared(toolhiveCatalog(), { filter: { include: { names } } })).accepted.entries.length
  t.equal(await taken(['weather']), 1)
  t.equal(await taken(['io.github.stacklok/weather']), 1)
  t.equal(await taken(['*/weather']), 1)
  t.equal(await taken(['stacklok']), 0)
  const upstream = await prepared(listOf(server('io.github.stacklok/weather', '1.0.0')), {
    filter: { include: { names: ['weather'] } },
  })
  t.strictSame(
    upstream.reasons,
    ['io.github.stacklok/weather@1.0.0 NameNotIncluded'],
    'an upstream document has no key',
  )
  const fields = { tiers: ['community'], tags: ['sky'], categories: ['sky'], registryTypes: ['oci'] }
  t.equal((await prepared(toolhiveCatalog(), { filter: { include: fields } })).accepted.entries.length, 1)
})

t.test('latest is decided over valid entries that are not deleted, before the other criteria', async t => {
  const list = JSON.stringify({
    servers: [
      { server: server('com.acme/one', '1.0.0') },
      { server: server('com.acme/one', '2.0.0', { title: 'x' }) },
      { server: server('com.acme/one', '3.0.0', { description: '' }) },
      { server: server('com.acme/one', '4.0.0'), _meta: { [OFFICIAL]: { status: 'deleted' } } },
      { server: server('com.acme/two', '1.0.0'), _meta: { [OFFICIAL]: { status: 'deleted' } } },
    ],
  })
  const { reasons, accepted } = await prepared(list, { filter: { versions: 'latest' } })
  t.strictSame(
    accepted.entries.map(({ name, version }) => `${name}@${version}`),
    ['com.acme/one@2.0.0'],
  )
  t.strictSame([...reasons].sort(), [
    'com.acme/one@1.0.0 OlderVersion',
    'com.acme/one@3.0.0 minLength',
    'com.acme/one@4.0.0 Deleted',
    'com.acme/two@1.0.0 Deleted',
  ])
  const excluded = await prepared(
    listOf(server('com.acme/one', '1.0.0'), server('com.acme/one', '2.0.0', { remotes: [] })),
    { filter: { versions: 'latest', include: { transports: ['streamable-http'] } } },
  )
  t.strictSame(
    [...excluded.reasons].sort(),
    ['com.acme/one@1.0.0 OlderVersion', 'com.acme/one@2.0.0 NoTransport'],
    'an older version never stands in for the latest one',
  )
})

t.test('a criterion that rejects every entry by itself is named', async t => {
  const rejectedBy = async (filter: PrepareChoices['filter'], validation?: PrepareChoices['validation']) => {
    const choices = { ...(filter ? { filter } : {}), ...(validation ? { validation } : {}) }
    return (await prepared(listOf(files, bare), choices)).accepted.rejectedAllBy
  }
  t.equal(await rejectedBy({}), undefined)
  t.equal(await rejectedBy({ include: { tiers: ['Partner'] } }), 'filter.include.tiers')
  t.equal(await rejectedBy({ exclude: { names: ['*'] } }), 'filter.exclude.names')
  t.equal(
    await rejectedBy({ include: { names: ['com.*'], tags: ['none'] } }),
    'filter.include.tags',
    'behind another one',
  )
  const jointly = { include: { names: ['com.*'], tags: ['storage'] } }
  t.equal(await rejectedBy(jointly), undefined, 'two that reject everything only together do what they were told')
  t.equal(await rejectedBy({}, { allowedTiers: ['Partner'] }), 'validationPolicy.allowedTiers')
  const deleted = JSON.stringify({ servers: [{ server: bare, _meta: { [OFFICIAL]: { status: 'deleted' } } }] })
  t.equal((await prepared(deleted, { filter: { versions: 'latest' } })).accepted.rejectedAllBy, 'filter.versions')
  const invalid = listOf(server('com.acme/x', 'latest'))
  t.equal((await prepared(invalid, { filter: { include: { tiers: ['x'] } } })).accepted.rejectedAllBy, undefined)
})

t.test('what a validation policy lets in', async t => {
  t.strictSame(await reasons({}, { allowedTiers: ['Official'] }), ['com.acme/web@1.0.0 NoTier'])
  t.strictSame(await reasons({}, { allowedTiers: ['Community'] }), [
    'io.github.acme/files@1.0.0 TierNotAllowed',
    'com.acme/web@1.0.0 NoTier',
  ])
  t.strictSame(await reasons({}, { blockedPatterns: ['*/web', 'x*'] }), ['com.acme/web@1.0.0 BlockedPattern'])
  t.strictSame(await reasons({ exclude: { names: ['*/web'] } }, { blockedPatterns: ['*/web'] }), [
    'com.acme/web@1.0.0 NameExcluded',
  ])
  const blockedKey = await prepared(toolhiveCatalog(), { validation: { blockedPatterns: ['weather'] } })
  t.strictSame(blockedKey.reasons, ['io.github.stacklok/weather@1.0.0 BlockedPattern'], 'a ToolHive key too')
})

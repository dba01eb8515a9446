// Resources of all four kinds and the repositories between them, for sequences of what happens to them.
import type { Test } from 'tap'
import type { ClusterObject, ObjectType } from '../../src/cluster/cluster.ts'
import { CONFIG_MAPS, SECRETS, typeOf } from '../../src/cluster/types.ts'
import { API_VERSION, type RollbookResource } from '../../src/resources/kinds.ts'
import { listOf, server } from './entries.ts'
import { bareRepository, type TestRepository } from './git-repository.ts'
import { CANARY } from './laws.ts'
import { WholeSite } from './whole-site.ts'

export const NAMESPACE = 'team'

export interface WholePlace {
  readonly site: WholeSite
  /** Read by a registry and an import, and written by an import whose target is that registry. */
  readonly source: TestRepository
  /** The target of most. */
  readonly target: TestRepository
  readonly other: TestRepository
  readonly repositories: readonly TestRepository[]
}

/** The resources by name, as they begin and as they are made again. */
export type Specs = ReadonlyMap<string, { readonly kind: RollbookResource['kind']; readonly spec: object }>

const QUICK = { retry: { maxRetries: 2, backoffInterval: '10s' }, ttlSecondsAfterFinished: 300, historyLimit: 3 }
const SECRET = { authSecret: { name: 'git' } }

export function specsOf({ source, target, other }: Pick<WholePlace, 'source' | 'target' | 'other'>): Specs {
  const git = (path: string, more: object = {}) => ({ git: { repository: target.url, path, ...SECRET, ...more } })
  const fromGit = { type: 'git', git: { repository: source.url, path: 'registry.json' } }
  const fromFeed = { type: 'configmap', configMap: { name: 'feed', key: 'servers.json' } }
  const { retry, ...settings } = QUICK
  const syncPolicy = { interval: '30m', retry }
  return new Map(
    Object.entries({
      catalog: { kind: 'MCPRegistry', spec: { source: fromGit, syncPolicy, ...settings } },
      stored: {
        kind: 'MCPRegistry',
        spec: { source: fromFeed, syncPolicy, storage: git('stored/registry.json').git, ...settings },
      },
      chained: {
        kind: 'MCPRegistry',
        spec: { source: { type: 'registry', registry: { registryRef: { name: 'stored' } } }, syncPolicy, ...settings },
      },
      once: { kind: 'MCPRegistryImportJob', spec: { source: fromGit, target: git('once/registry.json'), ...QUICK } },
      nightly: {
        kind: 'MCPRegistryImportJob',
        spec: {
          source: fromFeed,
          target: git('nightly', { layout: 'Namespace' }),
          merge: { prune: 'Missing', allowEmpty: true },
          schedule: '7 * * * *',
          concurrencyPolicy: 'Replace',
          ...QUICK,
        },
      },
      into: {
        kind: 'MCPRegistryImportJob',
        spec: { source: fromFeed, target: { registryRef: { name: 'catalog', ...SECRET } }, ...QUICK },
      },
      export: {
        kind: 'MCPRegistryExportJob',
        spec: {
          registryRef: { name: 'stored' },
          target: { git: { repository: other.url, path: 'export/registry.json', format: 'toolhive' } },
          schedule: '37 * * * *',
          ...QUICK,
        },
      },
      mapped: {
        kind: 'MCPRegistryExportJob',
        spec: { registryRef: { name: 'catalog' }, target: { configMap: { name: 'out' } }, ...QUICK },
      },
      sync: {
        kind: 'MCPRegistrySyncJob',
        spec: { registryRef: { name: 'stored' }, ttlSecondsAfterFinished: 300, historyLimit: 3 },
      },
    } as const),
  )
}

/** Everything made, and nothing settled. */
export async function wholePlace(t: Test, seed: number): Promise<WholePlace> {
  const first = { 'registry.json': listOf(server('io.example/aa', '1.0.0'), server('io.example/bb', '1.0.0')) }
  const [source, target, other] = await Promise.all([
    bareRepository(t, first),
    bareRepository(t, { 'README.md': 'the catalog\n' }),
    bareRepository(t),
  ])
  const site = await WholeSite.open(t, seed)
  const place = { site, source, target, other, repositories: [source, target, other] }
  await writeFeed(place, 'aa', 'cc')
  await writeSecret(place, 0)
  for (const name of specsOf(place).keys()) await make(place, name)
  return place
}

/** As it began. */
export async function make(place: WholePlace, name: string): Promise<void> {
  const found = specsOf(place).get(name)
  if (!found) throw new Error(`there is no ${name}`)
  const { kind, spec } = found
  // Defaults are the cluster's to fill in.
  const object = { apiVersion: API_VERSION, kind, metadata: { namespace: NAMESPACE, name }, spec }
  await place.site.memory.create(typeOf(kind), object as never)
}

export function typeNamed(place: WholePlace, name: string): ObjectType<RollbookResource> {
  const kind = specsOf(place).get(name)?.kind
  if (!kind) throw new Error(`there is no ${name}`)
  return typeOf<RollbookResource>(kind)
}

/** The servers of the ConfigMap that resources read. */
export async function writeFeed(place: WholePlace, ...names: readonly string[]): Promise<void> {
  const text = listOf(...names.map(name => server(`io.example/${name}`, '1.0.0')))
  await write(place, CONFIG_MAPS, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: NAMESPACE, name: 'feed' },
    data: { 'servers.json': text },
  })
}

/** The Secret that resources name, in another version. */
export async function writeSecret(place: WholePlace, version: number): Promise<void> {
  await write(place, SECRETS, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: NAMESPACE, name: 'git' },
    stringData: { bearerToken: `${CANARY}-${version}` },
  })
}

async function write<T extends ClusterObject>({ site: { memory } }: WholePlace, type: ObjectType<T>, object: T) {
  const { apiVersion, kind, metadata, ...content } = object
  if (await memory.get(type, metadata)) await memory.patch(type, metadata, JSON.parse(JSON.stringify(content)))
  else await memory.create(type, object)
}

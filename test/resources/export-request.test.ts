// Export jobs and registries to requests: what of a registry is read, by whose policy, and what the hash covers.
import t from 'tap'
import { Failure } from '../../src/lib/failure.ts'
import type { JsonValue } from '../../src/lib/json.ts'
import type { MCPRegistry, MCPRegistryExportJob, MCPRegistryImportJob } from '../../src/resources/generated/types.ts'
import { loadManifests } from '../../src/resources/load.ts'
import type { RunRequest } from '../../src/resources/request.ts'
import { checkRequest } from '../../src/resources/request-check.ts'
import { runRequest } from '../../src/resources/run-request.ts'
import { manifestOf } from '../helpers/manifests.ts'

type Changes = Readonly<Record<string, JsonValue | undefined>>

const RUN = { runId: 'run-1', attempt: 1, startTime: '2026-03-01T12:00:00.000Z', searchWholeHistory: false }
const LOCAL = { ...RUN, uid: 'local', generation: 0 }
const CLUSTER = { ...RUN, uid: 'u-1', generation: 3 }
const COMMIT = 'c'.repeat(40)
const STORAGE = { repository: 'https://git.example/team/store.git', path: 'store', layout: 'Namespace' }

function load(text: string): unknown {
  const { resources, issues } = loadManifests([{ path: 'x.yaml', text }])
  if (issues.length > 0) throw new Error(issues.map(({ message }) => message).join('; '))
  return resources[0]?.resource
}

function jobOf(changes: Changes = {}): MCPRegistryExportJob {
  return load(manifestOf('MCPRegistryExportJob', { 'metadata.namespace': 'team', ...changes })) as MCPRegistryExportJob
}

function registryOf(changes: Changes = {}, name = 'catalog'): MCPRegistry {
  const metadata = { 'metadata.name': name, 'metadata.namespace': 'team' }
  return load(manifestOf('MCPRegistry', { ...metadata, ...changes })) as MCPRegistry
}

/** The registry as a controller sees it after a sync. */
function synced(registry: MCPRegistry, artifact: Partial<NonNullable<MCPRegistry['status']>['artifact']>): MCPRegistry {
  const digest = `sha256:${'d'.repeat(64)}`
  return { ...registry, status: { artifact: { revision: `main@sha1:${COMMIT}`, digest, ...artifact } } } as MCPRegistry
}

function exported(registries: readonly MCPRegistry[], run = LOCAL, changes: Changes = {}): RunRequest {
  const request = runRequest(jobOf(changes), run, { registries })
  t.strictSame(checkRequest(JSON.parse(JSON.stringify(request))), request, 'the worker takes it')
  return request
}

function reasonOf(make: () => unknown): string {
  try {
    make()
    return 'none'
  } catch (error) {
    return error instanceof Failure ? `${error.reason} ${error.class}: ${error.message}` : String(error)
  }
}

t.test('without storage the source is read, through filter and policy of the registry', async t => {
  const registry = registryOf({
    'spec.filter': { exclude: { names: ['x/*'] } },
    'spec.policy': {
      onInvalid: 'Skip',
      maxInvalid: 2,
      namespace: 'io.acme',
      checks: ['schema'],
      rewrite: [{ field: 'image', from: 'docker.io', to: 'mirror.example/hub' }],
    },
  })
  const request = exported([registry], LOCAL, { 'spec.filter': { versions: 'latest' } })
  const { rewrite, maxInvalid, ...own } = request.stages?.[0]?.policy ?? {}
  t.strictSame([rewrite?.length, maxInvalid], [1, 2])
  t.strictSame(request.policy, own, 'the same policy judges, but neither rewrites nor counts twice')
  t.match(request, {
    source: { type: 'git', repository: 'https://git.example/team/catalog.git', ref: { branch: 'main' } },
    stages: [{ registry: 'team/catalog', filter: { exclude: { names: ['x/*'] } } }],
    filter: { versions: 'latest' },
    merge: { onConflict: 'Replace', prune: 'Missing', allowEmpty: false },
    target: { type: 'configmap', namespace: 'team', name: 'catalog', key: 'registry.json', format: 'upstream' },
  })
  const git = { git: { repository: 'https://git.example/backup.git', path: 'out', layout: 'Directory' } }
  t.match(exported([registry], LOCAL, { 'spec.target': git }), {
    merge: { prune: 'Never' },
    target: { type: 'git', path: 'out', layout: 'Directory', format: 'upstream' },
  })
})

t.test('with storage what the last sync stored is read, without another filter', async t => {
  const storage = { ...STORAGE, format: 'upstream', authSecret: { name: 'store' } }
  const registry = registryOf({ 'spec.storage': storage, 'spec.filter': { exclude: { names: ['x/*'] } } })
  const source = { type: 'git', repository: STORAGE.repository, path: 'store', authSecret: { name: 'store' } }
  const local = exported([registry])
  t.match(local, { format: 'upstream', source: { ...source, ref: { branch: 'main' } } })
  t.notOk(local.stages)
  const artifact = { repository: STORAGE.repository, path: 'store' }
  const inCluster = exported([synced(registry, artifact)], CLUSTER)
  t.match(inCluster.source, { ...source, ref: { commit: COMMIT } })
  t.notOk(inCluster.stages)
  const from = { type: 'registry', registry: { registryRef: { name: 'catalog' } } }
  const reader = load(
    manifestOf('MCPRegistryImportJob', {
      'metadata.namespace': 'team',
      'spec.source': from,
      'spec.format': 'toolhive',
    }),
  ) as MCPRegistryImportJob
  t.match(
    reasonOf(() => runRequest(reader, LOCAL, { registries: [registry] })),
    /^ManifestInvalid .*format toolhive is asked of MCPRegistry catalog, whose documents are in format upstream/,
  )
  t.not(inCluster.requestHash, local.requestHash, 'the revision of the registry is part of the hash')
})

t.test('in a cluster the revision of the last sync is read, and nothing before the first one', async t => {
  const plain = registryOf({ 'spec.source.git.branch': 'edge' })
  const repository = 'https://git.example/team/catalog.git'
  t.match(exported([synced(plain, { repository })], CLUSTER).source, { repository, ref: { commit: COMMIT } })
  t.match(
    exported([synced(plain, { repository: 'https://git.example/before.git' })], CLUSTER).source,
    { repository, ref: { branch: 'edge' } },
    'a source that changed since',
  )
  const web = registryOf({ 'spec.source': { type: 'url', url: { url: 'https://host.example/c.json' } } })
  t.match(exported([synced(web, { revision: `sha256:${'e'.repeat(64)}` })], CLUSTER).source, { type: 'url' })

  const stored = registryOf({ 'spec.storage': STORAGE })
  t.match(
    reasonOf(() => exported([plain], CLUSTER)),
    'DependencyNotReady transient: MCPRegistry catalog was not synced yet',
  )
  t.match(
    reasonOf(() => exported([synced(stored, { repository: 'https://git.example/old.git', path: 'store' })], CLUSTER)),
    'DependencyNotReady transient: MCPRegistry catalog has another storage since its last sync',
  )
  t.match(
    reasonOf(() => exported([], LOCAL)),
    'ReferenceNotFound definite: MCPRegistry team/catalog',
  )
})

t.test(
  'a registry that reads another one reads what that one stored, then through its own rules when it is exported',
  async t => {
    const raw = registryOf({ 'spec.storage': STORAGE, 'spec.filter': { versions: 'latest' } }, 'raw')
    const source = { type: 'registry', registry: { registryRef: { name: 'raw' } } }
    const registry = registryOf({ 'spec.source': source, 'spec.filter': { include: { tiers: ['Official'] } } })
    const request = exported([raw, registry])
    t.match(request.source, { repository: STORAGE.repository })
    t.strictSame(
      request.stages?.map(stage => stage.registry),
      ['team/catalog'],
    )
    const sync = runRequest(registry, LOCAL, { registries: [raw, registry] })
    t.match(sync, { source: request.source, filter: { include: { tiers: ['Official'] } }, target: { type: 'none' } })
    t.notOk(sync.stages)
  },
)

t.test('the hash covers which key of which ConfigMap is written in which format', async t => {
  const hash = (target: JsonValue) => exported([registryOf()], LOCAL, { 'spec.target': target }).requestHash
  const plain = hash({ configMap: { name: 'a' } })
  t.equal(hash({ configMap: { name: 'a', key: 'registry.json', format: 'upstream' } }), plain)
  const others = [{ name: 'b' }, { name: 'a', key: 'b.json' }, { name: 'a', format: 'toolhive' }]
  t.equal(new Set([plain, ...others.map(configMap => hash({ configMap }))]).size, 4)
})

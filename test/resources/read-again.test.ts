// A source that holds the target of its own run is refused, whatever kind the resource has; one beside it is not.
import t from 'tap'
import { Failure } from '../../src/lib/failure.ts'
import type { JsonValue } from '../../src/lib/json.ts'
import type { MCPRegistry } from '../../src/resources/generated/types.ts'
import type { RollbookResource } from '../../src/resources/kinds.ts'
import { loadManifests } from '../../src/resources/load.ts'
import { runRequest } from '../../src/resources/run-request.ts'
import type { KindName } from '../../src/resources/schema.ts'
import { manifestOf } from '../helpers/manifests.ts'

type Fields = Readonly<Record<string, JsonValue>>

const RUN = { runId: 'run-1', attempt: 1, startTime: '2026-03-01T12:00:00.000Z', searchWholeHistory: false }
const LOCAL = { ...RUN, uid: 'local', generation: 0 }
const CLUSTER = { ...RUN, uid: 'u-1', generation: 1 }
const REPOSITORY = 'https://git.example/team/catalog.git'
const COMMIT = 'a'.repeat(40)

function resourceOf(kind: KindName, changes: Fields): RollbookResource {
  const { resources, issues } = loadManifests([{ path: 'x.yaml', text: manifestOf(kind, changes) }])
  if (issues.length > 0) throw new Error(issues.map(({ path, message }) => `${path} ${message}`).join('; '))
  return resources[0]?.resource as RollbookResource
}

function jobOf(source: Fields, target: Fields): RollbookResource {
  return resourceOf('MCPRegistryImportJob', {
    'spec.source': { type: 'git', git: { repository: REPOSITORY, ...source } },
    'spec.target': { git: { repository: REPOSITORY, ...target } },
  })
}

function toldOf(resource: RollbookResource, registries: readonly MCPRegistry[] = [], run = LOCAL): string {
  try {
    runRequest(resource, run, { registries })
    return 'accepted'
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return `${error.reason} ${error.class}: ${error.message}; ${error.hint}`
  }
}

t.test('the sentence names both paths and what to do', async t => {
  t.equal(
    toldOf(jobOf({ path: 'teams' }, { path: 'teams/all.json' })),
    `ManifestInvalid definite: the source teams of ${REPOSITORY} holds the target teams/all.json: what a run wrote would be read again; let the source leave it out, or write elsewhere`,
  )
})

t.test('what of a source holds a target', async t => {
  const folder = { path: 'teams/out', layout: 'Namespace' }
  const tree = { path: 'teams/out', layout: 'Directory' }
  const file = { path: 'teams/all.json' }
  const cases: readonly { source: Fields; target: Fields; held: boolean }[] = [
    { source: { path: '.' }, target: file, held: true },
    { source: { path: 'teams', branch: 'main' }, target: file, held: true },
    { source: { path: 'teams', repository: 'https://GIT.example/team/catalog' }, target: file, held: true },
    { source: { path: 'teams' }, target: { ...file, pushBranch: 'review' }, held: true },
    { source: { path: 'teams', branch: 'review' }, target: { ...file, pushBranch: 'review' }, held: true },
    { source: { path: 'teams' }, target: folder, held: true },
    { source: { path: 'teams/*.json' }, target: file, held: true },
    { source: { path: '**/*.json' }, target: tree, held: true },
    { source: { path: 'teams/*/*.json' }, target: folder, held: true },
    // Beside it, or in place.
    { source: { path: 'teams' }, target: { path: 'teams.json' }, held: false },
    { source: { path: 'teams' }, target: { path: 'catalog/all.json' }, held: false },
    { source: { path: 'teams/all.json' }, target: file, held: false },
    { source: { path: 'teams/out' }, target: tree, held: false },
    { source: { path: 'teams/*.json' }, target: folder, held: false },
    { source: { path: 'teams/*/*.json' }, target: tree, held: false },
    { source: { path: 'teams/*.yaml' }, target: file, held: false },
    { source: { path: 'teams/[^a]*.json' }, target: file, held: false },
    // Another place, or one that never moves.
    { source: { path: 'teams', branch: 'next' }, target: file, held: false },
    { source: { path: 'teams', tag: 'v1' }, target: file, held: false },
    { source: { path: 'teams', commit: COMMIT }, target: file, held: false },
    { source: { path: 'teams', repository: 'https://git.example/team/other' }, target: file, held: false },
  ]
  for (const { source, target, held } of cases) {
    const told = toldOf(jobOf(source, target))
    t.match(told, held ? /^ManifestInvalid definite: / : /^accepted$/, JSON.stringify({ source, target }))
  }
})

const GIT = { type: 'git', git: { repository: REPOSITORY, path: 'catalog' } }
const BY_NAME = { type: 'registry', registry: { registryRef: { name: 'example' } } }

t.test('a registry whose source holds its storage', async t => {
  const registry = (path: string) =>
    resourceOf('MCPRegistry', { 'spec.source': GIT, 'spec.storage': { repository: REPOSITORY, path } })
  t.match(toldOf(registry('catalog/stored.json')), /the source catalog of .* holds the target catalog\/stored\.json/)
  t.equal(toldOf(registry('stored.json')), 'accepted')
})

t.test('what is read through a registry counts as its source, at a pinned commit too', async t => {
  const unstored = resourceOf('MCPRegistry', { 'spec.source': GIT }) as MCPRegistry
  const artifact = {
    revision: `main@sha1:${COMMIT}`,
    repository: REPOSITORY,
    path: 'catalog',
    digest: `sha256:${'b'.repeat(64)}`,
    lastUpdateTime: '2026-03-01T12:00:00Z',
  }
  const synced = { ...unstored, status: { artifact } } as MCPRegistry
  const git = { repository: REPOSITORY, path: 'catalog/all.json' }
  const readers = {
    import: resourceOf('MCPRegistryImportJob', { 'spec.source': BY_NAME, 'spec.target': { git } }),
    export: resourceOf('MCPRegistryExportJob', {
      'spec.registryRef': { name: 'example' },
      'spec.target': { git },
    }),
  }
  const stored = resourceOf('MCPRegistry', {
    'spec.source': GIT,
    'spec.storage': { repository: REPOSITORY, path: 'stored.json' },
  }) as MCPRegistry
  for (const [name, reader] of Object.entries(readers)) {
    t.match(toldOf(reader, [unstored]), /the source catalog of .* holds the target catalog\/all\.json/, name)
    t.match(toldOf(reader, [synced], CLUSTER), /the source catalog of .* holds the target catalog\/all\.json/, name)
    t.equal(toldOf(reader, [stored]), 'accepted', `${name} reads the storage`)
  }
})

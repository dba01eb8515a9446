// What keeps a run from starting, found before any Job exists: each with a reason of its own.
import t from 'tap'
import type { JsonValue } from '../../src/lib/json.ts'
import type { MCPRegistry } from '../../src/resources/generated/types.ts'
import { CANARY } from '../helpers/laws.ts'
import { Reconciled } from '../helpers/reconciled.ts'

type Changes = Readonly<Record<string, JsonValue>>

const HTTP = 'http://git.example/team/catalog.git'

const STALLED: Record<string, { changes: Changes; reason: string }> = {
  'G4 a denied address': {
    changes: { 'spec.source.git.repository': 'https://169.254.169.254/x.git' },
    reason: 'HostDenied',
  },
  'plain http': { changes: { 'spec.target.git.repository': HTTP }, reason: 'HostDenied' },
  'a file': { changes: { 'spec.source.git.repository': 'file:///srv/x.git' }, reason: 'HostDenied' },
  'B5 credentials over plain http': {
    changes: { 'spec.target.git.repository': HTTP, 'spec.target.git.authSecret': { name: 'git' } },
    reason: 'InsecureCredentials',
  },
  'B5 credentials of the source over plain http': {
    changes: { 'spec.source': { type: 'url', url: { url: 'http://web.example/x.json', authSecret: { name: 'git' } } } },
    reason: 'InsecureCredentials',
  },
  'a source that holds the target': {
    changes: { 'spec.source.git.path': 'catalog' },
    reason: 'ManifestInvalid',
  },
  'B2 a missing Secret': { changes: { 'spec.target.git.authSecret': { name: 'nowhere' } }, reason: 'SecretNotFound' },
  'B2 a missing key': {
    changes: { 'spec.source.git.authSecret': { name: 'git', tokenKey: 'token' } },
    reason: 'SecretInvalid',
  },
  'B4 no known_hosts': {
    changes: {
      'spec.source.git.repository': 'ssh://git@git.example/x.git',
      'spec.source.git.authSecret': { name: 'git' },
    },
    reason: 'SecretInvalid',
  },
  'a Secret that may not be read': {
    changes: { 'spec.source.git.authSecret': { name: 'secret' } },
    reason: 'DependencyForbidden',
  },
  'a missing signing key': {
    changes: { 'spec.target.git.commit': { signingSecret: { name: 'git' } } },
    reason: 'SecretInvalid',
  },
  'a missing ConfigMap': {
    changes: { 'spec.source': { type: 'configmap', configMap: { name: 'nowhere' } } },
    reason: 'ReferenceNotFound',
  },
  'a missing key of a ConfigMap': {
    changes: { 'spec.source': { type: 'configmap', configMap: { name: 'map', key: 'other.json' } } },
    reason: 'ReferenceNotFound',
  },
  'a missing registry': {
    changes: { 'spec.source': { type: 'registry', registry: { registryRef: { name: 'nowhere' } } } },
    reason: 'ReferenceNotFound',
  },
  'a target registry that is no git': {
    changes: { 'spec.target': { registryRef: { name: 'web' } } },
    reason: 'TargetNotWritable',
  },
  'registries that read each other': {
    changes: { 'spec.source': { type: 'registry', registry: { registryRef: { name: 'ring-a' } } } },
    reason: 'ManifestInvalid',
  },
}

function world(): Reconciled {
  const world = new Reconciled()
  world.object('Secret', 'git', { keys: ['password'] })
  world.object('Secret', 'secret', { forbidden: true, keys: [CANARY] })
  world.object('ConfigMap', 'map')
  world.add('MCPRegistry', 'web', { 'spec.source': { type: 'url', url: { url: 'https://web.example/registry.json' } } })
  for (const [name, other] of [
    ['ring-a', 'ring-b'],
    ['ring-b', 'ring-a'],
  ] as const) {
    const registry = world.add('MCPRegistry', name, {
      'spec.source': { type: 'registry', registry: { registryRef: { name: other } } },
    })
    const artifact = { revision: 'sha256:1', digest: 'sha256:2' }
    world.put({ ...registry, status: { observedGeneration: -1, artifact } } as typeof registry)
  }
  return world
}

for (const [name, { changes, reason }] of Object.entries(STALLED)) {
  t.test(name, async t => {
    const place = world()
    place.add('MCPRegistryImportJob', 'one', changes)
    const { wake } = place.reconcile('one')
    t.equal(place.condition('one', 'Stalled'), `True ${reason}`)
    t.equal(place.condition('one', 'Ready'), `False ${reason}`)
    t.match(place.status('one'), { phase: 'Failed', activeRun: undefined, history: undefined })
    t.equal(place.created.length, 0)
    t.equal(Number(wake) - place.now.getTime(), 10_000, 'looked at again')
    t.match(place.events, [{ severity: 'Warning', reason }])
    const writes = place.writes.length
    place.pass(600)
    place.settle('one')
    t.equal(place.writes.length, writes, 'nothing new is nothing written')
    t.strictSame(place.broken, [])
  })
}

t.test('every address that is refused is told, with its side', async t => {
  const place = world()
  const file = { 'spec.source.git.repository': 'file:///srv/x.git', 'spec.target.git.repository': HTTP }
  place.add('MCPRegistryImportJob', 'one', file)
  place.settle('one')
  t.equal(
    place.status('one').conditions?.find(({ type }) => type === 'Stalled')?.message,
    'source: file URLs are taken in local mode only; use https; target: plain http to git.example is not allowed; use https, or allow the host with --allow-plain-http',
  )
})

const LOOKS = '; it is looked at again at growing intervals up to 5 minutes, and at once by rollbook trigger'

t.test('what is missing is told with the place and the keys that it needs', async t => {
  const rows: readonly [Changes, string][] = [
    [
      { 'spec.target.git.authSecret': { name: 'no' } },
      'Secret no does not exist in namespace default: create it with one of the keys bearerToken, password, ca.crt' +
        LOOKS,
    ],
    [
      { 'spec.source.git.repository': 'ssh://git@git.example/x.git', 'spec.source.git.authSecret': { name: 'no' } },
      `Secret no does not exist in namespace default: create it with the keys identity and known_hosts${LOOKS}`,
    ],
    [
      { 'spec.source': { type: 'configmap', configMap: { name: 'no' } } },
      'ConfigMap no does not exist in namespace default: create it with the key registry.json',
    ],
  ]
  for (const [changes, message] of rows) {
    const place = world()
    place.add('MCPRegistryImportJob', 'one', changes)
    place.settle('one')
    t.equal(place.status('one').conditions?.find(({ type }) => type === 'Stalled')?.message, message)
  }
  const local = world()
  local.install = { ...local.install, hosts: { denyCidrs: [], allowPlainHttp: 'all', local: true } }
  local.add('MCPRegistryImportJob', 'one', { 'spec.target.git.authSecret': { name: 'no' } })
  local.settle('one')
  t.match(local.status('one').conditions?.[0]?.message, /, or name its folder with --secret-dir$/)
})

t.test('B9 a Secret that was replaced while suspended is looked at when resumed', async t => {
  const place = world()
  place.add('MCPRegistryImportJob', 'one', { 'spec.suspend': true, 'spec.target.git.authSecret': { name: 'late' } })
  place.settle('one')
  place.object('Secret', 'late')
  place.edit('one', spec => ({ ...spec, suspend: false }))
  place.settle('one')
  t.match(place.status('one').observed?.dependencies, [{ kind: 'Secret', name: 'late', resourceVersion: '1' }])
  t.equal(place.created.length, 1)
  t.strictSame(place.broken, [])
})

t.test('G2 a registry of another namespace is not found', async t => {
  const place = world()
  const web = place.get<MCPRegistry>('web')
  place.put({ ...web, metadata: { ...web.metadata, namespace: 'other' } })
  place.add('MCPRegistryImportJob', 'one', {
    'spec.source': { type: 'registry', registry: { registryRef: { name: 'web' } } },
  })
  place.settle('one')
  t.equal(place.condition('one', 'Stalled'), 'True ReferenceNotFound')
})

t.test('the Secret of the registry that is read through is needed, too', async t => {
  const place = world()
  const registry = place.add('MCPRegistry', 'team', { 'spec.source.git.authSecret': { name: 'team-git' } })
  const artifact = {
    repository: 'https://git.example/team/catalog.git',
    revision: `main@sha1:${'a'.repeat(40)}`,
    digest: 'sha256:2',
  }
  place.put({ ...registry, status: { observedGeneration: 1, artifact } } as typeof registry)
  place.add('MCPRegistryExportJob', 'export', { 'spec.registryRef.name': 'team' })
  place.settle('export')
  t.equal(place.condition('export', 'Stalled'), 'True SecretNotFound')
  place.object('Secret', 'team-git')
  place.pass(10)
  place.settle('export')
  t.equal(place.created.length, 1)
  t.match(place.job.job.spec.template.spec.volumes, [
    { secret: { secretName: 'team-git' } },
    { configMap: { name: 'catalog', optional: true } },
  ])
  t.strictSame(place.broken, [])
})

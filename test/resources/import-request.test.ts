// An import job to a request: every kind of source, references to registries, and what the request hash covers.
import t from 'tap'
import { Failure } from '../../src/lib/failure.ts'
import type { JsonValue } from '../../src/lib/json.ts'
import type { MCPRegistry, MCPRegistryImportJob } from '../../src/resources/generated/types.ts'
import { importRequest } from '../../src/resources/import-request.ts'
import { loadManifests } from '../../src/resources/load.ts'
import type { RunRequest } from '../../src/resources/request.ts'
import { checkRequest } from '../../src/resources/request-check.ts'
import { manifestOf } from '../helpers/manifests.ts'

type Changes = Readonly<Record<string, JsonValue | undefined>>

const RUN = {
  runId: 'run-1',
  attempt: 1,
  startTime: '2026-03-01T12:00:00.000Z',
  searchWholeHistory: false,
  uid: 'local',
  generation: 0,
}

function jobOf(changes: Changes): MCPRegistryImportJob {
  return load(manifestOf('MCPRegistryImportJob', { 'metadata.namespace': 'team', ...changes })) as MCPRegistryImportJob
}

function registryOf(name: string, changes: Changes = {}): MCPRegistry {
  return load(
    manifestOf('MCPRegistry', { 'metadata.name': name, 'metadata.namespace': 'team', ...changes }),
  ) as MCPRegistry
}

function load(text: string): unknown {
  const { resources, issues } = loadManifests([{ path: 'x.yaml', text }])
  if (issues.length > 0) throw new Error(issues.map(({ message }) => message).join('; '))
  return resources[0]?.resource
}

/** spec.source of another type than git. */
function source(type: string, block: string, value: JsonValue): Changes {
  return { 'spec.source': { type, [block]: value } }
}

const FROM = (name: string) => source('registry', 'registry', { registryRef: { name } })

function requestOf(changes: Changes, registries: readonly MCPRegistry[] = []): RunRequest {
  return importRequest(jobOf(changes), RUN, { registries })
}

function reasonOf(make: () => unknown): string {
  try {
    make()
    return 'none'
  } catch (error) {
    return error instanceof Failure ? `${error.reason}: ${error.message}` : String(error)
  }
}

t.test('every kind of source becomes a request that the worker takes', async t => {
  const headers = { 'X-Team': 'platform' }
  const authSecret = { name: 'web', tokenKey: 'pat' }
  const cases = [
    {
      changes: source('url', 'url', { url: 'https://host.example/c.json', headers, authSecret }),
      wanted: { type: 'url', url: 'https://host.example/c.json', headers, authSecret },
    },
    {
      changes: source('configmap', 'configMap', { name: 'catalog' }),
      wanted: { type: 'configmap', namespace: 'team', name: 'catalog', key: 'registry.json' },
    },
    {
      changes: source('registry', 'registry', { url: 'https://registry.example', headers: {} }),
      wanted: { type: 'registry', url: 'https://registry.example' },
    },
    {
      changes: {},
      wanted: {
        type: 'git',
        repository: 'https://git.example/team/catalog.git',
        ref: { branch: 'main' },
        path: 'registry.json',
      },
    },
  ]
  for (const { changes, wanted } of cases) {
    const request = requestOf(changes)
    t.strictSame(request.source, wanted)
    t.strictSame(checkRequest(JSON.parse(JSON.stringify(request))), request, wanted.type)
  }
})

t.test('the request hash covers what is selected, not credentials, hosts or how often is looked', async t => {
  const url = { url: 'https://host.example/c.json' }
  const hash = (changes: Changes) => requestOf(changes).requestHash
  const plain = hash(source('url', 'url', url))
  t.equal(hash(source('url', 'url', { ...url, authSecret: { name: 'web' } })), plain)
  t.equal(hash(source('url', 'url', { ...url, headers: {} })), plain)
  t.not(hash(source('url', 'url', { ...url, headers: { 'X-Team': 'a' } })), plain)
  t.not(hash(source('url', 'url', { url: 'https://host.example/d.json' })), plain)
  const registry = { url: 'https://host.example' }
  t.equal(
    hash(source('registry', 'registry', registry)),
    hash(source('registry', 'registry', { ...registry, fullInterval: '1h' })),
  )
  const hosts = { denyCidrs: [], allowPlainHttp: [], local: false }
  const withHosts = importRequest(jobOf(source('url', 'url', url)), { ...RUN, hosts })
  t.strictSame(withHosts.hosts, hosts)
  t.equal(withHosts.requestHash, plain)
})

t.test('pushBranch and verify are part of the hash, the key that signs is not', async t => {
  const keysSecret = { name: 'keys' }
  const plain = requestOf({})
  const review = requestOf({ 'spec.target.git.pushBranch': 'review' })
  t.match(review.target, { branch: 'main', pushBranch: 'review' })
  t.not(review.requestHash, plain.requestHash)
  const itself = requestOf({ 'spec.target.git.pushBranch': 'main' })
  t.notOk('pushBranch' in itself.target, 'the name of branch is the default')
  t.equal(itself.requestHash, plain.requestHash)

  const signed = requestOf({ 'spec.target.git.commit': { signingSecret: { name: 'signer' } } })
  t.match(signed.target, { commit: { signingSecret: { name: 'signer' } } })
  t.equal(signed.requestHash, plain.requestHash)

  const tagged = { 'spec.source.git.tag': 'v1' }
  const verified = requestOf({ ...tagged, 'spec.source.git.verify': { mode: 'Tag', keysSecret } })
  t.match(verified.source, { ref: { tag: 'v1' }, verify: { mode: 'Tag', keysSecret } })
  t.not(verified.requestHash, requestOf(tagged).requestHash)
  t.match(requestOf({ 'spec.source.git.verify': { keysSecret } }).source, { verify: { mode: 'HEAD', keysSecret } })
  const registry = registryOf('signed', { 'spec.source.git.verify': { keysSecret } })
  t.match(
    requestOf(FROM('signed'), [registry]).source,
    { verify: { mode: 'HEAD', keysSecret } },
    'also through a registry',
  )

  for (const request of [review, signed, verified])
    t.strictSame(checkRequest(JSON.parse(JSON.stringify(request))), request)
  const source = { ...verified.source, ref: { branch: 'main' } }
  t.match(
    reasonOf(() => checkRequest(JSON.parse(JSON.stringify({ ...verified, source })))),
    /source\.verify\.mode Tag and TagAndHEAD need source\.ref\.tag/,
  )
})

t.test('registryRef reads the source of the registry, through its filter and policy, along a chain', async t => {
  const raw = registryOf('raw', {
    'spec.format': 'toolhive',
    ...source('url', 'url', { url: 'https://host.example/c.json' }),
    'spec.filter': { include: { tiers: ['Official'] } },
  })
  const tested = registryOf('tested', { ...FROM('raw'), 'spec.policy': { onInvalid: 'Fail', namespace: 'io.acme' } })
  const request = requestOf({ ...FROM('tested'), 'spec.filter': { versions: 'latest' } }, [tested, raw])

  t.strictSame(request.source, { type: 'url', url: 'https://host.example/c.json' })
  t.equal(request.format, 'toolhive')
  t.match(request.stages, [
    {
      registry: 'team/raw',
      filter: { include: { tiers: ['Official'] }, versions: 'all' },
      policy: { onInvalid: 'Skip' },
    },
    { registry: 'team/tested', filter: { versions: 'all' }, policy: { onInvalid: 'Fail', namespace: 'io.acme' } },
  ])
  t.match(request.filter, { versions: 'latest' })
  t.strictSame(checkRequest(JSON.parse(JSON.stringify(request))), request)
  t.not(request.requestHash, requestOf({ ...FROM('raw'), 'spec.filter': { versions: 'latest' } }, [raw]).requestHash)
})

t.test("what a registry's validationPolicy lets in goes with its stage", async t => {
  const strict = registryOf('strict', { 'spec.validationPolicy': { allowedTiers: ['Official'] } })
  const { stages } = requestOf(FROM('strict'), [strict])
  t.match(stages, [{ registry: 'team/strict', validation: { allowedTiers: ['Official'] } }])
})

t.test('references that lead nowhere are named', async t => {
  const a = registryOf('a', FROM('b'))
  const b = registryOf('b', FROM('a'))
  const elsewhere = registryOf('shared', { 'metadata.namespace': 'other' })
  t.match(
    reasonOf(() => requestOf(FROM('gone'))),
    'ReferenceNotFound: MCPRegistry team/gone does not exist',
  )
  t.match(
    reasonOf(() => requestOf(FROM('shared'), [elsewhere])),
    'ReferenceNotFound: MCPRegistry team/shared',
    'G2',
  )
  t.match(
    reasonOf(() => requestOf(FROM('a'), [a, b])),
    /^ManifestInvalid: .*circle: a, b, a$/,
  )
  const upstream = registryOf('upstream', { 'spec.format': 'upstream' })
  t.match(
    reasonOf(() => requestOf({ ...FROM('upstream'), 'spec.format': 'toolhive' }, [upstream])),
    /^ManifestInvalid: format toolhive is asked of MCPRegistry upstream/,
  )
  const approved = registryOf('approved', { 'spec.validationPolicy': { approvalRequired: true } })
  t.match(
    reasonOf(() => requestOf(FROM('approved'), [approved])),
    /^PolicyNotEnforced: .*approvalRequired/,
  )
})

t.test("target.registryRef writes to the registry's git source, with the target's Secret", async t => {
  const target = { 'spec.target': { registryRef: { name: 'team', authSecret: { name: 'writer' } } } }
  const registry = (changes: Changes) =>
    registryOf('team', { 'spec.source.git.authSecret': { name: 'reader' }, ...changes })
  const request = requestOf(target, [registry({ 'spec.source.git.branch': 'edge', 'spec.format': 'toolhive' })])
  t.strictSame(request.target, {
    type: 'git',
    repository: 'https://git.example/team/catalog.git',
    branch: 'edge',
    path: 'registry.json',
    layout: 'File',
    format: 'toolhive',
    authSecret: { name: 'writer' },
    commit: {},
  })
  t.match(requestOf(target, [registry({ 'spec.source.git.path': 'catalog' })]).target, {
    path: 'catalog',
    layout: 'Directory',
    format: 'upstream',
  })

  const refused: Changes[] = [
    { 'spec.source.git.tag': 'v1' },
    { 'spec.source.git.path': '.' },
    { 'spec.source.git.path': 'catalog/*.json' },
    { 'spec.source.git.path': 'catalog.yaml' },
    { 'spec.source.git.path': 'catalog', 'spec.format': 'toolhive' },
    source('url', 'url', { url: 'https://host.example/c.json' }),
  ]
  for (const changes of refused) {
    t.match(
      reasonOf(() => requestOf(target, [registryOf('team', changes)])),
      /^TargetNotWritable: MCPRegistry team /,
      JSON.stringify(changes),
    )
  }
  t.match(
    reasonOf(() => requestOf(target)),
    'ReferenceNotFound: MCPRegistry team/team',
  )
})

t.test('a request that is none of ours is refused, with every problem', async t => {
  const request = JSON.parse(JSON.stringify(requestOf(source('configmap', 'configMap', { name: 'catalog' })))) as object
  const refused = [
    { change: { source: { type: 'ftp' } }, message: /source\.type must be one of git, url, configmap, registry/ },
    { change: { source: { type: '__proto__' } }, message: /source\.type must be one of/ },
    { change: { source: { type: 'url' } }, message: /source\.url must be given/ },
    {
      change: { source: { type: 'configmap', namespace: 'team', name: '../../etc', key: 'passwd' } },
      message: /source\.name must match/,
    },
    {
      change: { source: { type: 'git', repository: 'https://a/b', path: 'c', ref: {} } },
      message: /source\.ref must name exactly one/,
    },
    {
      change: { hosts: { denyCidrs: ['10/8'], allowPlainHttp: ['*'], local: false } },
      message: /"\*" is neither a host.*"10\/8" is no range/,
    },
    { change: { hosts: { denyCidrs: [], allowPlainHttp: true, local: false } }, message: /hosts\.allowPlainHttp/ },
    { change: { stages: [{ registry: 'a/b' }] }, message: /stages\[0\]\.filter must be given/ },
  ]
  for (const { change, message } of refused)
    t.match(
      reasonOf(() => checkRequest({ ...request, ...change })),
      message,
      JSON.stringify(change),
    )
})

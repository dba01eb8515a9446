// Loading whole files: real manifests, several documents, Lists, Secrets, hostile texts, and where problems point.
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { checkRules } from '../../src/resources/cel.ts'
import { checkResource } from '../../src/resources/check.ts'
import { applyDefaults, defaultBlock } from '../../src/resources/defaults.ts'
import { configMapValue, definitionOf, type kindNames, nameOf, secretValue } from '../../src/resources/kinds.ts'
import { type LoadedManifests, loadManifests } from '../../src/resources/load.ts'
import { printIssue } from '../../src/resources/problem.ts'
import type { Schema } from '../../src/resources/schema.ts'
import { suggest } from '../../src/resources/suggest.ts'
import { manifestOf, resourceOf } from '../helpers/manifests.ts'
import { needSharedData } from '../helpers/needs.ts'

function load(text: string, path = 'a.yaml'): LoadedManifests {
  return loadManifests([{ path, text }])
}

function printed(text: string): string[] {
  return load(text).issues.map(printIssue)
}

t.test('the manifests of the proposal load unchanged, with no field lost', async t => {
  const directory = needSharedData(t, 'manifests')
  if (directory === undefined) return
  const files = readdirSync(directory)
  t.equal(files.length, 6)
  for (const file of files) {
    const text = readFileSync(`${directory}/${file}`, 'utf8')
    const { resources, issues } = load(text, file)
    t.strictSame(issues, [], file)
    const resource = resources[0]?.resource
    t.equal(resource?.kind, 'MCPRegistry')
    t.match(resource, parse(text), `${file} keeps every field it gives`)
  }
})

t.test("defaults are the contract's, and no others", async t => {
  const loaded = (kind: (typeof kindNames)[number]) => load(manifestOf(kind)).resources[0]?.resource
  const metadata = { name: 'example', namespace: 'default' }
  const status = { observedGeneration: -1 }
  const retry = { maxRetries: 3, backoffInterval: '30s' }
  const keep = { ttlSecondsAfterFinished: 3600, historyLimit: 10 }
  const settings = { mode: 'Apply', concurrencyPolicy: 'Forbid', retry, activeDeadlineSeconds: 600, ...keep }
  const repository = 'https://git.example/team/catalog.git'
  const source = { type: 'git', git: { repository, path: 'registry.json' } }
  const apiVersion = 'toolhive.stacklok.io/v1alpha1'
  t.strictSame(loaded('MCPRegistry'), {
    apiVersion,
    kind: 'MCPRegistry',
    metadata,
    spec: {
      source,
      syncPolicy: { enabled: true, interval: '1h', onUpdate: 'update', retry },
      precedence: 0,
      activeDeadlineSeconds: 600,
      ...keep,
    },
    status,
  })
  t.strictSame(loaded('MCPRegistryImportJob'), {
    apiVersion,
    kind: 'MCPRegistryImportJob',
    metadata,
    spec: {
      source,
      target: { git: { repository, path: 'catalog/registry.json', branch: 'main', layout: 'File' } },
      ...settings,
    },
    status,
  })
  t.strictSame(loaded('MCPRegistryExportJob'), {
    apiVersion,
    kind: 'MCPRegistryExportJob',
    metadata,
    spec: {
      registryRef: { name: 'catalog' },
      target: { configMap: { name: 'catalog', key: 'registry.json' } },
      ...settings,
    },
    status,
  })
  t.strictSame(loaded('MCPRegistrySyncJob'), {
    apiVersion,
    kind: 'MCPRegistrySyncJob',
    metadata,
    spec: { registryRef: { name: 'catalog' }, ...keep },
    status,
  })
  t.strictSame(defaultBlock('MCPRegistryImportJob', 'spec', 'policy'), {
    onInvalid: 'Skip',
    checks: ['schema', 'semantic'],
    profile: 'generic',
    namespace: 'io.github.stacklok',
    longDescription: 'Fail',
    strictToolHive: false,
  })
  t.strictSame(defaultBlock('MCPRegistryImportJob', 'spec', 'merge'), { onConflict: 'Replace', prune: 'Never' })
  t.strictSame(defaultBlock('MCPRegistry', 'spec', 'filter'), { versions: 'all' })
})

t.test('a field that is empty counts as absent, and given fields stay', async t => {
  const { resources, issues } = load(manifestOf('MCPRegistry', { 'spec.filter': null, 'spec.syncPolicy': null }))
  t.strictSame(issues, [])
  t.match(resources[0]?.resource, { spec: { syncPolicy: { interval: '1h' }, filter: undefined } })
  const given = load(manifestOf('MCPRegistry', { 'spec.syncPolicy.retry.maxRetries': 0 }))
  t.match(given.resources[0]?.resource, { spec: { syncPolicy: { retry: { maxRetries: 0, backoffInterval: '30s' } } } })
  const before = resourceOf('MCPRegistryImportJob')
  const copy = structuredClone(before)
  applyDefaults(definitionOf('MCPRegistryImportJob').schema, before)
  t.strictSame(before, copy, 'the given value is not touched')
})

t.test('G6 one bad resource is left out, the others load', async t => {
  const good = (name: string) => manifestOf('MCPRegistryImportJob', { 'metadata.name': name })
  const bad = manifestOf('MCPRegistryImportJob', {
    'metadata.name': 'bad',
    'spec.schedule': '99 * * * *',
    'spec.retry.backoffInterval': 'soon',
  })
  const { resources, issues } = load([good('first'), bad, good('second')].join('---\n'))
  t.strictSame(
    resources.map(({ resource }) => resource.metadata.name),
    ['first', 'second'],
  )
  t.strictSame(
    issues.map(issue => issue.path),
    ['spec.schedule', 'spec.retry.backoffInterval'],
  )
})

t.test('an issue prints with file, line, column, field, message and hint', async t => {
  const text = `apiVersion: toolhive.stacklok.io/v1alpha1
kind: MCPRegistrySyncJob
metadata: {name: x}
spec:
  registryRef: {nmae: "ä", name: a B}
`
  t.strictSame(printed(text), [
    'a.yaml:5:17: spec.registryRef.nmae: unknown field "nmae" (did you mean "name"?)',
    'a.yaml:5:35: spec.registryRef.name: must be a name of lower case letters, digits, dashes and dots (write it as the other object is named in its metadata.name)',
  ])
  const [issue] = load(text).issues
  t.match(issue, {
    code: 'unknownField',
    severity: 'error',
    document: 'a.yaml',
    pointer: '/spec/registryRef/nmae',
    line: 5,
    column: 17,
  })
})

t.test('JSON, CRLF and a byte order mark read the same', async t => {
  const yaml = manifestOf('MCPRegistryImportJob')
  const expected = load(yaml).resources[0]?.resource
  for (const text of [
    JSON.stringify(resourceOf('MCPRegistryImportJob')),
    JSON.stringify(resourceOf('MCPRegistryImportJob'), null, '\t'),
    yaml.replaceAll('\n', '\r\n'),
    `\uFEFF${yaml}`,
  ]) {
    const { resources, issues } = load(text)
    t.strictSame(issues, [])
    t.strictSame(resources[0]?.resource, expected)
  }
  t.match(printed(`\uFEFF${yaml.replaceAll('\n', '\r\n').replace('type: git', 'type: gti')}`), [
    /^a\.yaml:7:11: .*did you mean git/,
  ])
})

t.test('a v1 List holds resources, and issues name the item', async t => {
  const items = [resourceOf('MCPRegistry'), resourceOf('MCPRegistryImportJob', { 'spec.mode': 'Try' })]
  const { resources, issues } = load(JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: {}, items }, null, 2))
  t.strictSame(
    resources.map(({ resource }) => nameOf(resource)),
    ['MCPRegistry/default/example'],
  )
  t.equal(issues[0]?.path, 'items[1].spec.mode')
  t.ok((resources[0]?.line ?? 0) > 3)
  t.match(printed('apiVersion: v1\nkind: List\n'), [/items: must be a list/])
})

t.test('what kubectl get prints loads again, status included', async t => {
  const stored = resourceOf('MCPRegistryImportJob', {
    'metadata.uid': '0a6f1f2e-0000-4000-8000-000000000000',
    'metadata.generation': 2,
    'metadata.creationTimestamp': '2026-11-22T10:00:00Z',
    'metadata.managedFields': [{ manager: 'x' }],
    status: {
      observedGeneration: 2,
      phase: 'Completed',
      history: [{ id: 'a1', outcome: 'Completed', startTime: '2026-11-22T10:00:00Z' }],
      conditions: [
        { type: 'Ready', status: 'True', reason: 'Completed', message: '', lastTransitionTime: '2026-11-22T10:00:00Z' },
      ],
    },
  })
  const { resources, issues } = load(JSON.stringify(stored))
  t.strictSame(issues.map(printIssue), [])
  t.match(resources[0]?.resource, stored)
  const twice = {
    ...stored,
    status: {
      conditions: [0, 1].map(() => ({
        type: 'Ready',
        status: 'True',
        reason: 'A',
        message: '',
        lastTransitionTime: 'today',
      })),
    },
  }
  const messages = load(JSON.stringify(twice)).issues.map(issue => `${issue.path} ${issue.message}`)
  t.match(messages.join('\n'), /conditions\[1\] must not repeat item 1/)
  t.match(messages.join('\n'), /lastTransitionTime must be a time/)
})

t.test('Secrets and ConfigMaps', async t => {
  const text = `apiVersion: v1
kind: Secret
metadata: {name: git}
type: Opaque
data: {password: aHVudGVyMg==, username: b2xk}
stringData: {username: robot}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: git, namespace: team}
data: {registry.json: "{}"}
binaryData: {packed: AAEC}
`
  const { resources, issues } = load(text)
  t.strictSame(issues, [])
  const [secret, configMap] = resources.map(({ resource }) => resource)
  if (secret?.kind !== 'Secret' || configMap?.kind !== 'ConfigMap') throw new Error('not a Secret and a ConfigMap')
  t.equal(secretValue(secret, 'password')?.toString(), 'hunter2')
  t.equal(secretValue(secret, 'username')?.toString(), 'robot', 'stringData wins')
  t.equal(secretValue(secret, 'constructor'), undefined)
  t.equal(configMapValue(configMap, 'registry.json')?.toString(), '{}')
  t.strictSame(configMapValue(configMap, 'packed'), Buffer.from([0, 1, 2]))
  t.equal(configMap.metadata.namespace, 'team')
  const bad = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: hunter2!}\nstringData: {port: 443}\n'
  t.strictSame(printed(bad), [
    'a.yaml:4:18: data.password: must be base64 (write plain text below stringData instead)',
    'a.yaml:5:20: stringData.port: must be a text, not a number (put it in quotes: "443")',
  ])
  t.notMatch(printed(bad).join(), /hunter2/)
})

t.test('metadata with nothing behind a field is as good as without it', async t => {
  const bare = load('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace:\n  labels:\n  annotations:\n')
  t.strictSame(bare.issues, [])
  t.strictSame(bare.resources[0]?.resource.metadata, { name: 'a', namespace: 'default' })
  t.match(printed('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name:\n'), [/metadata\.name: must be given/])
})

t.test('the same resource twice is an issue that names both places', async t => {
  const files = ['a.yaml', 'b.yaml'].map(path => ({ path, text: manifestOf('MCPRegistry') }))
  const { resources, issues } = loadManifests(files)
  t.equal(resources.length, 1)
  t.strictSame(issues.map(printIssue), [
    'b.yaml:4:9: metadata.name: MCPRegistry/default/example is given twice, first in a.yaml:1 (take one of them out or rename it)',
  ])
  const apart = [
    { path: 'a', text: manifestOf('MCPRegistry') },
    { path: 'b', text: manifestOf('MCPRegistry', { 'metadata.namespace': 'b' }) },
  ]
  t.strictSame(loadManifests(apart).issues, [])
})

t.test('other kinds and versions are refused with what to write', async t => {
  const head = (apiVersion: string, kind: string) =>
    printed(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n`)
  t.match(head('apps/v1', 'Deployment'), [
    /^a\.yaml:2:7: kind: the kind "Deployment" is not one .*it reads MCPRegistry, .*Secret, .*name the files one by one with -f/,
  ])
  t.match(head('toolhive.stacklok.io/v1alpha1', 'MCPRegistryImportjob'), [/did you mean MCPRegistryImportJob/])
  t.match(head('toolhive.stacklok.dev/v1alpha1', 'MCPRegistry'), [
    /^a\.yaml:1:13: apiVersion: must be toolhive.stacklok.io\/v1alpha1.*ToolHive's own operator/,
  ])
  t.match(head('v2', 'Secret'), [/must be v1/])
  t.match(printed('a: 1'), [/^a\.yaml:1:1: kind: must be given/])
  t.match(printed('- 1'), [/^a\.yaml:1:1: a manifest must be a block/])
  t.strictSame(load('').issues, [])
  t.strictSame(load('# nothing\n---\n---\n').issues, [])
  t.match(printed('apiVersion: v1\nkind: Secret\n'), [/metadata.name: must be given/])
})

t.test('hostile texts end soon, with one clear issue', async t => {
  const levels = [
    'a: &a [x, x]',
    ...'bcdefg'.split('').map((name, index) => {
      const before = 'abcdef'[index]
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`
    }),
  ]
  const rows: readonly { name: string; text: string; issue: RegExp }[] = [
    { name: 'alias bomb', text: levels.join('\n'), issue: /aliases must not blow/ },
    { name: 'alias of itself', text: 'a: &a\n  b: *a\n', issue: /nested deeper than 64/ },
    { name: 'alias without anchor', text: 'a: *b', issue: /alias/i },
    { name: '20,000 brackets', text: '['.repeat(20_000), issue: /^a\.yaml:1:\d+: must not be nested deeper than 64/ },
    { name: '200,000 brackets', text: '['.repeat(200_000) + ']'.repeat(200_000), issue: /nested deeper than 64/ },
    { name: '20,000 braces', text: '{a: '.repeat(20_000), issue: /nested deeper than 64/ },
    { name: '20,000 dashes', text: `${'- '.repeat(20_000)}x`, issue: /nested deeper than 64/ },
    {
      name: '2,000 indents',
      text: Array.from({ length: 2000 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'),
      issue: /nested deeper than 64/,
    },
    { name: '70 levels', text: `${'['.repeat(70)}${']'.repeat(70)}`, issue: /nested deeper than 64/ },
    {
      name: 'duplicate keys',
      text: 'kind: Secret\nmetadata: {}\nkind: List\n',
      issue: /^a\.yaml:3:1: the key "kind" is given twice, first in line 1/,
    },
    { name: 'directive', text: '%YAML 1.1\n---\nkind: yes\n', issue: /directives/ },
    { name: 'tag directive', text: '%TAG ! tag:x,2026:\n---\nkind: x\n', issue: /directives/ },
    { name: 'tag', text: 'kind: !js/function x', issue: /^a\.yaml:1:7: the YAML can't be read: Unresolved tag/ },
    { name: 'broken', text: 'kind: {a: [}\n', issue: /the YAML can't be read/ },
    { name: 'not a number', text: 'kind: .nan', issue: /finite number/ },
    { name: 'too large', text: `# ${'x'.repeat(20 * 1024 * 1024)}`, issue: /more than the 20971520 allowed/ },
    { name: 'list as key', text: '? [a]\n: b\n', issue: /key/i },
    {
      name: 'merge key',
      text: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n<<: {type: x}\n',
      issue: /unknown field "<<"/,
    },
    {
      name: '__proto__',
      text: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n__proto__: {type: x}\n',
      issue: /unknown field "__proto__"/,
    },
  ]
  for (const { name, text, issue } of rows) {
    const start = performance.now()
    const { resources, issues } = load(text)
    t.match(issues.map(printIssue)[0], issue, name)
    t.strictSame(resources, [])
    t.ok(performance.now() - start < 3000, `${name} ends soon`)
  }
  const keys = Array.from({ length: 50_000 }, (_, n) => `k${n}: x`).join('\n  ')
  const many = load(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  ${keys}\n`)
  t.strictSame(many.issues, [], 'many keys are no problem')
})

t.test('keys of the prototype are data', async t => {
  const text = `apiVersion: toolhive.stacklok.io/v1alpha1
kind: MCPRegistryImportJob
metadata: {name: constructor, labels: {constructor: a, __proto__: b}}
spec: {__proto__: {mode: Plan}, toString: 1}
`
  const messages = load(text).issues.map(issue => `${issue.path}: ${issue.message}`)
  t.ok(messages.includes('spec.__proto__: unknown field "__proto__"'))
  t.ok(messages.includes('spec.toString: unknown field "toString"'))
  t.ok(messages.includes('spec.source: must be given'), 'nothing comes from a prototype')
  t.equal(({} as { mode?: unknown }).mode, undefined)
})

t.test('anchors and aliases of a reasonable size are read', async t => {
  const text = manifestOf('MCPRegistryImportJob').replace(
    '    git:\n      repository',
    '    git: &git\n      repository',
  )
  t.strictSame(printed(text), [])
  const shared = `apiVersion: toolhive.stacklok.io/v1alpha1
kind: MCPRegistryImportJob
metadata: {name: a}
spec:
  source: {type: git, git: {repository: &r "https://git.example/a"}}
  target: {git: {repository: *r, path: a.json, branch: *r}}
`
  t.strictSame(
    load(shared).issues.map(issue => [issue.path, issue.line, issue.column]),
    [['spec.target.git.branch', 6, 56]],
  )
})

t.test('all problems come at once, also rules beside a bad field', async t => {
  const { issues } = load(
    manifestOf('MCPRegistryImportJob', {
      'spec.target.git.repository': 'git@git.example:a',
      'spec.target.git.path': 'catalog',
      'spec.source.type': 'gti',
      'spec.source.git.branch': '-x',
      'spec.historyLimit': 99,
    }),
  )
  t.strictSame(issues.map(issue => issue.path).sort(), [
    'spec.historyLimit',
    'spec.source.git.branch',
    'spec.source.type',
    'spec.target.git.path',
    'spec.target.git.repository',
  ])
  const lines = issues.map(issue => issue.line)
  t.strictSame(
    lines,
    lines.toSorted((a, b) => a - b),
    'in the order of the file',
  )
})

t.test('a schedule that would never run anything is refused with what to do', async t => {
  const schedule = (schedule: string, timeZone = 'Europe/Berlin') =>
    printed(manifestOf('MCPRegistryExportJob', { 'spec.schedule': schedule, 'spec.timeZone': timeZone }))
  t.match(schedule('0 0 30 2 *'), [/ spec.schedule: "0 0 30 2 \*" names a day that never comes \(.*leave schedule out/])
  t.match(schedule('@daily', 'Europe/Nowhere'), [/ spec.timeZone: "Europe\/Nowhere" is no time zone .*\(take a name/])
  for (const good of ['0 0 29 2 *', '0 0 30 2 1', '@daily']) t.strictSame(schedule(good), [], good)
})

t.test('a rule that cannot be evaluated offline is a warning, never silence', async t => {
  const schema: Schema = {
    type: 'string',
    'x-kubernetes-validations': [{ rule: 'isURL(self)', message: 'must be an address' }],
  }
  t.match(checkRules(schema, 'x', []), [
    { code: 'ruleNotCheckable', severity: 'warning', message: 'the rule "must be an address" is not checkable here' },
  ])
})

t.test('checkResource does the same for an object without a text', async t => {
  const good = checkResource('MCPRegistryImportJob', resourceOf('MCPRegistryImportJob'))
  t.strictSame(good.problems, [])
  t.match(good.resource, { metadata: { namespace: 'default' }, spec: { mode: 'Apply' } })
  const bad = checkResource('MCPRegistryImportJob', resourceOf('MCPRegistryImportJob', { 'spec.mode': 'x' }))
  t.equal(bad.resource, undefined)
  t.match(bad.problems, [{ path: ['spec', 'mode'] }])
})

t.test('suggestions', async t => {
  const words = ['repository', 'branch', 'path', 'authSecret']
  t.equal(suggest('repositroy', words), 'repository')
  t.equal(suggest('authsecret', words), 'authSecret')
  t.equal(suggest('brnach', words), 'branch')
  t.equal(suggest('url', words), undefined)
  t.equal(suggest('x'.repeat(10_000), words), undefined)
})

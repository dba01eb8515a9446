// Every rule and every pattern of the CRDs: one value that is refused, with our message at the right line and column,
// and one that is accepted. A test at the end fails when a rule or pattern has no row here.
import t, { type Test } from 'tap'
import type { JsonValue } from '../../src/lib/json.ts'
import { crds } from '../../src/resources/generated/crds.ts'
import { loadManifests } from '../../src/resources/load.ts'
import { wordsFor } from '../../src/resources/pattern-words.ts'
import { type ManifestIssue, printIssue } from '../../src/resources/problem.ts'
import type { KindName } from '../../src/resources/schema.ts'
import { manifestOf } from '../helpers/manifests.ts'

type Changes = Readonly<Record<string, JsonValue | undefined>>

interface Refused {
  readonly kind?: KindName
  readonly set: Changes
  /** Field that the message is about. */
  readonly field: string
  readonly message: RegExp
  /** Text that stands at the line and column. */
  readonly points: string
}

const seen = new Set<string>()

function refuse(t: Test, name: string, { kind = 'MCPRegistryImportJob', set, field, message, points }: Refused): void {
  const text = manifestOf(kind, set)
  const { resources, issues } = loadManifests([{ path: 'job.yaml', text }])
  const found = issues.find(issue => issue.path === field && message.test(issue.message))
  if (!found) {
    t.fail(`${name}: expected ${field} ${message}, got ${issues.map(printIssue).join(' | ') || 'nothing'}`)
    return
  }
  for (const issue of issues) seen.add(issue.message)
  t.strictSame(resources, [], name)
  t.equal(found.severity, 'error', name)
  t.ok(textAt(text, found).startsWith(points), `${name}: ${textAt(text, found)} starts with ${points}`)
}

function textAt(text: string, issue: ManifestIssue): string {
  const line = Buffer.from(text.split('\n')[issue.line - 1] ?? '')
  return line.subarray(issue.column - 1).toString()
}

function accept(t: Test, set: Changes, kind: KindName = 'MCPRegistryImportJob'): void {
  const { resources, issues } = loadManifests([{ path: 'job.yaml', text: manifestOf(kind, set) }])
  t.strictSame(issues.map(printIssue), [], JSON.stringify(set))
  t.equal(resources.length, 1)
}

const url = (more: JsonValue = {}) => ({
  type: 'url',
  url: { url: 'https://catalog.example/r.json', ...(more as object) },
})
const registry = (block: JsonValue) => ({ type: 'registry', registry: block })
const gitBlock = { repository: 'https://git.example/team/catalog.git' }

t.test('the block of a source is the one its type names', async t => {
  refuse(t, 'no block', {
    set: { 'spec.source': { type: 'git' } },
    field: 'spec.source',
    message: /block git must/,
    points: 'type: git',
  })
  for (const [type, block] of [
    ['url', 'url'],
    ['configmap', 'configMap'],
    ['registry', 'registry'],
  ]) {
    const message = new RegExp(`block ${block} must be given exactly when type is ${type}`)
    refuse(t, `no ${block}`, {
      set: { 'spec.source': { type: type ?? '' } },
      field: 'spec.source',
      message,
      points: 'type:',
    })
  }
  const both = { ...url(), git: gitBlock }
  refuse(t, 'two blocks', {
    set: { 'spec.source': both },
    field: 'spec.source',
    message: /block git must/,
    points: 'type: url',
  })
  accept(t, { 'spec.source': url() })
  accept(t, { 'spec.source': { type: 'configmap', configMap: { name: 'catalog' } } })
  accept(t, { 'spec.source': registry({ url: 'http://registry.example:8080/api/v1/servers' }) })
  accept(t, { 'spec.source': registry({ registryRef: { name: 'other' } }) })
})

t.test('A9 refs that git could take for something else are refused at admission', async t => {
  const rows = [
    { ref: '-main', message: /start with a dash/ },
    { ref: '--upload-pack=touch pwned', message: /must not contain spaces/ },
    { ref: '--upload-pack=x', message: /start with a dash/ },
    { ref: 'main\nx', message: /spaces, control characters/ },
    { ref: 'a..b', message: /'\.\.'/ },
    { ref: 'main@{1}', message: /'@\{'/ },
    { ref: '@', message: /must not be '@'/ },
    { ref: '/main', message: /slash/ },
    { ref: 'main/', message: /slash/ },
    { ref: 'a//b', message: /slash/ },
    { ref: '.main', message: /dot/ },
    { ref: 'a/.b', message: /dot/ },
    { ref: 'main.', message: /dot/ },
    { ref: 'main.lock', message: /'\.lock'/ },
    { ref: 'a.lock/b', message: /'\.lock'/ },
    { ref: 'refs/heads/main', message: /short name/ },
    { ref: 'HEAD', message: /'HEAD'/ },
    { ref: 'a:b', message: /one of ~/ },
    { ref: 'a\\b', message: /one of ~/ },
  ]
  for (const field of [
    'spec.source.git.branch',
    'spec.source.git.tag',
    'spec.target.git.branch',
    'spec.target.git.pushBranch',
  ]) {
    for (const { ref, message } of rows)
      refuse(t, `${field} ${ref}`, { set: { [field]: ref }, field, message, points: '' })
    accept(t, { [field]: 'release/2026-11_x.y' })
  }
  refuse(t, 'column', {
    set: { 'spec.source.git.branch': '-x' },
    field: 'spec.source.git.branch',
    message: /dash/,
    points: '-x',
  })
  for (const commit of ['abc1234', 'HEAD', 'A'.repeat(40), `${'a'.repeat(40)}\n`]) {
    const field = 'spec.source.git.commit'
    refuse(t, `commit ${commit}`, { set: { [field]: commit }, field, message: /full id of a commit/, points: '' })
  }
  accept(t, { 'spec.source.git.commit': 'a'.repeat(40) })
  accept(t, { 'spec.source.git.commit': '0'.repeat(64) })
  const two = { 'spec.source.git.branch': 'main', 'spec.source.git.tag': 'v1' }
  refuse(t, 'two refs', {
    set: two,
    field: 'spec.source.git',
    message: /at most one of branch, tag and commit/,
    points: 'repository',
  })
})

t.test('A10 addresses with another form or with credentials are refused, and never repeated', async t => {
  const rows = [
    { address: 'git@git.example:team/catalog.git', message: /user@host:path/ },
    { address: 'ext::sh -c touch% pwned', message: /transport helper/ },
    { address: 'git://git.example/team', message: /must start with https/ },
    { address: 'HTTPS://git.example/team', message: /lower case/ },
    { address: 'https://robot:hunter2@git.example/team', message: /user name or a password/ },
    { address: 'https://hunter2@git.example/team', message: /user name or a password/ },
    { address: 'ssh://git:hunter2@git.example/team', message: /user name or a password/ },
    { address: 'ssh://-oProxyCommand=x/team', message: /host name and a path/ },
    { address: 'https://git.example/team?token=hunter2', message: /query/ },
    { address: 'https://git.example/te am', message: /spaces/ },
    { address: 'https://git.example', message: /host name and a path/ },
    { address: 'file://host/srv/x', message: /absolute path/ },
    { address: '--upload-pack=x', message: /must start with https/ },
  ]
  for (const field of ['spec.source.git.repository', 'spec.target.git.repository']) {
    for (const { address, message } of rows)
      refuse(t, address, { set: { [field]: address }, field, message, points: '' })
    const control = 'https://git.example/a%0ahost=evil'
    refuse(t, control, {
      set: { [field]: control },
      field,
      message: /encoded control characters/,
      points: 'https://git',
    })
    for (const good of [
      'https://git.example:8443/team/a.git',
      'ssh://git@git.example:22/~me/a',
      'http://10.0.0.1/a',
      'file:///srv/a.git',
      'https://[::1]:8/a',
    ]) {
      accept(t, { [field]: good })
    }
  }
  const leak = manifestOf('MCPRegistryImportJob', {
    'spec.source.git.repository': 'https://robot:hunter2@git.example/x',
  })
  t.notMatch(
    loadManifests([{ path: 'f', text: leak }])
      .issues.map(printIssue)
      .join(),
    /hunter2|robot/,
  )
})

t.test('addresses of documents and registries', async t => {
  const field = 'spec.source.url.url'
  for (const address of [
    'https://u:hunter2@catalog.example/r.json',
    'ftp://catalog.example/r',
    'catalog.example/r',
    'https://a b/c',
  ]) {
    refuse(t, address, {
      set: { 'spec.source': url({ url: address }) },
      field,
      message: /https, http or file address/,
      points: address.split(' ')[0] ?? '',
    })
  }
  accept(t, { 'spec.source': url({ url: 'https://catalog.example/r.json?version=2' }) })
  accept(t, { 'spec.source': url({ url: 'file:///srv/registry.json' }) })
  const api = 'spec.source.registry.url'
  for (const address of [
    'https://u@registry.example',
    'https://registry.example?x=1',
    'file:///srv/x',
    'ssh://registry.example/x',
  ]) {
    refuse(t, address, {
      set: { 'spec.source': registry({ url: address }) },
      field: api,
      message: /https or http address of a registry/,
      points: address,
    })
  }
})

t.test('a registry source has an address or a reference, and headers only with an address', async t => {
  const message = /exactly one of url and registryRef/
  const both = { url: 'https://registry.example', registryRef: { name: 'a' } }
  refuse(t, 'none', {
    set: { 'spec.source': registry({ fullInterval: '1h' }) },
    field: 'spec.source.registry',
    message,
    points: 'fullInterval',
  })
  refuse(t, 'both', { set: { 'spec.source': registry(both) }, field: 'spec.source.registry', message, points: 'url' })
  const extra = { registryRef: { name: 'a' }, authSecret: { name: 's' } }
  refuse(t, 'secret', {
    set: { 'spec.source': registry(extra) },
    field: 'spec.source.registry',
    message: /beside registryRef/,
    points: 'registryRef',
  })
  accept(t, {
    'spec.source': registry({ url: 'https://registry.example', authSecret: { name: 's' }, headers: { 'X-Team': 'a' } }),
  })
})

t.test('headers carry no credentials', async t => {
  const field = 'spec.source.url.headers'
  const names = [
    'Authorization',
    'proxy-authorization',
    'COOKIE',
    'X-Api-Key',
    'x-auth-token',
    'Client-Secret',
    'X-PassWord',
  ]
  for (const name of names) {
    refuse(t, name, {
      set: { 'spec.source': url({ headers: { [name]: 'x' } }) },
      field,
      message: /must not carry credentials/,
      points: name,
    })
  }
  for (const name of ['X Team', 'X-Team:', '']) {
    refuse(t, name, {
      set: { 'spec.source': url({ headers: { [name]: 'x' } }) },
      field,
      message: /header's name/,
      points: '',
    })
  }
  refuse(t, 'value', {
    set: { 'spec.source': url({ headers: { 'X-Team': 'a\nb' } }) },
    field: `${field}.X-Team`,
    message: /line breaks/,
    points: '|-',
  })
  accept(t, { 'spec.source': url({ headers: { 'X-Team': 'platform', Accept: 'application/json' } }) })
})

t.test('C12 a target is never the root and never outside the repository', async t => {
  const field = 'spec.target.git.path'
  const rows = [
    { path: '.', message: /repository's root/ },
    { path: '..', message: /repository's root/ },
    { path: '../x.json', message: /'\.\.'/ },
    { path: 'a/../x.json', message: /'\.\.'/ },
    { path: './x.json', message: /'\.'/ },
    { path: '/x.json', message: /relative/ },
    { path: 'a//x.json', message: /relative/ },
    { path: 'a/', message: /slash at the end/ },
    { path: 'a\\x.json', message: /backslashes/ },
    { path: 'a\0.json', message: /control characters/ },
    { path: '.git/x.json', message: /'\.git'/ },
    { path: 'a/.GiT/x.json', message: /'\.git'/ },
    { path: 'git~1/x.json', message: /'\.git'/ },
    { path: '.git ./x.json', message: /'\.git'/ },
    { path: '', message: /empty/ },
  ]
  for (const { path, message } of rows) refuse(t, path, { set: { [field]: path }, field, message, points: '' })
  for (const path of ['registry.json', 'a/b/c.json', '.github/x.json', '..a/x.json', 'a/...json'])
    accept(t, { [field]: path })
  refuse(t, 'missing', { set: { [field]: undefined }, field, message: /must be given/, points: 'repository' })
  const source = 'spec.source.git.path'
  for (const path of ['../x', '/x', 'a/', 'a//b', '.git/config', './a', 'a/./b', 'a\\b']) {
    refuse(t, path, { set: { [source]: path }, field: source, message: /must/, points: '' })
  }
  for (const path of ['.', 'servers', 'servers/**/*.json']) accept(t, { [source]: path })
})

t.test('layout, format and path fit together', async t => {
  const path = 'spec.target.git.path'
  const layout = 'spec.target.git.layout'
  const format = 'spec.target.git.format'
  refuse(t, 'File', { set: { [path]: 'catalog' }, field: path, message: /must end in '\.json'/, points: 'catalog' })
  for (const other of ['Directory', 'Namespace']) {
    const set = { [path]: 'catalog.json', [layout]: other }
    refuse(t, other, { set, field: path, message: /must not end in '\.json'/, points: 'catalog.json' })
    const hive = { [path]: 'catalog', [layout]: other, [format]: 'toolhive' }
    refuse(t, other, { set: hive, field: format, message: /upstream or absent/, points: 'toolhive' })
    accept(t, { [path]: 'catalog', [layout]: other, [format]: 'upstream' })
    accept(t, { [path]: 'catalog', [layout]: other })
  }
  accept(t, { [format]: 'toolhive' })
})

t.test('C13 templates use the listed placeholders and cannot forge a trailer', async t => {
  const field = 'spec.target.git.commit.messageTemplate'
  const rows = [
    { template: 'import {{secret}}', message: /only the placeholders/ },
    { template: 'import {{ name }}', message: /only the placeholders/ },
    { template: 'import {{.Name}}', message: /only the placeholders/ },
    { template: 'import {{name', message: /only the placeholders/ },
    { template: 'import {name}', message: /no other braces/ },
    { template: 'import {{{name}}}', message: /no other braces/ },
    { template: 'x\n\nRollbook-Run: forged', message: /must start with 'Rollbook-'/ },
    { template: 'rollbook-run: forged', message: /must start with 'Rollbook-'/ },
    { template: 'x\n  ROLLBOOK-Run: forged', message: /must start with 'Rollbook-'/ },
    { template: 'x\r\ny', message: /control characters/ },
    { template: ' x', message: /visible character/ },
    { template: '\nx', message: /visible character/ },
    { template: 'x\u001b[2J', message: /control characters/ },
    { template: '', message: /empty/ },
  ]
  for (const { template, message } of rows)
    refuse(t, template, { set: { [field]: template }, field, message, points: '' })
  accept(t, {
    [field]:
      'catalog: {{added}} added, {{updated}} updated from {{source}}\n\nRun {{run}} of {{kind}} {{namespace}}/{{name}}',
  })
  accept(t, { [field]: '{{removed}} removed at {{revision}}' })
  const author = 'spec.target.git.commit.author'
  const name = { name: 'A <b>', email: 'a@b.example' }
  refuse(t, 'name', {
    set: { [author]: name },
    field: `${author}.name`,
    message: /in one line without/,
    points: 'A <b>',
  })
  const email = { name: 'A', email: 'a@b>' }
  refuse(t, 'email', { set: { [author]: email }, field: `${author}.email`, message: /mail address/, points: 'a@b>' })
  accept(t, { [author]: { name: 'Katalog-Bot Ä', email: 'a@b.example' } })
})

t.test('exactly one target', async t => {
  const message = /exactly one of git and registryRef/
  refuse(t, 'none', { set: { 'spec.target': {} }, field: 'spec.target', message, points: '{}' })
  refuse(t, 'both', { set: { 'spec.target.registryRef': { name: 'a' } }, field: 'spec.target', message, points: 'git' })
  accept(t, { 'spec.target': { registryRef: { name: 'a', authSecret: { name: 's' } } } })
  const kind = 'MCPRegistryExportJob'
  refuse(t, 'export', {
    kind,
    set: { 'spec.target': {} },
    field: 'spec.target',
    message: /git and configMap/,
    points: '{}',
  })
  const key = 'spec.target.configMap.key'
  refuse(t, 'key', { kind, set: { [key]: 'a/b' }, field: key, message: /letters, digits/, points: 'a/b' })
})

t.test('G6 durations and schedules', async t => {
  const backoff = 'spec.retry.backoffInterval'
  for (const value of ['soon', '10', '1d', '-5s', '1h 30m', '', '5 s', '1.s', '.5s']) {
    refuse(t, value, { set: { [backoff]: value }, field: backoff, message: /duration/, points: '' })
  }
  for (const value of ['30s', '1h30m', '1.5h', '250ms', '0s']) accept(t, { [backoff]: value })
  const full = 'spec.source.registry.fullInterval'
  const zero = registry({ url: 'https://registry.example', fullInterval: '0s' })
  refuse(t, 'zero', { set: { 'spec.source': zero }, field: full, message: /at least 1s/, points: '0s' })
  const kind = 'MCPRegistry'
  const interval = 'spec.syncPolicy.interval'
  refuse(t, 'fast', { kind, set: { [interval]: '999ms' }, field: interval, message: /at least 1s/, points: '999ms' })
  accept(t, { [interval]: '1s' }, kind)
  const schedule = 'spec.schedule'
  const rows = [
    { line: '60 * * * *', message: /first field, the minute/ },
    { line: '* 24 * * *', message: /second field, the hour/ },
    { line: '* * 0 * *', message: /third field, the day of the month/ },
    { line: '* * * 13 *', message: /fourth field, the month/ },
    { line: '* * * FOO *', message: /fourth field, the month/ },
    { line: '* * * * 8', message: /fifth field, the day of the week/ },
    { line: '*/0 * * * *', message: /first field/ },
    { line: '1-2-3 * * * *', message: /first field/ },
    { line: '* * * *', message: /cron line/ },
    { line: '* * * * * *', message: /cron line/ },
    { line: '@reboot', message: /cron line/ },
    { line: '@every 5m', message: /cron line/ },
    { line: 'TZ=UTC * * * * *', message: /cron line/ },
    { line: '*  * * * *', message: /cron line/ },
  ]
  for (const { line, message } of rows)
    refuse(t, line, { set: { [schedule]: line }, field: schedule, message, points: '' })
  for (const line of ['*/5 0-6,12 1,15 JAN-MAR MON-FRI', '59 23 31 12 7', '00 03 * * SUN', '@hourly', '@annually'])
    accept(t, { [schedule]: line })
  refuse(t, 'zone', {
    set: { 'spec.timeZone': 'UTC' },
    field: 'spec.timeZone',
    message: /beside a schedule/,
    points: 'UTC',
  })
  const late = 'spec.startingDeadlineSeconds'
  refuse(t, 'deadline', { set: { [late]: 60 }, field: late, message: /beside a schedule/, points: '60' })
  const zone = { [schedule]: '@daily', 'spec.timeZone': 'Mars/Phobos Base' }
  refuse(t, 'zone name', { set: zone, field: 'spec.timeZone', message: /IANA/, points: 'Mars' })
  accept(t, { [schedule]: '@daily', 'spec.timeZone': 'Europe/Berlin', [late]: 60 })
})

t.test('policy, merge and verification', async t => {
  const policy = { onInvalid: 'Fail', maxInvalid: 3 }
  refuse(t, 'max', {
    set: { 'spec.policy': policy },
    field: 'spec.policy.maxInvalid',
    message: /beside onInvalid Skip/,
    points: '3',
  })
  accept(t, { 'spec.policy': { maxInvalid: 3 } })
  const namespace = { namespace: 'com/acme' }
  refuse(t, 'ns', {
    set: { 'spec.policy': namespace },
    field: 'spec.policy.namespace',
    message: /letters, digits/,
    points: 'com',
  })
  const merge = { allowEmpty: true }
  refuse(t, 'empty', {
    set: { 'spec.merge': merge },
    field: 'spec.merge.allowEmpty',
    message: /beside prune Missing/,
    points: 'true',
  })
  accept(t, { 'spec.merge': { allowEmpty: true, prune: 'Missing' } })
  const verify = { keysSecret: { name: 'k' }, mode: 'Tag' }
  refuse(t, 'tag', {
    set: { 'spec.source.git.verify': verify },
    field: 'spec.source.git',
    message: /beside a tag/,
    points: 'repository',
  })
  accept(t, { 'spec.source.git.verify': verify, 'spec.source.git.tag': 'v1' })
  accept(t, { 'spec.source.git.verify': { keysSecret: { name: 'k' } } })
  const rewrite = (from: string, to: string, field: string) => ({ 'spec.policy': { rewrite: [{ field, from, to }] } })
  const place = 'spec.policy.rewrite[0]'
  refuse(t, 'image', {
    set: rewrite('https://docker.io', 'm', 'image'),
    field: place,
    message: /without a scheme/,
    points: 'field',
  })
  refuse(t, 'base', {
    set: rewrite('npm.example', 'https://m', 'registryBaseUrl'),
    field: place,
    message: /start with https/,
    points: 'field',
  })
  refuse(t, 'user', {
    set: rewrite('docker.io', 'u:p@m', 'image'),
    field: `${place}.to`,
    message: /without credentials/,
    points: 'u:p',
  })
  accept(t, rewrite('docker.io', 'mirror.example/docker', 'image'))
  accept(t, rewrite('https://npm.example', 'https://mirror.example/npm', 'registryBaseUrl'))
  const set = { 'spec.policy': { checks: ['schema', 'schema'] } }
  refuse(t, 'set', { set, field: 'spec.policy.checks[1]', message: /must not repeat item 1/, points: 'schema' })
})

t.test('filters', async t => {
  const include = (criteria: JsonValue) => ({ 'spec.filter': { include: criteria } })
  const row = (name: string, criteria: JsonValue, field: string, message: RegExp) =>
    refuse(t, name, { set: include(criteria), field: `spec.filter.include.${field}`, message, points: '' })
  row('glob', { names: ['a b'] }, 'names[0]', /must not contain spaces/)
  row('tag', { tags: ['a\nb'] }, 'tags[0]', /text without line breaks/)
  row('type', { registryTypes: ['n p'] }, 'registryTypes[0]', /letters, digits/)
  row('transport', { transports: ['http'] }, 'transports[0]', /one of stdio, sse, streamable-http/)
  row('empty', { names: [] }, 'names', /at least 1 item/)
  row('long', { tags: Array.from({ length: 65 }, () => 'x') }, 'tags', /at most 64 items, not 65/)
  accept(t, include({ names: ['io.github.*/*'], tiers: ['Official', 'Verified'], statuses: ['active'] }))
})

t.test('the runner', async t => {
  const memory = 'spec.runner.resources.limits.memory'
  refuse(t, 'quantity', { set: { [memory]: '1 GB' }, field: memory, message: /quantity/, points: '1 GB' })
  refuse(t, 'fraction', { set: { [memory]: 1.5 }, field: memory, message: /whole number or a text/, points: '1.5' })
  accept(t, { 'spec.runner.resources': { limits: { memory: '1Gi', cpu: 2 }, requests: { cpu: '100m' } } })
  const labels = { set: { 'spec.runner.nodeSelector': { zone: 'a b' } }, field: 'spec.runner.nodeSelector.zone' }
  refuse(t, 'label', { ...labels, message: /value of a label/, points: 'a b' })
  const taint = { set: { 'spec.runner.tolerations': [{ key: 'a b' }] }, field: 'spec.runner.tolerations[0].key' }
  refuse(t, 'taint', { ...taint, message: /key of a taint/, points: 'a b' })
  const account = 'spec.runner.serviceAccountName'
  refuse(t, 'account', { set: { [account]: 'Runner' }, field: account, message: /lower case/, points: 'Runner' })
  accept(t, { 'spec.runner.tolerations': [{ key: 'batch', operator: 'Exists', effect: 'NoSchedule' }] })
})

t.test('a registry', async t => {
  const kind = 'MCPRegistry'
  const onUpdate = 'spec.syncPolicy.onUpdate'
  for (const value of ['create', 'recreate']) {
    refuse(t, value, {
      kind,
      set: { [onUpdate]: value },
      field: onUpdate,
      message: /must be update without storage/,
      points: value,
    })
    accept(t, { [onUpdate]: value, 'spec.storage': { ...gitBlock, path: 'store.json' } }, kind)
  }
  const empty = 'spec.allowEmpty'
  refuse(t, 'empty', {
    kind,
    set: { [empty]: true },
    field: empty,
    message: /beside syncPolicy.onUpdate recreate/,
    points: 'true',
  })
  accept(t, { [empty]: false }, kind)
  const self = registry({ registryRef: { name: 'example' } })
  const field = 'spec.source.registry.registryRef'
  refuse(t, 'self', {
    kind,
    set: { 'spec.source': self },
    field,
    message: /must not name the registry itself/,
    points: 'name',
  })
  refuse(t, 'name', {
    kind,
    set: { 'spec.displayName': 'a\nb' },
    field: 'spec.displayName',
    message: /line breaks/,
    points: '|-',
  })
})

t.test('types, limits and misspelt words say what to write', async t => {
  const rows: readonly (Refused & { hint?: RegExp })[] = [
    { set: { 'spec.suspend': 'yes' }, field: 'spec.suspend', message: /true or false, not a text/, points: 'yes' },
    { set: { 'spec.historyLimit': 51 }, field: 'spec.historyLimit', message: /at most 50, not 51/, points: '51' },
    { set: { 'spec.historyLimit': 0 }, field: 'spec.historyLimit', message: /at least 1, not 0/, points: '0' },
    { set: { 'spec.historyLimit': 1.5 }, field: 'spec.historyLimit', message: /whole number/, points: '1.5' },
    { set: { 'spec.retry': 3 }, field: 'spec.retry', message: /block of fields, not a number/, points: '3' },
    { set: { 'spec.source.git.tag': 1.5 }, field: 'spec.source.git.tag', message: /a text/, points: '1.5' },
    { set: { 'spec.mode': 'apply' }, field: 'spec.mode', message: /one of Apply, Plan/, points: 'apply' },
    { set: { 'spec.filtr': {} }, field: 'spec.filtr', message: /unknown field "filtr"/, points: 'filtr' },
    { set: { spec: undefined }, field: 'spec', message: /must be given/, points: 'apiVersion' },
    { set: { 'metadata.name': 'Big' }, field: 'metadata.name', message: /lower case/, points: 'Big' },
    {
      set: { 'metadata.labels': { 'a b': 'c' } },
      field: 'metadata.labels.a b',
      message: /key of the form/,
      points: 'a b',
    },
    { set: { 'metadata.labels': { a: 1 } }, field: 'metadata.labels.a', message: /a text, not a number/, points: '1' },
    { set: { 'metadata.namespace': 'a.b' }, field: 'metadata.namespace', message: /without dots/, points: 'a.b' },
  ]
  for (const row of rows) refuse(t, row.field, row)
  const hints = { 'spec.mode': 'apply', 'spec.suspend': 'yes', 'spec.filtr': {}, 'spec.source.git.tag': 1.5 }
  const { issues } = loadManifests([{ path: 'f', text: manifestOf('MCPRegistryImportJob', hints) }])
  t.strictSame(issues.map(issue => issue.hint).sort(), [
    'did you mean "filter"?',
    'did you mean Apply?',
    'put it in quotes: "1.5"',
    'write true without quotes',
  ])
})

t.test('every rule and every pattern has a row above', async t => {
  const expected = new Set<string>()
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if ('pattern' in node && typeof node.pattern === 'string')
      expected.add(wordsFor(node.pattern)?.message ?? node.pattern)
    if ('rule' in node && 'message' in node) expected.add(String(node.message))
    for (const inner of Object.values(node)) collect(inner)
  }
  collect(crds)
  const explained = 'must be an https, ssh, http or file address of a repository, without credentials in it'
  t.strictSame(
    [...expected].filter(message => !seen.has(message) && message !== explained),
    [],
  )
})

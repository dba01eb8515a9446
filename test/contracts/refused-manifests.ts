// Every rule and every pattern of the CRDs: one value that is refused, with our message at the right line and column, and
// one that is accepted. Held offline (test/resources/) and by a real API server (test/kube/), so that both verdicts agree.
import type { JsonValue } from '../../src/lib/json.ts'
import type { KindName } from '../../src/resources/schema.ts'

/** Fields of a small valid manifest and their values; undefined takes a field out. */
export type Changes = Readonly<Record<string, JsonValue | undefined>>

export interface Refused {
  /** Default: MCPRegistryImportJob. */
  readonly kind?: KindName
  readonly set: Changes
  /** Field that the message is about. */
  readonly field: string
  readonly message: RegExp
  /** Text that stands at the line and column. */
  readonly points: string
}

/** What one validator is asked. */
export interface Judge {
  refuse(name: string, row: Refused): void
  accept(set: Changes, kind?: KindName): void
}

const url = (more: JsonValue = {}) => ({
  type: 'url',
  url: { url: 'https://catalog.example/r.json', ...(more as object) },
})
const registry = (block: JsonValue) => ({ type: 'registry', registry: block })
const gitBlock = { repository: 'https://git.example/team/catalog.git' }

/** Questions by what they are about. */
export const manifestRules: Readonly<Record<string, (judge: Judge) => void>> = {
  'the block of a source is the one its type names': ({ refuse, accept }) => {
    refuse('no block', {
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
      refuse(`no ${block}`, {
        set: { 'spec.source': { type: type ?? '' } },
        field: 'spec.source',
        message,
        points: 'type:',
      })
    }
    const both = { ...url(), git: gitBlock }
    refuse('two blocks', {
      set: { 'spec.source': both },
      field: 'spec.source',
      message: /block git must/,
      points: 'type: url',
    })
    accept({ 'spec.source': url() })
    accept({ 'spec.source': { type: 'configmap', configMap: { name: 'catalog' } } })
    accept({ 'spec.source': registry({ url: 'http://registry.example:8080/api/v1/servers' }) })
    accept({ 'spec.source': registry({ registryRef: { name: 'other' } }) })
  },

  'A9 refs that git could take for something else are refused at admission': ({ refuse, accept }) => {
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
        refuse(`${field} ${ref}`, { set: { [field]: ref }, field, message, points: '' })
      accept({ [field]: 'release/2026-11_x.y' })
    }
    refuse('column', {
      set: { 'spec.source.git.branch': '-x' },
      field: 'spec.source.git.branch',
      message: /dash/,
      points: '-x',
    })
    for (const commit of ['abc1234', 'HEAD', 'A'.repeat(40), `${'a'.repeat(40)}\n`]) {
      const field = 'spec.source.git.commit'
      refuse(`commit ${commit}`, { set: { [field]: commit }, field, message: /full id of a commit/, points: '' })
    }
    accept({ 'spec.source.git.commit': 'a'.repeat(40) })
    accept({ 'spec.source.git.commit': '0'.repeat(64) })
    const two = { 'spec.source.git.branch': 'main', 'spec.source.git.tag': 'v1' }
    refuse('two refs', {
      set: two,
      field: 'spec.source.git',
      message: /at most one of branch, tag and commit/,
      points: 'repository',
    })
  },

  'A10 addresses with another form or with credentials are refused, and never repeated': ({ refuse, accept }) => {
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
        refuse(address, { set: { [field]: address }, field, message, points: '' })
      const control = 'https://git.example/a%0ahost=evil'
      refuse(control, {
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
        accept({ [field]: good })
      }
    }
  },

  'addresses of documents and registries': ({ refuse, accept }) => {
    const field = 'spec.source.url.url'
    for (const address of [
      'https://u:hunter2@catalog.example/r.json',
      'ftp://catalog.example/r',
      'catalog.example/r',
      'https://a b/c',
    ]) {
      refuse(address, {
        set: { 'spec.source': url({ url: address }) },
        field,
        message: /https, http or file address/,
        points: address.split(' ')[0] ?? '',
      })
    }
    accept({ 'spec.source': url({ url: 'https://catalog.example/r.json?version=2' }) })
    accept({ 'spec.source': url({ url: 'file:///srv/registry.json' }) })
    const api = 'spec.source.registry.url'
    for (const address of [
      'https://u@registry.example',
      'https://registry.example?x=1',
      'file:///srv/x',
      'ssh://registry.example/x',
    ]) {
      refuse(address, {
        set: { 'spec.source': registry({ url: address }) },
        field: api,
        message: /https or http address of a registry/,
        points: address,
      })
    }
  },

  'a registry source has an address or a reference, and headers only with an address': ({ refuse, accept }) => {
    const message = /exactly one of url and registryRef/
    const both = { url: 'https://registry.example', registryRef: { name: 'a' } }
    refuse('none', {
      set: { 'spec.source': registry({ fullInterval: '1h' }) },
      field: 'spec.source.registry',
      message,
      points: 'fullInterval',
    })
    refuse('both', { set: { 'spec.source': registry(both) }, field: 'spec.source.registry', message, points: 'url' })
    const extra = { registryRef: { name: 'a' }, authSecret: { name: 's' } }
    refuse('secret', {
      set: { 'spec.source': registry(extra) },
      field: 'spec.source.registry',
      message: /beside registryRef/,
      points: 'registryRef',
    })
    accept({
      'spec.source': registry({
        url: 'https://registry.example',
        authSecret: { name: 's' },
        headers: { 'X-Team': 'a' },
      }),
    })
  },

  'headers carry no credentials': ({ refuse, accept }) => {
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
      refuse(name, {
        set: { 'spec.source': url({ headers: { [name]: 'x' } }) },
        field,
        message: /must not carry credentials/,
        points: name,
      })
    }
    for (const name of ['X Team', 'X-Team:', '']) {
      refuse(name, {
        set: { 'spec.source': url({ headers: { [name]: 'x' } }) },
        field,
        message: /header's name/,
        points: '',
      })
    }
    refuse('value', {
      set: { 'spec.source': url({ headers: { 'X-Team': 'a\nb' } }) },
      field: `${field}.X-Team`,
      message: /line breaks/,
      points: '|-',
    })
    accept({ 'spec.source': url({ headers: { 'X-Team': 'platform', Accept: 'application/json' } }) })
  },

  'C12 a target is never the root and never outside the repository': ({ refuse, accept }) => {
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
    for (const { path, message } of rows) refuse(path, { set: { [field]: path }, field, message, points: '' })
    for (const path of ['registry.json', 'a/b/c.json', '.github/x.json', '..a/x.json', 'a/...json'])
      accept({ [field]: path })
    refuse('missing', { set: { [field]: undefined }, field, message: /must be given/, points: 'repository' })
    const source = 'spec.source.git.path'
    for (const path of ['../x', '/x', 'a/', 'a//b', '.git/config', './a', 'a/./b', 'a\\b']) {
      refuse(path, { set: { [source]: path }, field: source, message: /must/, points: '' })
    }
    for (const path of ['.', 'servers', 'servers/**/*.json']) accept({ [source]: path })
  },

  'layout, format and path fit together': ({ refuse, accept }) => {
    const path = 'spec.target.git.path'
    const layout = 'spec.target.git.layout'
    const format = 'spec.target.git.format'
    refuse('File', { set: { [path]: 'catalog' }, field: path, message: /must end in '\.json'/, points: 'catalog' })
    for (const other of ['Directory', 'Namespace']) {
      const set = { [path]: 'catalog.json', [layout]: other }
      refuse(other, { set, field: path, message: /must not end in '\.json'/, points: 'catalog.json' })
      const hive = { [path]: 'catalog', [layout]: other, [format]: 'toolhive' }
      refuse(other, { set: hive, field: format, message: /upstream or absent/, points: 'toolhive' })
      accept({ [path]: 'catalog', [layout]: other, [format]: 'upstream' })
      accept({ [path]: 'catalog', [layout]: other })
    }
    accept({ [format]: 'toolhive' })
  },

  'C13 templates use the listed placeholders and cannot forge a trailer': ({ refuse, accept }) => {
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
      refuse(template, { set: { [field]: template }, field, message, points: '' })
    accept({
      [field]:
        'catalog: {{added}} added, {{updated}} updated from {{source}}\n\nRun {{run}} of {{kind}} {{namespace}}/{{name}}',
    })
    accept({ [field]: '{{removed}} removed at {{revision}}' })
    const author = 'spec.target.git.commit.author'
    const name = { name: 'A <b>', email: 'a@b.example' }
    refuse('name', {
      set: { [author]: name },
      field: `${author}.name`,
      message: /in one line without/,
      points: 'A <b>',
    })
    const email = { name: 'A', email: 'a@b>' }
    refuse('email', { set: { [author]: email }, field: `${author}.email`, message: /mail address/, points: 'a@b>' })
    accept({ [author]: { name: 'Katalog-Bot Ä', email: 'a@b.example' } })
  },

  'exactly one target': ({ refuse, accept }) => {
    const message = /exactly one of git and registryRef/
    refuse('none', { set: { 'spec.target': {} }, field: 'spec.target', message, points: '{}' })
    refuse('both', { set: { 'spec.target.registryRef': { name: 'a' } }, field: 'spec.target', message, points: 'git' })
    accept({ 'spec.target': { registryRef: { name: 'a', authSecret: { name: 's' } } } })
    const kind = 'MCPRegistryExportJob'
    refuse('export', {
      kind,
      set: { 'spec.target': {} },
      field: 'spec.target',
      message: /git and configMap/,
      points: '{}',
    })
    const key = 'spec.target.configMap.key'
    refuse('key', { kind, set: { [key]: 'a/b' }, field: key, message: /letters, digits/, points: 'a/b' })
  },

  'G6 durations and schedules': ({ refuse, accept }) => {
    const backoff = 'spec.retry.backoffInterval'
    for (const value of ['soon', '10', '1d', '-5s', '1h 30m', '', '5 s', '1.s', '.5s']) {
      refuse(value, { set: { [backoff]: value }, field: backoff, message: /duration/, points: '' })
    }
    for (const value of ['30s', '1h30m', '1.5h', '250ms', '0s']) accept({ [backoff]: value })
    const full = 'spec.source.registry.fullInterval'
    const zero = registry({ url: 'https://registry.example', fullInterval: '0s' })
    refuse('zero', { set: { 'spec.source': zero }, field: full, message: /at least 1s/, points: '0s' })
    const kind = 'MCPRegistry'
    const interval = 'spec.syncPolicy.interval'
    refuse('fast', { kind, set: { [interval]: '999ms' }, field: interval, message: /at least 1s/, points: '999ms' })
    accept({ [interval]: '1s' }, kind)
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
      refuse(line, { set: { [schedule]: line }, field: schedule, message, points: '' })
    for (const line of ['*/5 0-6,12 1,15 JAN-MAR MON-FRI', '59 23 31 12 7', '00 03 * * SUN', '@hourly', '@annually'])
      accept({ [schedule]: line })
    refuse('zone', {
      set: { 'spec.timeZone': 'UTC' },
      field: 'spec.timeZone',
      message: /beside a schedule/,
      points: 'UTC',
    })
    const late = 'spec.startingDeadlineSeconds'
    refuse('deadline', { set: { [late]: 60 }, field: late, message: /beside a schedule/, points: '60' })
    const zone = { [schedule]: '@daily', 'spec.timeZone': 'Mars/Phobos Base' }
    refuse('zone name', { set: zone, field: 'spec.timeZone', message: /IANA/, points: 'Mars' })
    accept({ [schedule]: '@daily', 'spec.timeZone': 'Europe/Berlin', [late]: 60 })
  },

  'policy, merge and verification': ({ refuse, accept }) => {
    const policy = { onInvalid: 'Fail', maxInvalid: 3 }
    refuse('max', {
      set: { 'spec.policy': policy },
      field: 'spec.policy.maxInvalid',
      message: /beside onInvalid Skip/,
      points: '3',
    })
    accept({ 'spec.policy': { maxInvalid: 3 } })
    const namespace = { namespace: 'com/acme' }
    refuse('ns', {
      set: { 'spec.policy': namespace },
      field: 'spec.policy.namespace',
      message: /letters, digits/,
      points: 'com',
    })
    const merge = { allowEmpty: true }
    refuse('empty', {
      set: { 'spec.merge': merge },
      field: 'spec.merge.allowEmpty',
      message: /beside prune Missing/,
      points: 'true',
    })
    accept({ 'spec.merge': { allowEmpty: true, prune: 'Missing' } })
    const verify = { keysSecret: { name: 'k' }, mode: 'Tag' }
    refuse('tag', {
      set: { 'spec.source.git.verify': verify },
      field: 'spec.source.git',
      message: /beside a tag/,
      points: 'repository',
    })
    accept({ 'spec.source.git.verify': verify, 'spec.source.git.tag': 'v1' })
    accept({ 'spec.source.git.verify': { keysSecret: { name: 'k' } } })
    const rewrite = (from: string, to: string, field: string) => ({ 'spec.policy': { rewrite: [{ field, from, to }] } })
    const place = 'spec.policy.rewrite[0]'
    refuse('image', {
      set: rewrite('https://docker.io', 'm', 'image'),
      field: place,
      message: /without a scheme/,
      points: 'field',
    })
    refuse('base', {
      set: rewrite('npm.example', 'https://m', 'registryBaseUrl'),
      field: place,
      message: /start with https/,
      points: 'field',
    })
    refuse('user', {
      set: rewrite('docker.io', 'u:p@m', 'image'),
      field: `${place}.to`,
      message: /without credentials/,
      points: 'u:p',
    })
    accept(rewrite('docker.io', 'mirror.example/docker', 'image'))
    accept(rewrite('https://npm.example', 'https://mirror.example/npm', 'registryBaseUrl'))
    const set = { 'spec.policy': { checks: ['schema', 'schema'] } }
    refuse('set', { set, field: 'spec.policy.checks[1]', message: /must not repeat item 1/, points: 'schema' })
  },

  filters: ({ refuse, accept }) => {
    const include = (criteria: JsonValue) => ({ 'spec.filter': { include: criteria } })
    const row = (name: string, criteria: JsonValue, field: string, message: RegExp) =>
      refuse(name, { set: include(criteria), field: `spec.filter.include.${field}`, message, points: '' })
    row('glob', { names: ['a b'] }, 'names[0]', /must not contain spaces/)
    row('tag', { tags: ['a\nb'] }, 'tags[0]', /text without line breaks/)
    row('type', { registryTypes: ['n p'] }, 'registryTypes[0]', /letters, digits/)
    row('transport', { transports: ['http'] }, 'transports[0]', /one of stdio, sse, streamable-http/)
    row('empty', { names: [] }, 'names', /at least 1 item/)
    row('long', { tags: Array.from({ length: 65 }, () => 'x') }, 'tags', /at most 64 items, not 65/)
    accept(include({ names: ['io.github.*/*'], tiers: ['Official', 'Verified'], statuses: ['active'] }))
  },

  'the runner': ({ refuse, accept }) => {
    const memory = 'spec.runner.resources.limits.memory'
    refuse('quantity', { set: { [memory]: '1 GB' }, field: memory, message: /quantity/, points: '1 GB' })
    refuse('fraction', { set: { [memory]: 1.5 }, field: memory, message: /whole number or a text/, points: '1.5' })
    accept({ 'spec.runner.resources': { limits: { memory: '1Gi', cpu: 2 }, requests: { cpu: '100m' } } })
    const labels = { set: { 'spec.runner.nodeSelector': { zone: 'a b' } }, field: 'spec.runner.nodeSelector.zone' }
    refuse('label', { ...labels, message: /value of a label/, points: 'a b' })
    const taint = { set: { 'spec.runner.tolerations': [{ key: 'a b' }] }, field: 'spec.runner.tolerations[0].key' }
    refuse('taint', { ...taint, message: /key of a taint/, points: 'a b' })
    const account = 'spec.runner.serviceAccountName'
    refuse('account', { set: { [account]: 'Runner' }, field: account, message: /lower case/, points: 'Runner' })
    accept({ 'spec.runner.tolerations': [{ key: 'batch', operator: 'Exists', effect: 'NoSchedule' }] })
  },

  'a registry': ({ refuse, accept }) => {
    const kind = 'MCPRegistry'
    const onUpdate = 'spec.syncPolicy.onUpdate'
    for (const value of ['create', 'recreate']) {
      refuse(value, {
        kind,
        set: { [onUpdate]: value },
        field: onUpdate,
        message: /must be update without storage/,
        points: value,
      })
      accept({ [onUpdate]: value, 'spec.storage': { ...gitBlock, path: 'store.json' } }, kind)
    }
    const empty = 'spec.allowEmpty'
    refuse('empty', {
      kind,
      set: { [empty]: true },
      field: empty,
      message: /beside syncPolicy.onUpdate recreate/,
      points: 'true',
    })
    accept({ [empty]: false }, kind)
    const self = registry({ registryRef: { name: 'example' } })
    const field = 'spec.source.registry.registryRef'
    refuse('self', {
      kind,
      set: { 'spec.source': self },
      field,
      message: /must not name the registry itself/,
      points: 'name',
    })
    refuse('name', {
      kind,
      set: { 'spec.displayName': 'a\nb' },
      field: 'spec.displayName',
      message: /line breaks/,
      points: '|-',
    })
  },

  'types, limits and misspelt words say what to write': ({ refuse }) => {
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
      {
        set: { 'metadata.labels': { a: 1 } },
        field: 'metadata.labels.a',
        message: /a text, not a number/,
        points: '1',
      },
      { set: { 'metadata.namespace': 'a.b' }, field: 'metadata.namespace', message: /without dots/, points: 'a.b' },
    ]
    for (const row of rows) refuse(row.field, row)
  },
}

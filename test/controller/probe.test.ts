// What the controller asks before it starts a pod, of real servers.
import t from 'tap'
import { memoryCluster } from '../../src/cluster/memory/cluster.ts'
import { SECRETS } from '../../src/cluster/types.ts'
import { gitProbe } from '../../src/controller/git-probe.ts'
import { Probes } from '../../src/controller/probes.ts'
import { hostGuard, LOCAL_HOSTS } from '../../src/lib/hosts.ts'
import type { ProbeAnswer } from '../../src/reconcile/observed.ts'
import type { ProbeQuestion } from '../../src/reconcile/plan.ts'
import { bareRepository } from '../helpers/git-repository.ts'
import { PlayedClock } from '../helpers/played-clock.ts'
import { until } from '../helpers/until.ts'

const NO_TARGET = { type: 'none' } as const

function probes(options: { readonly git?: ReturnType<typeof gitProbe>; readonly patience?: number } = {}) {
  const clock = new PlayedClock()
  const cluster = memoryCluster({ clock })
  const answered: string[] = []
  const own = gitProbe({ allowFile: true, allowHttp: true, ambient: process.env })
  const asked = new Probes({
    access: { cluster, clock, git: options.git ?? own, guard: policy => hostGuard(policy, async () => []) },
    concurrency: 4,
    patience: options.patience ?? 60_000,
    answered: key => answered.push(key),
  })
  const ask = async (question: ProbeQuestion): Promise<ProbeAnswer | undefined> => {
    const count = answered.length
    const known = asked.ask('key', 'team', question)
    if (known) return known
    await until(() => answered.length > count, 'an answer')
    return asked.ask('key', 'team', question)
  }
  return { cluster, asked, answered, ask }
}

function question(repository: string, more: Partial<ProbeQuestion> = {}): ProbeQuestion {
  const source = { type: 'git', repository, ref: { branch: 'main' }, path: 'registry.json' } as const
  return { source, target: NO_TARGET, hosts: LOCAL_HOSTS, seen: {}, fullInterval: 1, ...more }
}

t.test('A8 a branch that is where it was is unchanged; a moved one tells where it is', async t => {
  const repository = await bareRepository(t, { 'registry.json': '{}' })
  const { ask } = probes()
  const first = await ask(question(repository.url))
  t.match(first, { state: 'changed', revision: /^main@sha1:[0-9a-f]{40}$/ })
  const revision = first && 'revision' in first ? (first.revision ?? '') : ''
  t.match(await ask(question(repository.url, { seen: { revision } })), { state: 'unchanged', revision })
})

t.test('the head of the target is told too, of the branch for review where there is one', async t => {
  const repository = await bareRepository(t, { 'registry.json': '{}' })
  const { ask } = probes()
  const target = {
    type: 'git',
    repository: repository.url,
    branch: 'main',
    path: 'x',
    layout: 'File',
    format: 'upstream',
  } as const
  const found = await ask(question(repository.url, { target: { ...target, commit: {} } }))
  t.match(found, { targetHead: /^[0-9a-f]{40}$/ })
  t.match(await ask(question(repository.url, { target: { ...target, pushBranch: 'review', commit: {} } })), found ?? {})
})

t.test('A1 A3 an empty repository and a missing branch have reasons of their own', async t => {
  const { ask } = probes()
  const empty = await bareRepository(t)
  t.match(await ask(question(empty.url)), { state: 'failed', reason: 'EmptyRepository', class: 'definite' })
  const { url } = await bareRepository(t, { 'registry.json': '{}' })
  const source = { type: 'git', repository: url, ref: { branch: 'gone' }, path: 'x' } as const
  t.match(await ask(question(url, { source })), {
    state: 'failed',
    reason: 'RefNotFound',
    message: /^source: branch gone/,
  })
})

t.test('G4 a host that is denied is never asked', async t => {
  let asked = 0
  const { ask } = probes({
    git: async () => {
      asked++
      return { commit: undefined, emptyRepository: true }
    },
  })
  const hosts = { denyCidrs: [], allowPlainHttp: [], local: false }
  const answer = await ask(question('https://127.0.0.1/team/catalog.git', { hosts }))
  t.match(answer, { state: 'failed', reason: 'HostDenied' })
  t.equal(asked, 0)
})

t.test('B9 credentials are read anew for each probe', async t => {
  const passwords: (string | undefined)[] = []
  const { ask, cluster } = probes({
    git: async ({ credentials }) => {
      passwords.push(credentials?.password)
      return { commit: 'a'.repeat(40), emptyRepository: false }
    },
  })
  const metadata = { namespace: 'team', name: 'git' }
  const data = (text: string) => ({ data: { password: Buffer.from(text).toString('base64') } })
  await cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, ...data('old') })
  const source = { ...question('https://git.example.com/a.git').source, authSecret: { name: 'git' } }
  await ask(question('', { source } as Partial<ProbeQuestion>))
  await cluster.patch(SECRETS, metadata, data('new'))
  await ask(question('', { source } as Partial<ProbeQuestion>))
  t.same(passwords, ['old', 'new'])
})

t.test('a host that hangs is given up, and holds up nobody else', async t => {
  const { ask, asked, answered } = probes({
    patience: 50,
    git: ({ url }, _ref, signal) =>
      url.includes('hangs')
        ? new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        : Promise.resolve({ commit: 'a'.repeat(40), emptyRepository: false }),
  })
  for (let index = 0; index < 20; index++)
    asked.ask(`hangs-${index}`, 'team', question(`https://hangs.example.com/${index}.git`))
  t.match(await ask(question('https://fine.example.com/a.git')), { state: 'changed' })
  await until(() => answered.filter(key => key.startsWith('hangs')).length === 20, 'all to be given up')
  const answer = asked.ask('hangs-3', 'team', question('https://hangs.example.com/3.git'))
  t.match(answer, { state: 'failed', reason: 'NetworkFailed', class: 'transient', message: /hangs.example.com/ })
})

t.test('an answer to another question is none', async t => {
  let asked = 0
  const { ask } = probes({
    git: async () => {
      asked++
      return { commit: 'a'.repeat(40), emptyRepository: false }
    },
  })
  await ask(question('https://git.example.com/a.git'))
  t.match(await ask(question('https://git.example.com/b.git')), { state: 'changed' })
  t.equal(asked, 2)
})

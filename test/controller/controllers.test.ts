// The machinery around plans, with planners of a few lines: what they ask is answered, what they want is done.
import t from 'tap'
import { ClusterError } from '../../src/cluster/cluster-error.ts'
import { CONFIG_MAPS, EVENTS, JOBS, SECRETS, typeOf } from '../../src/cluster/types.ts'
import type { Planner } from '../../src/controller/reconciler.ts'
import type { Observed } from '../../src/reconcile/observed.ts'
import type { Plan, Step } from '../../src/reconcile/plan.ts'
import type { RollbookResource } from '../../src/resources/kinds.ts'
import { MANAGED_BY, RUN_LABEL } from '../../src/resources/names.ts'
import type { Job } from '../../src/resources/workload.ts'
import {
  changedCluster,
  controllerSite,
  eventsOf,
  IMPORTS,
  importJob,
  stored,
  withCalls,
} from '../helpers/controllers.ts'

/** A Job of the resource, as far as the machinery looks at it. */
function jobOf(resource: RollbookResource, name: string, run = 'run-1'): Job {
  const { kind, apiVersion, metadata } = resource
  const labels = { ...MANAGED_BY, [RUN_LABEL]: run }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels,
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true }],
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: 720,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          activeDeadlineSeconds: 600,
          terminationGracePeriodSeconds: 30,
          securityContext: {},
          containers: [
            { name: 'worker', image: 'rollbook', args: ['worker'], env: [], securityContext: {}, volumeMounts: [] },
          ],
          volumes: [],
        },
      },
    },
  }
}

function steps(...list: Step[]): Plan {
  return { steps: list }
}

/** Counts passes by resource. */
function counting(plan: Planner) {
  const passes: string[] = []
  const planner: Planner = (seen, now) => {
    passes.push(seen.resource.metadata.name)
    return plan(seen, now)
  }
  return { passes, planner }
}

t.test('what a plan wants is done, and a Job that ends brings its resource back', async t => {
  const ends: (number | undefined)[] = []
  const plan: Planner = ({ resource, jobs: [observed] }) => {
    if (!observed) return steps({ type: 'addFinalizer' }, { type: 'createJob', job: jobOf(resource, 'one') })
    ends.push(observed.pods[0]?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode)
    return steps()
  }
  const { memory, start, settle } = await controllerSite(t, { plan, end: () => ({ exitCode: 12 }) })
  await start()
  await memory.create(IMPORTS, importJob('a'))
  await settle()
  t.same((await stored(memory, IMPORTS, 'a')).metadata.finalizers, ['toolhive.stacklok.io/rollbook'])
  t.equal(ends.at(0), undefined)
  t.equal(ends.at(-1), 12)
})

t.test('B2 dependencies are answered with keys and versions, never with a value', async t => {
  let seen: Observed | undefined
  const plan: Planner = observed => {
    seen = observed
    if (observed.answers.dependencies) return steps()
    const names = ['git', 'gone'].map(name => ({ kind: 'Secret', name }) as const)
    return { ask: { type: 'dependencies', names: [...names, { kind: 'ConfigMap', name: 'target' }] } }
  }
  const { memory, start, settle } = await controllerSite(t, { plan })
  const metadata = { namespace: 'team', name: 'git' }
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: { password: 'cGxhbnRlZA==' } } as const
  const { metadata: made } = await memory.create(SECRETS, secret)
  await memory.create(CONFIG_MAPS, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'team', name: 'target', labels: MANAGED_BY },
    data: { b: '', a: '' },
  })
  await start()
  await memory.create(IMPORTS, importJob('a'))
  await settle()
  const [git, gone, target] = seen?.answers.dependencies ?? []
  t.strictSame(git, { kind: 'Secret', name: 'git', resourceVersion: made.resourceVersion, keys: ['password'] })
  t.strictSame(gone, { kind: 'Secret', name: 'gone', resourceVersion: undefined, keys: [] })
  t.match(target, { keys: ['a', 'b'], ours: true })
  t.notMatch(JSON.stringify(seen?.answers), /planted|cGxhbnRlZA/)
})

t.test(
  'a step that is refused is told to the plan once, the steps after it are not taken, and it is tried again',
  async t => {
    const refusals: unknown[] = []
    const plan: Planner = ({ resource, answers, jobs }) => {
      if (jobs.length > 0) return steps()
      if (answers.refused) {
        refusals.push(answers.refused)
        return steps({ type: 'event', event: { severity: 'Warning', reason: 'JobRefused', message: 'no' } })
      }
      const event = { severity: 'Normal', reason: 'RunStarted', message: 'started' } as const
      return steps({ type: 'createJob', job: jobOf(resource, 'taken') }, { type: 'event', event })
    }
    const { memory, start, settle, pass, clock } = await controllerSite(t, { plan, end: () => undefined })
    const other = await memory.create(IMPORTS, importJob('other'))
    await memory.create(JOBS, jobOf(other, 'taken', 'another'))
    await memory.delete(IMPORTS, other.metadata)
    await memory.create(JOBS, { ...jobOf(other, 'taken', 'another'), metadata: { name: 'taken', namespace: 'team' } })
    await start()
    await memory.create(IMPORTS, importJob('a'))
    await settle()
    t.match(refusals, [{ step: 'createJob', reason: 'AlreadyExists', message: /taken/ }])
    t.same(await eventsOf(memory), ['JobRefused ×1: no'])
    await memory.delete(JOBS, { namespace: 'team', name: 'taken' })
    await pass(2_000)
    t.same(await eventsOf(memory), ['JobRefused ×1: no', 'RunStarted ×1: started'])
    t.ok(clock.elapsed() < 10_000)
  },
)

t.test('D5 a Job of this run is adopted, and planned with as it is', async t => {
  const known: number[] = []
  const plan: Planner = ({ resource, jobs }) => {
    known.push(jobs.length)
    return jobs.length > 0 ? steps() : steps({ type: 'createJob', job: jobOf(resource, 'one') })
  }
  const site = await controllerSite(t, { plan, end: () => undefined })
  const { memory, start, settle } = site
  // The watch of Jobs is silent: only the refusal tells.
  const cluster = changedCluster(memory, {
    list: async (...[type, selection]: Parameters<typeof memory.list>) =>
      type.kind === 'Job' ? { items: [], resourceVersion: '0' } : memory.list(type, selection),
    watch: (...[type, options]: Parameters<typeof memory.watch>) =>
      type.kind === 'Job' ? silence(options.signal) : memory.watch(type, options),
  })
  const resource = await memory.create(IMPORTS, importJob('a'))
  await memory.create(JOBS, jobOf(resource, 'one'))
  await start({ cluster })
  await settle()
  t.same(known.slice(0, 2), [0, 1])
  t.equal((await memory.list(JOBS)).items.length, 1)
})

t.test('C9 a status that conflicts is planned again from what the cluster has', async t => {
  const plan: Planner = ({ resource }) => {
    const seen = resource.metadata.annotations?.['touched'] ?? 'no'
    const status = { observedGeneration: 1, lastHandledRunRequest: seen }
    return resource.status?.lastHandledRunRequest === seen ? steps() : steps({ type: 'writeStatus', status })
  }
  const { memory, start, settle } = await controllerSite(t, { plan })
  let touched = false
  const cluster = changedCluster(memory, {
    applyStatus: async (...args: Parameters<typeof memory.applyStatus>) => {
      if (!touched) {
        touched = true
        await memory.patch(IMPORTS, args[1].metadata, { metadata: { annotations: { touched: 'yes' } } })
      }
      return memory.applyStatus(...args)
    },
  })
  await start({ cluster })
  await memory.create(IMPORTS, importJob('a'))
  await settle()
  t.equal((await stored(memory, IMPORTS, 'a')).status.lastHandledRunRequest, 'yes')
})

t.test('a plan that fails is made again with backoff, and the others go on', async t => {
  const { passes, planner } = counting(({ resource }) => {
    if (resource.metadata.name === 'bad') throw new TypeError('a defect')
    return steps()
  })
  const { memory, start, settle, pass, log } = await controllerSite(t, { plan: planner })
  await start()
  await memory.create(IMPORTS, importJob('bad'))
  await memory.create(IMPORTS, importJob('good'))
  await settle()
  t.same(passes.sort(), ['bad', 'good'])
  t.match(
    log.filter(({ level }) => level === 'error'),
    [{ resource: 'MCPRegistryImportJob/team/bad', error: 'a defect', retryAfterSeconds: 2 }],
  )
  t.match(log.find(({ level }) => level === 'debug')?.['stack'], /TypeError: a defect\n/)
  await pass(600_000)
  const retries = passes.filter(name => name === 'bad').length
  t.ok(retries > 5 && retries < 12, `${retries} passes in ten minutes`)
})

t.test("G6 a stored resource that is not valid is left alone, and stands in nobody's way", async t => {
  const { passes, planner } = counting(seen => {
    t.same(
      seen.others.filter(({ metadata }) => metadata.name === 'bad'),
      [],
    )
    return steps()
  })
  const { memory, start, settle, log } = await controllerSite(t, { plan: planner })
  const invalid = importJob('bad', { retry: { backoffInterval: 'soon' } })
  const bad = { ...invalid, metadata: { ...invalid.metadata, uid: 'uid-of-bad', generation: 1 } }
  // As it was stored by a version of the CRD that let it in.
  const cluster = changedCluster(memory, {
    list: async (...[type, selection]: Parameters<typeof memory.list>) => {
      const { items, resourceVersion } = await memory.list(type, selection)
      return { items: type.kind === 'MCPRegistryImportJob' ? [bad, ...items] : items, resourceVersion }
    },
  })
  await memory.create(IMPORTS, importJob('good'))
  await start({ cluster })
  await settle()
  t.same(passes, ['good'])
  const problems = /^spec\.retry\.backoffInterval /
  t.match(
    log.filter(({ level }) => level === 'warn'),
    [{ resource: 'MCPRegistryImportJob/team/bad', problems }],
  )
  const { items } = await memory.list(EVENTS)
  t.match(items, [{ reason: 'ManifestInvalid', type: 'Warning', message: problems, involvedObject: { name: 'bad' } }])
})

t.test('a plan is woken when it says', async t => {
  const times: string[] = []
  const plan: Planner = (_seen, now) => {
    times.push(now.toISOString().slice(11, 19))
    return { steps: [], wake: new Date('2026-03-01T12:30:00Z') }
  }
  const { memory, start, settle, pass } = await controllerSite(t, { plan })
  await start()
  await memory.create(IMPORTS, importJob('a'))
  await settle()
  await pass(1_799_000)
  t.same(times, ['12:00:00'])
  await pass(1_000)
  t.same(times, ['12:00:00', '12:30:00'])
  await pass(1_000)
  t.same(times, ['12:00:00', '12:30:00', '12:30:01'], 'a time that is past keeps nobody busy')
})

t.test('readers of a registry are looked at when it is ready, and sync jobs with every move of it', async t => {
  const { passes, planner } = counting(() => steps())
  const { memory, start, settle } = await controllerSite(t, { plan: planner })
  const apiVersion = 'toolhive.stacklok.io/v1alpha1'
  const at = (name: string) => ({ metadata: { name, namespace: 'team' }, apiVersion })
  const registries = typeOf('MCPRegistry')
  const source = { type: 'url', url: { url: 'https://registry.example.com/v0' } }
  await memory.create(registries, { ...at('catalog'), kind: 'MCPRegistry', spec: { source } } as never)
  const spec = { registryRef: { name: 'catalog' } }
  const target = { configMap: { name: 'out' } }
  const kind = 'MCPRegistryExportJob'
  await memory.create(typeOf(kind), { ...at('export'), kind, spec: { ...spec, target } } as never)
  const sync = 'MCPRegistrySyncJob'
  await memory.create(typeOf(sync), { ...at('sync'), kind: sync, spec } as never)
  await start()
  await settle()
  const write = async (status: object) => {
    passes.length = 0
    await memory.applyStatus(registries, { ...at('catalog'), status }, { manager: 'test' })
    await settle()
    return [...passes].sort()
  }
  t.same(await write({ phase: 'Syncing' }), ['catalog', 'sync'])
  const failed = {
    type: 'Ready',
    status: 'False',
    observedGeneration: 1,
    reason: 'SecretNotFound',
    message: 'no Secret',
    lastTransitionTime: '2026-03-01T12:00:00Z',
  }
  t.same(
    await write({ phase: 'Failed', conditions: [failed] }),
    ['catalog', 'export', 'sync'],
    'they tell why they wait',
  )
  const artifact = { revision: 'main@sha1:1', digest: 'sha256:1' }
  t.same(await write({ phase: 'Ready', artifact }), ['catalog', 'export', 'sync'])
  passes.length = 0
  await memory.patch(registries, at('catalog').metadata, { spec: { displayName: 'other' } })
  await settle()
  t.same([...passes].sort(), ['catalog', 'export', 'sync'], 'its spec may have closed or broken a circle')
  passes.length = 0
  await memory.delete(typeOf(sync), at('sync').metadata)
  await settle()
  t.same(passes, ['catalog'])
})

t.test('a resource stays gone when its end is told before the answer to what let it go', async t => {
  const seen: string[][] = []
  const plan: Planner = ({ resource, registries }) => {
    if (resource.kind === 'MCPRegistrySyncJob') seen.push(registries.map(({ metadata }) => metadata.name))
    if (resource.kind !== 'MCPRegistry') return steps()
    return steps({ type: resource.metadata.deletionTimestamp === undefined ? 'addFinalizer' : 'removeFinalizer' })
  }
  const { memory, start, settle } = await controllerSite(t, { plan })
  let answer = () => {}
  const answered = new Promise<void>(resolve => {
    answer = resolve
  })
  let isLetGo = false
  const cluster = withCalls(memory, async (name, call) => {
    const result = await call()
    if (name === 'patch' && isLetGo) await answered
    return result
  })
  const registries = typeOf('MCPRegistry')
  const syncJobs = typeOf('MCPRegistrySyncJob')
  const at = (name: string) => ({ metadata: { name, namespace: 'team' }, apiVersion: registries.apiVersion })
  const source = { type: 'url', url: { url: 'https://registry.example.com/v0' } }
  await memory.create(registries, { ...at('catalog'), kind: 'MCPRegistry', spec: { source } } as never)
  const spec = { registryRef: { name: 'catalog' } }
  await memory.create(syncJobs, { ...at('sync'), kind: syncJobs.kind, spec } as never)
  await start({ cluster })
  await settle()
  t.same(seen.at(-1), ['catalog'])
  isLetGo = true
  await memory.delete(registries, at('catalog').metadata)
  await settle()
  t.same(seen.at(-1), [], 'its end was told')
  answer()
  await settle()
  await memory.patch(syncJobs, at('sync').metadata, { metadata: { annotations: { look: 'again' } } })
  await settle()
  t.same(seen.at(-1), [])
})

t.test('G2 a plan is shown the registries of its own namespace, and no others', async t => {
  const seen: Record<string, string[]> = {}
  const plan: Planner = ({ resource: { metadata }, registries }) => {
    seen[metadata.namespace] = registries.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    return steps()
  }
  const { memory, start, settle } = await controllerSite(t, { plan })
  const { apiVersion } = importJob('a')
  const source = { type: 'url', url: { url: 'https://registry.example.com/v0' } }
  for (const namespace of ['team', 'other']) {
    const metadata = { name: 'catalog', namespace }
    await memory.create(typeOf('MCPRegistry'), { apiVersion, kind: 'MCPRegistry', metadata, spec: { source } } as never)
  }
  await start()
  await settle()
  t.strictSame(seen, { team: ['team/catalog'], other: ['other/catalog'] })
})

t.test('a ConfigMap that is a source acts at once when it changes, and no other ConfigMap is watched', async t => {
  const { passes, planner } = counting(() => steps())
  const { memory, start, settle } = await controllerSite(t, { plan: planner })
  const data = (text: string) => ({ data: { 'registry.json': text } })
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'source', namespace: 'team' } } as const
  await memory.create(CONFIG_MAPS, { ...map, ...data('{}') })
  await memory.create(IMPORTS, importJob('a', { source: { type: 'configmap', configMap: { name: 'source' } } }))
  await memory.create(IMPORTS, importJob('b'))
  await start()
  await settle()
  passes.length = 0
  await memory.patch(CONFIG_MAPS, map.metadata, data('{"servers":[]}'))
  await memory.create(CONFIG_MAPS, { ...map, metadata: { name: 'other', namespace: 'team' } })
  await settle()
  t.same(passes, ['a'])
})

t.test('stop ends at once what waits, and leaves nothing behind', async t => {
  const { passes, planner } = counting(() => ({ steps: [], wake: new Date('2026-03-01T13:00:00Z') }))
  const { memory, start, settle, pass, clock } = await controllerSite(t, { plan: planner })
  const controllers = await start()
  await memory.create(IMPORTS, importJob('a'))
  await settle()
  t.ok(controllers.ready)
  await controllers.stop()
  t.notOk(controllers.ready)
  passes.length = 0
  await memory.create(IMPORTS, importJob('b'))
  await pass(7_200_000)
  t.same(passes, [])
  t.equal(clock.sleeping, 0)
})

t.test('only the namespaces that are watched are seen', async t => {
  const { passes, planner } = counting(() => steps())
  const { memory, start, settle } = await controllerSite(t, { plan: planner })
  await start({ namespaces: ['team', 'others'] })
  await memory.create(IMPORTS, importJob('a'))
  const elsewhere = importJob('b')
  await memory.create(IMPORTS, { ...elsewhere, metadata: { ...elsewhere.metadata, namespace: 'elsewhere' } })
  await settle()
  t.same(passes, ['a'])
})

t.test('a cluster that answers no more is asked with backoff, and nothing is lost', async t => {
  const { passes, planner } = counting(() => steps({ type: 'addFinalizer' }))
  const { memory, start, settle, pass } = await controllerSite(t, { plan: planner })
  let isDown = false
  let asked = 0
  const cluster = withCalls(memory, async (_name, go) => {
    asked++
    if (isDown) throw new ClusterError('Unavailable', 'the server is down')
    return go()
  })
  await start({ cluster })
  await settle()
  isDown = true
  for (let index = 0; index < 100; index++) await memory.create(IMPORTS, importJob(`job-${index}`))
  await settle()
  asked = 0
  await pass(600_000)
  t.ok(asked < 100 * 12, `${asked} requests in ten minutes`)
  isDown = false
  await pass(300_000)
  const { items } = await memory.list(IMPORTS)
  t.same(
    items.filter(({ metadata }) => metadata.finalizers?.length !== 1),
    [],
  )
  t.ok(passes.length > 100)
})

t.test('the result of a Job is not lost because its end was told before that of its Pod', async t => {
  const ends: unknown[] = []
  const plan: Planner = ({ resource, jobs: [observed] }) => {
    if (observed?.job.status?.conditions) ends.push(observed.pods[0]?.status?.phase)
    if (resource.status?.activeRun) return steps()
    const trigger = { type: 'Spec' } as const
    const activeRun = {
      id: 'run-1',
      attempt: 1,
      generation: 1,
      jobName: 'one',
      startTime: '2026-03-01T12:00:00Z',
      trigger,
    }
    return steps(
      { type: 'createJob', job: jobOf(resource, 'one') },
      { type: 'writeStatus', status: { observedGeneration: 1, activeRun } },
    )
  }
  const { memory, start, settle } = await controllerSite(t, { plan })
  // The cache of Pods stays empty.
  const cluster = changedCluster(memory, {
    list: async (...[type, selection]: Parameters<typeof memory.list>) =>
      type.kind === 'Pod' && !selection?.labelSelector?.includes('run-1')
        ? { items: [], resourceVersion: '0' }
        : memory.list(type, selection),
    watch: (...[type, options]: Parameters<typeof memory.watch>) =>
      type.kind === 'Pod' ? silence(options.signal) : memory.watch(type, options),
  })
  await start({ cluster })
  await memory.create(IMPORTS, importJob('a'))
  await settle()
  t.same([...new Set(ends)], ['Succeeded'])
})

t.test('never more Jobs than the limit, also while no watch has told of a Job yet', async t => {
  const plan: Planner = ({ resource, jobs, answers }) => {
    if (resource.status?.activeRun || jobs.length > 0) return steps()
    if (!answers.slot) return { ask: { type: 'slot', branch: undefined } }
    if (!answers.slot.granted) return steps()
    const jobName = `${resource.metadata.name}-1`
    const trigger = { type: 'Spec' } as const
    const activeRun = { id: 'run-1', attempt: 1, generation: 1, jobName, startTime: '2026-03-01T12:00:00Z', trigger }
    return steps(
      { type: 'createJob', job: jobOf(resource, jobName) },
      { type: 'writeStatus', status: { observedGeneration: 1, activeRun } },
    )
  }
  const { memory, start, settle } = await controllerSite(t, { plan, end: () => undefined })
  const cluster = changedCluster(memory, {
    list: async (...[type, selection]: Parameters<typeof memory.list>) =>
      type.kind === 'Job' ? { items: [], resourceVersion: '0' } : memory.list(type, selection),
    watch: (...[type, options]: Parameters<typeof memory.watch>) =>
      type.kind === 'Job' ? silence(options.signal) : memory.watch(type, options),
  })
  await start({ cluster, maxConcurrentRuns: 1 })
  for (const name of ['a', 'b', 'c']) await memory.create(IMPORTS, importJob(name))
  await settle()
  t.equal((await memory.list(JOBS)).items.length, 1)
})

async function* silence(signal: AbortSignal) {
  await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  yield* []
}

// D1: the controller is killed at each call that it makes of the cluster, before the call and after it, and the next one goes
// on. The steps are enumerated, none is left out.
import t, { type Test } from 'tap'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { CONFIG_MAPS, JOBS, PODS, typeOf } from '../../src/cluster/types.ts'
import { planResource } from '../../src/reconcile/plan-resource.ts'
import type { RollbookResource } from '../../src/resources/kinds.ts'
import { SHORT_REPORT } from '../../src/resources/names.ts'
import { type ControllerSite, controllerSite, IMPORTS, importJob, withCalls } from '../helpers/controllers.ts'
import { doomedCluster, type Kill } from '../helpers/doomed-cluster.ts'
import { checkStatusLaws } from '../helpers/laws.ts'
import { completed, failed } from '../helpers/played-worker.ts'

interface Scenario {
  readonly name: string
  /** Makes the objects. */
  begin(site: ControllerSite): Promise<void>
  /** What happens after the first settling. */
  meanwhile?(site: ControllerSite): Promise<void>
  /** Attempts that fail before one ends well. */
  readonly failures: number
  /** What is there in the end. */
  readonly ends: object
}

const EXPORTS = typeOf('MCPRegistryExportJob')
const REGISTRIES = typeOf('MCPRegistry')
const ALWAYS_RUNNING = 99
const SIDES = ['before', 'after'] as const
const CONTENT = '{"servers":{}}\n'
const ATTEMPTS = [/^[0-9a-f]{24}-\d$/, /^[0-9a-f]{24}-\d$/]
const COMPLETED = { phase: 'Completed', lastRun: { outcome: 'Completed', reason: 'EntriesWritten' } }
const REPORT = { [SHORT_REPORT]: /./ }

const scenarios: readonly Scenario[] = [
  {
    name: 'an import that fails once and then commits',
    failures: 1,
    ends: { made: ATTEMPTS.slice(0, 2), resources: [{ status: COMPLETED }], maps: [{ binaryData: REPORT }] },
    begin: async ({ memory }) => {
      await memory.create(IMPORTS, importJob('job'))
    },
  },
  {
    name: 'an export into a ConfigMap',
    failures: 0,
    // The sync of the registry, then the export.
    ends: {
      made: ATTEMPTS.slice(0, 2),
      resources: [{ status: COMPLETED }],
      maps: [{ binaryData: REPORT }, { binaryData: REPORT }, { name: 'out', data: { 'registry.json': CONTENT } }],
    },
    begin: async ({ memory }) => {
      await syncedRegistry(memory)
      await memory.create(EXPORTS, exportJob())
    },
  },
  {
    name: 'an import that is deleted while it runs',
    failures: ALWAYS_RUNNING,
    ends: { made: ATTEMPTS.slice(0, 1), jobs: [], pods: [], maps: [], resources: [] },
    begin: async ({ memory }) => {
      await memory.create(IMPORTS, importJob('job'))
    },
    meanwhile: async ({ memory }) => {
      await memory.delete(IMPORTS, { namespace: 'team', name: 'job' })
    },
  },
]

for (const scenario of scenarios) {
  t.test(`D1 ${scenario.name}, with a controller that is killed at every step`, async t => {
    const whole = await played(t, scenario, undefined)
    t.comment(`${whole.calls} calls of the cluster`)
    t.match(whole.state, scenario.ends)
    t.strictSame(whole.lawless, [])
    for (let call = 1; call <= whole.calls; call++) {
      for (const side of SIDES) {
        const killed = await played(t, scenario, { call, side })
        t.strictSame(killed.state, whole.state, `killed ${side} call ${call}: ${killed.killedAt}`)
        t.strictSame(killed.lawless, [], 'every status obeys the laws')
      }
    }
  })
}

interface Played {
  /** Calls that the first controller made. */
  readonly calls: number
  readonly killedAt: string
  /** All that is there in the end, but for what must differ. */
  readonly state: unknown
  readonly lawless: readonly string[]
}

/** The scenario in a world of its own. */
async function played(t: Test, scenario: Scenario, kill: Kill | undefined): Promise<Played> {
  const attempts = new Set<string>()
  const site = await controllerSite(t, {
    plan: planResource,
    end: job => {
      attempts.add(job.metadata.name)
      if (scenario.failures === ALWAYS_RUNNING) return undefined
      return attempts.size <= scenario.failures ? failed(job, site.clock.now()) : completed(job, site.clock.now())
    },
  })
  const lawless: string[] = []
  const lawful = withCalls(site.memory, async (name, call) => {
    const answer = await call()
    if (name === 'applyStatus' && isOurs(answer)) lawless.push(...checkStatusLaws(answer))
    return answer
  })
  await scenario.begin(site)
  const doomed = doomedCluster(lawful, kill)
  const first = site.launch({ cluster: doomed.cluster })
  let isReplaced = false
  const settle = async () => {
    await site.settle()
    if (!doomed.isDead() || isReplaced) return
    isReplaced = true
    await first.stop()
    site.launch({ cluster: lawful })
    await site.settle()
  }
  await settle()
  await scenario.meanwhile?.(site)
  // Retries, and the pauses after errors.
  for (let minute = 0; minute < 4; minute++) {
    await settle()
    await site.pass(60_000)
  }
  return { calls: doomed.calls(), killedAt: doomed.killedAt(), state: await stateOf(site), lawless }
}

/** Everything in the cluster but for events, which are told as well as it goes; times and versions are what may differ. */
async function stateOf({ memory, kubelet }: ControllerSite) {
  const [jobs, pods, maps, imports, exports] = await Promise.all([
    memory.list(JOBS),
    memory.list(PODS),
    memory.list(CONFIG_MAPS),
    memory.list(IMPORTS),
    memory.list(EXPORTS),
  ])
  const state = {
    made: [...kubelet.jobs].sort(),
    jobs: jobs.items.map(({ metadata, status }) => [metadata.name, status?.conditions?.map(({ type }) => type)]),
    pods: pods.items.map(({ metadata, status }) => [metadata.name, status?.phase]),
    maps: maps.items.map(({ metadata: { name, labels }, data, binaryData }) => ({ name, labels, data, binaryData })),
    resources: [...imports.items, ...exports.items].map(({ metadata, status }) => ({
      name: metadata.name,
      finalizers: metadata.finalizers,
      deletionTimestamp: metadata.deletionTimestamp,
      status,
    })),
  }
  return JSON.parse(JSON.stringify(state).replaceAll(/20\d\d-\d\d-\d\dT[\d:.]+Z/g, 'TIME')) as unknown
}

function isOurs(object: unknown): object is RollbookResource {
  return (object as RollbookResource).apiVersion.startsWith('toolhive.stacklok.io/')
}

async function syncedRegistry(memory: Cluster): Promise<void> {
  const metadata = { namespace: 'team', name: 'catalog' }
  const source = { type: 'git', git: { repository: 'https://git.example.com/source.git' } }
  const spec = { source }
  const apiVersion = 'toolhive.stacklok.io/v1alpha1'
  await memory.create(REGISTRIES, { apiVersion, kind: 'MCPRegistry', metadata, spec } as never)
}

function exportJob() {
  return {
    apiVersion: 'toolhive.stacklok.io/v1alpha1',
    kind: 'MCPRegistryExportJob',
    metadata: { namespace: 'team', name: 'export' },
    spec: { registryRef: { name: 'catalog' }, target: { configMap: { name: 'out' } } },
  } as never
}

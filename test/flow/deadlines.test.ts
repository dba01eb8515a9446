// Runs whose time is over, at each stage of their work: who ends them, with which reason, and what they leave (design 4.6). The
// programs are real; git stands still at a known moment, and does not heed SIGTERM.
import { readdirSync } from 'node:fs'
import t, { type Test } from 'tap'
import { JOBS } from '../../src/cluster/types.ts'
import { LOCAL_HOSTS } from '../../src/lib/hosts.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { checkResource } from '../../src/resources/check.ts'
import type { MCPRegistryImportJob } from '../../src/resources/generated/types.ts'
import { importRequest } from '../../src/resources/import-request.ts'
import { runsOf } from '../helpers/branch-state.ts'
import { catalogOf, datedServer, importManifest, listOf } from '../helpers/entries.ts'
import { bareRepository, type TestRepository } from '../helpers/git-repository.ts'
import { isDone, jobWhen, type NodePlace, nodePlace, podWhen, scriptJob } from '../helpers/local-node.ts'
import { manualClock } from '../helpers/manual-clock.ts'
import { needProc } from '../helpers/needs.ts'
import { killProcesses, processesOf } from '../helpers/processes.ts'
import { programFile } from '../helpers/program.ts'
import { until } from '../helpers/until.ts'
import { makeGate, wrappedGit } from '../helpers/wrapped-git.ts'

interface Stage {
  readonly name: string
  /** Of git, where it stands still. */
  readonly subcommand: string
  /** Its first argument, where only that call is meant. */
  readonly argument?: string
}

const STAGES: readonly Stage[] = [
  { name: 'clone', subcommand: 'fetch' },
  // Entries are validated while they are read.
  { name: 'validate', subcommand: 'cat-file', argument: '--batch' },
  { name: 'commit', subcommand: 'fast-import' },
  { name: 'push', subcommand: 'push' },
]

/** Seconds after which the pod is ended. */
const POD_LIMIT = 900
const PATH = 'catalog/registry.json'

t.test('deadlines', async t => {
  if (!needProc(t)) return

  for (const stage of STAGES) {
    t.test(`D14 the pod's deadline during ${stage.name}: SIGTERM, and the worker ends git by force`, async t => {
      const run = await heldRun(t, stage)
      run.clock.pass(POD_LIMIT * 1000)
      t.match(await run.ended(), { reason: 'DeadlineExceeded', terminated: { exitCode: 143 } })
      await run.nothingIsLeft(t)
    })

    t.test(`D14 the pod's deadline during ${stage.name}: SIGKILL for a worker that does not end`, async t => {
      const run = await heldRun(t, stage, { grace: 1 })
      const worker = processesOf(run.place.directory).find(({ parent }) => parent === process.pid)
      process.kill(worker?.pid ?? 0, 'SIGSTOP')
      run.clock.pass(POD_LIMIT * 1000)
      t.match(await run.ended(), { reason: 'DeadlineExceeded', terminated: { exitCode: 137, signal: 9 } })
      await run.nothingIsLeft(t)
    })
  }

  // All at once: their time is real.
  const runs = STAGES.map(async stage => ({ stage, run: await heldRun(t, stage, { limit: 30 }) }))
  for (const started of runs) {
    const { stage, run } = await started
    await t.test(`D14 the run's own deadline during ${stage.name}: it says so, and may be tried again`, async t => {
      const { reason, terminated } = await run.ended()
      t.equal(reason, undefined, 'the kubelet has nothing to do')
      t.equal(terminated?.exitCode, 11)
      t.match(JSON.parse(terminated?.message ?? ''), {
        outcome: 'Failed',
        reason: 'DeadlineExceeded',
        message: /within the 20 s that activeDeadlineSeconds \(30\) gives it/,
        target: { revision: null },
      })
      await run.nothingIsLeft(t)
    })
  }
})

interface Limits {
  /** Of the run, seconds; it keeps ten of them for its end. */
  readonly limit?: number
  /** Seconds between SIGTERM and SIGKILL. */
  readonly grace?: number
}

/** An import on a node of the test's own, when it stands still at the stage. */
async function heldRun(t: Test, { name, subcommand, argument }: Stage, { limit = 3600, grace = 60 }: Limits = {}) {
  const source = await bareRepository(t, { 'registry.json': listOf(datedServer('io.example/one')) })
  const target = await bareRepository(t, { [PATH]: catalogOf(datedServer('io.example/there-before')) })
  const gate = await makeGate(t)
  const held = `trap '' TERM; ${gate.script}`
  const script = argument === undefined ? held : `if [ "$2" = '${argument}' ]; then ${held}; fi`
  const clock = manualClock()
  const ambient = await wrappedGit(t, subcommand, script)
  const place = await nodePlace(t, { program: [process.execPath, programFile], ambient, clock })
  t.teardown(() => killProcesses(place.directory, { spareServer: false }))
  await place.node.start()
  const request = JSON.stringify(requestFor(source, target, limit))
  const job = scriptJob('run', '', {
    env: { ROLLBOOK_REQUEST: request },
    volumes: [{ name: 'scratch', emptyDir: {}, mountPath: '/tmp' }],
    pod: { activeDeadlineSeconds: POD_LIMIT, terminationGracePeriodSeconds: grace },
    container: { args: ['worker'] },
  })
  const before = await target.head()
  await place.cluster.create(JOBS, { ...job, spec: { ...job.spec, activeDeadlineSeconds: POD_LIMIT + 120 } })
  await until(gate.isReached, name)
  return {
    place,
    clock,
    ended: () => endOf(place),
    nothingIsLeft: async (t: Test) => {
      await until(() => processesOf(place.directory).length === 0, 'the end of its processes')
      t.strictSame(readdirSync(place.directory), [], 'no folder is left')
      t.equal(await target.head(), before, 'the branch stands where it stood')
      t.strictSame(await runsOf(target), [])
    },
  }
}

async function endOf(place: NodePlace) {
  await jobWhen(place, 'run', isDone)
  const { status } = await podWhen(place, 'run', () => true)
  return { reason: status?.reason, terminated: status?.containerStatuses?.[0]?.state?.terminated }
}

function requestFor(source: TestRepository, target: TestRepository, activeDeadlineSeconds: number) {
  const text = importManifest({
    source: source.url,
    target: target.url,
    targetPath: PATH,
    spec: { activeDeadlineSeconds },
  })
  const { resource, problems } = checkResource('MCPRegistryImportJob', JSON.parse(text) as JsonObject)
  if (!resource) throw new Error(JSON.stringify(problems))
  return importRequest(resource as MCPRegistryImportJob, {
    runId: 'late',
    attempt: 1,
    startTime: new Date().toISOString(),
    searchWholeHistory: true,
    uid: 'local',
    generation: 1,
    hosts: LOCAL_HOSTS,
  })
}

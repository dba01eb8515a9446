// `rollbook controller` from the bundle on a real API server: its Job controller and garbage collector are real, the kubelet
// alone is played.
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Cluster, ObjectType } from '../../src/cluster/cluster.ts'
import { JOBS, PODS } from '../../src/cluster/types.ts'
import { machineClock } from '../../src/commands/machine.ts'
import type { Job } from '../../src/resources/workload.ts'
import { eventually } from '../contracts/cluster-site.ts'
import { clusterAt, namespaceFor, needControlPlane } from '../helpers/control-plane.ts'
import { eventsOf, IMPORTS, importJob } from '../helpers/controllers.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { type PlayedEnd, PlayedKubelet } from '../helpers/played-kubelet.ts'
import { completed } from '../helpers/played-worker.ts'
import { type StartedProgram, startRollbook } from '../helpers/program.ts'

const plane = needControlPlane(t)

if (plane) {
  t.test('import jobs are run, measured, and taken away with what they made', async t => {
    const namespace = await namespaceFor(t, plane)
    await plane.kubectl('wait', '--for=create', '--timeout=60s', 'serviceaccount/default', '-n', namespace)
    const cluster = clusterAt(t, plane.kubeconfig)
    const controller = await startController(t, { kubeconfig: plane.kubeconfig, namespace })
    const kubelet = playKubelet(t, { cluster, namespace }, job => completed(job, new Date()))
    for (const name of ['one', 'two']) await cluster.create(IMPORTS, inNamespace(namespace, name))
    const done = async () => {
      const { items } = await cluster.list(IMPORTS, { namespace })
      return items.filter(({ status }) => status.phase === 'Completed').length === 2
    }
    await eventually(done, 'both runs')
    t.equal(new Set(kubelet.jobs).size, 2)
    const told = async () => (await eventsOf(cluster, namespace)).filter(event => / run /.test(event))
    await eventually(async () => (await told()).length === 4, 'the last event, which comes after the status')
    t.match(await told(), [/^EntriesWritten ×1/, /^EntriesWritten ×1/, /^RunStarted ×1/, /^RunStarted ×1/])
    const metrics = await (await fetch(`${controller.url}/metrics`)).text()
    t.match(metrics, 'rollbook_runs_total{kind="MCPRegistryImportJob",outcome="Completed",reason="EntriesWritten"} 2')
    t.match(
      metrics,
      `rollbook_last_success_timestamp_seconds{kind="MCPRegistryImportJob",namespace="${namespace}",name="one"}`,
    )
    t.match(metrics, /rollbook_api_request_duration_seconds_count\{verb="create",resource="jobs",code="201"\} 2/)
    t.equal((await fetch(`${controller.url}/healthz`)).status, 200)
    t.equal((await fetch(`${controller.url}/readyz`)).status, 200)
    t.equal((await fetch(`${controller.url}/`)).status, 404)
    for (const name of ['one', 'two']) await cluster.delete(IMPORTS, { namespace, name })
    const left = async () => {
      const types: ObjectType[] = [IMPORTS, JOBS, PODS]
      const lists = await Promise.all(types.map(type => cluster.list(type, { namespace })))
      return lists.every(({ items }) => items.length === 0)
    }
    await eventually(left, 'everything to go')
    process.kill(controller.program.pid, 'SIGTERM')
    const { code, stdout, stderr } = await controller.program.ended
    t.equal(code, 0)
    t.equal(stdout, '')
    for (const line of stderr.trim().split('\n'))
      t.match(JSON.parse(line), { level: String, time: String, message: String })
  })

  t.test('of two controllers one works, and the other takes over when it ends', async t => {
    const namespace = await namespaceFor(t, plane)
    await plane.kubectl('wait', '--for=create', '--timeout=60s', 'serviceaccount/default', '-n', namespace)
    const cluster = clusterAt(t, plane.kubeconfig)
    const options = { kubeconfig: plane.kubeconfig, namespace, elect: true }
    const first = await startController(t, options)
    await ready(first, '1')
    const second = await startController(t, options)
    await eventually(async () => (await fetch(`${second.url}/readyz`)).status === 200, 'the other to see the Lease')
    t.match(await (await fetch(`${second.url}/metrics`)).text(), 'rollbook_leader 0')
    playKubelet(t, { cluster, namespace }, job => completed(job, new Date()))
    process.kill(first.program.pid, 'SIGTERM')
    t.equal((await first.program.ended).code, 0)
    await ready(second, '1')
    await cluster.create(IMPORTS, inNamespace(namespace, 'one'))
    const done = async () => {
      const job = await cluster.get(IMPORTS, { namespace, name: 'one' })
      return job?.status.phase === 'Completed'
    }
    await eventually(done, 'the run')
    const other = { holderIdentity: 'other', leaseDurationSeconds: 60, renewTime: '2026-03-02T10:00:00.000000Z' }
    const lease = ['lease', 'rollbook-controller', '-n', namespace]
    await plane.kubectl('patch', ...lease, '--type=merge', '-p', JSON.stringify({ spec: other }))
    const { code, stderr } = await second.program.ended
    t.equal(code, 11)
    const lines = stderr.trim().split('\n')
    t.match(lines.map(line => JSON.parse(line)).at(-1), {
      level: 'error',
      reason: 'NetworkFailed',
      message: /lease was lost/,
    })
  })
}

interface Started {
  readonly program: StartedProgram
  readonly url: string
}

interface StartOptions {
  readonly kubeconfig: string
  readonly namespace: string
  readonly elect?: boolean
}

async function startController(t: Test, { kubeconfig, namespace, elect = false }: StartOptions): Promise<Started> {
  const cwd = await temporaryDirectory(t)
  const program = startRollbook(
    [
      'controller',
      ...['--image', 'rollbook:test', '--kubeconfig', kubeconfig, '--listen', '127.0.0.1:0'],
      ...['--watch-namespaces', namespace, `--leader-elect=${elect}`, '--leader-elect-namespace', namespace],
    ],
    { cwd },
  )
  t.teardown(async () => {
    if (isRunning(program.pid)) process.kill(program.pid, 'SIGKILL')
    await program.ended
  })
  const port = () => /"port":(\d+)/.exec(program.stderr())?.[1]
  await eventually(() => port() !== undefined, 'the controller to listen')
  return { program, url: `http://127.0.0.1:${port()}` }
}

async function ready({ url }: Started, leader: '0' | '1'): Promise<void> {
  const leads = async () => (await (await fetch(`${url}/metrics`)).text()).includes(`rollbook_leader ${leader}\n`)
  await eventually(leads, 'a leader')
}

interface Where {
  readonly cluster: Cluster
  readonly namespace: string
}

/** Plays until the test ends. */
function playKubelet(t: Test, where: Where, end: (job: Job) => PlayedEnd | undefined): PlayedKubelet {
  const kubelet = new PlayedKubelet({ ...where, clock: machineClock(undefined), playsJobs: false, end })
  let isOver = false
  const playing = (async () => {
    while (!isOver) {
      await kubelet.play()
      await pause(20)
    }
  })()
  t.teardown(async () => {
    isOver = true
    await playing
  })
  return kubelet
}

function inNamespace(namespace: string, name: string) {
  const job = importJob(name)
  return { ...job, metadata: { ...job.metadata, namespace } }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

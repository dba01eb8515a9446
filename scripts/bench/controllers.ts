// The figures of the controller (design section 9), from the bundle on a real API server: a thousand import jobs at once, and a
// thousand registries that nothing happens to.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ObjectType } from '../../src/cluster/cluster.ts'
import { JOBS, typeOf } from '../../src/cluster/types.ts'
import type { MCPRegistry, MCPRegistryImportJob } from '../../src/resources/generated/types.ts'
import { type ControlPlane, reached, startControlPlane, startFakeWorker } from './control-plane.ts'
import { type GitHost, startGitHost } from './git-host.ts'

export interface ControllerBench {
  readonly program: string
  readonly directory: string
  readonly say: (line: string) => void
  /** Resources. */
  readonly count: number
  /** Minutes for which registries are watched doing nothing. */
  readonly minutes: number
  readonly figures: readonly ('imports' | 'idle')[]
}

const NAMESPACE = 'bench'
const RUNS = 100
const IMPORTS: ObjectType<MCPRegistryImportJob> = typeOf('MCPRegistryImportJob')
const REGISTRIES: ObjectType<MCPRegistry> = typeOf('MCPRegistry')

export async function controllerFigures(bench: ControllerBench): Promise<void> {
  const plane = startControlPlane(join(bench.directory, 'kube'))
  if (!plane) return bench.say('controller            not measured: there is no Kubernetes here (scripts/kube/build)')
  const host = await startGitHost(bench.directory)
  try {
    plane.kubectl('create', 'namespace', NAMESPACE)
    plane.kubectl('wait', '--for=create', '--timeout=60s', 'serviceaccount/default', '-n', NAMESPACE)
    if (bench.figures.includes('imports')) await importFigures(bench, plane, host)
    if (bench.figures.includes('idle')) await idleFigures(bench, plane, host)
  } finally {
    host.close()
    plane.stop()
  }
}

async function importFigures(bench: ControllerBench, plane: ControlPlane, host: GitHost): Promise<void> {
  const { cluster } = plane
  const worker = startFakeWorker(cluster)
  const controller = await startController(bench, { plane, host })
  const begin = performance.now()
  await inParallel(bench.count, async index => {
    await cluster.create(IMPORTS, importJob(`job-${index}`, host))
  })
  const made = performance.now()
  await reached(cluster, IMPORTS, { phase: 'Completed', count: bench.count })
  const end = performance.now()
  const { cpu, peak } = controller.usage()
  const limit = `${worker.most} Jobs at a time (limit ${RUNS})`
  bench.say(
    `${bench.count} import jobs ended ${seconds(end - begin)} after the first was made, ${seconds(end - made)} after the last   ` +
      `${limit}   controller ${cpu.toFixed(1)} s of CPU, peak ${Math.round(peak)} MiB`,
  )
  await controller.stop()
  await inParallel(bench.count, async index => {
    await cluster.delete(IMPORTS, { namespace: NAMESPACE, name: `job-${index}` })
  })
  await worker.stop()
}

async function idleFigures(bench: ControllerBench, plane: ControlPlane, host: GitHost): Promise<void> {
  const { cluster } = plane
  const worker = startFakeWorker(cluster)
  const first = await startController(bench, { plane, host })
  await inParallel(bench.count, async index => {
    await cluster.create(REGISTRIES, registry(`registry-${index}`, host))
  })
  await reached(cluster, REGISTRIES, { phase: 'Ready', count: bench.count })
  await first.stop()
  await worker.stop()
  await fillHistories(plane)
  const { items: jobs } = await cluster.list(JOBS, { namespace: NAMESPACE })
  for (const { metadata } of jobs) await cluster.delete(JOBS, metadata)
  const controller = await startController(bench, { plane, host })
  // What a start costs is no figure of an idle controller.
  await pause(60_000)
  const before = { ...controller.usage(), writes: await controller.writes(), probes: host.probes }
  await pause(bench.minutes * 60_000)
  const after = { ...controller.usage(), writes: await controller.writes(), probes: host.probes }
  const wall = bench.minutes * 60
  const writes = ((after.writes - before.writes) / bench.count) * (60 / bench.minutes)
  bench.say(
    `${bench.count} registries, ${bench.minutes} min   ${((after.cpu - before.cpu) / wall).toFixed(3)} cores   ` +
      `${Math.round(after.rss)} MiB (peak ${Math.round(after.peak)})   ` +
      `${((after.probes - before.probes) / wall).toFixed(1)} probes/s, all in process   ${writes.toFixed(2)} API writes an hour each`,
  )
  await controller.stop()
}

/** Four runs before the one that was made, as a registry has that changes now and then. */
async function fillHistories({ cluster }: ControlPlane): Promise<void> {
  const { items } = await cluster.list(REGISTRIES, { namespace: NAMESPACE })
  await inParallel(items.length, async index => {
    const registry = items[index]
    const run = registry?.status.lastRun
    if (!registry || !run) throw new Error('a registry has no run')
    const older = [1, 2, 3, 4].map(number => ({
      ...run,
      id: `${number}${run.id.slice(1)}`,
      source: { revision: `main@sha1:${String(number).repeat(40)}` },
      digest: `sha256:${String(number).repeat(64)}`,
    }))
    const { namespace, name } = registry.metadata
    const status = { ...registry.status, history: [...(registry.status.history ?? []), ...older] }
    await cluster.applyStatus(REGISTRIES, { metadata: { namespace, name }, status }, { manager: 'rollbook' })
  })
}

interface Where {
  readonly plane: ControlPlane
  readonly host: GitHost
}

interface Controller {
  /** CPU in seconds, memory in MiB. */
  usage(): { readonly cpu: number; readonly rss: number; readonly peak: number }
  /** Requests so far that change something. */
  writes(): Promise<number>
  stop(): Promise<void>
}

async function startController({ program, directory }: ControllerBench, { plane, host }: Where): Promise<Controller> {
  const home = join(directory, 'home')
  mkdirSync(home, { recursive: true })
  const child = spawn(
    process.execPath,
    [
      ...[program, 'controller', '--image', 'fake', '--kubeconfig', plane.kubeconfig, '--listen', '127.0.0.1:0'],
      ...['--leader-elect=false', '--watch-namespaces', NAMESPACE, '--max-concurrent-runs', String(RUNS)],
    ],
    { env: { PATH: process.env['PATH'] ?? '', HOME: home, ...host.env }, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString()
  })
  const ended = new Promise<void>(resolve => child.on('close', () => resolve()))
  const port = () => /"port":(\d+)/.exec(said)?.[1]
  await until(async () => port() !== undefined)
  const pid = child.pid ?? 0
  const url = `http://127.0.0.1:${port()}`
  return {
    usage: () => ({ cpu: cpuOf(pid), rss: memoryOf(pid, 'VmRSS'), peak: memoryOf(pid, 'VmHWM') }),
    async writes() {
      const text = await (await fetch(`${url}/metrics`)).text()
      const counts = text.matchAll(/^rollbook_api_request_duration_seconds_count\{verb="(\w+)".*\} (\d+)$/gm)
      return [...counts]
        .filter(([, verb]) => !/^(get|list|watch|log)$/i.test(verb ?? ''))
        .reduce((sum, [, , count]) => sum + Number(count), 0)
    },
    async stop() {
      child.kill('SIGTERM')
      await ended
      writeFileSync(join(directory, `controller-${pid}.log`), said)
    },
  }
}

function importJob(name: string, host: GitHost): MCPRegistryImportJob {
  const target = { git: { repository: host.url(name), path: 'catalog.json' } }
  const spec = { source: { type: 'git', git: { repository: host.url('source') } }, target }
  return made('MCPRegistryImportJob', name, spec)
}

function registry(name: string, host: GitHost): MCPRegistry {
  const source = { type: 'git', git: { repository: host.url(name) } }
  return made('MCPRegistry', name, { source, syncPolicy: { interval: '5m' } })
}

/** Defaults are the API server's to fill in. */
function made<R>(kind: string, name: string, spec: object): R {
  const metadata = { namespace: NAMESPACE, name }
  return { apiVersion: 'toolhive.stacklok.io/v1alpha1', kind, metadata, spec } as R
}

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await work(index)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(250)
}

/** Seconds of user and system time. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function memoryOf(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))
  return Number(line?.[1] ?? 0) / 1024
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}

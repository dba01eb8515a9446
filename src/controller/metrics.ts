// The controller's figures for Prometheus, named after its conventions: base units, `_total` for what only grows, and labels
// whose values are words of closed lists; only the time of the last success is told for each resource.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { Failure } from '../lib/failure.ts'
import { COUNT_KEYS } from '../resources/result.ts'
import type { ControllerFigures, Controllers } from './controllers.ts'
import type { GitProbe } from './git-probe.ts'
import type { Measures } from './measures.ts'

/** What is asked at each scrape; undefined while another process leads. */
export type Leading = () => Pick<Controllers, 'figures' | 'resources'> | undefined

/** One request to the API server, as the engine tells it. */
export interface ApiRequest {
  readonly verb: string
  readonly resource: string
  readonly code: string
  readonly seconds: number
}

export interface Metrics extends Measures {
  apiRequest(request: ApiRequest): void
  /** The probe, with each of its requests counted. */
  countedGit(probe: GitProbe): GitProbe
  readonly contentType: string
  /** In the text format of Prometheus. */
  text(): Promise<string>
}

const RUN_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]
const REQUEST_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60]

export function prometheusMetrics(version: string, leading: Leading): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({ name: 'rollbook_build_info', help: 'Version of the program.', labelNames: ['version'], registers }).set(
    { version },
    1,
  )
  scrapedFigures(registry, leading)
  scrapedResources(registry, leading)
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers })
  const runs = new Counter({
    name: 'rollbook_runs_total',
    help: 'Runs that ended, by outcome and reason.',
    labelNames: ['kind', 'outcome', 'reason'],
    registers,
  })
  const entries = new Counter({
    name: 'rollbook_run_entries_total',
    help: 'Entries of the runs that ended, by what became of them.',
    labelNames: ['kind', 'result'],
    registers,
  })
  const runSeconds = histogram(
    'rollbook_run_duration_seconds',
    'Time from start to end of a run, all attempts.',
    ['kind', 'outcome'],
    RUN_SECONDS,
  )
  const passes = histogram(
    'rollbook_reconcile_duration_seconds',
    'Time of one pass over a resource.',
    ['kind', 'result'],
    REQUEST_SECONDS,
  )
  const probes = histogram(
    'rollbook_probe_duration_seconds',
    'Time of a probe of source and target.',
    ['source', 'result'],
    REQUEST_SECONDS,
  )
  const git = histogram('rollbook_git_request_duration_seconds', 'Time of one ls-remote.', ['result'], REQUEST_SECONDS)
  const api = histogram(
    'rollbook_api_request_duration_seconds',
    'Time until the API server answered.',
    ['verb', 'resource', 'code'],
    REQUEST_SECONDS,
  )
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    runEnded(kind, { outcome, reason = '', counts, startTime, completionTime }) {
      runs.inc({ kind, outcome, reason })
      for (const result of COUNT_KEYS) if (result !== 'total' && counts) entries.inc({ kind, result }, counts[result])
      const seconds = (Date.parse(completionTime ?? '') - Date.parse(startTime ?? '')) / 1000
      if (seconds >= 0) runSeconds.observe({ kind, outcome }, seconds)
    },
    passEnded: (kind, seconds, result) => passes.observe({ kind, result }, seconds),
    probeEnded: (source, seconds, result) => probes.observe({ source, result }, seconds),
    apiRequest: ({ verb, resource, code, seconds }) => api.observe({ verb, resource, code }, seconds),
    countedGit: probe => async (remote, selection, signal) => {
      const end = git.startTimer()
      try {
        const answer = await probe(remote, selection, signal)
        end({ result: 'OK' })
        return answer
      } catch (error) {
        end({ result: error instanceof Failure ? error.reason : 'Error' })
        throw error
      }
    },
  }
}

/** Figures that are looked up when somebody asks for them. */
function scrapedFigures(registry: Registry, leading: Leading): void {
  const gauges: readonly (readonly [name: string, help: string, of: (figures: ControllerFigures) => number])[] = [
    ['rollbook_runs_running', 'Runs that have a slot.', ({ runs }) => runs.running],
    ['rollbook_runs_waiting', 'Runs that wait for a slot or a branch.', ({ runs }) => runs.queued],
    ['rollbook_workqueue_depth', 'Resources that wait for a pass.', ({ queue }) => queue.depth],
    ['rollbook_workqueue_delayed', 'Resources that are to be looked at later.', ({ queue }) => queue.delayed],
    [
      'rollbook_workqueue_longest_running_processor_seconds',
      'Time that the oldest pass takes so far.',
      ({ queue }) => queue.longestRunning,
    ],
    [
      'rollbook_workqueue_unfinished_work_seconds',
      'Time that all passes under way take so far.',
      ({ queue }) => queue.unfinishedWork,
    ],
  ]
  for (const [name, help, of] of gauges) {
    const collect = function (this: Gauge) {
      const figures = leading()?.figures()
      this.reset()
      if (figures) this.set(of(figures))
    }
    new Gauge({ name, help, registers: [registry], collect })
  }
  const counters: readonly (readonly [name: string, help: string, of: (figures: ControllerFigures) => number])[] = [
    ['rollbook_workqueue_adds_total', 'Resources that were put in the queue.', ({ queue }) => queue.adds],
    ['rollbook_workqueue_retries_total', 'Passes that are made again after a failure.', ({ queue }) => queue.retries],
  ]
  for (const [name, help, of] of counters) {
    const collect = function (this: Counter) {
      const figures = leading()?.figures()
      this.reset()
      if (figures) this.inc(of(figures))
    }
    new Counter({ name, help, registers: [registry], collect })
  }
  const collect = function (this: Gauge) {
    this.set(leading() ? 1 : 0)
  }
  new Gauge({ name: 'rollbook_leader', help: '1 for the process that works.', registers: [registry], collect })
}

function scrapedResources(registry: Registry, leading: Leading): void {
  new Gauge({
    name: 'rollbook_resources',
    help: 'Resources by the status of their condition Ready.',
    labelNames: ['kind', 'ready'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { kind, status } of leading()?.resources() ?? []) {
        const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown'
        this.inc({ kind, ready })
      }
    },
  })
  new Gauge({
    name: 'rollbook_last_success_timestamp_seconds',
    help: 'When the last successful run of a resource ended.',
    labelNames: ['kind', 'namespace', 'name'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { kind, metadata, status } of leading()?.resources() ?? []) {
        const time = Date.parse(status?.lastSuccessfulRun?.completionTime ?? '') / 1000
        if (time > 0) this.set({ kind, namespace: metadata.namespace, name: metadata.name }, time)
      }
    },
  })
}

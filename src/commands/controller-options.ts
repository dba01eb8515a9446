// The options of `rollbook controller`, and their values as the controllers take them.
import type { ListenAddress } from '../controller/health-server.ts'
import type { OptionSpec, OptionValues } from './command.ts'
import { UsageError } from './command.ts'

export const WATCH_NAMESPACES: OptionSpec = {
  name: 'watch-namespaces',
  type: 'string',
  multiple: true,
  value: 'NS,...',
  help: 'the only namespaces whose resources are looked at (default: all)',
}

export const CONCURRENCY: OptionSpec = {
  name: 'concurrency',
  type: 'string',
  value: 'N',
  default: '16',
  help: 'resources that are looked at at a time',
}

export const MAX_CONCURRENT_RUNS: OptionSpec = {
  name: 'max-concurrent-runs',
  type: 'string',
  value: 'N',
  default: '10',
  help: 'Jobs at a time, of all resources together; the others wait in line',
}

export const MAX_CONCURRENT_PROBES: OptionSpec = {
  name: 'max-concurrent-probes',
  type: 'string',
  value: 'N',
  default: '16',
  help: 'sources that are asked for changes at a time',
}

export const IMAGE: OptionSpec = {
  name: 'image',
  type: 'string',
  value: 'IMAGE',
  help: 'image of the workers, such as the one that this process runs in',
}

export const WORKER_MEMORY: OptionSpec = {
  name: 'worker-memory',
  type: 'string',
  value: 'QUANTITY',
  default: '512Mi',
  help: 'memory of a worker whose resource says nothing in spec.runner.resources',
}

export const WORKER_CPU: OptionSpec = {
  name: 'worker-cpu',
  type: 'string',
  value: 'QUANTITY',
  default: '100m',
  help: 'the same for the share of a processor that it asks for; it may use more',
}

export const INTERVAL_JITTER: OptionSpec = {
  name: 'interval-jitter',
  type: 'string',
  value: 'PERCENT',
  default: '5',
  help: 'intervals are made longer or shorter by up to so much, so that not all come at once',
}

export const API_URL: OptionSpec = {
  name: 'api-url',
  type: 'string',
  value: 'URL',
  help: 'where the registry API of this installation answers, for status.url',
}

export const LISTEN: OptionSpec = {
  name: 'listen',
  type: 'string',
  value: 'HOST:PORT',
  default: ':8080',
  help: 'where /healthz, /readyz and /metrics answer; port 0 takes a free one',
}

export const LEADER_ELECT: OptionSpec = {
  name: 'leader-elect',
  type: 'string',
  value: 'BOOL',
  values: ['true', 'false'],
  alone: 'true',
  default: 'true',
  help: 'of several processes one works, found by a Lease',
}

export const LEADER_ELECT_NAMESPACE: OptionSpec = {
  name: 'leader-elect-namespace',
  type: 'string',
  value: 'NS',
  help: 'namespace of the Lease (default: the one of this pod or of the context)',
}

export const CONTROLLER_OPTIONS: readonly OptionSpec[] = [
  WATCH_NAMESPACES,
  CONCURRENCY,
  MAX_CONCURRENT_RUNS,
  MAX_CONCURRENT_PROBES,
  IMAGE,
  WORKER_MEMORY,
  WORKER_CPU,
  INTERVAL_JITTER,
  API_URL,
  LISTEN,
  LEADER_ELECT,
  LEADER_ELECT_NAMESPACE,
]

export interface ControllerSettings {
  readonly namespaces: readonly string[] | undefined
  readonly concurrency: number
  readonly maxConcurrentRuns: number
  readonly maxConcurrentProbes: number
  readonly image: string
  readonly workerMemory: string
  readonly workerCpu: string
  /** 0 to 1. */
  readonly jitter: number
  readonly apiUrl: string | undefined
  readonly listen: ListenAddress
  readonly leaderElect: boolean
  readonly leaseNamespace: string | undefined
}

/** Throws UsageError that names every value that is wrong. */
export function controllerSettings(options: OptionValues): ControllerSettings {
  const faults: string[] = []
  const checked = <T>({ name }: OptionSpec, read: (text: string) => T | undefined, wanted: string, fallback: T): T => {
    const text = options.text(name)
    const value = text === undefined ? undefined : read(text)
    if (value !== undefined) return value
    faults.push(
      text === undefined ? `--${name} is missing: ${wanted}` : `--${name} takes ${wanted}, not ${JSON.stringify(text)}`,
    )
    return fallback
  }
  const namespaces = options.list(WATCH_NAMESPACES.name).flatMap(text => text.split(',').map(part => part.trim()))
  const bad = namespaces.filter(name => name !== '' && !NAMESPACE_NAME.test(name))
  if (bad.length > 0) faults.push(`--${WATCH_NAMESPACES.name} takes names of namespaces, not ${bad.join(', ')}`)
  const wanted = namespaces.filter(name => name !== '')
  const settings: ControllerSettings = {
    namespaces: wanted.length === 0 ? undefined : [...new Set(wanted)],
    concurrency: checked(CONCURRENCY, countOf, COUNT, 1),
    maxConcurrentRuns: checked(MAX_CONCURRENT_RUNS, countOf, COUNT, 1),
    maxConcurrentProbes: checked(MAX_CONCURRENT_PROBES, countOf, COUNT, 1),
    image: checked(IMAGE, imageOf, 'the image of the workers', ''),
    workerMemory: checked(WORKER_MEMORY, quantityOf, QUANTITY, ''),
    workerCpu: checked(WORKER_CPU, quantityOf, QUANTITY, ''),
    jitter: checked(INTERVAL_JITTER, percentOf, 'a number from 0 to 50', 0),
    apiUrl:
      options.text(API_URL.name) === undefined ? undefined : checked(API_URL, webUrlOf, 'an http or https URL', ''),
    listen: checked(LISTEN, addressOf, 'HOST:PORT or :PORT', { port: 0 }),
    leaderElect: options.text(LEADER_ELECT.name) !== 'false',
    leaseNamespace: options.text(LEADER_ELECT_NAMESPACE.name),
  }
  if (faults.length > 0) throw new UsageError(faults.join('; '))
  return settings
}

const COUNT = 'a whole number from 1 to 1000'
const QUANTITY = 'a quantity of Kubernetes such as 512Mi or 250m'
const NAMESPACE_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

function countOf(text: string): number | undefined {
  const count = Number(text)
  return /^\d+$/.test(text) && count >= 1 && count <= 1000 ? count : undefined
}

function percentOf(text: string): number | undefined {
  const percent = Number(text)
  return /^\d+(\.\d+)?$/.test(text) && percent <= 50 ? percent / 100 : undefined
}

function imageOf(text: string): string | undefined {
  return /^[^\s]+$/.test(text) ? text : undefined
}

function quantityOf(text: string): string | undefined {
  return /^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/.test(text) ? text : undefined
}

function webUrlOf(text: string): string | undefined {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : undefined
}

/** `:8080`, `127.0.0.1:8080`, `[::1]:8080`. */
function addressOf(text: string): ListenAddress | undefined {
  const [, host = '', port = ''] = /^(\[[0-9a-f:.]+\]|[^:[\]\s]*):(\d{1,5})$/i.exec(text) ?? []
  if (port === '' || Number(port) > 65_535) return undefined
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  return { port: Number(port), ...(bare === '' ? {} : { host: bare }) }
}

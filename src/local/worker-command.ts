// The command line and environment of a run's child process, from the container of its Pod. Pure.
import type { Pod } from '../resources/workload.ts'
import { hostPath, type RunFolder } from './run-folder.ts'

export interface WorkerSettings {
  /** How this program is started: the file, and what stands before the arguments of a container. */
  readonly program: readonly [file: string, ...args: string[]]
  /** The environment of this process, of which workers get little. */
  readonly ambient: Readonly<Record<string, string | undefined>>
  /** Let the user's own git and ssh configuration answer: then workers get the whole environment. */
  readonly useGitCredentials: boolean
  /** Which git engine they use (`--git-engine`). */
  readonly gitEngine: string
}

export interface WorkerCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** What reaching a network from this machine may depend on, and the language of messages. */
const KEPT = [
  'PATH',
  'TZ',
  'LANG',
  'http_proxy',
  'https_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'all_proxy',
  'ALL_PROXY',
  'no_proxy',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
]

/** Where the worker looks in a container when nothing else is said (its defaults). */
const PLACES = {
  ROLLBOOK_SECRET_DIR: '/etc/rollbook/secrets',
  ROLLBOOK_CONFIG_DIR: '/etc/rollbook/configmaps',
} as const

/** Absolute paths in arguments and environment of the container are paths below the folder of the run. */
export function workerCommand(pod: Pod, folder: RunFolder, worker: WorkerSettings): WorkerCommand {
  const [container] = pod.spec.containers
  const { useGitCredentials, program } = worker
  const [file, ...first] = program
  // The home of the user has the credentials.
  const settings = (container?.env ?? []).filter(({ name }) => !(useGitCredentials && name === 'HOME'))
  const given = Object.fromEntries(settings.map(({ name, value }) => [name, value]))
  const containerEnv = { ...PLACES, ...terminationLog(container?.terminationMessagePath), ...given }
  const env = Object.entries(containerEnv).map(([name, value]) => [name, onHost(value, folder)] as const)
  return {
    file,
    args: [...first, ...(container?.args ?? []).map(arg => onHost(arg, folder))],
    env: {
      ...ambientEnvironment(worker),
      ...(useGitCredentials ? {} : { HOME: folder.home }),
      TMPDIR: folder.temporary,
      ROLLBOOK_GIT_ENGINE: worker.gitEngine,
      ...Object.fromEntries(env),
      ...(useGitCredentials ? { ROLLBOOK_USE_GIT_CREDENTIALS: 'true' } : {}),
    },
  }
}

/** Settings of this process are not the worker's: those came with the request. */
function ambientEnvironment({ ambient, useGitCredentials }: WorkerSettings): Record<string, string> {
  const isKept = (name: string) => (useGitCredentials ? !name.startsWith('ROLLBOOK_') : KEPT.includes(name))
  return Object.fromEntries(
    Object.entries(ambient).flatMap(([name, value]) => (isKept(name) && value !== undefined ? [[name, value]] : [])),
  )
}

function terminationLog(path: string | undefined): Record<string, string> {
  return path === undefined ? {} : { ROLLBOOK_TERMINATION_LOG: path }
}

/** `/etc/x` and `--option=/etc/x` */
function onHost(text: string, { root }: RunFolder): string {
  const [, option = '', path] = /^(--[a-z-]+=)?(\/.*)$/s.exec(text) ?? []
  return path === undefined ? text : `${option}${hostPath(root, path)}`
}

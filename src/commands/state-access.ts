// Commands on the state directory of local mode: through the process that owns it, else by owning it meanwhile.
import { resolve } from 'node:path'
import { gitProbe } from '../controller/git-probe.ts'
import { type LocalMode, startLocalMode } from '../local/local-mode.ts'
import { serveCluster } from '../local/socket-server.ts'
import { type OwnedDirectory, openStateDirectory, runsFolder } from '../local/state-directory.ts'
import { GIT_ENGINE, OFFICIAL_BASE_URLS, SECRET_DIR, USE_GIT_CREDENTIALS } from './all-settings.ts'
import type { Invocation } from './command.ts'
import { controllerLog } from './controller-log.ts'
import { baseUrlsOption } from './data-options.ts'
import { systemHostGuard } from './host-settings.ts'
import { machineClock } from './machine.ts'
import { ownProgram } from './own-program.ts'
import { note } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'
import { secretDirectory } from './secret-stores.ts'

export interface StateWork<R> {
  readonly directory: string
  /** Make the directory when it is not there. */
  readonly creates?: boolean
  /** Run the controllers meanwhile, unless another process does. */
  readonly runs?: boolean
  readonly work: (access: StateAccess) => Promise<R>
}

export interface StateAccess extends ResourceAccess {
  /** Undefined when another process runs the controllers, or none was asked to. */
  readonly mode: LocalMode | undefined
}

/** Throws what opening the directory throws, and what the work throws. */
export async function withStateDirectory<R>(invocation: Invocation, options: StateWork<R>): Promise<R> {
  const { directory, creates = false, runs = false, work } = options
  const { terminal } = invocation
  const path = resolve(terminal.cwd, directory)
  const opened = await openStateDirectory({
    directory: path,
    clock: machineClock(undefined),
    pid: process.pid,
    signal: terminal.signal,
    create: creates,
  })
  const place = `the state directory ${directory}`
  const access = { cluster: opened.cluster, namespace: invocation.options.text('namespace') ?? 'default', place }
  try {
    if (!opened.isOwned) return await work({ ...access, mode: undefined })
    if (opened.notice !== undefined) note(invocation, opened.notice)
    if (!runs) return await work({ ...access, mode: undefined })
    return await whileRunning(invocation, { path, opened }, mode => work({ ...access, mode }))
  } finally {
    await opened.close()
  }
}

interface Owned {
  readonly path: string
  readonly opened: OwnedDirectory
}

/** Other commands are served meanwhile. */
async function whileRunning<R>(
  invocation: Invocation,
  { path, opened }: Owned,
  work: (mode: LocalMode) => Promise<R>,
): Promise<R> {
  const server = await serveCluster(opened.cluster, path)
  try {
    const mode = await startLocalMode({
      ...modeSettings(invocation),
      cluster: opened.cluster,
      directory: runsFolder(path),
    })
    try {
      return await Promise.race([work(mode), mode.failed])
    } finally {
      await mode.stop(invocation.terminal.signal)
    }
  } finally {
    await server.close()
  }
}

/** Runs at a time: each is a process that computes. */
const RUNS = 2

function modeSettings(invocation: Invocation): Omit<Parameters<typeof startLocalMode>[0], 'cluster' | 'directory'> {
  const { options, terminal } = invocation
  const secretDir = options.text(SECRET_DIR.name)
  const officialBaseUrls = baseUrlsOption(options.text(OFFICIAL_BASE_URLS.name))
  return {
    clock: machineClock(undefined),
    secrets: secretDir === undefined ? undefined : secretDirectory(resolve(terminal.cwd, secretDir)),
    useGitCredentials: options.flag(USE_GIT_CREDENTIALS.name),
    gitEngine: options.text(GIT_ENGINE.name) ?? 'auto',
    concurrency: RUNS,
    guard: systemHostGuard,
    git: gitProbe({ allowFile: true, allowHttp: true, ambient: terminal.env }),
    log: controllerLog(invocation),
    program: ownProgram(),
    ambient: terminal.env,
    ...(officialBaseUrls === undefined ? {} : { officialBaseUrls }),
  }
}

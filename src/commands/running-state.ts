// The controllers on a state directory that this process owns, while a command works on it.
import { resolve } from 'node:path'
import { gitProbe } from '../controller/git-probe.ts'
import { type LocalMode, startLocalMode } from '../local/local-mode.ts'
import { serveCluster } from '../local/socket-server.ts'
import { type OwnedDirectory, runsFolder } from '../local/state-directory.ts'
import { GIT_ENGINE, OFFICIAL_BASE_URLS, SECRET_DIR, USE_GIT_CREDENTIALS } from './all-settings.ts'
import type { Invocation } from './command.ts'
import { controllerLog } from './controller-log.ts'
import { baseUrlsOption } from './data-options.ts'
import { systemHostGuard } from './host-settings.ts'
import { machineClock } from './machine.ts'
import { ownProgram } from './own-program.ts'
import { secretDirectory } from './secret-stores.ts'

interface Owned {
  readonly path: string
  readonly opened: OwnedDirectory
}

/** Other commands are served meanwhile. */
export async function whileRunning<R>(
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
